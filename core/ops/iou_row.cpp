// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/ops/iou_row.h"

#include "core/base/box_math.h"
#include "core/ops/vector_math.h"

namespace anchorscope {
namespace {

/// boxmath::iou without branches.
template <typename T>
inline __attribute__((always_inline)) bool row(const T* __restrict one, const T* __restrict x1,
                                               const T* __restrict y1, const T* __restrict x2,
                                               const T* __restrict y2, std::int64_t count,
                                               T* __restrict out) {
  const T left = one[0], top = one[1], right = one[2], bottom = one[3];
  const T areaOne = boxmath::area(left, top, right, bottom);
  int any = 0;
  for (std::int64_t j = 0; j < count; ++j) {
    const T width = boxmath::smaller(right, x2[j]) - boxmath::larger(left, x1[j]);
    const T height = boxmath::smaller(bottom, y2[j]) - boxmath::larger(top, y1[j]);
    const T overlap = boxmath::larger(width, T(0)) * boxmath::larger(height, T(0));
    const T ownWidth = x2[j] - x1[j], ownHeight = y2[j] - y1[j];
    const T own = boxmath::larger(ownWidth, T(0)) * boxmath::larger(ownHeight, T(0));
    const T unionArea = areaOne + own - overlap;
    const bool overlaps = (overlap > T(0)) & (own > T(0)) & (areaOne > T(0));
    out[j] = overlaps ? overlap / unionArea : T(0);
    any |= overlaps ? 1 : 0;
  }
  return any != 0;
}

}  // namespace

ANCHORSCOPE_CLONES bool iouRow(const float* one, const float* x1, const float* y1, const float* x2,
                               const float* y2, std::int64_t count, float* out) {
  return row(one, x1, y1, x2, y2, count, out);
}

ANCHORSCOPE_CLONES bool iouRow(const double* one, const double* x1, const double* y1, const double* x2,
                               const double* y2, std::int64_t count, double* out) {
  return row(one, x1, y1, x2, y2, count, out);
}

}  // namespace anchorscope
