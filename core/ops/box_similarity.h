#pragma once
// Internal header (ATen). IoU and its relatives: all pairs of two sets, and row by row with gradient.
// Boxes are [..,4] xyxy px, float32 or float64, on one device; both arguments share dtype and device.
// A degenerate box (x2 <= x1 or y2 <= y1) has IoU 0 with everything, never NaN. Any thread.

#include <ATen/ATen.h>

namespace anchorscope {

enum class BoxSimilarity {
  kIou,
  kIof,   ///< Intersection over the area of the first box.
  kGiou,  ///< Rezatofighi et al., CVPR 2019.
  kDiou,  ///< Zheng et al., AAAI 2020.
  kCiou   ///< Zheng et al., AAAI 2020; alpha is constant in the gradient.
};

/// How divisions by zero are avoided. kExact is this project's own rule (box_math.h); the others reproduce a
/// reference.
enum class EpsilonRule {
  kExact,        ///< No epsilon: a degenerate quotient counts 0.
  kTorchvision,  ///< Epsilon (1e-7 there) is added to union, enclosing area, diagonal and alpha's
                 ///< denominator.
  kMmdet  ///< IoU, IoF, GIoU: union and enclosing area are clamped at epsilon (1e-6 there); DIoU, CIoU:
          ///< added.
};

struct SimilarityOptions {
  BoxSimilarity kind = BoxSimilarity::kIou;
  EpsilonRule rule = EpsilonRule::kExact;
  double epsilon = 0;  ///< Ignored by kExact.
};

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
/// elementwiseSimilarity with kIou or kGiou, exact.
at::Tensor elementwiseIou(const at::Tensor& boxes1, const at::Tensor& boxes2);
at::Tensor elementwiseGiou(const at::Tensor& boxes1, const at::Tensor& boxes2);

}  // namespace anchorscope
