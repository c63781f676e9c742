#include "core/evidence/frame.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/evidence/level_name.h"

namespace anchorscope {

GridAddress CandidateSet::address(std::size_t candidate) const {
  ANCHORSCOPE_CHECK(onGrid() && candidate < count(), "candidate ", candidate, " of ", count(), " on ",
                    levels.size(), " levels");
  GridAddress out;
  while (out.level + 1 < static_cast<int>(levels.size()) &&
         static_cast<std::int64_t>(candidate) >= levels[static_cast<std::size_t>(out.level) + 1].firstAnchor)
    ++out.level;
  const LevelLayout& level = levels[static_cast<std::size_t>(out.level)];
  const std::int64_t local = static_cast<std::int64_t>(candidate) - level.firstAnchor;
  const std::int64_t cell = local / level.anchorsPerCell;
  out.slot = static_cast<int>(local % level.anchorsPerCell);
  out.row = static_cast<int>(cell / level.columns);
  out.column = static_cast<int>(cell % level.columns);
  return out;
}

std::int64_t CandidateSet::index(const GridAddress& address) const {
  if (address.level < 0 || address.level >= static_cast<int>(levels.size())) return -1;
  const LevelLayout& level = levels[static_cast<std::size_t>(address.level)];
  if (address.row < 0 || address.row >= level.rows || address.column < 0 || address.column >= level.columns ||
      address.slot < 0 || address.slot >= level.anchorsPerCell)
    return -1;
  return level.firstAnchor +
         (std::int64_t{1} * address.row * level.columns + address.column) * level.anchorsPerCell +
         address.slot;
}

std::string CandidateSet::label(std::size_t candidate) const {
  if (!onGrid()) return {};
  const GridAddress where = address(candidate);
  const LevelLayout& level = levels[static_cast<std::size_t>(where.level)];
  std::string text = concat(levelName(level.stride), " (", where.row, ", ", where.column, ")");
  if (level.anchorsPerCell > 1) text += concat(" a", where.slot);
  return text;
}

int PairTable::columnIndex(std::string_view name) const {
  for (std::size_t i = 0; i < spec.columns.size(); ++i)
    if (spec.columns[i].name == name) return static_cast<int>(i);
  return -1;
}

std::pair<std::size_t, std::size_t> PairTable::rowsOfObject(std::int32_t objectIndex) const {
  const auto range = std::equal_range(object.begin(), object.end(), objectIndex);
  return {static_cast<std::size_t>(range.first - object.begin()),
          static_cast<std::size_t>(range.second - object.begin())};
}

std::int64_t PairTable::row(std::int32_t candidateIndex, std::int32_t objectIndex) const {
  const auto [first, last] = rowsOfObject(objectIndex);
  const auto begin = candidate.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = candidate.begin() + static_cast<std::ptrdiff_t>(last);
  const auto found = std::lower_bound(begin, end, candidateIndex);
  return found != end && *found == candidateIndex ? found - candidate.begin() : -1;
}

const Channel* StageEvidence::channel(std::string_view name) const {
  const auto found =
      std::find_if(channels.begin(), channels.end(), [&](const Channel& c) { return c.spec.name == name; });
  return found == channels.end() ? nullptr : &*found;
}

const PairTable* StageEvidence::pairTable(std::string_view name) const {
  const auto found = std::find_if(pairTables.begin(), pairTables.end(),
                                  [&](const PairTable& t) { return t.spec.name == name; });
  return found == pairTables.end() ? nullptr : &*found;
}

const ObjectColumn* StageEvidence::objectColumn(std::string_view name) const {
  const auto found = std::find_if(objectColumns.begin(), objectColumns.end(),
                                  [&](const ObjectColumn& c) { return c.spec.name == name; });
  return found == objectColumns.end() ? nullptr : &*found;
}

std::string StageEvidence::label(std::size_t candidate) const {
  if (!candidates || candidate >= candidates->count()) return {};
  if (candidate >= candidates->origins.size()) return candidates->label(candidate);
  const std::int32_t origin = candidates->origins[candidate];
  return origin < 0 ? std::string() : concat("from ", stage.origin, " ", origin);
}

std::string StageEvidence::address(std::size_t candidate) const {
  const std::string where = label(candidate);
  std::string text = concat(stage.candidate, " ", candidate);
  if (!where.empty()) text += (candidates->onGrid() ? " \u00b7 " : " ") + where;
  return text;
}

std::shared_ptr<const ProbeFrame> ProbeFrame::of(StageEvidence evidence) {
  auto frame = std::make_shared<ProbeFrame>();
  static_cast<ProbeMoment&>(*frame) = evidence;
  frame->stages.push_back(std::make_shared<const StageEvidence>(std::move(evidence)));
  return frame;
}

}  // namespace anchorscope
