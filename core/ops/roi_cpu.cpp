// RoIAlign on the CPU: pixels' channels stand side by side, whatever the layout that is asked for, so that
// sums run over many at once. Samples that share pixels are added up per axis before any is read. Forward in
// parallel over regions, backward over images and channels, each in the regions' order, so that results do
// not depend on the number of threads.

#include <algorithm>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/parallel.h"
#include "core/ops/roi_backends.h"
#include "core/ops/roi_rows.h"

namespace anchorscope {
namespace {

/// Elements worth a task of their own.
constexpr std::int64_t kGrainElements = 32768;
/// Channels of one task of the backward pass: two cache lines of float32.
constexpr std::int64_t kTaskLanes = 32;

/// Of one axis the pixels that each cell takes of, and how much.
template <typename T>
class CellTaps {
 public:
  void fill(const RoiAxis<T>& axis, std::int64_t cells, std::int64_t length) {
    pixels_.clear();
    weights_.clear();
    firsts_.assign(static_cast<std::size_t>(cells) + 1, 0);
    if (axis.samples == 0) return;
    const RoiSpan inside = axis.within(T(-1), static_cast<T>(length), cells);
    std::int64_t sample = inside.begin;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
      firsts_[static_cast<std::size_t>(cell)] = pixels_.size();
      for (; sample < inside.end && sample / axis.samples == cell; ++sample) {
        const RoiTap<T> tap = roimath::tapAt(axis.position(cell, sample % axis.samples), length);
        add(tap.low, tap.lowWeight / static_cast<T>(axis.samples), cell);
        add(tap.high, tap.highWeight / static_cast<T>(axis.samples), cell);
      }
    }
    firsts_.back() = pixels_.size();
  }
  RoiTaps<T> of(std::int64_t cell) const {
    const std::size_t first = firsts_[static_cast<std::size_t>(cell)],
                      end = firsts_[static_cast<std::size_t>(cell) + 1];
    return {pixels_.data() + first, weights_.data() + first, static_cast<std::int64_t>(end - first)};
  }

 private:
  void add(std::int64_t pixel, T weight, std::int64_t cell) {
    if (weight == T(0)) return;
    // Samples of a cell go on in one direction: a pixel that came before was one of the last two.
    const std::size_t first = firsts_[static_cast<std::size_t>(cell)];
    for (std::size_t back = 1; back <= 2 && first + back <= pixels_.size(); ++back) {
      if (pixels_[pixels_.size() - back] != pixel) continue;
      weights_[weights_.size() - back] += weight;
      return;
    }
    pixels_.push_back(pixel);
    weights_.push_back(weight);
  }

  std::vector<std::int64_t> pixels_;
  std::vector<T> weights_;
  std::vector<std::size_t> firsts_;
};

/// Calls body(row, column, rows' taps, columns' taps) for each cell of a region.
template <typename T, typename Body>
void forCells(const RoiRegion<T>& region, const RoiCells& cells, std::int64_t height, std::int64_t width,
              CellTaps<T>& rows, CellTaps<T>& columns, const Body& body) {
  rows.fill(region.y, cells.rows, height);
  columns.fill(region.x, cells.columns, width);
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    for (std::int64_t column = 0; column < cells.columns; ++column)
      body(row * cells.columns + column, rows.of(row), columns.of(column));
  }
}

template <typename T>
const RoiRegion<T>* regionsOf(const at::Tensor& bytes) {
  return reinterpret_cast<const RoiRegion<T>*>(bytes.const_data_ptr<std::uint8_t>());
}

constexpr at::MemoryFormat kLast = at::MemoryFormat::ChannelsLast;

}  // namespace

at::Tensor roiRegionsOnCpu(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                           const at::Tensor& level, const RoiCells& cells) {
  const std::int64_t count = boxes.size(0), images = maps.maps.front().size(0);
  at::Tensor bytes;
  withFloatType(boxes, [&](auto zero) {
    using T = decltype(zero);
    bytes = at::empty({count * static_cast<std::int64_t>(sizeof(RoiRegion<T>))}, at::kByte);
    auto* const regions = reinterpret_cast<RoiRegion<T>*>(bytes.mutable_data_ptr<std::uint8_t>());
    const T* const box = boxes.const_data_ptr<T>();
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t its = level.const_data_ptr<std::int64_t>()[k],
                         of = image.const_data_ptr<std::int64_t>()[k];
      const bool exists =
          its >= 0 && its < static_cast<std::int64_t>(maps.maps.size()) && of >= 0 && of < images;
      regions[k] =
          exists ? roimath::regionOf(box + 4 * k, static_cast<T>(maps.scales[static_cast<std::size_t>(its)]),
                                     cells, of, its)
                 : RoiRegion<T>{{T(0), T(0), 0}, {T(0), T(0), 0}, 0, 0};
    }
  });
  return bytes;
}

at::Tensor roiForwardOnCpu(const std::vector<at::Tensor>& maps, const at::Tensor& regions,
                           const RoiPlan& plan) {
  const RoiCells& cells = plan.cells;
  const std::int64_t channels = maps.front().size(1), area = cells.rows * cells.columns;
  at::Tensor out = at::empty({plan.regions, channels, cells.rows, cells.columns},
                             maps.front().options().memory_format(kLast));
  withFloatType(out, [&](auto zero) {
    using T = decltype(zero);
    std::vector<at::Tensor> sideBySide;
    std::vector<const T*> values;
    for (const at::Tensor& map : maps) {
      sideBySide.push_back(map.contiguous(kLast));
      values.push_back(sideBySide.back().const_data_ptr<T>());
    }
    const RoiRegion<T>* const all = regionsOf<T>(regions);
    T* const cellsOut = out.mutable_data_ptr<T>();
    const std::int64_t grain = std::max<std::int64_t>(1, kGrainElements / (area * channels));
    parallelFor(0, plan.regions, grain, [&](std::int64_t begin, std::int64_t end) {
      CellTaps<T> rows, columns;
      for (std::int64_t k = begin; k < end; ++k) {
        const RoiRegion<T>& region = all[k];
        const at::Tensor& map = maps[static_cast<std::size_t>(region.level)];
        const std::int64_t height = map.size(2), width = map.size(3);
        const RoiLanes<const T> lanes{
            values[static_cast<std::size_t>(region.level)] + region.image * height * width * channels,
            width * channels, channels, channels};
        forCells(region, cells, height, width, rows, columns,
                 [&](std::int64_t cell, const RoiTaps<T>& down, const RoiTaps<T>& across) {
                   roiGather(lanes, down, across, cellsOut + (k * area + cell) * channels);
                 });
      }
    });
  });
  return out.contiguous(plan.format);
}

void roiBackwardOnCpu(const at::Tensor& upstream, const at::Tensor& regions, const RoiPlan& plan,
                      std::vector<at::Tensor>& gradients) {
  const RoiCells& cells = plan.cells;
  const std::int64_t images = gradients.front().size(0), channels = gradients.front().size(1),
                     area = cells.rows * cells.columns;
  const at::Tensor sideBySide = upstream.contiguous(kLast);
  std::vector<at::Tensor> sums;
  for (const at::Tensor& gradient : gradients)
    sums.push_back(gradient.contiguous(kLast));
  withFloatType(upstream, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T*> values;
    for (at::Tensor& sum : sums)
      values.push_back(sum.mutable_data_ptr<T>());
    const T* const ups = sideBySide.const_data_ptr<T>();
    const RoiRegion<T>* const all = regionsOf<T>(regions);
    const std::int64_t parts = (channels + kTaskLanes - 1) / kTaskLanes;
    parallelFor(0, parts * images, 1, [&](std::int64_t begin, std::int64_t end) {
      CellTaps<T> rows, columns;
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t image = task / parts, first = task % parts * kTaskLanes,
                           lanes = std::min(kTaskLanes, channels - first);
        for (std::int64_t k = 0; k < plan.regions; ++k) {
          const RoiRegion<T>& region = all[k];
          if (region.image != image) continue;
          const at::Tensor& map = sums[static_cast<std::size_t>(region.level)];
          const std::int64_t height = map.size(2), width = map.size(3);
          const RoiLanes<T> pixels{
              values[static_cast<std::size_t>(region.level)] + image * height * width * channels + first,
              width * channels, channels, lanes};
          forCells(region, cells, height, width, rows, columns,
                   [&](std::int64_t cell, const RoiTaps<T>& down, const RoiTaps<T>& across) {
                     roiScatter(ups + (k * area + cell) * channels + first, down, across, pixels);
                   });
        }
      }
    });
  });
  for (std::size_t i = 0; i < gradients.size(); ++i)
    gradients[i] = sums[i].contiguous(plan.format);
}

}  // namespace anchorscope
