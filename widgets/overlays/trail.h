#pragma once
// Where a box was and will be: a candidate's predicted box at other recorded steps, the further away the
// fainter. No Qt.

#include <cstdint>
#include <vector>

#include "core/base/geometry.h"

namespace anchorscope {

struct TrailBox {
  Box boxInImage;
  std::int64_t step = 0;
  int away = 0;     ///< Recorded moments from the one that is shown: negative earlier, positive later.
  double fade = 1;  ///< In (0, 1]: how much of it is seen.
  bool operator==(const TrailBox&) const = default;
};

/// Of moments in the order of their steps the `reach` before and after `step`, the furthest away first; boxes
/// that are degenerate (not recorded) are left out.
std::vector<TrailBox> trailAround(const std::vector<std::int64_t>& steps,
                                  const std::vector<Box>& boxesInInput, const AxisTransform& inputFromImage,
                                  std::int64_t step, int reach);

}  // namespace anchorscope
