// RoIAlign: one thread per cell and channel forward, one per pixel and channel backward, in memory order, so
// that neighbouring threads read neighbouring elements in both layouts.

#include "core/ops/cuda/roi_kernels.h"

#include "core/ops/cuda/launch.h"
#include "core/ops/cuda/places.h"

namespace anchorscope::kernels {
namespace {

using Place = kernels::Place<std::int64_t>;
using Plane = kernels::Plane<std::int64_t>;

template <typename T>
struct Regions {
  const T* boxes;
  const std::int64_t *image, *level;
  RoiScales scales;
  RoiBatch batch;
  RoiRegion<T>* out;

  __device__ void operator()(std::int64_t k) const {
    const bool exists = level[k] >= 0 && level[k] < scales.count && image[k] >= 0 && image[k] < batch.images;
    out[k] = exists ? roimath::regionOf(boxes + 4 * k, static_cast<T>(scales.scales[level[k]]), batch.cells,
                                        image[k], level[k])
                    : RoiRegion<T>{{T(0), T(0), 0}, {T(0), T(0), 0}, 0, 0};
  }
};

__device__ RoiSpan common(const RoiSpan& a, const RoiSpan& b) {
  return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
}

template <typename T>
struct Forward {
  RoiLevels<T> levels;
  const RoiRegion<T>* regions;
  RoiBatch batch;
  T* out;

  __device__ void operator()(std::int64_t i) const {
    const Place place =
        placeOf<std::int64_t>(i, batch.channels, batch.cells.rows, batch.cells.columns, batch.channelsLast);
    const RoiRegion<T> region = regions[place.first];
    const RoiAxis<T>&y = region.y, &x = region.x;
    out[i] = T(0);
    if (y.samples == 0 || x.samples == 0) return;
    const RoiMap<const T> map = levels.maps[region.level];
    const Plane plane = planeOf<std::int64_t>(region.image, place.channel, batch.channels,
                                              map.height * map.width, batch.channelsLast);
    const auto at = [&](std::int64_t row, std::int64_t column) {
      return map.values[plane.base + (row * map.width + column) * plane.step];
    };
    const RoiSpan down = common(y.within(T(-1), static_cast<T>(map.height), batch.cells.rows),
                                {place.row * y.samples, (place.row + 1) * y.samples});
    const RoiSpan across = common(x.within(T(-1), static_cast<T>(map.width), batch.cells.columns),
                                  {place.column * x.samples, (place.column + 1) * x.samples});
    T sum = T(0);
    for (std::int64_t s = down.begin; s < down.end; ++s) {
      const RoiTap<T> rows = roimath::tapAt(y.position(place.row, s - place.row * y.samples), map.height);
      if (rows.lowWeight == T(0) && rows.highWeight == T(0)) continue;
      for (std::int64_t t = across.begin; t < across.end; ++t) {
        const RoiTap<T> columns =
            roimath::tapAt(x.position(place.column, t - place.column * x.samples), map.width);
        sum += rows.lowWeight * (columns.lowWeight * at(rows.low, columns.low) +
                                 columns.highWeight * at(rows.low, columns.high)) +
               rows.highWeight * (columns.lowWeight * at(rows.high, columns.low) +
                                  columns.highWeight * at(rows.high, columns.high));
      }
    }
    out[i] = sum / (static_cast<T>(y.samples) * static_cast<T>(x.samples));
  }
};

template <typename T>
struct Backward {
  const T* upstream;
  const RoiRegion<T>* regions;
  std::int64_t level;
  RoiBatch batch;
  RoiMap<T> gradient;

  /// What a pixel receives of one region.
  __device__ T received(const RoiRegion<T>& region, std::int64_t k, const Place& pixel) const {
    const RoiAxis<T>&y = region.y, &x = region.x;
    const RoiCells& cells = batch.cells;
    const Plane plane = planeOf<std::int64_t>(k, pixel.channel, batch.channels, cells.rows * cells.columns,
                                              batch.channelsLast);
    const RoiSpan down = roimath::samplesOf(y, pixel.row, cells.rows),
                  across = roimath::samplesOf(x, pixel.column, cells.columns);
    T sum = T(0);
    for (std::int64_t s = down.begin; s < down.end; ++s) {
      const std::int64_t row = s / y.samples;
      const T ofRow =
          roimath::tapAt(y.position(row, s - row * y.samples), gradient.height).weightOf(pixel.row);
      if (ofRow == T(0)) continue;
      for (std::int64_t t = across.begin; t < across.end; ++t) {
        const std::int64_t column = t / x.samples;
        const T ofColumn =
            roimath::tapAt(x.position(column, t - column * x.samples), gradient.width).weightOf(pixel.column);
        if (ofColumn == T(0)) continue;
        sum += ofRow * ofColumn * upstream[plane.base + (row * cells.columns + column) * plane.step];
      }
    }
    return sum / (static_cast<T>(y.samples) * static_cast<T>(x.samples));
  }

  __device__ void operator()(std::int64_t i) const {
    const Place pixel =
        placeOf<std::int64_t>(i, batch.channels, gradient.height, gradient.width, batch.channelsLast);
    T sum = T(0);
    for (std::int64_t k = 0; k < batch.regions; ++k) {
      const RoiRegion<T>& region = regions[k];
      if (region.level != level || region.image != pixel.first ||
          !roimath::reaches(region.y, pixel.row, batch.cells.rows) ||
          !roimath::reaches(region.x, pixel.column, batch.cells.columns))
        continue;
      sum += received(region, k, pixel);
    }
    gradient.values[i] = sum;
  }
};

}  // namespace

template <typename T>
KernelStatus roiRegions(const T* boxes, const std::int64_t* image, const std::int64_t* level,
                        const RoiScales& scales, const RoiBatch& batch, RoiRegion<T>* out, Stream stream) {
  return forEach(batch.regions, Regions<T>{boxes, image, level, scales, batch, out}, stream);
}

template <typename T>
KernelStatus roiAlign(const RoiLevels<T>& levels, const RoiRegion<T>* regions, const RoiBatch& batch, T* out,
                      Stream stream) {
  return forEach(batch.regions * batch.channels * batch.cells.rows * batch.cells.columns,
                 Forward<T>{levels, regions, batch, out}, stream);
}

template <typename T>
KernelStatus roiAlignBackward(const T* upstream, const RoiRegion<T>* regions, std::int64_t level,
                              const RoiBatch& batch, const RoiMap<T>& gradient, Stream stream) {
  return forEach(batch.images * batch.channels * gradient.height * gradient.width,
                 Backward<T>{upstream, regions, level, batch, gradient}, stream);
}

#define ANCHORSCOPE_INSTANTIATE(T)                                                                          \
  template KernelStatus roiRegions<T>(const T*, const std::int64_t*, const std::int64_t*, const RoiScales&, \
                                      const RoiBatch&, RoiRegion<T>*, Stream);                              \
  template KernelStatus roiAlign<T>(const RoiLevels<T>&, const RoiRegion<T>*, const RoiBatch&, T*, Stream); \
  template KernelStatus roiAlignBackward<T>(const T*, const RoiRegion<T>*, std::int64_t, const RoiBatch&,   \
                                            const RoiMap<T>&, Stream);

ANCHORSCOPE_INSTANTIATE(float)
ANCHORSCOPE_INSTANTIATE(double)
#undef ANCHORSCOPE_INSTANTIATE

}  // namespace anchorscope::kernels
