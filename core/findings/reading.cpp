#include "core/findings/reading.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

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

std::int32_t Winners::at(std::size_t candidate, std::size_t objectCount) const {
  const float value = channel->values[candidate];
  if (value == -2) return -2;
  return value >= 0 && value < static_cast<float>(objectCount) ? static_cast<std::int32_t>(value) : -1;
}

std::vector<Winners> winnersOf(const StageEvidence& stage) {
  std::vector<Winners> out;
  for (const DecisionSpec& decision : stage.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes) {
      const Channel* channel = stage.channel(outcome.winnerChannel);
      if (channel == nullptr || channel->spec.domain != ChannelDomain::kCandidate) continue;
      if (std::none_of(out.begin(), out.end(),
                       [&](const Winners& known) { return known.channel == channel; }))
        out.push_back({outcome.head, channel});
    }
  return out;
}

std::vector<std::int64_t> positivesOf(const StageEvidence& stage) {
  const auto& objects = stage.image->objects;
  const std::vector<Winners> heads = winnersOf(stage);
  std::vector<std::int64_t> positives(objects.size(), 0);
  for (std::size_t candidate = 0; candidate < stage.candidates->count(); ++candidate) {
    std::int32_t before = -1;  // both heads often learn the same object
    for (const Winners& head : heads) {
      const std::int32_t object = head.at(candidate, objects.size());
      if (object < 0 || object == before || objects[static_cast<std::size_t>(object)].ignored) continue;
      ++positives[static_cast<std::size_t>(object)];
      before = object;
    }
  }
  return positives;
}

std::vector<std::pair<const PairTable*, const std::vector<float>*>> bagsOf(const StageEvidence& stage) {
  std::vector<std::pair<const PairTable*, const std::vector<float>*>> out;
  for (const PairTable& table : stage.pairTables)
    if (const int member = table.spec.memberColumn.empty() ? -1 : table.columnIndex(table.spec.memberColumn);
        member >= 0)
      out.emplace_back(&table, &table.columns[static_cast<std::size_t>(member)]);
  return out;
}

std::string className(const std::vector<std::string>& names, int classIndex) {
  return classIndex >= 0 && static_cast<std::size_t>(classIndex) < names.size()
             ? names[static_cast<std::size_t>(classIndex)]
             : concat("class ", classIndex);
}

std::string stageSuffix(const StageSpec& stage) {
  return stage.title.empty() ? std::string() : ", " + stage.title;
}

std::string percentText(double share) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(share) < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
  return text;
}

void setWho(Finding& finding, std::vector<ObjectRef> who) {
  std::sort(who.begin(), who.end());
  who.erase(std::unique(who.begin(), who.end()), who.end());
  std::set<std::string> images;
  finding.objects = 0;
  for (const ObjectRef& ref : who) {
    images.insert(ref.image);
    finding.objects += ref.object >= 0 ? 1 : 0;
  }
  finding.images = static_cast<std::int64_t>(images.size());
  finding.who = std::move(who);
}

}  // namespace anchorscope
