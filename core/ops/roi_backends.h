#pragma once
// Internal header (ATen). What roiAlign's two backends offer to core/ops/roi_align.cpp. Tensors of a call lie
// on one device in one dtype; no map is empty, and there is a region at least.

#include <ATen/ATen.h>

#include <vector>

#include "core/ops/roi_align.h"

namespace anchorscope {

/// The regions of a call, laid over their maps: an array of RoiRegion as bytes, on the device.
at::Tensor roiRegionsOnCpu(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                           const at::Tensor& level, const RoiCells& cells);
at::Tensor roiRegionsOnCuda(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                            const at::Tensor& level, const RoiCells& cells);

/// What a layout is called for, and how many regions there are.
struct RoiPlan {
  RoiCells cells;
  std::int64_t regions;
  at::MemoryFormat format;
};

/// Maps in the plan's format -> [K,C,rows,columns] in it.
at::Tensor roiForwardOnCpu(const std::vector<at::Tensor>& maps, const at::Tensor& regions,
                           const RoiPlan& plan);
at::Tensor roiForwardOnCuda(const std::vector<at::Tensor>& maps, const at::Tensor& regions,
                            const RoiPlan& plan);

/// Fills `gradients`, in the plan's format, of which each has the shape of its map.
void roiBackwardOnCpu(const at::Tensor& upstream, const at::Tensor& regions, const RoiPlan& plan,
                      std::vector<at::Tensor>& gradients);
void roiBackwardOnCuda(const at::Tensor& upstream, const at::Tensor& regions, const RoiPlan& plan,
                       std::vector<at::Tensor>& gradients);

}  // namespace anchorscope
