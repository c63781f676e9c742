#include "core/evidence/consistency.h"

#include "core/base/check.h"

namespace anchorscope {
namespace {

std::string contradictionIn(const PairTable& table, std::size_t candidates, std::size_t objects) {
  if (table.object.size() != table.rowCount() || table.columns.size() != table.spec.columns.size())
    return concat("table ", table.spec.name, " has columns that are not declared, or lacks some");
  for (const auto& column : table.columns)
    if (column.size() != table.rowCount())
      return concat("table ", table.spec.name, " has columns of several lengths");
  for (std::size_t row = 0; row < table.rowCount(); ++row)
    if (table.candidate[row] < 0 || static_cast<std::size_t>(table.candidate[row]) >= candidates ||
        table.object[row] < 0 || static_cast<std::size_t>(table.object[row]) >= objects)
      return concat("table ", table.spec.name, " speaks of pairs that there are not");
  return {};
}

}  // namespace

std::string contradictionIn(const StageEvidence& stage) {
  if (!stage.image || !stage.candidates) return "it has no image or no candidates";
  const std::size_t candidates = stage.candidates->count(), objects = stage.image->objects.size();
  std::int64_t onGrid = 0;
  for (const LevelLayout& level : stage.candidates->levels) {
    if (level.rows < 0 || level.columns < 0 || level.anchorsPerCell < 0 || level.firstAnchor != onGrid)
      return "its levels do not follow each other";
    onGrid += level.anchorCount();
  }
  if (stage.candidates->onGrid() && static_cast<std::size_t>(onGrid) != candidates)
    return concat("its grid has ", onGrid, " places for ", candidates, " candidates");
  if (!stage.predictedBoxesInInput.empty() && stage.predictedBoxesInInput.size() != candidates)
    return concat("it has ", stage.predictedBoxesInInput.size(), " predicted boxes for ", candidates,
                  " candidates");
  for (const Channel& channel : stage.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate && channel.values.size() != candidates)
      return concat("channel ", channel.spec.name, " has ", channel.values.size(), " values for ", candidates,
                    " candidates");
  for (const ObjectColumn& column : stage.objectColumns)
    if (column.values.size() != objects)
      return concat("column ", column.spec.name, " has ", column.values.size(), " values for ", objects,
                    " objects");
  for (const PairTable& table : stage.pairTables)
    if (std::string problem = contradictionIn(table, candidates, objects); !problem.empty()) return problem;
  return {};
}

}  // namespace anchorscope
