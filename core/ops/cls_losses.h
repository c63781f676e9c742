#pragma once
// Internal header (ATen). Classification losses on logits, fused: one pass forward, one pass backward, on the
// CPU and on CUDA. Accurate for any finite logit. Gradient to the logits only, once. float32 or float64. Any
// thread.

#include <ATen/ATen.h>

#include "core/ops/cls_loss_math.h"

namespace anchorscope {

/// logits and targets [..,C] -> [..], summed over classes. Nothing of the logits' size is stored for the
/// backward pass besides the inputs themselves.
at::Tensor clsLossRows(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options);

/// logits [..,C], labels [..] int64: 0..C-1 the class (one-hot target), -1 background (all 0), -2 ignored
/// (loss 0, no gradient) -> [..], summed over classes. No dense target is built.
at::Tensor clsLossRowsOfLabels(const at::Tensor& logits, const at::Tensor& labels,
                               const ClsLossOptions& options);

}  // namespace anchorscope
