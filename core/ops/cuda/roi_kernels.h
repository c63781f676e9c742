#pragma once
// RoIAlign as kernels; see core/ops/roi_align.h for the meaning. Conventions as in kernels.h, but that maps
// and results are contiguous or channels_last.

#include <cstdint>

#include "core/ops/cuda/kernels.h"
#include "core/ops/roi_math.h"

namespace anchorscope::kernels {

inline constexpr int kMostRoiMaps = 8;

/// What the maps of a call have in common; results are [regions,channels,rows,columns].
struct RoiBatch {
  std::int64_t images, channels, regions;
  RoiCells cells;
  bool channelsLast;
};

/// [images,channels,height,width]
template <typename T>
struct RoiMap {
  T* values;
  std::int64_t height, width;
};

/// Maps by level; those from `count` on are not looked at.
template <typename T>
struct RoiLevels {
  RoiMap<const T> maps[kMostRoiMaps];
};
struct RoiScales {
  double scales[kMostRoiMaps];
  std::int64_t count;
};

/// boxes [regions,4], image, level [regions] -> out [regions]; without samples where one does not exist.
template <typename T>
KernelStatus roiRegions(const T* boxes, const std::int64_t* image, const std::int64_t* level,
                        const RoiScales& scales, const RoiBatch& batch, RoiRegion<T>* out, Stream stream);

template <typename T>
KernelStatus roiAlign(const RoiLevels<T>& levels, const RoiRegion<T>* regions, const RoiBatch& batch, T* out,
                      Stream stream);

/// The gradient of the map of one level, all of which is written. Gathers: one thread adds up all that a
/// pixel receives, in a fixed order.
template <typename T>
KernelStatus roiAlignBackward(const T* upstream, const RoiRegion<T>* regions, std::int64_t level,
                              const RoiBatch& batch, const RoiMap<T>& gradient, Stream stream);

}  // namespace anchorscope::kernels
