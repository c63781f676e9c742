#pragma once
// RoIAlign's sums over pixels of many channels, vectorised for the processor the program runs on. The
// channels of a pixel stand side by side. No ATen.

#include <cstdint>

namespace anchorscope {

/// Rows or columns of a map, and what of each goes into a cell.
template <typename T>
struct RoiTaps {
  const std::int64_t* pixels;
  const T* weights;
  std::int64_t count;
};

/// A map's channels `lanes`, side by side from `values` on: pixel (row, column) at row * rowStep + column *
/// columnStep.
template <typename T>
struct RoiLanes {
  T* values;
  std::int64_t rowStep, columnStep, lanes;
};

/// out [lanes] = sum over rows and columns of weight * weight * pixel.
void roiGather(const RoiLanes<const float>& map, const RoiTaps<float>& rows, const RoiTaps<float>& columns,
               float* out);
void roiGather(const RoiLanes<const double>& map, const RoiTaps<double>& rows, const RoiTaps<double>& columns,
               double* out);

/// Each pixel += weight * weight * upstream [lanes].
void roiScatter(const float* upstream, const RoiTaps<float>& rows, const RoiTaps<float>& columns,
                const RoiLanes<float>& map);
void roiScatter(const double* upstream, const RoiTaps<double>& rows, const RoiTaps<double>& columns,
                const RoiLanes<double>& map);

}  // namespace anchorscope
