#pragma once
// Random numbers by purpose: every stream is derived from (seed, purpose, indices), never from worker order,
// so a resumed or forked run draws the same numbers. The generator is SplitMix64 (Steele et al., OOPSLA
// 2014).

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace anchorscope {

/// One stream per purpose, so that adding a draw to one never shifts another.
enum class RandomPurpose : std::uint64_t {
  kInit = 1,
  kShuffle,
  kAugment,
  kSplit,
  kDemo,
  kSampler,
  kTest,
  kInputSize
};

/// SplitMix64's finaliser: a bijective 64-bit mix.
inline std::uint64_t mix64(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// Small deterministic generator with the same results on every platform. One owner at a time.
class Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}

  /// The stream for a purpose and its indices, e.g. Random::of(seed, RandomPurpose::kAugment, {epoch,
  /// sampleId}).
  static Random of(std::uint64_t seed, RandomPurpose purpose,
                   std::initializer_list<std::uint64_t> indices = {}) {
    std::uint64_t state = mix64(seed + 0x9e3779b97f4a7c15ULL);
    state = mix64(state ^ (static_cast<std::uint64_t>(purpose) * 0xd1342543de82ef95ULL));
    for (const std::uint64_t index : indices)
      state = mix64(state + 0x9e3779b97f4a7c15ULL + index * 0x2545f4914f6cdd1dULL);
    return Random(state);
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix64(state_);
  }

  /// Uniform in [0,1) with 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Uniform in [low,high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [0,count); count >= 1. The bias of the multiply-shift is below 2^-32 for counts below
  /// 2^32.
  std::uint64_t below(std::uint64_t count) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * count) >> 64);
  }
  bool chance(double probability) { return uniform() < probability; }
  /// Standard normal by Box-Muller (one of the pair).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t state_;
};

}  // namespace anchorscope
