// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/ops/lip_rows.h"

#include <algorithm>
#include <cmath>

#include "core/ops/bfloat16_bits.h"
#include "core/ops/vector_math.h"

#define ANCHORSCOPE_INLINE inline __attribute__((always_inline))

namespace anchorscope {
namespace {

/// Elements worked on at a time; what is kept of them between two loops stays in the first-level cache.
constexpr std::int64_t kBlock = 128;

ANCHORSCOPE_INLINE float exponential(float x) {
  return VectorMath::exponentialOfBounded(x);
}
ANCHORSCOPE_INLINE double exponential(double x) {
  return std::exp(x);
}
/// Where an exponential is nothing next to 1, and still a number.
constexpr float lowest(float) {
  return -87.0F;
}
constexpr double lowest(double) {
  return -700.0;
}

template <typename T>
ANCHORSCOPE_INLINE bool addRow(const T* x, const T* logit, std::int64_t count, const LipSums<T>* sums,
                               std::int64_t sumCount) {
  constexpr T kMost = static_cast<T>(kLipModerate);
  int beyond = 0;
  T weight[kBlock], weighted[kBlock];
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t block = std::min(kBlock, count - first);
    for (std::int64_t i = 0; i < block; ++i) {
      const T own = logit[first + i];
      beyond |= static_cast<int>(own > kMost) | static_cast<int>(own < -kMost);
      weight[i] = exponential(own);
      weighted[i] = weight[i] * x[first + i];
    }
    for (std::int64_t k = 0; k < sumCount; ++k) {
      T* const toWeight = sums[k].weight + first;
      T* const toWeighted = sums[k].weighted + first;
      if (sums[k].empty) {
        std::copy(weight, weight + block, toWeight);
        std::copy(weighted, weighted + block, toWeighted);
        continue;
      }
      for (std::int64_t i = 0; i < block; ++i)
        toWeight[i] += weight[i];
      for (std::int64_t i = 0; i < block; ++i)
        toWeighted[i] += weighted[i];
    }
  }
  return beyond == 0;
}

template <typename T>
ANCHORSCOPE_INLINE void finishRow(const LipSums<T>& sums, const LipRowShape& shape, T* y, T* inverseSum) {
  const std::int64_t lanes = shape.lanes;
  T inverse[kBlock];
  for (std::int64_t ox = 0; ox < shape.outWidth; ++ox) {
    const LipSpan<std::int64_t> across = lipPixelsOf(shape.window, ox, shape.width);
    for (std::int64_t first = 0; first < lanes; first += kBlock) {
      const std::int64_t block = std::min(kBlock, lanes - first), pixels = across.end - across.begin;
      const T* const weight = sums.weight + across.begin * lanes + first;
      const T* const weighted = sums.weighted + across.begin * lanes + first;
      T* const out = y + ox * lanes + first;
      if (pixels == 3) {
#pragma GCC ivdep
        for (std::int64_t i = 0; i < block; ++i) {
          inverse[i] = T(1) / ((weight[i] + weight[i + lanes]) + weight[i + 2 * lanes]);
          out[i] = ((weighted[i] + weighted[i + lanes]) + weighted[i + 2 * lanes]) * inverse[i];
        }
      } else {
        T sum[kBlock], total[kBlock];
        std::copy(weight, weight + block, sum);
        std::copy(weighted, weighted + block, total);
        for (std::int64_t k = 1; k < pixels; ++k) {
          for (std::int64_t i = 0; i < block; ++i)
            sum[i] += weight[i + k * lanes];
          for (std::int64_t i = 0; i < block; ++i)
            total[i] += weighted[i + k * lanes];
        }
        for (std::int64_t i = 0; i < block; ++i)
          inverse[i] = T(1) / sum[i];
        for (std::int64_t i = 0; i < block; ++i)
          out[i] = total[i] * inverse[i];
      }
      if (inverseSum != nullptr) std::copy(inverse, inverse + block, inverseSum + ox * lanes + first);
    }
  }
}

template <typename T>
ANCHORSCOPE_INLINE void largestRow(const T* const* logit, std::int64_t rowCount, const LipRowShape& shape,
                                   T* largest) {
  const std::int64_t lanes = shape.lanes;
  for (std::int64_t ox = 0; ox < shape.outWidth; ++ox) {
    const LipSpan<std::int64_t> across = lipPixelsOf(shape.window, ox, shape.width);
    T* const out = largest + ox * lanes;
    std::copy(logit[0] + across.begin * lanes, logit[0] + (across.begin + 1) * lanes, out);
    for (std::int64_t row = 0; row < rowCount; ++row) {
      for (std::int64_t ix = across.begin; ix < across.end; ++ix) {
        const T* const own = logit[row] + ix * lanes;
        for (std::int64_t i = 0; i < lanes; ++i)
          out[i] = own[i] > out[i] ? own[i] : out[i];
      }
    }
  }
}

template <typename T>
ANCHORSCOPE_INLINE void rowByLargest(const T* const* x, const T* const* logit, std::int64_t rowCount,
                                     const T* largest, const LipRowShape& shape, T* y, T* inverseSum) {
  const std::int64_t lanes = shape.lanes;
  for (std::int64_t ox = 0; ox < shape.outWidth; ++ox) {
    const LipSpan<std::int64_t> across = lipPixelsOf(shape.window, ox, shape.width);
    for (std::int64_t first = 0; first < lanes; first += kBlock) {
      const std::int64_t block = std::min(kBlock, lanes - first), at = ox * lanes + first;
      T sum[kBlock], total[kBlock], below[kBlock];
      std::fill(sum, sum + block, T(0));
      std::fill(total, total + block, T(0));
      for (std::int64_t row = 0; row < rowCount; ++row) {
        for (std::int64_t ix = across.begin; ix < across.end; ++ix) {
          const T* const ownLogit = logit[row] + ix * lanes + first;
          const T* const ownX = x[row] + ix * lanes + first;
          for (std::int64_t i = 0; i < block; ++i) {
            below[i] = ownLogit[i] - largest[at + i];
            below[i] = below[i] < lowest(T()) ? lowest(T()) : below[i];
          }
          for (std::int64_t i = 0; i < block; ++i) {
            const T weight = exponential(below[i]);
            sum[i] += weight;
            total[i] += weight * ownX[i];
          }
        }
      }
      for (std::int64_t i = 0; i < block; ++i)
        y[at + i] = total[i] / sum[i];
      if (inverseSum == nullptr) continue;
      for (std::int64_t i = 0; i < block; ++i)
        inverseSum[at + i] = T(1) / sum[i];
    }
  }
}

/// A pixel of moderate logits in kCells windows, whose lanes begin where the cells' pointers are.
template <int kCells, typename T>
ANCHORSCOPE_INLINE void moderatePixel(const T* x, const T* logit, const LipCells<T>* cells,
                                      std::int64_t lanes, T* gradX, T* gradLogit) {
  const T *up[kCells], *y[kCells], *inverse[kCells];
  for (int k = 0; k < kCells; ++k) {
    up[k] = cells[k].upstream;
    y[k] = cells[k].y;
    inverse[k] = cells[k].inverseSum;
  }
#pragma GCC ivdep
  for (std::int64_t i = 0; i < lanes; ++i) {
    T toX = up[0][i] * inverse[0][i], toLogit = toX * (x[i] - y[0][i]);
#pragma GCC unroll 4
    for (int k = 1; k < kCells; ++k) {
      const T part = up[k][i] * inverse[k][i];
      toX += part;
      toLogit += part * (x[i] - y[k][i]);
    }
    const T weight = exponential(logit[i]);
    gradX[i] = weight * toX;
    gradLogit[i] = weight * toLogit;
  }
}

/// The same for any number of windows.
template <typename T>
ANCHORSCOPE_INLINE void moderatePixelOfMany(const T* x, const T* logit, const LipCells<T>* rows,
                                            std::int64_t rowCount, const LipSpan<std::int64_t>& across,
                                            std::int64_t lanes, T* gradX, T* gradLogit) {
  std::fill(gradX, gradX + lanes, T(0));
  std::fill(gradLogit, gradLogit + lanes, T(0));
  for (std::int64_t row = 0; row < rowCount; ++row) {
    for (std::int64_t ox = across.begin; ox < across.end; ++ox) {
      const T* const up = rows[row].upstream + ox * lanes;
      const T* const y = rows[row].y + ox * lanes;
      const T* const inverse = rows[row].inverseSum + ox * lanes;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < lanes; ++i) {
        const T part = up[i] * inverse[i];
        gradX[i] += part;
        gradLogit[i] += part * (x[i] - y[i]);
      }
    }
  }
#pragma GCC ivdep
  for (std::int64_t i = 0; i < lanes; ++i) {
    const T weight = exponential(logit[i]);
    gradX[i] *= weight;
    gradLogit[i] *= weight;
  }
}

template <typename T>
ANCHORSCOPE_INLINE void moderateGradients(const T* x, const T* logit, const LipCells<T>* rows,
                                          std::int64_t rowCount, const LipRowShape& shape, T* gradX,
                                          T* gradLogit) {
  const std::int64_t lanes = shape.lanes;
  for (std::int64_t ix = 0; ix < shape.width; ++ix) {
    const LipSpan<std::int64_t> across = lipOutputsOf(shape.window, ix, shape.outWidth);
    const std::int64_t at = ix * lanes, count = rowCount * (across.end - across.begin);
    if (count != 1 && count != 2 && count != 4) {
      moderatePixelOfMany(x + at, logit + at, rows, rowCount, across, lanes, gradX + at, gradLogit + at);
      continue;
    }
    LipCells<T> cells[4];
    int cell = 0;
    for (std::int64_t row = 0; row < rowCount; ++row) {
      for (std::int64_t ox = across.begin; ox < across.end; ++ox)
        cells[cell++] = {rows[row].upstream + ox * lanes, rows[row].y + ox * lanes,
                         rows[row].inverseSum + ox * lanes, nullptr};
    }
    if (count == 1)
      moderatePixel<1>(x + at, logit + at, cells, lanes, gradX + at, gradLogit + at);
    else if (count == 2)
      moderatePixel<2>(x + at, logit + at, cells, lanes, gradX + at, gradLogit + at);
    else
      moderatePixel<4>(x + at, logit + at, cells, lanes, gradX + at, gradLogit + at);
  }
}

template <typename T>
ANCHORSCOPE_INLINE void gradientsByReference(const T* x, const T* logit, const LipCells<T>* rows,
                                             std::int64_t rowCount, const LipRowShape& shape, T* gradX,
                                             T* gradLogit) {
  const std::int64_t lanes = shape.lanes;
  std::fill(gradX, gradX + shape.width * lanes, T(0));
  std::fill(gradLogit, gradLogit + shape.width * lanes, T(0));
  for (std::int64_t ix = 0; ix < shape.width; ++ix) {
    const LipSpan<std::int64_t> across = lipOutputsOf(shape.window, ix, shape.outWidth);
    for (std::int64_t row = 0; row < rowCount; ++row) {
      for (std::int64_t ox = across.begin; ox < across.end; ++ox) {
        for (std::int64_t first = 0; first < lanes; first += kBlock) {
          const std::int64_t block = std::min(kBlock, lanes - first);
          const std::int64_t pixel = ix * lanes + first, cell = ox * lanes + first;
          T below[kBlock];
          for (std::int64_t i = 0; i < block; ++i) {
            below[i] = logit[pixel + i] - rows[row].reference[cell + i];
            below[i] = below[i] < lowest(T()) ? lowest(T()) : below[i];
          }
#pragma GCC ivdep
          for (std::int64_t i = 0; i < block; ++i) {
            const T share = exponential(below[i]) * rows[row].inverseSum[cell + i];
            const T part = share * rows[row].upstream[cell + i];
            gradX[pixel + i] += part;
            gradLogit[pixel + i] += part * (x[pixel + i] - rows[row].y[cell + i]);
          }
        }
      }
    }
  }
}

}  // namespace

ANCHORSCOPE_CLONES void lipFromBfloat16(const std::uint16_t* bits, std::int64_t count, float* values) {
  for (std::int64_t i = 0; i < count; ++i)
    values[i] = bfloat16Value(bits[i]);
}

ANCHORSCOPE_CLONES void lipToBfloat16(const float* values, std::int64_t count, std::uint16_t* bits) {
  for (std::int64_t i = 0; i < count; ++i)
    bits[i] = bfloat16Bits(values[i]);
}

ANCHORSCOPE_CLONES bool lipAddRow(const float* x, const float* logit, std::int64_t count,
                                  const LipSums<float>* sums, std::int64_t sumCount) {
  return addRow(x, logit, count, sums, sumCount);
}
ANCHORSCOPE_CLONES void lipFinishRow(const LipSums<float>& sums, const LipRowShape& shape, float* y,
                                     float* inverseSum) {
  finishRow(sums, shape, y, inverseSum);
}
ANCHORSCOPE_CLONES void lipLargestRow(const float* const* logit, std::int64_t rowCount,
                                      const LipRowShape& shape, float* largest) {
  largestRow(logit, rowCount, shape, largest);
}
ANCHORSCOPE_CLONES void lipRowByLargest(const float* const* x, const float* const* logit,
                                        std::int64_t rowCount, const float* largest, const LipRowShape& shape,
                                        float* y, float* inverseSum) {
  rowByLargest(x, logit, rowCount, largest, shape, y, inverseSum);
}
ANCHORSCOPE_CLONES void lipModerateGradients(const float* x, const float* logit, const LipCells<float>* rows,
                                             std::int64_t rowCount, const LipRowShape& shape, float* gradX,
                                             float* gradLogit) {
  moderateGradients(x, logit, rows, rowCount, shape, gradX, gradLogit);
}
ANCHORSCOPE_CLONES void lipGradientsByReference(const float* x, const float* logit,
                                                const LipCells<float>* rows, std::int64_t rowCount,
                                                const LipRowShape& shape, float* gradX, float* gradLogit) {
  gradientsByReference(x, logit, rows, rowCount, shape, gradX, gradLogit);
}

bool lipAddRow(const double* x, const double* logit, std::int64_t count, const LipSums<double>* sums,
               std::int64_t sumCount) {
  return addRow(x, logit, count, sums, sumCount);
}
void lipFinishRow(const LipSums<double>& sums, const LipRowShape& shape, double* y, double* inverseSum) {
  finishRow(sums, shape, y, inverseSum);
}
void lipLargestRow(const double* const* logit, std::int64_t rowCount, const LipRowShape& shape,
                   double* largest) {
  largestRow(logit, rowCount, shape, largest);
}
void lipRowByLargest(const double* const* x, const double* const* logit, std::int64_t rowCount,
                     const double* largest, const LipRowShape& shape, double* y, double* inverseSum) {
  rowByLargest(x, logit, rowCount, largest, shape, y, inverseSum);
}
void lipModerateGradients(const double* x, const double* logit, const LipCells<double>* rows,
                          std::int64_t rowCount, const LipRowShape& shape, double* gradX, double* gradLogit) {
  moderateGradients(x, logit, rows, rowCount, shape, gradX, gradLogit);
}
void lipGradientsByReference(const double* x, const double* logit, const LipCells<double>* rows,
                             std::int64_t rowCount, const LipRowShape& shape, double* gradX,
                             double* gradLogit) {
  gradientsByReference(x, logit, rows, rowCount, shape, gradX, gradLogit);
}

}  // namespace anchorscope
