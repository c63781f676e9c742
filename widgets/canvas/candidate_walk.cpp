#include "widgets/canvas/candidate_walk.h"

#include <algorithm>

namespace anchorscope {

namespace {

bool isOne(const CandidateSet& candidates, std::int64_t index) {
  return index >= 0 && index < static_cast<std::int64_t>(candidates.count());
}

}  // namespace

std::int64_t candidateBeside(const CandidateSet& candidates, std::int64_t from, int rows, int columns) {
  if (!isOne(candidates, from)) return -1;
  if (!candidates.onGrid()) {
    const std::int64_t to = std::max<std::int64_t>(0, from + rows + columns);
    return isOne(candidates, to) ? to : -1;
  }
  GridAddress to = candidates.address(static_cast<std::size_t>(from));
  to.row += rows;
  to.column += columns;
  return candidates.index(to);
}

std::int64_t candidateOfLevel(const CandidateSet& candidates, std::int64_t from, int by) {
  if (!isOne(candidates, from) || !candidates.onGrid()) return -1;
  const GridAddress at = candidates.address(static_cast<std::size_t>(from));
  const int target = at.level + by;
  if (target < 0 || target >= static_cast<int>(candidates.levels.size())) return -1;
  const LevelLayout& here = candidates.levels[static_cast<std::size_t>(at.level)];
  const LevelLayout& there = candidates.levels[static_cast<std::size_t>(target)];
  const auto cell = [&](int index, int count) {
    return std::clamp(static_cast<int>((index + 0.5) * here.stride / there.stride), 0, count - 1);
  };
  return candidates.index({target, cell(at.row, there.rows), cell(at.column, there.columns),
                           std::min(at.slot, there.anchorsPerCell - 1)});
}

std::int64_t candidateOfCell(const CandidateSet& candidates, std::int64_t from, int by) {
  if (!candidates.onGrid()) return candidateBeside(candidates, from, 0, by);
  if (!isOne(candidates, from)) return -1;
  GridAddress at = candidates.address(static_cast<std::size_t>(from));
  const int perCell = candidates.levels[static_cast<std::size_t>(at.level)].anchorsPerCell;
  at.slot = (at.slot + by % perCell + perCell) % perCell;
  return candidates.index(at);
}

}  // namespace anchorscope
