#pragma once
// Internal header (ATen). Residual backbones (He et al., CVPR 2016) under torchvision's state_dict names, and
// with pooling in place of strides (Gao et al., ICCV 2019) under the names of the official LIP code.

#include <ATen/ATen.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/model/downsampling.h"
#include "core/model/layers.h"

namespace anchorscope {

/// What distinguishes one residual network from another.
struct ResNetShape {
  std::array<int, 4> blocks{2, 2, 2, 2};  ///< Per stage.
  bool bottleneck =
      false;  ///< 1x1, 3x3, 1x1 with 4 times the width, stride on the 3x3 (torchvision's "v1.5").
  std::int64_t width = 64;  ///< Channels of the stem and of the first stage; doubles per stage.
  std::int64_t stemKernel = 7;
  Downsampling downsampling{};

  /// The options of downsampling with the defaults for this network: trunks as wide as the official code's
  /// for bottleneck blocks; for basic blocks, whose maps have a quarter of the channels, as the stem (ours).
  std::vector<ParamSpec> downsamplingParams() const {
    return anchorscope::downsamplingParams(bottleneck ? 128 : width);
  }
};

/// conv1, bn1, max-pool, layer1 .. layer4; gives the maps of strides 8, 16 and 32.
///
/// With pooling, the stem's max-pool gives way to it, and in the first block of layer2 .. layer4 a pool
/// stands on the shortcut and before the convolution that is strided otherwise. That convolution becomes a
/// 1x1 in bottleneck blocks, as in LIP-ResNet; in basic blocks it stays a 3x3, which would else have one 3x3
/// left (ours).
class ResNet {
 public:
  /// trainableStages: 5 trains all, 4 freezes the stem, 3 also layer1, ... 0 freezes everything
  /// (torchvision's count).
  ResNet(StateList& state, const std::string& prefix, const ResNetShape& shape, NormKind norm,
         int trainableStages);

  /// [B,3,H,W] to the outputs of layer2, layer3, layer4. Each halving rounds up. A trace receives "stem"
  /// (after its norm and ReLU), "pool", "layer1" .. "layer4", and the logits of LIP by the name of their
  /// gate.
  std::array<at::Tensor, 3> operator()(const at::Tensor& images, const BackbonePass& pass) const;
  /// The same with that of layer1, of stride 4, before them.
  std::array<at::Tensor, 4> fourMaps(const at::Tensor& images, const BackbonePass& pass) const;

  std::array<std::int64_t, 3> channels() const { return {channels_[1], channels_[2], channels_[3]}; }
  std::array<std::int64_t, 4> fourChannels() const { return channels_; }
  /// What a pass publishes to its sink.
  EvidenceDeclaration declaration() const;

 private:
  struct Block {
    std::optional<LipTrunk> trunk;
    std::vector<Conv> convs;
    std::vector<Norm> norms;
    std::size_t pooledConv = 0;  ///< The convolution that convPool stands before.
    std::optional<PoolPlace> convPool, shortcutPool;
    bool hasShortcut = false;
    Conv shortcutConv;
    Norm shortcutNorm;
    at::Tensor operator()(const at::Tensor& input, const BackbonePass& pass) const;
  };
  struct BlockPlan;
  static Block makeBlock(StateList& state, const BlockPlan& plan);

  Conv stemConv_;
  Norm stemNorm_;
  std::optional<PoolPlace> stemPool_;
  std::array<std::vector<Block>, 4> stages_;
  std::array<std::int64_t, 4> channels_{};
};

}  // namespace anchorscope
