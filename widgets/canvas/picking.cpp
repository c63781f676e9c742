#include "widgets/canvas/picking.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

namespace {

/// Without branches, so that the loop over all boxes is limited by memory. False for boxes with a NaN.
bool onOutline(const Box& box, const PickPoint& p) {
  const bool near = (p.x >= box.x1 - p.reach) & (p.x <= box.x2 + p.reach) & (p.y >= box.y1 - p.reach) &
                    (p.y <= box.y2 + p.reach);
  const bool deep = (p.x > box.x1 + p.reach) & (p.x < box.x2 - p.reach) & (p.y > box.y1 + p.reach) &
                    (p.y < box.y2 - p.reach);
  return near & !deep;
}

}  // namespace

std::int64_t pickOutline(std::span<const Box> boxes, const PickPoint& point) {
  for (std::size_t i = boxes.size(); i-- > 0;)
    if (onOutline(boxes[i], point)) return static_cast<std::int64_t>(i);
  return -1;
}

std::int64_t pickInside(std::span<const Box> boxes, const PickPoint& point) {
  std::int64_t best = -1;
  float smallest = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!boxes[i].contains(point.x, point.y)) continue;
    const float area = boxes[i].area();
    if (area <= smallest) {
      smallest = area;
      best = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

std::vector<std::size_t> pickAll(std::span<const Box> boxes, const PickPoint& point) {
  std::vector<std::size_t> outlines, around;
  for (std::size_t i = boxes.size(); i-- > 0;) {
    if (onOutline(boxes[i], point)) {
      outlines.push_back(i);
    } else if (boxes[i].contains(point.x, point.y)) {
      around.push_back(i);
    }
  }
  std::stable_sort(around.begin(), around.end(),
                   [&](std::size_t a, std::size_t b) { return boxes[a].area() < boxes[b].area(); });
  outlines.insert(outlines.end(), around.begin(), around.end());
  return outlines;
}

}  // namespace anchorscope
