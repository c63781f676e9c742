#pragma once
// bfloat16 as the upper half of a float32's bits, for loops that are vectorised. No ATen.

#include <bit>
#include <cstdint>

namespace anchorscope {

inline float bfloat16Value(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// To the nearest, ties to even; NaN stays NaN.
inline std::uint16_t bfloat16Bits(float value) {
  constexpr std::uint32_t kNan = 0x7FC0;
  const std::uint32_t own = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (own + 0x7FFFU + ((own >> 16) & 1U)) >> 16;
  return static_cast<std::uint16_t>(value == value ? rounded : kNan);
}

}  // namespace anchorscope
