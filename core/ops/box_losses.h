#pragma once
// Internal header (ATen). Box losses, element by element and gathered over the objects anchors were matched
// to.

#include <ATen/ATen.h>

#include "core/ops/box_coder.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {

/// -ln max(IoU, epsilon) of pred [..,4] and target [..,4] -> [..], gradient to both; mmdet 3.3.0's form,
/// whose union is at least epsilon, too.
at::Tensor logIouLoss(const at::Tensor& pred, const at::Tensor& target, double epsilon);

/// Balanced L1 (Pang et al., CVPR 2019) of differences [..] -> [..], with gradient: for d = |difference|
/// below beta (alpha / b)(b d + 1) ln(b d / beta + 1) - alpha d, b = e^(gamma / alpha) - 1; above gamma d +
/// gamma / b - alpha beta.
at::Tensor balancedL1(const at::Tensor& difference, double alpha, double gamma, double beta);

/// Loss of every anchor against its object, without gathering: pred [B,N,4], objects [B,G,4], matched [B,N]
/// int64 (index into G; negative = none), weights [B,N] or undefined (1) -> [B,N] = weight * (1 -
/// similarity), 0 where matched is negative or the weight 0. Gradient to pred only. Fused; static shapes, no
/// synchronisation.
at::Tensor matchedSimilarityLoss(const at::Tensor& pred, const at::Tensor& objects, const at::Tensor& matched,
                                 const at::Tensor& weights, const SimilarityOptions& options);

/// The same on raw head outputs: sum over the 4 coordinates of smoothL1(deltas - coder.encode(anchors,
/// object), beta), beta 0 = L1. deltas [B,N,4], anchors [N,4] or [B,N,4] -> [B,N]. Gradient to deltas
/// only.
at::Tensor matchedDeltaLoss(const at::Tensor& deltas, const at::Tensor& anchors, const at::Tensor& objects,
                            const at::Tensor& matched, const at::Tensor& weights, const BoxCoder& coder,
                            double beta);

/// matchedDeltaLoss with the coder of the set's offsets (BoxCoder::of): on logarithmic deltas or on distances
/// in strides.
at::Tensor matchedOffsetLoss(const AnchorSet& anchors, const at::Tensor& deltas, const at::Tensor& objects,
                             const at::Tensor& matched, const at::Tensor& weights, double beta);

}  // namespace anchorscope
