#include "core/evidence/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

bool areComparable(const StageEvidence& a, const StageEvidence& b) {
  return a.image && b.image && a.image->name == b.image->name && a.candidates && b.candidates &&
         a.candidates->count() == b.candidates->count();
}

/// Of a winner channel the object, or -1 for none (background, ignored, a value that is no object).
std::int64_t objectAt(const Channel& winners, std::size_t candidate, std::size_t objects) {
  const float value = candidate < winners.values.size() ? winners.values[candidate] : -1;
  return value >= 0 && value < static_cast<float>(objects) ? static_cast<std::int64_t>(value) : -1;
}

std::size_t levelOf(const CandidateSet& candidates, std::size_t candidate) {
  return static_cast<std::size_t>(candidates.address(candidate).level);
}

std::size_t classOf(const ObjectRecord& object) {
  return static_cast<std::size_t>(std::max(0, object.classIndex));
}

/// As many as have names, and as objects are of.
std::size_t classCount(const StageEvidence& evidence) {
  std::size_t classes = evidence.classNames ? evidence.classNames->size() : 0;
  for (const ObjectRecord& object : evidence.image->objects)
    classes = std::max(classes, classOf(object) + 1);
  return classes;
}

AssignmentDifference differenceOf(const std::string& head, const Channel& before, const Channel& after,
                                  const StageEvidence& evidence) {
  const std::vector<ObjectRecord>& objects = evidence.image->objects;
  AssignmentDifference out;
  out.head = head;
  out.change.assign(evidence.candidates->count(), kNone);
  out.perObject.resize(objects.size());
  const bool onGrid = evidence.candidates->onGrid();
  if (onGrid) out.perLevel.resize(evidence.candidates->levels.size());
  out.perClass.resize(classCount(evidence));
  const auto ofClass = [&](std::int64_t object) -> ChangeCounts& {
    return out.perClass[classOf(objects[static_cast<std::size_t>(object)])];
  };
  for (std::size_t i = 0; i < out.change.size(); ++i) {
    const std::int64_t from = objectAt(before, i, objects.size()), to = objectAt(after, i, objects.size());
    if (from == to) continue;
    out.change[i] = from < 0 ? 1.F : to < 0 ? -1.F : 0.F;
    const auto count = [&](ChangeCounts& counts) {
      ++(from < 0 ? counts.added : to < 0 ? counts.removed : counts.moved);
    };
    count(out.all);
    if (onGrid) count(out.perLevel[levelOf(*evidence.candidates, i)]);
    if (from >= 0) {
      ++out.perObject[static_cast<std::size_t>(from)].removed;
      ++ofClass(from).removed;
    }
    if (to >= 0) {
      ++out.perObject[static_cast<std::size_t>(to)].added;
      ++ofClass(to).added;
    }
  }
  return out;
}

struct Head {
  const char *name, *winners, *title;
};
constexpr Head kHeads[] = {{"cls", "assigned_cls", "classification"}, {"reg", "assigned_reg", "regression"}};

/// Channels that show the weight that an outcome is decided by.
std::set<std::string> weightChannels(const StageEvidence& evidence) {
  std::set<std::string> names;
  for (const Channel& channel : evidence.channels)
    for (const DecisionSpec& decision : evidence.decisions)
      for (const OutcomeSpec& outcome : decision.outcomes)
        if (!outcome.weightColumn.empty() &&
            channel.spec.name.substr(channel.spec.name.rfind('.') + 1) == outcome.weightColumn)
          names.insert(channel.spec.name);
  return names;
}

void append(const std::vector<AssignmentDifference>& differences, const StageEvidence& own,
            StageEvidence& variant) {
  const std::set<std::string> weights = weightChannels(variant);
  for (const AssignmentDifference& difference : differences) {
    const Head& head = difference.head == kHeads[0].name ? kHeads[0] : kHeads[1];
    Channel channel;
    channel.spec = channelOf(
        std::string("difference.") + head.name, std::string("Otherwise than the run, ") + head.title, "1",
        "1: learns an object here and none in the run; -1: the contrary; 0: another object.", "ours",
        ColorScale::kDiverging, -1.F, 1.F);
    channel.values = difference.change;
    variant.channels.push_back(std::move(channel));
    for (const bool added : {true, false}) {
      ObjectColumn column;
      const std::string what = added ? "added" : "removed";
      column.spec = {std::string("difference.") + what + "_" + head.name,
                     (added ? "Added, " : "Removed, ") + std::string(head.title), "anchors",
                     added ? "Candidates that learn this object here and not in the run."
                           : "Candidates that learn this object in the run and not here.",
                     "ours"};
      for (const ChangeCounts& counts : difference.perObject)
        column.values.push_back(static_cast<float>(added ? counts.added : counts.removed));
      variant.objectColumns.push_back(std::move(column));
    }
  }
  for (const std::string& name : weights) {
    const Channel *before = own.channel(name), *after = variant.channel(name);
    if (!before || before->values.size() != after->values.size()) continue;
    Channel channel;
    channel.spec = channelOf("difference." + name, after->spec.title + ", less the run's", after->spec.unit,
                             "The variant's value less the run's; nothing where they are equal.", "ours",
                             ColorScale::kDiverging);
    channel.values.resize(after->values.size());
    for (std::size_t i = 0; i < channel.values.size(); ++i) {
      const float a = std::isnan(before->values[i]) ? 0 : before->values[i],
                  b = std::isnan(after->values[i]) ? 0 : after->values[i];
      channel.values[i] = a == b ? kNone : b - a;
    }
    variant.channels.push_back(std::move(channel));
  }
}

std::shared_ptr<const StageEvidence> withDifference(const StageEvidence& own,
                                                    const std::shared_ptr<const StageEvidence>& variant) {
  const std::vector<AssignmentDifference> differences = assignmentDifferences(own, *variant);
  if (differences.empty()) return variant;
  auto out = std::make_shared<StageEvidence>(*variant);
  append(differences, own, *out);
  return out;
}

}  // namespace

std::vector<AssignmentDifference> assignmentDifferences(const StageEvidence& before,
                                                        const StageEvidence& after) {
  std::vector<AssignmentDifference> out;
  if (!areComparable(before, after)) return out;
  for (const Head& head : kHeads) {
    const Channel *a = before.channel(head.winners), *b = after.channel(head.winners);
    if (a && b) out.push_back(differenceOf(head.name, *a, *b, after));
  }
  return out;
}

bool appendDifferences(const StageEvidence& before, StageEvidence& after) {
  const std::vector<AssignmentDifference> differences = assignmentDifferences(before, after);
  if (!differences.empty()) append(differences, before, after);
  return !differences.empty();
}

std::vector<AssignmentDifference> differencesIn(const StageEvidence& variant) {
  std::vector<AssignmentDifference> out;
  if (!variant.image || !variant.candidates) return out;
  const std::vector<ObjectRecord>& objects = variant.image->objects;
  for (const Head& head : kHeads) {
    const std::string name = head.name;
    const Channel* change = variant.channel("difference." + name);
    if (!change || change->values.size() != variant.candidates->count()) continue;
    AssignmentDifference difference;
    difference.head = name;
    difference.change = change->values;
    const bool onGrid = variant.candidates->onGrid();
    if (onGrid) difference.perLevel.resize(variant.candidates->levels.size());
    for (std::size_t i = 0; i < difference.change.size(); ++i) {
      const float value = difference.change[i];
      if (std::isnan(value)) continue;
      const auto count = [&](ChangeCounts& counts) {
        ++(value > 0 ? counts.added : value < 0 ? counts.removed : counts.moved);
      };
      count(difference.all);
      if (onGrid) count(difference.perLevel[levelOf(*variant.candidates, i)]);
    }
    const ObjectColumn *added = variant.objectColumn("difference.added_" + name),
                       *removed = variant.objectColumn("difference.removed_" + name);
    difference.perObject.resize(objects.size());
    difference.perClass.resize(classCount(variant));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      ChangeCounts& its = difference.perObject[i];
      if (added && i < added->values.size()) its.added = static_cast<std::int64_t>(added->values[i]);
      if (removed && i < removed->values.size()) its.removed = static_cast<std::int64_t>(removed->values[i]);
      ChangeCounts& ofClass = difference.perClass[classOf(objects[i])];
      ofClass.added += its.added;
      ofClass.removed += its.removed;
    }
    out.push_back(std::move(difference));
  }
  return out;
}

std::vector<std::shared_ptr<const ProbeFrame>> withDifferences(
    std::vector<std::shared_ptr<const ProbeFrame>> frames) {
  const auto ownOf = [&](const ProbeFrame& variant) -> const ProbeFrame* {
    for (const auto& frame : frames)
      if (!frame->variant && frame->image->name == variant.image->name && frame->step == variant.step)
        return frame.get();
    return nullptr;
  };
  for (auto& frame : frames) {
    if (!frame->variant) continue;
    const ProbeFrame* own = ownOf(*frame);
    if (!own || own->stages.size() != frame->stages.size()) continue;
    auto changed = std::make_shared<ProbeFrame>(*frame);
    for (std::size_t stage = 0; stage < changed->stages.size(); ++stage)
      changed->stages[stage] = withDifference(*own->stages[stage], frame->stages[stage]);
    frame = std::move(changed);
  }
  return frames;
}

}  // namespace anchorscope
