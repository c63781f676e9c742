#pragma once
// Rows of local importance-based pooling, float32 vectorised for the processor the program runs on. A row is
// `width` pixels (or `outWidth` cells) of `lanes` neighbouring channels each: element (pixel, lane) stands at
// pixel * lanes + lane. No ATen. Formulas: core/ops/lip.h.
//
// Two forms. Moderate logits, at most kLipModerate from 0, need no reference: e^g is taken once per pixel,
// whatever the number of windows that hold it, and no sum can overflow or vanish. For all others e^(g - r) is
// taken per pixel and window, with the window's largest logit as reference r.

#include <cstdint>

#include "core/ops/lip_math.h"

namespace anchorscope {

/// e^+-40 = 2^+-58: sums over windows of 2^10 pixels with features up to 2^59 fit into float32.
inline constexpr double kLipModerate = 40;

struct LipRowShape {
  LipWindow window;
  std::int64_t width, outWidth, lanes;
};

/// Sums over the rows of a window, per pixel column and lane [width * lanes].
template <typename T>
struct LipSums {
  T *weight, *weighted;  ///< of e^g and of x e^g
  bool empty;            ///< nothing is in them yet: the next row overwrites
};

/// One row of cells, [outWidth * lanes].
template <typename T>
struct LipCells {
  const T *upstream, *y;
  const T* inverseSum;  ///< 1 / sum of e^(g - reference)
  const T* reference;   ///< not looked at by lipModerateGradients
};

/// Bits of bfloat16 to float32 and back, to the nearest, ties to even; NaN stays NaN.
void lipFromBfloat16(const std::uint16_t* bits, std::int64_t count, float* values);
void lipToBfloat16(const float* values, std::int64_t count, std::uint16_t* bits);

/// Adds a row of pixels to `sumCount` sums and says whether all its logits are moderate; otherwise the sums
/// are of no use any more. NaN counts as moderate.
bool lipAddRow(const float* x, const float* logit, std::int64_t count, const LipSums<float>* sums,
               std::int64_t sumCount);
bool lipAddRow(const double* x, const double* logit, std::int64_t count, const LipSums<double>* sums,
               std::int64_t sumCount);

/// Windows' results from complete sums; inverseSum may be null.
void lipFinishRow(const LipSums<float>& sums, const LipRowShape& shape, float* y, float* inverseSum);
void lipFinishRow(const LipSums<double>& sums, const LipRowShape& shape, double* y, double* inverseSum);

/// largest [outWidth * lanes] over windows of rows logit[0] .. logit[rowCount - 1].
void lipLargestRow(const float* const* logit, std::int64_t rowCount, const LipRowShape& shape,
                   float* largest);
void lipLargestRow(const double* const* logit, std::int64_t rowCount, const LipRowShape& shape,
                   double* largest);

/// A row of windows relative to their largest logits; inverseSum may be null.
void lipRowByLargest(const float* const* x, const float* const* logit, std::int64_t rowCount,
                     const float* largest, const LipRowShape& shape, float* y, float* inverseSum);
void lipRowByLargest(const double* const* x, const double* const* logit, std::int64_t rowCount,
                     const double* largest, const LipRowShape& shape, double* y, double* inverseSum);

/// Gradients of a row of pixels, held by `rowCount` rows of windows: sums of upstream * share to x, of
/// upstream * share * (x - y) to the logit. 0 for a pixel in no window.
void lipModerateGradients(const float* x, const float* logit, const LipCells<float>* rows,
                          std::int64_t rowCount, const LipRowShape& shape, float* gradX, float* gradLogit);
void lipModerateGradients(const double* x, const double* logit, const LipCells<double>* rows,
                          std::int64_t rowCount, const LipRowShape& shape, double* gradX, double* gradLogit);
void lipGradientsByReference(const float* x, const float* logit, const LipCells<float>* rows,
                             std::int64_t rowCount, const LipRowShape& shape, float* gradX, float* gradLogit);
void lipGradientsByReference(const double* x, const double* logit, const LipCells<double>* rows,
                             std::int64_t rowCount, const LipRowShape& shape, double* gradX,
                             double* gradLogit);

}  // namespace anchorscope
