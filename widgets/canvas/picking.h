#pragma once
// Which box lies under a point. Plain loops over all boxes: 201,600 take a fraction of a millisecond. No Qt.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/geometry.h"

namespace anchorscope {

struct PickPoint {
  float x = 0, y = 0;  ///< In the boxes' frame.
  float reach = 0;     ///< How near an outline counts as hit, same units.
};

/// The last drawn box whose outline passes within reach of the point, -1: none.
std::int64_t pickOutline(std::span<const Box> boxes, const PickPoint& point);

/// The smallest box that contains the point, the later drawn one on ties, -1: none.
std::int64_t pickInside(std::span<const Box> boxes, const PickPoint& point);

/// All boxes at the point, best first: outlines hit from top to bottom, then boxes around the point from
/// small to large.
std::vector<std::size_t> pickAll(std::span<const Box> boxes, const PickPoint& point);

}  // namespace anchorscope
