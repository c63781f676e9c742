// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor. The formulas are those of cls_loss_math.h; only exp and log1p are written out, since the
// library's are calls.
#include "core/ops/cls_rows.h"

#include <algorithm>
#include <bit>

// One clone per instruction set, chosen when the program is loaded. The sanitizers cannot run code that
// early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ANCHORSCOPE_CLONES __attribute__((target_clones("avx512f", "avx2", "default"), flatten))
#else
#define ANCHORSCOPE_CLONES
#endif

namespace anchorscope {
namespace {

constexpr std::int64_t kBlock = 64;

/// exp and log1p for the arguments Sigmoid has, within 2 units in the last place.
struct VectorMath {
  /// x <= 0; below -87 the result is that of -87 (1.6e-38, where float32 ends). NaN stays NaN.
  static inline float exponential(float x) {
    constexpr float kRounder =
        12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const float bounded = x < -87.0F ? -87.0F : x;
    const float shifted = bounded * 1.44269504F + kRounder;
    const float whole = shifted - kRounder;
    const float rest = (bounded - whole * 0.693359375F) + whole * 2.12194440e-4F;
    float series = 1.9875691500e-4F;  // Cephes' expf polynomial
    series = series * rest + 1.3981999507e-3F;
    series = series * rest + 8.3334519073e-3F;
    series = series * rest + 4.1665795894e-2F;
    series = series * rest + 1.6666665459e-1F;
    series = series * rest + 5.0000001201e-1F;
    const float mantissa = series * rest * rest + rest + 1.0F;
    const std::int32_t exponent =
        std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRounder);
    return mantissa * std::bit_cast<float>((exponent + 127) << 23);
  }
  /// 0 <= x <= 1: 2 artanh(x / (2 + x)).
  static inline float logOnePlus(float x) {
    const float s = x / (2.0F + x), square = s * s;
    float series = 1.0F / 17;
    series = series * square + 1.0F / 15;
    series = series * square + 1.0F / 13;
    series = series * square + 1.0F / 11;
    series = series * square + 1.0F / 9;
    series = series * square + 1.0F / 7;
    series = series * square + 1.0F / 5;
    series = series * square + 1.0F / 3;
    return 2 * s + 2 * s * square * series;
  }
};

/// Element losses of up to kBlock classes from `first` on.
template <ClsElementLoss kElement, bool kSlopes>
inline __attribute__((always_inline)) void block(const float* logits, const ClsRowTargets& targets,
                                                 std::int64_t first, std::int64_t count, float alpha,
                                                 float* out) {
  const ClsLossOptions options{kElement, 2, alpha};
  if (targets.soft != nullptr) {
    for (std::int64_t c = 0; c < count; ++c) {
      const auto loss = clsmath::elementLoss<float, VectorMath>(logits[c], targets.soft[first + c], options);
      out[c] = kSlopes ? loss.slope : loss.value;
    }
    return;
  }
  for (std::int64_t c = 0; c < count; ++c) {
    const auto loss = clsmath::elementLoss<float, VectorMath>(logits[c], 0.0F, options);
    out[c] = kSlopes ? loss.slope : loss.value;
  }
  const std::int64_t own = targets.label - first;
  if (own >= 0 && own < count) {
    const auto loss = clsmath::elementLoss<float, VectorMath>(logits[own], 1.0F, options);
    out[own] = kSlopes ? loss.slope : loss.value;
  }
}

template <bool kSlopes>
inline __attribute__((always_inline)) void anyBlock(const float* logits, const ClsRowTargets& targets,
                                                    std::int64_t first, std::int64_t count,
                                                    const ClsLossOptions& options, float* out) {
  const auto alpha = static_cast<float>(options.alpha);
  switch (options.element) {
    case ClsElementLoss::kBce:
      return block<ClsElementLoss::kBce, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kFocal:
      return block<ClsElementLoss::kFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kSoftFocal:
      return block<ClsElementLoss::kSoftFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kWeightedFocal:
      return block<ClsElementLoss::kWeightedFocal, kSlopes>(logits, targets, first, count, alpha, out);
    case ClsElementLoss::kWeightedBce:
      return block<ClsElementLoss::kWeightedBce, kSlopes>(logits, targets, first, count, alpha, out);
  }
}

}  // namespace

bool hasVectorForm(const ClsLossOptions& options) {
  const bool modulated =
      options.element != ClsElementLoss::kBce && options.element != ClsElementLoss::kWeightedBce;
  return !modulated || options.gamma == 2;
}

ANCHORSCOPE_CLONES double clsRowSum(const float* logits, const ClsRowTargets& targets, std::int64_t classes,
                                    const ClsLossOptions& options) {
  float losses[kBlock];
  double sum = 0;
  for (std::int64_t first = 0; first < classes; first += kBlock) {
    const std::int64_t count = std::min(kBlock, classes - first);
    anyBlock<false>(logits + first, targets, first, count, options, losses);
    for (std::int64_t c = 0; c < count; ++c)
      sum += static_cast<double>(losses[c]);
  }
  return sum;
}

ANCHORSCOPE_CLONES void clsRowSlopes(const float* logits, const ClsRowTargets& targets, float upstream,
                                     std::int64_t classes, const ClsLossOptions& options, float* gradient) {
  for (std::int64_t first = 0; first < classes; first += kBlock) {
    const std::int64_t count = std::min(kBlock, classes - first);
    anyBlock<true>(logits + first, targets, first, count, options, gradient + first);
    for (std::int64_t c = first; c < first + count; ++c)
      gradient[c] *= upstream;
  }
}

}  // namespace anchorscope
