#pragma once
// Internal header (ATen). Residual backbones (He et al., CVPR 2016) under torchvision's state_dict names.

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <vector>

#include "core/model/layers.h"

namespace anchorscope {

/// What distinguishes one residual network from another.
struct ResNetShape {
  std::array<int, 4> blocks{2, 2, 2, 2};  ///< Per stage.
  bool bottleneck =
      false;  ///< 1x1, 3x3, 1x1 with 4 times the width, stride on the 3x3 (torchvision's "v1.5").
  std::int64_t width = 64;  ///< Channels of the stem and of the first stage; doubles per stage.
  std::int64_t stemKernel = 7;
};

/// conv1, bn1, max-pool, layer1 .. layer4; gives the maps of strides 8, 16 and 32.
class ResNet {
 public:
  /// trainableStages: 5 trains all, 4 freezes the stem, 3 also layer1, ... 0 freezes everything
  /// (torchvision's count).
  ResNet(StateList& state, const std::string& prefix, const ResNetShape& shape, NormKind norm,
         int trainableStages);

  /// [B,3,H,W] to the outputs of layer2, layer3, layer4. Each halving rounds up.
  std::array<at::Tensor, 3> operator()(const at::Tensor& images, bool training) const;

  std::array<std::int64_t, 3> channels() const { return channels_; }

 private:
  struct Block {
    std::vector<Conv> convs;
    std::vector<Norm> norms;
    bool hasShortcut = false;
    Conv shortcutConv;
    Norm shortcutNorm;
    at::Tensor operator()(const at::Tensor& input, bool training) const;
  };

  Conv stemConv_;
  Norm stemNorm_;
  std::array<std::vector<Block>, 4> stages_;
  std::array<std::int64_t, 3> channels_{};
};

}  // namespace anchorscope
