#pragma once
// Internal header (ATen). How a residual network halves its maps: by strided convolutions, or by pooling at
// the seven places of LIP-ResNet (Gao, Wang and Wu, ICCV 2019): the stem's max-pool, and in the first block
// of stages 2 to 4 before the convolution that would be strided and on the shortcut.

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/model/layers.h"
#include "core/model/lip_logits.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

enum class DownsamplingKind {
  kStrided,  ///< Max-pool in the stem, strided convolutions (He et al., CVPR 2016; torchvision).
  kLip,      ///< Local importance-based pooling.
  kAverage,  ///< Average pooling over the pixels inside the map, at the same places (ours, to compare).
  kMax       ///< Max pooling, likewise.
};

enum class LipLogits {
  kBottleneck,  ///< A trunk per block that its two places share, with a 1x1 head each; 3x3 in the stem.
  kSimplified,  ///< 3x3 convolution of the pooled map itself (beyond the stem: ours).
  kProjection   ///< 1x1 convolution of the pooled map itself.
};

struct Downsampling {
  DownsamplingKind kind = DownsamplingKind::kStrided;
  LipLogits logits = LipLogits::kBottleneck;
  std::int64_t lipWidth = 128;  ///< Channels of a trunk.

  bool pools() const { return kind != DownsamplingKind::kStrided; }
  bool hasTrunks() const { return kind == DownsamplingKind::kLip && logits == LipLogits::kBottleneck; }
};

/// The options downsampling, lip_logits and lip_width of a backbone with this default width of trunks.
std::vector<ParamSpec> downsamplingParams(std::int64_t lipWidth);
/// Their values.
Downsampling downsamplingOf(const ParamSet& params);

/// What goes with a batch through a backbone.
struct BackbonePass {
  bool training = false;                      ///< Batch norms use and move their statistics.
  EvidenceSink* sink = nullptr;               ///< Null: nobody looks.
  std::vector<NamedTensor>* trace = nullptr;  ///< Receives intermediate maps by module name, unless null.
};

/// Pooling over 3x3 windows of stride 2 and padding 1 at one place.
class PoolPlace {
 public:
  /// What stands where.
  struct Site {
    std::string module;  ///< Name in the state_dict: "maxpool", "layer2.0.conv2.0".
    std::string place;   ///< For evidence: "stem", "layer2.conv".
    std::string title;   ///< For people: "stem", "layer 2, convolution".
    int stride = 2;      ///< Of the map that is pooled, px of the input frame.
    std::int64_t channels = 0;
  };

  /// hasTrunk: the logits come from the block's trunk. A strided network's only place is its stem's max-pool.
  PoolPlace(StateList& state, const Site& site, const Downsampling& how, bool hasTrunk, bool trainable);

  /// [B,channels,H,W] -> [B,channels,ceil(H/2),ceil(W/2)] in the input's dtype. trunk: the trunk's output of
  /// the same H and W, where there is one. Publishes the declared channels to the pass's sink.
  at::Tensor operator()(const at::Tensor& input, const at::Tensor& trunk, const BackbonePass& pass) const;

  /// Importance and gate saturation of the map's pixels and entropy of the windows, for LIP; else nothing.
  const std::vector<ChannelSpec>& channels() const { return channels_; }

 private:
  DownsamplingKind kind_;
  std::string gateName_;
  std::optional<LipLogit> logit_;
  int stride_;
  std::vector<ChannelSpec> channels_;
};

}  // namespace anchorscope
