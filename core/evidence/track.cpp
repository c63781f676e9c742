#include "core/evidence/track.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/evidence/winners.h"

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const StageEvidence* stageOf(const ProbeFrame& frame, const std::string& name) {
  if (name.empty()) return frame.stages.empty() ? nullptr : frame.stages.back().get();
  for (const auto& stage : frame.stages)
    if (stage->stage.name == name) return stage.get();
  return nullptr;
}

double meanOver(const Channel& channel, const std::vector<std::size_t>& candidates) {
  double sum = 0;
  std::int64_t count = 0;
  for (const std::size_t candidate : candidates)
    if (candidate < channel.values.size() && !std::isnan(channel.values[candidate])) {
      sum += static_cast<double>(channel.values[candidate]);
      ++count;
    }
  return count > 0 ? sum / static_cast<double>(count) : kNan;
}

}  // namespace

const TrackColumn* Track::column(std::string_view name) const {
  for (const TrackColumn& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

Status Track::keepColumns(const std::vector<std::string>& names) {
  std::vector<TrackColumn> kept;
  for (const std::string& name : names) {
    const TrackColumn* found = column(name);
    if (!found) {
      std::vector<std::string> known;
      for (const TrackColumn& each : columns)
        known.push_back(each.name);
      return makeError(ErrorCode::kNotFound, concat("There is no value '", name, "' to follow"),
                       concat("There are: ", listed(known)));
    }
    kept.push_back(*found);
  }
  columns = std::move(kept);
  return {};
}

Status Tracker::check(const StageEvidence* evidence) const {
  const TrackSubject& subject = track_.subject;
  if (subject.candidate < 0 && subject.object < 0)
    return makeError(ErrorCode::kUsage, "Nothing is named that could be followed",
                     "Name a candidate or an object");
  if (!evidence) return makeError(ErrorCode::kNotFound, concat("There is no stage '", subject.stage, "'"));
  const std::string& noun = evidence->stage.candidate;
  const auto candidates = static_cast<std::int64_t>(evidence->candidates->count()),
             objects = static_cast<std::int64_t>(evidence->image->objects.size());
  if (subject.object >= objects)
    return makeError(
        ErrorCode::kNotFound, concat("There is no object ", subject.object),
        concat("'", evidence->image->name, "' has ", counted(objects, "object"), ", counted from 0"));
  if (subject.candidate < 0) return {};
  if (!evidence->candidates->origins.empty())
    return makeError(ErrorCode::kUnsupported,
                     concat("A ", noun, " cannot be followed: each step has others, so number ",
                            subject.candidate, " is another box every time"),
                     concat("Follow an object, or the ", evidence->stage.origin, " it was made from"));
  if (subject.candidate >= candidates)
    return makeError(ErrorCode::kNotFound, concat("There is no ", noun, " ", subject.candidate),
                     concat("There are ", candidates, ", counted from 0"));
  return {};
}

/// Into the column of this name, which was not there at earlier moments if it is new.
void Tracker::put(const std::string& name, const std::string& title, const std::string& unit,
                  const std::string& description, ColorScale scale, double value) {
  const auto [place, isNew] = places_.try_emplace(name, track_.columns.size());
  if (isNew) track_.columns.push_back({name, title, unit, description, scale, {}});
  std::vector<double>& values = track_.columns[place->second].values;
  values.resize(track_.steps.size(), kNan);
  values.back() = value;
}

Tracker::Head& Tracker::head(const std::string& name) {
  for (Head& head : heads_)
    if (head.name == name) return head;
  Head& added = heads_.emplace_back();
  added.name = name;
  return added;
}

Status Tracker::add(const ProbeFrame& frame) {
  const StageEvidence* evidence = stageOf(frame, track_.subject.stage);
  ANCHORSCOPE_TRY(check(evidence));
  ANCHORSCOPE_CHECK(track_.steps.empty() || evidence->step > track_.steps.back(),
                    "Moments are followed in the order of their steps");
  track_.subject.stage = evidence->stage.name;
  track_.steps.push_back(evidence->step);
  if (track_.subject.candidate >= 0)
    addCandidate(*evidence);
  else
    addObject(*evidence);
  for (TrackColumn& column : track_.columns)
    column.values.resize(track_.steps.size(), kNan);
  return {};
}

void Tracker::addCandidate(const StageEvidence& evidence) {
  const auto candidate = static_cast<std::size_t>(track_.subject.candidate);
  track_.address = evidence.address(candidate);
  track_.boxesInInput.push_back(
      candidate < evidence.predictedBoxesInInput.size() ? evidence.predictedBoxesInInput[candidate] : Box{});
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate && candidate < channel.values.size())
      put(channel.spec.name, channel.spec.title, channel.spec.unit, channel.spec.description,
          channel.spec.scale, static_cast<double>(channel.values[candidate]));
  if (track_.subject.object >= 0)
    for (const PairTable& table : evidence.pairTables) {
      const std::int64_t row =
          table.row(static_cast<std::int32_t>(track_.subject.candidate), track_.subject.object);
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const ColumnSpec& spec = table.spec.columns[i];
        put(concat(table.spec.name, ".", spec.name), spec.title, spec.unit, spec.description, spec.scale,
            row < 0 ? kNan : static_cast<double>(table.columns[i][static_cast<std::size_t>(row)]));
      }
    }
  for (const Winners& winners : winnersOf(evidence)) {
    if (candidate >= winners.channel->values.size()) continue;
    Head& its = head(winners.head);
    const std::int32_t winner = winners.at(candidate, evidence.image->objects.size());
    if (!its.won.empty() && winner != its.winner) ++its.changes;
    ++its.won[winner];
    its.winner = winner;
    its.column = winners.channel->spec.name;
  }
}

void Tracker::addObject(const StageEvidence& evidence) {
  const std::int32_t object = track_.subject.object;
  for (const ObjectColumn& column : evidence.objectColumns)
    if (static_cast<std::size_t>(object) < column.values.size())
      put(column.spec.name, column.spec.title, column.spec.unit, column.spec.description,
          ColorScale::kSequential, static_cast<double>(column.values[static_cast<std::size_t>(object)]));

  const std::vector<Winners> heads = winnersOf(evidence);
  const std::vector<std::int32_t>& origins = evidence.candidates->origins;
  std::vector<std::size_t> learning;  // of any head
  for (const Winners& winners : heads) {
    const std::string& name = winners.head;
    std::set<std::int64_t> now;
    for (std::size_t i = 0; i < winners.channel->values.size(); ++i)
      if (winners.at(i, evidence.image->objects.size()) == object) {
        now.insert(i < origins.size() ? origins[i] : static_cast<std::int64_t>(i));
        learning.push_back(i);
      }
    Head& its = head(name);
    its.column = concat("candidates.", name);
    const bool first = track_.steps.size() == 1;
    const double change = first ? kNan : changeBetween(its.last, now);
    put(its.column, concat("Candidates, ", name), concat(evidence.stage.candidate, "s"),
        concat("How many learn the object for ", name, "."), ColorScale::kSequential,
        static_cast<double>(now.size()));
    put(concat("change.", name), concat("Change, ", name), "1",
        concat("Of those that learn the object for ", name,
               " now or at the recorded moment before, the share that is not in both."),
        ColorScale::kSequential, change);
    if (!first) its.changes += change;
    its.held += static_cast<std::int64_t>(now.size());
    its.ever.insert(now.begin(), now.end());
    its.last = std::move(now);
  }
  std::sort(learning.begin(), learning.end());
  learning.erase(std::unique(learning.begin(), learning.end()), learning.end());
  if (heads.empty()) return;
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate &&
        !channel.spec.unit.empty())  // an index has no mean
      put(concat("mean.", channel.spec.name), concat(channel.spec.title, ", mean"), channel.spec.unit,
          concat(channel.spec.description, " Mean over the ", evidence.stage.candidate,
                 "s at which any head learns the object."),
          channel.spec.scale, meanOver(channel, learning));
}

Track Tracker::track() const {
  Track out = track_;
  const auto moments = static_cast<double>(out.steps.size());
  for (const Head& head : heads_) {
    TrackHead told{head.name, moments > 1 ? head.changes / (moments - 1) : kNan, kNan, head.column};
    if (out.subject.candidate >= 0) {
      std::int64_t most = 0;
      for (const auto& [winner, count] : head.won)
        most = std::max(most, count);
      if (moments > 0) told.stability = static_cast<double>(most) / moments;
    } else if (!head.ever.empty()) {
      told.stability = static_cast<double>(head.held) / (moments * static_cast<double>(head.ever.size()));
    }
    out.heads.push_back(std::move(told));
  }
  return out;
}

}  // namespace anchorscope
