#include "core/findings/inspection.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/findings/reading.h"

namespace anchorscope {
namespace {

bool ofStages(NeedKind kind) {
  return kind != NeedKind::kData && kind != NeedKind::kScalar;
}

bool holds(const StageEvidence& stage, const Need& need) {
  switch (need.kind) {
    case NeedKind::kWinners:
      return !winnersOf(stage).empty();
    case NeedKind::kBags:
      return !bagsOf(stage).empty();
    case NeedKind::kGrid:
      return stage.candidates->onGrid();
    case NeedKind::kPredictedBoxes:
      return stage.predictedBoxesInInput.size() == stage.candidates->count();
    case NeedKind::kChannel: {
      const Channel* channel = stage.channel(need.name);
      return channel != nullptr && channel->spec.domain == ChannelDomain::kCandidate;
    }
    case NeedKind::kData:
    case NeedKind::kScalar:
      break;
  }
  return true;
}

/// What of this the facts lack; empty: nothing.
std::string lackOf(const Facts& facts, const std::vector<Need>& needs) {
  for (const Need& need : needs) {
    const bool there = need.kind == NeedKind::kData ? facts.data != nullptr
                       : need.kind == NeedKind::kScalar
                           ? facts.scalars.contains(need.name) && !facts.scalars.at(need.name).values.empty()
                           : true;
    if (!there) return needText(need);
  }
  return {};
}

}  // namespace

std::string needText(const Need& need) {
  switch (need.kind) {
    case NeedKind::kData:
      return "the data set";
    case NeedKind::kWinners:
      return "which object each candidate learns";
    case NeedKind::kBags:
      return "the objects' bags";
    case NeedKind::kGrid:
      return "candidates on a grid";
    case NeedKind::kPredictedBoxes:
      return "predicted boxes";
    case NeedKind::kChannel:
      return "channel " + need.name;
    case NeedKind::kScalar:
      return "scalar " + need.name;
  }
  return {};
}

Inspection::Inspection() {
  for (const Rule& rule : findingRules())
    lookings_.push_back({&rule, rule.make(), false, {}});
}

void Inspection::see(const ProbeFrame& frame) {
  if (frame.variant) return;
  for (const auto& stage : frame.stages) {
    if (const std::string problem = contradictionIn(*stage); !problem.empty()) {
      leftOut_.push_back(concat(stage->image ? stage->image->name : "an image", " at step ", stage->step,
                                stageSuffix(stage->stage), ": ", problem));
      continue;
    }
    images_.insert(stage->image->name);
    for (std::size_t i = 0; i < stage->image->objects.size(); ++i)
      if (!stage->image->objects[i].ignored)
        objects_.insert({stage->image->name, static_cast<std::int32_t>(i)});
    for (Looking& looking : lookings_) {
      const auto& needs = looking.rule->needs;
      const auto lack =
          std::find_if(needs.begin(), needs.end(), [&](const Need& need) { return !holds(*stage, need); });
      if (lack != needs.end()) {
        looking.lacked = needText(*lack);
      } else {
        looking.observer->see(*stage);
        looking.seen = true;
      }
    }
  }
}

FindingsReport Inspection::tell(Facts facts) const {
  facts.objects = static_cast<std::int64_t>(objects_.size());
  facts.images = static_cast<std::int64_t>(images_.size());
  FindingsReport report;
  report.leftOut = leftOut_;
  for (const Looking& looking : lookings_) {
    const Rule& rule = *looking.rule;
    std::string lacks = lackOf(facts, rule.needs);
    const bool looksAtStages = std::any_of(rule.needs.begin(), rule.needs.end(),
                                           [](const Need& need) { return ofStages(need.kind); });
    if (lacks.empty() && looksAtStages && !looking.seen)
      lacks = looking.lacked.empty() ? "recorded evidence" : looking.lacked;
    if (!lacks.empty()) {
      report.unasked.push_back({rule.name, rule.title, lacks});
      continue;
    }
    for (Finding& finding : looking.observer->tell(facts)) {
      finding.rule = rule.name;
      finding.severity = rule.severity;
      report.findings.push_back(std::move(finding));
    }
  }
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.objects > b.objects; });
  return report;
}

std::vector<std::string> Inspection::scalarNames() {
  std::vector<std::string> names;
  for (const Rule& rule : findingRules())
    for (const Need& need : rule.needs)
      if (need.kind == NeedKind::kScalar && std::find(names.begin(), names.end(), need.name) == names.end())
        names.push_back(need.name);
  return names;
}

}  // namespace anchorscope
