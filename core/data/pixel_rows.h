#pragma once
// Internal header. Rows of a picture as a decoder gives them, reduced by a power of two as they come, and
// made 8-bit RGB: a picture need never be held whole at its full size.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Sides of a picture read at 1/reduceBy of its size, rounded up.
inline SizePx reducedSize(SizePx size, int reduceBy) {
  return {(size.width + reduceBy - 1) / reduceBy, (size.height + reduceBy - 1) / reduceBy};
}

/// `Sample` is std::uint8_t or std::uint16_t.
template <typename Sample>
class PixelRows {
 public:
  /// `reduceBy`: 1, 2, 4 ...
  PixelRows(SizePx stored, int reduceBy)
      : stored_(stored), size_(reducedSize(stored, reduceBy)), reduceBy_(reduceBy) {
    samples_.reserve(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height) * 3);
    if (reduceBy_ > 1) sums_.resize(static_cast<std::size_t>(size_.width) * 3);
  }

  /// The next row: stored.width * 3 samples. A block that the edge cuts is the mean of what it has.
  void add(const Sample* row) {
    const auto width = static_cast<std::size_t>(stored_.width), by = static_cast<std::size_t>(reduceBy_);
    ++rows_;
    if (reduceBy_ == 1) {
      samples_.insert(samples_.end(), row, row + width * 3);
      return;
    }
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        sums_[x / by * 3 + c] += row[x * 3 + c];
    if (rows_ % reduceBy_ != 0 && rows_ != stored_.height) return;
    const std::uint64_t blockRows = static_cast<std::uint64_t>((rows_ - 1) % reduceBy_) + 1;
    for (std::size_t x = 0; x < static_cast<std::size_t>(size_.width); ++x) {
      const std::uint64_t count = blockRows * std::min(by, width - x * by);
      for (std::size_t c = 0; c < 3; ++c) {
        // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a side is rounded up, so no block is empty
        samples_.push_back(static_cast<Sample>((sums_[x * 3 + c] + count / 2) / count));
        sums_[x * 3 + c] = 0;
      }
    }
  }

  /// The picture once every row has been added. Samples of 16 bits are reduced to 8 by the fewest bits that
  /// hold the brightest of them: the 12 bits of a camera in a 16-bit file are not nearly black.
  ImagePixels take() && {
    ANCHORSCOPE_CHECK(rows_ == stored_.height, rows_, " rows of ", stored_.height);
    ImagePixels pixels;
    pixels.size = size_;
    if constexpr (sizeof(Sample) == 1) {
      pixels.rgb = std::move(samples_);
    } else {
      Sample brightest = 0;
      for (const Sample value : samples_)
        brightest = std::max(brightest, value);
      std::uint32_t largest = 255;
      while (largest < brightest)
        largest = 2 * largest + 1;
      pixels.rgb.reserve(samples_.size());
      for (const Sample value : samples_)
        pixels.rgb.push_back(static_cast<std::uint8_t>((value * 255U + largest / 2) / largest));
    }
    return pixels;
  }

 private:
  SizePx stored_, size_;
  int reduceBy_, rows_ = 0;
  std::vector<Sample> samples_;
  std::vector<std::uint64_t> sums_;  ///< Of the block row that is being filled.
};

}  // namespace anchorscope
