#pragma once
// Internal header (ATen). Distances that are learnt as distributions over whole numbers of strides (GFL, Li
// et al., NeurIPS 2020).

#include <ATen/ATen.h>

namespace anchorscope {

/// logits [..,M] -> [..]: the mean of 0 to M - 1 under their softmax. With gradient.
at::Tensor expectedDistances(const at::Tensor& logits);

/// Cross entropy to the two whole numbers beside the target, each weighed by how near it is: logits [..,M],
/// target [..] in [0, M - 1] -> [..] = -(right - y) ln p_left - (y - left) ln p_right, left = floor(y). With
/// gradient to the logits.
at::Tensor distributionFocalLoss(const at::Tensor& logits, const at::Tensor& target);

}  // namespace anchorscope
