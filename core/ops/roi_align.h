#pragma once
// Internal header (ATen). What lies in regions of feature maps, as maps of a fixed size: RoIAlign (He et al.,
// ICCV 2017) as torchvision 0.26's roi_align and MultiScaleRoIAlign do it. A cell of a region is the mean of
// samples that lie evenly in it, each interpolated bilinearly between four pixels.

#include <ATen/ATen.h>

#include <vector>

#include "core/ops/roi_math.h"

namespace anchorscope {

/// Maps of one batch, finest first, and which of them the regions are cut from.
struct RoiMaps {
  static constexpr std::size_t kMost = 8;
  std::vector<at::Tensor> maps;  ///< [B,C,H,W] each, B and C alike; 1 to kMost of them.
  std::vector<double> scales;    ///< Pixels of each map per px of the input frame: 1 / stride.
};

/// boxes [K,4] xyxy, input frame, of the maps' dtype (brought to it where not); image [K] int64 in 0..B-1,
/// level [K] int64, an index of `maps` -> [K,C,rows,columns], in the first map's memory format (others are
/// copied into it) and its dtype, float32 or float64. Gradient to the maps, by gathering: the same bits on
/// every run. A box that is not finite, or whose image or level does not exist, gives 0. Nothing is read back
/// from a device.
at::Tensor roiAlign(const RoiMaps& maps, const at::Tensor& boxes, const at::Tensor& image,
                    const at::Tensor& level, const RoiCells& cells);

/// The same of one map.
at::Tensor roiAlign(const at::Tensor& map, double scale, const at::Tensor& boxes, const at::Tensor& image,
                    const RoiCells& cells);

/// Which level of a pyramid a region is cut from (Lin et al., CVPR 2017): the canonical one for a square of
/// the canonical side, one up or down for each doubling of sqrt(area).
struct RoiLevelRule {
  double canonicalSide = 224;  ///< px
  int canonicalLevel = 4;      ///< Level k has a stride of 2^k.
  int first = 2, last = 5;     ///< The pyramid's.
};

/// boxes [K,4] -> [K] int64: levels from 0 (the pyramid's first) on. The first for boxes without an area.
at::Tensor roiLevels(const at::Tensor& boxes, const RoiLevelRule& rule);

}  // namespace anchorscope
