#pragma once
// Internal header (ATen). SSD's default boxes (Liu et al., ECCV 2016) as torchvision 0.26's
// DefaultBoxGenerator makes them for ssd300_vgg16: sizes are parts of the input, so that a rectangle
// stretches them.

#include <array>
#include <cstddef>
#include <vector>

#include "core/base/geometry.h"
#include "core/base/result.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// The six maps of SSD300 and the boxes on them.
struct DefaultBoxOptions {
  static constexpr std::size_t kLevels = 6;
  /// Nominal strides, those of an input of 300 x 300 px. The first four halve on, rounding up; each of the
  /// last two has two rows and columns less than the one before, at least one, and divides the input evenly.
  static constexpr std::array<int, kLevels> kStrides{8, 16, 32, 64, 100, 300};

  /// Side of each level's square box as part of the input, and one beyond the last: a second square lies
  /// between.
  std::array<double, kLevels + 1> scales{0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05};
  /// Of each level: ratios of sides r, for a box that is r times as wide as high and one the other way round.
  std::array<std::vector<double>, kLevels> ratios{{{2}, {2, 3}, {2, 3}, {2, 3}, {2}, {2}}};

  int boxesPerCell(std::size_t level) const { return 2 + 2 * static_cast<int>(ratios[level].size()); }
  int mostPerCell() const;
  /// Scales above 0 and at most 2, ratios positive; kUsage otherwise.
  Status validate() const;
};

/// Rows and columns of each level.
std::array<SizePx, DefaultBoxOptions::kLevels> defaultBoxCells(SizePx inputSize);

/// Boxes in order level, row, column, square, larger square, then both of each ratio. inputSize must be
/// positive; options must be valid. Box heads' deltas are weighed 10, 10, 5, 5.
AnchorSet makeDefaultBoxes(const DefaultBoxOptions& options, SizePx inputSize, at::Device device);

}  // namespace anchorscope
