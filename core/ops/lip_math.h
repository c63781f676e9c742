#pragma once
// Windows of local importance-based pooling, shared by the CPU and CUDA code. No ATen.

#include <cstdint>

#include "core/base/box_math.h"

namespace anchorscope {

/// One window in both directions, in pixels: kernel >= 1, stride >= 1, 0 <= padding < kernel.
struct LipWindow {
  std::int64_t kernel = 3;
  std::int64_t stride = 2;
  std::int64_t padding = 1;

  /// Output cells along an axis of `length` pixels; the axis holds one window at least.
  ANCHORSCOPE_HD std::int64_t outputs(std::int64_t length) const {
    return (length + 2 * padding - kernel) / stride + 1;
  }
};

/// begin <= index < end.
template <typename Index>
struct LipSpan {
  Index begin, end;
};

/// In-map pixels of output cell `output` along an axis of `length` pixels; never empty.
template <typename Index>
ANCHORSCOPE_HD LipSpan<Index> lipPixelsOf(const LipWindow& window, Index output, Index length) {
  const Index first = output * static_cast<Index>(window.stride) - static_cast<Index>(window.padding);
  const Index end = first + static_cast<Index>(window.kernel);
  return {first < 0 ? Index(0) : first, end > length ? length : end};
}

/// Output cells whose windows hold pixel `pixel`, of `outputs` along the axis; may be empty.
template <typename Index>
ANCHORSCOPE_HD LipSpan<Index> lipOutputsOf(const LipWindow& window, Index pixel, Index outputs) {
  const Index stride = static_cast<Index>(window.stride);
  const Index shifted = pixel + static_cast<Index>(window.padding);
  const Index late = shifted - static_cast<Index>(window.kernel) + 1;
  const Index begin = late <= 0 ? Index(0) : (late + stride - 1) / stride, end = shifted / stride + 1;
  return {begin, end > outputs ? outputs : end};
}

}  // namespace anchorscope
