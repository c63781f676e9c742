#pragma once
// Where RoIAlign (He et al., ICCV 2017) takes its samples, shared by the CPU and CUDA code. No ATen.

#include <cmath>
#include <cstdint>

#include "core/base/box_math.h"

namespace anchorscope {

/// What RoIAlign gives of each region.
struct RoiCells {
  std::int64_t rows = 7, columns = 7;
  std::int64_t samplingRatio = 2;  ///< Samples of a cell along each axis; 0: as many as pixels, rounded up.
  /// Pixel centres lie at +0.5, and regions may be of any size; otherwise at whole numbers, and none is
  /// smaller than a pixel (torchvision's default, that of its detectors).
  bool aligned = false;
};

/// begin <= index < end.
struct RoiSpan {
  std::int64_t begin, end;
};

/// A region along one axis of a map, in its pixels.
template <typename T>
struct RoiAxis {
  T start, cell;         ///< Where the first cell begins, and how long each is.
  std::int32_t samples;  ///< Of a cell; 0: the region has none, and its cells are 0.

  /// Of sample `sample` of `cell`.
  ANCHORSCOPE_HD T position(std::int64_t index, std::int64_t sample) const {
    return start + static_cast<T>(index) * cell +
           (static_cast<T>(sample) + T(0.5)) * cell / static_cast<T>(samples);
  }
  /// Samples that may lie in low .. high, counted on from cell to cell, of `cells` cells: those that do and
  /// at most a few more.
  ANCHORSCOPE_HD RoiSpan within(T low, T high, std::int64_t cells) const {
    const std::int64_t all = cells * samples;
    const T step = cell / static_cast<T>(samples);
    const T one = (low - start) / step, other = (high - start) / step;  // not finite where the step is 0
    if (!(one == one && other == other)) return {0, all};
    const T first = boxmath::smaller(one, other) - T(2), last = boxmath::larger(one, other) + T(2);
    const T most = static_cast<T>(all);
    return {first > T(0) ? static_cast<std::int64_t>(boxmath::smaller(first, most)) : 0,
            last > T(0) ? static_cast<std::int64_t>(boxmath::smaller(last, most)) : 0};
  }
};

/// A region in one image's map of one level.
template <typename T>
struct RoiRegion {
  RoiAxis<T> y, x;
  std::int32_t image, level;
};

/// Two pixels of an axis and what a sample takes of each.
template <typename T>
struct RoiTap {
  std::int64_t low, high;
  T lowWeight, highWeight;

  ANCHORSCOPE_HD T weightOf(std::int64_t pixel) const {
    return (pixel == low ? lowWeight : T(0)) + (pixel == high ? highWeight : T(0));
  }
};

namespace roimath {

/// Positions from -1 to the axis' length are moved onto it; beyond them a sample takes nothing.
template <typename T>
ANCHORSCOPE_HD RoiTap<T> tapAt(T position, std::int64_t length) {
  if (!(position >= T(-1) && position <= static_cast<T>(length))) return {0, 0, T(0), T(0)};
  const T inside = boxmath::larger(position, T(0));
  const auto low = static_cast<std::int64_t>(inside);
  if (low >= length - 1) return {length - 1, length - 1, T(1), T(0)};
  const T part = inside - static_cast<T>(low);
  return {low, low + 1, T(1) - part, part};
}

/// The samples of an axis that may take of `pixel`.
template <typename T>
ANCHORSCOPE_HD RoiSpan samplesOf(const RoiAxis<T>& axis, std::int64_t pixel, std::int64_t cells) {
  // A map's last pixel is also taken from up to one pixel beyond it, as its first is.
  return axis.within(static_cast<T>(pixel - 1), static_cast<T>(pixel + 1), cells);
}

/// Whether any sample of an axis may take of `pixel`.
template <typename T>
ANCHORSCOPE_HD bool reaches(const RoiAxis<T>& axis, std::int64_t pixel, std::int64_t cells) {
  const T end = axis.start + static_cast<T>(cells) * axis.cell;
  return axis.samples > 0 && boxmath::smaller(axis.start, end) <= static_cast<T>(pixel + 1) &&
         boxmath::larger(axis.start, end) >= static_cast<T>(pixel - 1);
}

template <typename T>
ANCHORSCOPE_HD RoiAxis<T> axisOf(T from, T to, T scale, std::int64_t cells, std::int64_t samplingRatio,
                                 bool aligned) {
  constexpr T kMost = T(1 << 20);  // samples; of a region far larger than any map
  const T shift = aligned ? T(0.5) : T(0);
  const T start = from * scale - shift, length = to * scale - shift - start;
  const T cell = (aligned ? length : boxmath::larger(length, T(1))) / static_cast<T>(cells);
  if (!(cell > -T(1e30) && cell < T(1e30) && start > -T(1e30) && start < T(1e30))) return {T(0), T(0), 0};
  const T adaptive =
      boxmath::smaller(boxmath::larger(static_cast<T>(::ceil(static_cast<double>(cell))), T(0)), kMost);
  return {start, cell, static_cast<std::int32_t>(samplingRatio > 0 ? T(samplingRatio) : adaptive)};
}

/// A box (x1, y1, x2, y2) in the input frame, of which the map's pixels are 1 / scale large.
template <typename T>
ANCHORSCOPE_HD RoiRegion<T> regionOf(const T* box, T scale, const RoiCells& cells, std::int64_t image,
                                     std::int64_t level) {
  return {axisOf(box[1], box[3], scale, cells.rows, cells.samplingRatio, cells.aligned),
          axisOf(box[0], box[2], scale, cells.columns, cells.samplingRatio, cells.aligned),
          static_cast<std::int32_t>(image), static_cast<std::int32_t>(level)};
}

}  // namespace roimath
}  // namespace anchorscope
