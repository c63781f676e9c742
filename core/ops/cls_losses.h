#pragma once
// Internal header (ATen). Classification losses on logits, fused: one pass forward, one pass backward, on the
// CPU and on CUDA. Accurate for any finite logit. Gradient to the logits only, once. float32 or float64. Any
// thread.

#include <ATen/ATen.h>

namespace anchorscope {

/// An element's loss from its logit z and its target y; p = sigmoid(z), BCE(z, y) = -y ln p - (1 - y) ln(1 -
/// p).
enum class ClsElementLoss {
  kBce,    ///< BCE(z, y)
  kFocal,  ///< a_t |1 - p_t|^gamma BCE(z, y), p_t = p y + (1 - p)(1 - y), a_t = alpha y + (1 - alpha)(1 - y)
           ///< (Lin et al., ICCV 2017; soft y as torchvision's sigmoid_focal_loss; alpha < 0: a_t = 1).
  kSoftFocal,  ///< |y - p|^gamma BCE(z, y); the factor is not detached (the form of Li et al., NeurIPS 2020).
  kWeightedFocal,  ///< y > 0: y * focal(z, 1); otherwise focal(z, 0).
  kWeightedBce     ///< y > 0: y * BCE(z, 1); otherwise BCE(z, 0).
};

struct ClsLossOptions {
  ClsElementLoss element = ClsElementLoss::kFocal;
  double gamma = 2;
  double alpha = 0.25;  ///< Used by kFocal and kWeightedFocal only.
};

/// logits and targets of one shape -> element losses of that shape.
at::Tensor clsLossElements(const at::Tensor& logits, const at::Tensor& targets,
                           const ClsLossOptions& options);

/// logits and targets [..,C] -> [..], summed over classes. Nothing of the logits' size is stored for the
/// backward pass besides the inputs themselves.
at::Tensor clsLossRows(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options);

/// logits [..,C], labels [..] int64: 0..C-1 the class (one-hot target), -1 background (all 0), -2 ignored
/// (loss 0, no gradient) -> [..], summed over classes. No dense target is built.
at::Tensor clsLossRowsOfLabels(const at::Tensor& logits, const at::Tensor& labels,
                               const ClsLossOptions& options);

}  // namespace anchorscope
