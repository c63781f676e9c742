#pragma once
// exp, log1p and powers in float32, written out so that loops of them are vectorised: the library's are
// calls. For files compiled with -O3 -ffp-contract=off (CMakeLists.txt): the same bits on every processor. No
// ATen.

#include <bit>
#include <cstdint>

// One clone per instruction set, chosen when the program is loaded. x86-64-v4 rather than avx512f: 16-bit
// elements need AVX-512 BW. The sanitizers cannot run code that early, and Clang does not take the two
// attributes together.
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ANCHORSCOPE_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default"), flatten))
#else
#define ANCHORSCOPE_CLONES
#endif

namespace anchorscope {

/// exp and log1p for the arguments Sigmoid has, within 2 units in the last place; powers of scores.
struct VectorMath {
  /// x <= 0; below -87 the result is that of -87 (1.6e-38, where float32 ends). NaN stays NaN.
  static inline float exponential(float x) { return exponentialOfBounded(x < -87.0F ? -87.0F : x); }
  /// -87 <= x <= 88. NaN stays NaN.
  static inline float exponentialOfBounded(float x) {
    constexpr float kRounder =
        12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const float shifted = x * 1.44269504F + kRounder;
    const float whole = shifted - kRounder;
    const float rest = (x - whole * 0.693359375F) + whole * 2.12194440e-4F;
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
  /// x^y for 0 <= x <= 1 and 0 < y <= 1, within 1 unit in the last place: exp(y ln x) in double.
  static inline float power(float x, float y) {
    // x = 2^k m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh((m - 1) / (m + 1)).
    constexpr std::int64_t kRootOfHalf = 0x3FE6A09E667F3BCD;  // the bits of sqrt(1/2)
    constexpr double kTwoTo52 = 4503599627370496.0;
    const std::int64_t bits = std::bit_cast<std::int64_t>(static_cast<double>(x));
    const std::uint64_t biased =
        static_cast<std::uint64_t>(bits - kRootOfHalf + (std::int64_t{1023} << 52)) >> 52;  // k + 1023
    const double k = std::bit_cast<double>(biased | 0x4330000000000000U) - (kTwoTo52 + 1023);
    const double m = std::bit_cast<double>(static_cast<std::uint64_t>(bits) - (biased << 52) +
                                           (std::uint64_t{1023} << 52));
    const double s = (m - 1) / (m + 1), square = s * s;
    double series = 1.0 / 13;
    series = series * square + 1.0 / 11;
    series = series * square + 1.0 / 9;
    series = series * square + 1.0 / 7;
    series = series * square + 1.0 / 5;
    series = series * square + 1.0 / 3;
    const double logarithm = k * 0.69314718055994531 + (2 * s + 2 * s * square * series);
    // exp: 2^n e^rest, |rest| <= ln(2) / 2.
    constexpr double kRounder = 6755399441055744.0;  // 1.5 * 2^52
    const double exponent = static_cast<double>(y) * logarithm;
    const double shifted = exponent * 1.4426950408889634 + kRounder;
    const double rest = exponent - (shifted - kRounder) * 0.69314718055994531;
    double growth = 1.0 / 40320;
    growth = growth * rest + 1.0 / 5040;
    growth = growth * rest + 1.0 / 720;
    growth = growth * rest + 1.0 / 120;
    growth = growth * rest + 1.0 / 24;
    growth = growth * rest + 1.0 / 6;
    growth = growth * rest + 1.0 / 2;
    growth = growth * rest + 1.0;
    growth = growth * rest + 1.0;
    const std::int64_t n = std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(kRounder);
    const double result = growth * std::bit_cast<double>((n + 1023) << 52);
    return x > 0.0F ? static_cast<float>(result) : 0.0F;
  }
};

}  // namespace anchorscope
