// RoIAlign on a CUDA device: launches core/ops/cuda/roi_kernels.cu.

#include "core/ops/cuda/roi_kernels.h"
#include "core/ops/dispatch.h"
#include "core/ops/roi_backends.h"

namespace anchorscope {
namespace {

static_assert(RoiMaps::kMost == kernels::kMostRoiMaps);

kernels::RoiBatch batchOf(const at::Tensor& map, const RoiPlan& plan) {
  return {map.size(0), map.size(1), plan.regions, plan.cells, plan.format == at::MemoryFormat::ChannelsLast};
}

template <typename T>
const RoiRegion<T>* regionsOf(const at::Tensor& bytes) {
  return reinterpret_cast<const RoiRegion<T>*>(bytes.const_data_ptr<std::uint8_t>());
}

}  // namespace

at::Tensor roiRegionsOnCuda(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                            const at::Tensor& level, const RoiCells& cells) {
  const RoiPlan plan{cells, boxes.size(0), at::MemoryFormat::Contiguous};
  kernels::RoiScales scales{};
  scales.count = static_cast<std::int64_t>(maps.scales.size());
  std::copy(maps.scales.begin(), maps.scales.end(), scales.scales);
  at::Tensor bytes;
  withFloatType(boxes, [&](auto zero) {
    using T = decltype(zero);
    bytes = at::empty({plan.regions * static_cast<std::int64_t>(sizeof(RoiRegion<T>))},
                      boxes.options().dtype(at::kByte));
    requireLaunched(
        kernels::roiRegions(boxes.const_data_ptr<T>(), image.const_data_ptr<std::int64_t>(),
                            level.const_data_ptr<std::int64_t>(), scales, batchOf(maps.maps.front(), plan),
                            reinterpret_cast<RoiRegion<T>*>(bytes.mutable_data_ptr<std::uint8_t>()),
                            streamOf(boxes)),
        "roiAlign");
  });
  return bytes;
}

at::Tensor roiForwardOnCuda(const std::vector<at::Tensor>& maps, const at::Tensor& regions,
                            const RoiPlan& plan) {
  const at::Tensor& first = maps.front();
  at::Tensor out = at::empty({plan.regions, first.size(1), plan.cells.rows, plan.cells.columns},
                             first.options().memory_format(plan.format));
  withFloatType(out, [&](auto zero) {
    using T = decltype(zero);
    kernels::RoiLevels<T> levels{};
    for (std::size_t i = 0; i < maps.size(); ++i)
      levels.maps[i] = {maps[i].const_data_ptr<T>(), maps[i].size(2), maps[i].size(3)};
    requireLaunched(kernels::roiAlign(levels, regionsOf<T>(regions), batchOf(first, plan),
                                      out.mutable_data_ptr<T>(), streamOf(out)),
                    "roiAlign");
  });
  return out;
}

void roiBackwardOnCuda(const at::Tensor& upstream, const at::Tensor& regions, const RoiPlan& plan,
                       std::vector<at::Tensor>& gradients) {
  withFloatType(upstream, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const at::Tensor& map = gradients[i];
      requireLaunched(
          kernels::roiAlignBackward(upstream.const_data_ptr<T>(), regionsOf<T>(regions),
                                    static_cast<std::int64_t>(i), batchOf(map, plan),
                                    kernels::RoiMap<T>{map.mutable_data_ptr<T>(), map.size(2), map.size(3)},
                                    streamOf(upstream)),
          "roiAlign's backward");
    }
  });
}

}  // namespace anchorscope
