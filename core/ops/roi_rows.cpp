// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/ops/roi_rows.h"

#include <algorithm>

#include "core/ops/vector_math.h"

namespace anchorscope {
namespace {

/// Channels worked on at a time: their sums stay in the first-level cache.
constexpr std::int64_t kBlock = 128;

template <typename T>
inline __attribute__((always_inline)) void gather(const RoiLanes<const T>& map, const RoiTaps<T>& rows,
                                                  const RoiTaps<T>& columns, T* __restrict out) {
  for (std::int64_t first = 0; first < map.lanes; first += kBlock) {
    const std::int64_t block = std::min(kBlock, map.lanes - first);
    T sum[kBlock] = {};
    for (std::int64_t row = 0; row < rows.count; ++row) {
      for (std::int64_t column = 0; column < columns.count; ++column) {
        const T weight = rows.weights[row] * columns.weights[column];
        const T* const pixel =
            map.values + rows.pixels[row] * map.rowStep + columns.pixels[column] * map.columnStep + first;
        for (std::int64_t i = 0; i < block; ++i)
          sum[i] += weight * pixel[i];
      }
    }
    std::copy(sum, sum + block, out + first);
  }
}

template <typename T>
inline __attribute__((always_inline)) void scatter(const T* __restrict upstream, const RoiTaps<T>& rows,
                                                   const RoiTaps<T>& columns, const RoiLanes<T>& map) {
  for (std::int64_t row = 0; row < rows.count; ++row) {
    for (std::int64_t column = 0; column < columns.count; ++column) {
      const T weight = rows.weights[row] * columns.weights[column];
      T* __restrict const pixel =
          map.values + rows.pixels[row] * map.rowStep + columns.pixels[column] * map.columnStep;
      for (std::int64_t i = 0; i < map.lanes; ++i)
        pixel[i] += weight * upstream[i];
    }
  }
}

}  // namespace

ANCHORSCOPE_CLONES void roiGather(const RoiLanes<const float>& map, const RoiTaps<float>& rows,
                                  const RoiTaps<float>& columns, float* out) {
  gather(map, rows, columns, out);
}
ANCHORSCOPE_CLONES void roiGather(const RoiLanes<const double>& map, const RoiTaps<double>& rows,
                                  const RoiTaps<double>& columns, double* out) {
  gather(map, rows, columns, out);
}
ANCHORSCOPE_CLONES void roiScatter(const float* upstream, const RoiTaps<float>& rows,
                                   const RoiTaps<float>& columns, const RoiLanes<float>& map) {
  scatter(upstream, rows, columns, map);
}
ANCHORSCOPE_CLONES void roiScatter(const double* upstream, const RoiTaps<double>& rows,
                                   const RoiTaps<double>& columns, const RoiLanes<double>& map) {
  scatter(upstream, rows, columns, map);
}

}  // namespace anchorscope
