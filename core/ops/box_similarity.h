#pragma once
// Internal header (ATen). IoU and its relatives: all pairs of two sets, and row by row with gradient.
// Boxes are [..,4] xyxy px, float32 or float64, on one device; both arguments share dtype and device.
// A degenerate box (x2 <= x1 or y2 <= y1) has IoU 0 with everything, never NaN. Any thread.

#include <ATen/ATen.h>

#include "core/ops/similarity_math.h"

namespace anchorscope {

/// boxes1 [n,4] or [B,n,4], boxes2 [m,4] or [B,m,4] -> [n,m] or [B,n,m] (a missing batch dimension is shared
/// by all images). No gradient. n, m or B may be 0.
at::Tensor pairwiseSimilarity(const at::Tensor& boxes1, const at::Tensor& boxes2,
                              const SimilarityOptions& options);
/// pairwiseSimilarity with kIou, exact.
at::Tensor pairwiseIou(const at::Tensor& boxes1, const at::Tensor& boxes2);
/// pairwiseSimilarity with kIof, exact: intersection / area(boxes1).
at::Tensor pairwiseIof(const at::Tensor& boxes1, const at::Tensor& boxes2);

/// boxes1 [..,4] against boxes2 [..,4] of the same shape -> [..]. Gradient to boxes1 and boxes2, once (no
/// second derivative). Where an edge of both boxes coincides the gradient of that min or max goes to boxes2's
/// edge.
at::Tensor elementwiseSimilarity(const at::Tensor& boxes1, const at::Tensor& boxes2,
                                 const SimilarityOptions& options);
/// elementwiseSimilarity with kIou, exact.
at::Tensor elementwiseIou(const at::Tensor& boxes1, const at::Tensor& boxes2);

}  // namespace anchorscope
