#pragma once
// Scalar formulas of box similarity, once, for the CPU, CUDA and (through Dual) their gradients. No ATen.

#include "core/base/box_math.h"
#include "core/ops/dual.h"

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
  kMmdet  ///< IoU, IoF, GIoU: union and enclosing area are clamped at epsilon (1e-6 there). DIoU, CIoU: it is
          ///< added to union, diagonal and CIoU's heights, and CIoU's alpha is 0 unless IoU > 0.5.
};

struct SimilarityOptions {
  BoxSimilarity kind = BoxSimilarity::kIou;
  EpsilonRule rule = EpsilonRule::kExact;
  double epsilon = 0;  ///< Ignored by kExact.
};

namespace boxmath {

template <typename T>
struct Corners {
  T x1, y1, x2, y2;
};

/// numerator / denominator under a rule; `added` tells mmdet's two forms apart.
template <typename T>
ANCHORSCOPE_HD T guardedQuotient(T numerator, T denominator, EpsilonRule rule, double epsilon, bool added) {
  if (rule == EpsilonRule::kExact) return denominator > T(0) ? numerator / denominator : T(0);
  if (rule == EpsilonRule::kTorchvision || added) return numerator / (denominator + T(epsilon));
  return numerator / larger(denominator, T(epsilon));
}

/// atan(width / height), pi / 2 for height 0, 0 for width 0.
template <typename T>
ANCHORSCOPE_HD T aspectAngle(T width, T height) {
  if (!(width > T(0))) return T(0);
  if (!(height > T(0))) return T(1.5707963267948966);
  return arcTangent(width / height);
}

template <typename T>
ANCHORSCOPE_HD T similarity(const Corners<T>& a, const Corners<T>& b, const SimilarityOptions& options) {
  const EpsilonRule rule = options.rule;
  const double epsilon = options.epsilon;
  if (rule == EpsilonRule::kExact) {
    if (options.kind == BoxSimilarity::kIou) return iou(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2);
    if (options.kind == BoxSimilarity::kGiou) return giou(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2);
  }
  const T areaA = area(a.x1, a.y1, a.x2, a.y2), areaB = area(b.x1, b.y1, b.x2, b.y2);
  const bool degenerate = !(areaA > T(0) && areaB > T(0));
  const T overlap = degenerate ? T(0) : intersection(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2);
  if (options.kind == BoxSimilarity::kIof) return guardedQuotient(overlap, areaA, rule, epsilon, false);

  const bool distance = options.kind == BoxSimilarity::kDiou || options.kind == BoxSimilarity::kCiou;
  const T unionArea = areaA + areaB - overlap;
  const T ratio = guardedQuotient(overlap, unionArea, rule, epsilon, distance);
  if (options.kind == BoxSimilarity::kIou) return ratio;

  const T left = smaller(a.x1, b.x1), top = smaller(a.y1, b.y1);
  const T right = larger(a.x2, b.x2), bottom = larger(a.y2, b.y2);
  if (options.kind == BoxSimilarity::kGiou) {
    // mmdet subtracts the union it has clamped already.
    const T subtracted = rule == EpsilonRule::kMmdet ? larger(unionArea, T(epsilon)) : unionArea;
    const T enclosing = area(left, top, right, bottom);
    const T guarded = rule == EpsilonRule::kMmdet ? larger(enclosing, T(epsilon)) : enclosing;
    return ratio - guardedQuotient(guarded - subtracted, guarded, rule, epsilon, false);
  }

  const T width = right - left, height = bottom - top;
  const T shiftX = (a.x1 + a.x2 - b.x1 - b.x2) * T(0.5), shiftY = (a.y1 + a.y2 - b.y1 - b.y2) * T(0.5);
  const T diagonal = width * width + height * height;
  const T diou = ratio - guardedQuotient(shiftX * shiftX + shiftY * shiftY, diagonal, rule, epsilon, true);
  if (options.kind == BoxSimilarity::kDiou) return diou;

  const T added = rule == EpsilonRule::kMmdet ? T(epsilon) : T(0);
  const T difference =
      aspectAngle(b.x2 - b.x1, b.y2 - b.y1 + added) - aspectAngle(a.x2 - a.x1, a.y2 - a.y1 + added);
  const T v = T(0.4052847345693511) * difference * difference;  // 4 / pi^2
  T alpha = T(0);
  if (rule != EpsilonRule::kMmdet) {
    alpha = guardedQuotient(v, T(1) - ratio + v, rule, epsilon, true);
  } else if (ratio > T(0.5)) {
    alpha = guardedQuotient(v, T(1) - ratio + v, EpsilonRule::kExact, 0, false);
  }
  return diou - detached(alpha) * v;
}

/// Similarity and its gradient with respect to the corners of both boxes: 4 of a, then 4 of b.
template <typename T>
ANCHORSCOPE_HD T similarityWithGradient(const Corners<T>& a, const Corners<T>& b,
                                        const SimilarityOptions& options, T gradientA[4], T gradientB[4]) {
  using D = Dual<T, 8>;
  const Corners<D> dualA{D::input(a.x1, 0), D::input(a.y1, 1), D::input(a.x2, 2), D::input(a.y2, 3)};
  const Corners<D> dualB{D::input(b.x1, 4), D::input(b.y1, 5), D::input(b.x2, 6), D::input(b.y2, 7)};
  const D result = similarity(dualA, dualB, options);
  for (int k = 0; k < 4; ++k) {
    gradientA[k] = result.partial[k];
    gradientB[k] = result.partial[4 + k];
  }
  return result.value;
}

/// The same with respect to a only.
template <typename T>
ANCHORSCOPE_HD T similarityWithGradient(const Corners<T>& a, const Corners<T>& b,
                                        const SimilarityOptions& options, T gradientA[4]) {
  using D = Dual<T, 4>;
  const Corners<D> dualA{D::input(a.x1, 0), D::input(a.y1, 1), D::input(a.x2, 2), D::input(a.y2, 3)};
  const Corners<D> dualB{D(b.x1), D(b.y1), D(b.x2), D(b.y2)};
  const D result = similarity(dualA, dualB, options);
  for (int k = 0; k < 4; ++k)
    gradientA[k] = result.partial[k];
  return result.value;
}

}  // namespace boxmath
}  // namespace anchorscope
