// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/model/norm_rows.h"

#include <algorithm>

#include "core/ops/bfloat16_bits.h"
#include "core/ops/vector_math.h"

#define ANCHORSCOPE_INLINE inline __attribute__((always_inline))

namespace anchorscope {
namespace {

/// Channels that are summed up at a time.
constexpr std::int64_t kLanes = 256;
/// Rows summed in float32 before they are added up in double.
constexpr std::int64_t kRowsPerPartialSum = 64;

ANCHORSCOPE_INLINE float valueOf(float stored) {
  return stored;
}
ANCHORSCOPE_INLINE float valueOf(std::uint16_t stored) {
  return bfloat16Value(stored);
}
ANCHORSCOPE_INLINE void store(float value, float& to) {
  to = value;
}
ANCHORSCOPE_INLINE void store(float value, std::uint16_t& to) {
  to = bfloat16Bits(value);
}

/// Sums two quantities per channel: add(index of an element, channel, first, second). Rows are read from end
/// to end, as they lie in memory; the sums of a row stay in the first-level cache.
template <typename Add>
ANCHORSCOPE_INLINE void sumRows(const NormBlock& block, double* first, double* second, const Add& add) {
  for (std::int64_t channel = 0; channel < block.channels; channel += kLanes) {
    const std::int64_t lanes = std::min(kLanes, block.channels - channel);
    for (std::int64_t begin = 0; begin < block.rows; begin += kRowsPerPartialSum) {
      const std::int64_t end = std::min(begin + kRowsPerPartialSum, block.rows);
      float a[kLanes], b[kLanes];
      std::fill(a, a + lanes, 0.0F);
      std::fill(b, b + lanes, 0.0F);
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t at = row * block.stride + channel;
#pragma GCC ivdep
        for (std::int64_t lane = 0; lane < lanes; ++lane)
          add(at + lane, channel + lane, a[lane], b[lane]);
      }
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        first[channel + lane] += a[lane];
        second[channel + lane] += b[lane];
      }
    }
  }
}

template <typename T>
ANCHORSCOPE_INLINE void momentRows(const NormBlock& block, const T* x, const float* pivot, double* first,
                                   double* second) {
  sumRows(block, first, second, [&](std::int64_t at, std::int64_t channel, float& sum, float& squares) {
    const float deviation = valueOf(x[at]) - pivot[channel];
    sum += deviation;
    squares += deviation * deviation;
  });
}

template <typename T>
ANCHORSCOPE_INLINE void gradientSumRows(const NormBlock& block, const T* upstream, const T* x, const T* y,
                                        const float* mean, double* products, double* sums) {
  const auto add = [&](std::int64_t at, std::int64_t channel, float own, float& product, float& sum) {
    product += own * (valueOf(x[at]) - mean[channel]);
    sum += own;
  };
  if (y != nullptr) {
    sumRows(block, products, sums, [&](std::int64_t at, std::int64_t channel, float& product, float& sum) {
      const float own = valueOf(upstream[at]);  // read either way: a branch would not be vectorised
      add(at, channel, valueOf(y[at]) > 0 ? own : 0.0F, product, sum);
    });
  } else {
    sumRows(block, products, sums, [&](std::int64_t at, std::int64_t channel, float& product, float& sum) {
      add(at, channel, valueOf(upstream[at]), product, sum);
    });
  }
}

template <bool kResidual, bool kRectify, typename T>
ANCHORSCOPE_INLINE void forwardRowsOf(const NormBlock& block, const T* x, const float* scale,
                                      const float* shift, const T* residual, T* y) {
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const std::int64_t at = row * block.stride;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < block.channels; ++c) {
      float value = valueOf(x[at + c]) * scale[c] + shift[c];
      if constexpr (kResidual) value += valueOf(residual[at + c]);
      if constexpr (kRectify) value = value < 0 ? 0.0F : value;
      store(value, y[at + c]);
    }
  }
}

template <typename T>
ANCHORSCOPE_INLINE void forwardRows(const NormBlock& block, const T* x, const float* scale,
                                    const float* shift, const T* residual, bool rectify, T* y) {
  if (residual != nullptr && rectify)
    forwardRowsOf<true, true>(block, x, scale, shift, residual, y);
  else if (residual != nullptr)
    forwardRowsOf<true, false>(block, x, scale, shift, residual, y);
  else if (rectify)
    forwardRowsOf<false, true>(block, x, scale, shift, residual, y);
  else
    forwardRowsOf<false, false>(block, x, scale, shift, residual, y);
}

template <bool kInput, bool kResidual, bool kRectified, typename T>
ANCHORSCOPE_INLINE void backwardRowsOf(const NormBlock& block, const T* upstream, const T* x, const T* y,
                                       const NormSlopes& slopes, T* gradient, T* residualGradient) {
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const std::int64_t at = row * block.stride;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < block.channels; ++c) {
      float own = valueOf(upstream[at + c]);
      if constexpr (kRectified) own = valueOf(y[at + c]) > 0 ? own : 0.0F;
      float value = own * slopes.ofUpstream[c];
      if constexpr (kInput) value = value + valueOf(x[at + c]) * slopes.ofInput[c] + slopes.constant[c];
      store(value, gradient[at + c]);
      if constexpr (kResidual) store(own, residualGradient[at + c]);
    }
  }
}

template <bool kInput, bool kResidual, typename T>
ANCHORSCOPE_INLINE void backwardRowsOf(const NormBlock& block, const T* upstream, const T* x, const T* y,
                                       const NormSlopes& slopes, T* gradient, T* residualGradient) {
  if (y != nullptr)
    backwardRowsOf<kInput, kResidual, true>(block, upstream, x, y, slopes, gradient, residualGradient);
  else
    backwardRowsOf<kInput, kResidual, false>(block, upstream, x, y, slopes, gradient, residualGradient);
}

template <typename T>
ANCHORSCOPE_INLINE void backwardRows(const NormBlock& block, const T* upstream, const T* x, const T* y,
                                     const NormSlopes& slopes, T* gradient, T* residualGradient) {
  if (x != nullptr && residualGradient != nullptr)
    backwardRowsOf<true, true>(block, upstream, x, y, slopes, gradient, residualGradient);
  else if (x != nullptr)
    backwardRowsOf<true, false>(block, upstream, x, y, slopes, gradient, residualGradient);
  else if (residualGradient != nullptr)
    backwardRowsOf<false, true>(block, upstream, x, y, slopes, gradient, residualGradient);
  else
    backwardRowsOf<false, false>(block, upstream, x, y, slopes, gradient, residualGradient);
}

}  // namespace

ANCHORSCOPE_CLONES void normMomentRows(const NormBlock& block, const float* x, const float* pivot,
                                       double* first, double* second) {
  momentRows(block, x, pivot, first, second);
}
ANCHORSCOPE_CLONES void normMomentRows(const NormBlock& block, const std::uint16_t* x, const float* pivot,
                                       double* first, double* second) {
  momentRows(block, x, pivot, first, second);
}
ANCHORSCOPE_CLONES void normForwardRows(const NormBlock& block, const float* x, const float* scale,
                                        const float* shift, const float* residual, bool rectify, float* y) {
  forwardRows(block, x, scale, shift, residual, rectify, y);
}
ANCHORSCOPE_CLONES void normForwardRows(const NormBlock& block, const std::uint16_t* x, const float* scale,
                                        const float* shift, const std::uint16_t* residual, bool rectify,
                                        std::uint16_t* y) {
  forwardRows(block, x, scale, shift, residual, rectify, y);
}
ANCHORSCOPE_CLONES void normGradientSumRows(const NormBlock& block, const float* upstream, const float* x,
                                            const float* y, const float* mean, double* products,
                                            double* sums) {
  gradientSumRows(block, upstream, x, y, mean, products, sums);
}
ANCHORSCOPE_CLONES void normGradientSumRows(const NormBlock& block, const std::uint16_t* upstream,
                                            const std::uint16_t* x, const std::uint16_t* y, const float* mean,
                                            double* products, double* sums) {
  gradientSumRows(block, upstream, x, y, mean, products, sums);
}
ANCHORSCOPE_CLONES void normBackwardRows(const NormBlock& block, const float* upstream, const float* x,
                                         const float* y, const NormSlopes& slopes, float* gradient,
                                         float* residualGradient) {
  backwardRows(block, upstream, x, y, slopes, gradient, residualGradient);
}
ANCHORSCOPE_CLONES void normBackwardRows(const NormBlock& block, const std::uint16_t* upstream,
                                         const std::uint16_t* x, const std::uint16_t* y,
                                         const NormSlopes& slopes, std::uint16_t* gradient,
                                         std::uint16_t* residualGradient) {
  backwardRows(block, upstream, x, y, slopes, gradient, residualGradient);
}

}  // namespace anchorscope
