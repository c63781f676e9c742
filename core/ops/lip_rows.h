#pragma once
// Local importance-based pooling over lanes: neighbouring channels of a pixel (channels_last) or neighbouring
// cells of a row (contiguous), whose windows have the same form. float32 is vectorised for the processor the
// program runs on; T is float or double. No ATen. Formulas: core/ops/lip.h.

#include <cstdint>

namespace anchorscope {

/// One pixel of the window of every lane.
template <typename T>
struct LipPixel {
  const T *x, *logit;  ///< [lanes]; a logit of -inf takes no part.
};

/// One window that holds the pixel of every lane.
template <typename T>
struct LipCell {
  const T *upstream, *y;          ///< [lanes]
  const T *largest, *inverseSum;  ///< [lanes]: share = e^(logit - largest) * inverseSum
};

/// What pooling leaves, [lanes]; largest and inverseSum may be null.
template <typename T>
struct LipPooled {
  T* y;           ///< sum of x e^logit over the window / sum of e^logit
  T* largest;     ///< the window's largest logit
  T* inverseSum;  ///< 1 / sum of e^(logit - largest)
};

void lipPoolLanes(const LipPixel<float>* pixels, std::int64_t pixelCount, std::int64_t lanes,
                  const LipPooled<float>& out);
void lipPoolLanes(const LipPixel<double>* pixels, std::int64_t pixelCount, std::int64_t lanes,
                  const LipPooled<double>& out);

/// gradX[i] = sum over the windows of upstream * share, gradLogit[i] the same of upstream * share * (x - y).
void lipGradientLanes(const LipPixel<float>& pixel, const LipCell<float>* cells, std::int64_t cellCount,
                      std::int64_t lanes, float* gradX, float* gradLogit);
void lipGradientLanes(const LipPixel<double>& pixel, const LipCell<double>* cells, std::int64_t cellCount,
                      std::int64_t lanes, double* gradX, double* gradLogit);

}  // namespace anchorscope
