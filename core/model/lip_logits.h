#pragma once
// Internal header (ATen). The modules that give LIP its logits (Gao, Wang and Wu, ICCV 2019), with the tensor
// names and initial weights of the official code.

#include <ATen/ATen.h>

#include <string>

#include "core/model/layers.h"

namespace anchorscope {

/// The official gate is 12 sigmoid(.): logits in (0, 12).
inline constexpr double kLipGateScale = 12;

/// Convolution without bias, instance norm, gate. The convolution starts at zero, so that every logit is 6
/// and the pooling average pooling. 3x3 on the pooled map: the official SimplifiedLIP; 1x1 on it: the paper's
/// projection; 1x1 on a trunk's output: the official BottleneckLIP.
class LipLogit {
 public:
  /// Registers `prefix`conv and `prefix`bn.
  LipLogit(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t channels,
           std::int64_t kernel, bool trainable = true);

  /// [B,in,H,W] -> [B,channels,H,W], float32 at least: bfloat16 would hold a logit near 12 to 1/16 only,
  /// which is 6 % of its weight.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  Conv conv_;
  Norm norm_;
};

/// The official BottleneckShared: 1x1, instance norm, ReLU, 3x3, instance norm, ReLU.
class LipTrunk {
 public:
  /// Registers `prefix`conv1, bn1, conv2 and bn2.
  LipTrunk(StateList& state, const std::string& prefix, std::int64_t in, std::int64_t width,
           bool trainable = true);

  /// [B,in,H,W] -> [B,width,H,W]
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  Conv conv1_, conv2_;
  Norm norm1_, norm2_;
};

}  // namespace anchorscope
