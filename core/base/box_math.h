#pragma once
// Scalar box formulas, once, for the CPU and the CUDA code alike.
// Boxes are xyxy in pixels, x right, y down, width = x2 - x1 (no +1), pixel centres at +0.5.

#if defined(__CUDACC__)
#define ANCHORSCOPE_HD __host__ __device__ __forceinline__
#else
#define ANCHORSCOPE_HD inline
#endif

namespace anchorscope::boxmath {

template <typename T>
ANCHORSCOPE_HD T smaller(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
ANCHORSCOPE_HD T larger(T a, T b) {
  return a > b ? a : b;
}

/// Area in px^2; 0 for a box with x2 <= x1 or y2 <= y1.
template <typename T>
ANCHORSCOPE_HD T area(T x1, T y1, T x2, T y2) {
  const T width = x2 - x1;
  const T height = y2 - y1;
  return width > T(0) && height > T(0) ? width * height : T(0);
}

/// Overlap area of two boxes in px^2, 0 when they only touch.
template <typename T>
ANCHORSCOPE_HD T intersection(T ax1, T ay1, T ax2, T ay2, T bx1, T by1, T bx2, T by2) {
  return area(larger(ax1, bx1), larger(ay1, by1), smaller(ax2, bx2), smaller(ay2, by2));
}

/// Intersection over union in [0,1]. A degenerate box has IoU 0 with everything, never NaN; so has a box with
/// a NaN corner, whose area counts 0.
template <typename T>
ANCHORSCOPE_HD T iou(T ax1, T ay1, T ax2, T ay2, T bx1, T by1, T bx2, T by2) {
  const T overlap = intersection(ax1, ay1, ax2, ay2, bx1, by1, bx2, by2);
  const T areaA = area(ax1, ay1, ax2, ay2), areaB = area(bx1, by1, bx2, by2);
  if (!(overlap > T(0) && areaA > T(0) && areaB > T(0))) return T(0);
  return overlap / (areaA + areaB - overlap);
}

/// Generalized IoU in (-1,1] (Rezatofighi et al., CVPR 2019), without an epsilon.
/// Degenerate boxes: IoU part 0; a degenerate enclosing box contributes no penalty, so the result stays
/// finite.
template <typename T>
ANCHORSCOPE_HD T giou(T ax1, T ay1, T ax2, T ay2, T bx1, T by1, T bx2, T by2) {
  const T areaA = area(ax1, ay1, ax2, ay2), areaB = area(bx1, by1, bx2, by2);
  const bool degenerate = !(areaA > T(0) && areaB > T(0));
  const T overlap = degenerate ? T(0) : intersection(ax1, ay1, ax2, ay2, bx1, by1, bx2, by2);
  const T unionArea = areaA + areaB - overlap;
  const T enclosing = area(smaller(ax1, bx1), smaller(ay1, by1), larger(ax2, bx2), larger(ay2, by2));
  const T ratio = overlap > T(0) ? overlap / unionArea : T(0);
  return enclosing > T(0) ? ratio - (enclosing - unionArea) / enclosing : ratio;
}

}  // namespace anchorscope::boxmath
