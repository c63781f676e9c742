#pragma once
// Internal header (ATen). Losses in the forms that reference files ask for; training has them fused with the
// matching.

#include <ATen/ATen.h>

#include <string>

#include "core/ops/cls_loss_math.h"
#include "core/ops/similarity_math.h"

namespace anchorscope::conformance {

/// Classification losses of single elements, shapes as given: what training sums over classes, with one class
/// a row.
at::Tensor clsElements(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options);

/// 1 - similarity of pred [..,4] and target [..,4] -> [..], gradient to both. With EpsilonRule::kMmdet CIoU
/// is limited to [-1,1] first, as there.
at::Tensor similarityElements(const at::Tensor& pred, const at::Tensor& target,
                              const SimilarityOptions& options);

/// mmdet's forms of iou = max(IoU, epsilon): "linear" 1 - iou, "square" 1 - iou^2, "log" -ln iou, which
/// training has.
at::Tensor iouElements(const at::Tensor& pred, const at::Tensor& target, const std::string& mode,
                       double epsilon);

/// Per coordinate 0.5 d^2 / beta for d < beta, else d - 0.5 beta, with d = |pred - target|; beta 0 is d.
at::Tensor smoothL1Elements(const at::Tensor& pred, const at::Tensor& target, double beta);

}  // namespace anchorscope::conformance
