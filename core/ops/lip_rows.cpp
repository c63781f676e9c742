// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/ops/lip_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/vector_math.h"

namespace anchorscope {
namespace {

/// Lanes worked on at a time; their sums stay in the first-level cache.
constexpr std::int64_t kBlock = 64;

inline float exponential(float x) {
  return VectorMath::exponential(x);
}
inline double exponential(double x) {
  return std::exp(x);
}
template <typename T>
inline __attribute__((always_inline)) void poolBlock(const LipPixel<T>* pixels, std::int64_t pixelCount,
                                                     std::int64_t first, std::int64_t count,
                                                     const LipPooled<T>& out) {
  T largest[kBlock], sum[kBlock], weighted[kBlock];
  for (std::int64_t i = 0; i < count; ++i) {
    largest[i] = -std::numeric_limits<T>::infinity();
    sum[i] = weighted[i] = T(0);
  }
  for (std::int64_t k = 0; k < pixelCount; ++k) {
    const T* const logit = pixels[k].logit + first;
    for (std::int64_t i = 0; i < count; ++i)
      largest[i] = logit[i] > largest[i] ? logit[i] : largest[i];
  }
  for (std::int64_t k = 0; k < pixelCount; ++k) {
    const T* const logit = pixels[k].logit + first;
    const T* const x = pixels[k].x + first;
    for (std::int64_t i = 0; i < count; ++i) {
      const T weight = exponential(logit[i] - largest[i]);
      sum[i] += weight;
      weighted[i] += weight * x[i];
    }
  }
  T* const y = out.y + first;
  if (out.largest == nullptr) {
    for (std::int64_t i = 0; i < count; ++i)
      y[i] = weighted[i] / sum[i];
    return;
  }
  T* const keptLargest = out.largest + first;
  T* const inverseSum = out.inverseSum + first;
  for (std::int64_t i = 0; i < count; ++i) {
    y[i] = weighted[i] / sum[i];
    keptLargest[i] = largest[i];
    inverseSum[i] = T(1) / sum[i];
  }
}

template <typename T>
inline __attribute__((always_inline)) void gradientBlock(const LipPixel<T>& pixel, const LipCell<T>* cells,
                                                         std::int64_t cellCount, std::int64_t first,
                                                         std::int64_t count, T* __restrict gradX,
                                                         T* __restrict gradLogit) {
  const T* const x = pixel.x + first;
  const T* const logit = pixel.logit + first;
  T toX[kBlock], toLogit[kBlock];
  for (std::int64_t i = 0; i < count; ++i)
    toX[i] = toLogit[i] = T(0);
  for (std::int64_t k = 0; k < cellCount; ++k) {
    const T* const upstream = cells[k].upstream + first;
    const T* const y = cells[k].y + first;
    const T* const largest = cells[k].largest + first;
    const T* const inverseSum = cells[k].inverseSum + first;
    for (std::int64_t i = 0; i < count; ++i) {
      const T part = exponential(logit[i] - largest[i]) * inverseSum[i] * upstream[i];
      toX[i] += part;
      toLogit[i] += part * (x[i] - y[i]);
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    gradX[first + i] = toX[i];
    gradLogit[first + i] = toLogit[i];
  }
}

template <typename T>
inline __attribute__((always_inline)) void poolAll(const LipPixel<T>* pixels, std::int64_t pixelCount,
                                                   std::int64_t lanes, const LipPooled<T>& out) {
  for (std::int64_t first = 0; first < lanes; first += kBlock)
    poolBlock(pixels, pixelCount, first, std::min(kBlock, lanes - first), out);
}

template <typename T>
inline __attribute__((always_inline)) void gradientAll(const LipPixel<T>& pixel, const LipCell<T>* cells,
                                                       std::int64_t cellCount, std::int64_t lanes, T* gradX,
                                                       T* gradLogit) {
  for (std::int64_t first = 0; first < lanes; first += kBlock)
    gradientBlock(pixel, cells, cellCount, first, std::min(kBlock, lanes - first), gradX, gradLogit);
}

}  // namespace

ANCHORSCOPE_CLONES void lipPoolLanes(const LipPixel<float>* pixels, std::int64_t pixelCount,
                                     std::int64_t lanes, const LipPooled<float>& out) {
  poolAll(pixels, pixelCount, lanes, out);
}
void lipPoolLanes(const LipPixel<double>* pixels, std::int64_t pixelCount, std::int64_t lanes,
                  const LipPooled<double>& out) {
  poolAll(pixels, pixelCount, lanes, out);
}
ANCHORSCOPE_CLONES void lipGradientLanes(const LipPixel<float>& pixel, const LipCell<float>* cells,
                                         std::int64_t cellCount, std::int64_t lanes, float* gradX,
                                         float* gradLogit) {
  gradientAll(pixel, cells, cellCount, lanes, gradX, gradLogit);
}
void lipGradientLanes(const LipPixel<double>& pixel, const LipCell<double>* cells, std::int64_t cellCount,
                      std::int64_t lanes, double* gradX, double* gradLogit) {
  gradientAll(pixel, cells, cellCount, lanes, gradX, gradLogit);
}

}  // namespace anchorscope
