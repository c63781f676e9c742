#include "core/data/anchor_reach.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace anchorscope {
namespace {

double centerX(const Box& box) {
  return (static_cast<double>(box.x1) + box.x2) / 2;
}
double centerY(const Box& box) {
  return (static_cast<double>(box.y1) + box.y2) / 2;
}

/// The cell whose centre is nearest to `target`.
int nearestCell(double first, double step, int count, double target) {
  if (step <= 0) return 0;
  return std::clamp(static_cast<int>(std::lround(std::clamp((target - first) / step, -1.0, count + 1.0))), 0,
                    count - 1);
}

/// Whether some first + k * step (k < count) lies in [low, high).
bool anyInside(double first, double step, int count, double low, double high) {
  const double k = step > 0 ? std::clamp(std::ceil((low - first) / step), 0.0, count - 1.0) : 0;
  const double at = first + k * step;
  return at >= low && at < high;
}

}  // namespace

AnchorReach::AnchorReach(const CandidateSet& anchors) {
  for (const LevelLayout& level : anchors.levels) {
    if (level.anchorCount() == 0) continue;
    const auto at = [&](int row, int column, int slot) -> const Box& {
      return anchors.boxesInInput[static_cast<std::size_t>(
          level.firstAnchor + (std::int64_t{row} * level.columns + column) * level.anchorsPerCell + slot)];
    };
    Grid grid;
    grid.stride = level.stride;
    grid.rows = level.rows, grid.columns = level.columns;
    const int lastRow = level.rows - 1, lastColumn = level.columns - 1;
    if (lastColumn > 0) grid.stepX = (centerX(at(0, lastColumn, 0)) - centerX(at(0, 0, 0))) / lastColumn;
    if (lastRow > 0) grid.stepY = (centerY(at(lastRow, 0, 0)) - centerY(at(0, 0, 0))) / lastRow;
    for (int slot = 0; slot < level.anchorsPerCell; ++slot) {
      const Box &first = at(0, 0, slot), &last = at(lastRow, lastColumn, slot);
      ANCHORSCOPE_CHECK(std::fabs(centerX(last) - centerX(first) - grid.stepX * lastColumn) < 0.01 &&
                            std::fabs(centerY(last) - centerY(first) - grid.stepY * lastRow) < 0.01 &&
                            std::fabs(last.width() - first.width()) < 0.01f &&
                            std::fabs(last.height() - first.height()) < 0.01f,
                        "anchors of stride ", level.stride, " are no regular grid");
      grid.cellAnchors.push_back(first);
    }
    grids_.push_back(std::move(grid));
  }
}

float AnchorReach::bestIou(const Box& box) const {
  float best = 0;
  for (const Grid& grid : grids_)
    for (const Box& slot : grid.cellAnchors) {
      const double x = grid.stepX * nearestCell(centerX(slot), grid.stepX, grid.columns, centerX(box));
      const double y = grid.stepY * nearestCell(centerY(slot), grid.stepY, grid.rows, centerY(box));
      best = std::max(best, iou(box, AxisTransform{1, 1, x, y}.map(slot)));
    }
  return best;
}

bool AnchorReach::holdsCenter(const Box& box) const {
  return std::any_of(grids_.begin(), grids_.end(), [&](const Grid& grid) {
    return std::any_of(grid.cellAnchors.begin(), grid.cellAnchors.end(), [&](const Box& slot) {
      return anyInside(centerX(slot), grid.stepX, grid.columns, box.x1, box.x2) &&
             anyInside(centerY(slot), grid.stepY, grid.rows, box.y1, box.y2);
    });
  });
}

std::vector<LevelShapes> AnchorReach::levels() const {
  std::vector<LevelShapes> out;
  for (const Grid& grid : grids_) {
    out.push_back({grid.stride, {}});
    for (const Box& slot : grid.cellAnchors)
      out.back().shapes.push_back({slot.width(), slot.height()});
  }
  return out;
}

AnchorReach AnchorReach::withShapes(const std::vector<LevelShapes>& levels) const {
  ANCHORSCOPE_CHECK(levels.size() == grids_.size(), levels.size(), " levels for ", grids_.size());
  AnchorReach out = *this;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto x = static_cast<float>(centerX(grids_[i].cellAnchors.front())),
               y = static_cast<float>(centerY(grids_[i].cellAnchors.front()));
    out.grids_[i].cellAnchors.clear();
    for (const AnchorShape& shape : levels[i].shapes)
      out.grids_[i].cellAnchors.push_back(
          {x - shape.width / 2, y - shape.height / 2, x + shape.width / 2, y + shape.height / 2});
  }
  return out;
}

}  // namespace anchorscope
