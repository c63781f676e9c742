#include "core/evidence/frame_comparison.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/evidence/difference.h"

namespace anchorscope {
namespace {

constexpr std::string_view kPrefix = "difference.";

bool isDifference(const std::string& name) {
  return name.starts_with(kPrefix);
}

/// Why the two stages' candidates are not the same; empty: they are.
std::string whyOthers(const StageEvidence& a, const StageEvidence& b) {
  if (a.stage.name != b.stage.name)
    return concat("one shows stage '", a.stage.name, "', the other '", b.stage.name, "'");
  if (!a.candidates || !b.candidates) return "one has no candidates";
  if (a.candidates->count() != b.candidates->count())
    return concat("one has ", a.candidates->count(), ' ', a.stage.candidate, "s, the other ",
                  b.candidates->count());
  // Those of a step of their own cannot be the same, whatever their number.
  if (!a.candidates->onGrid() || !b.candidates->onGrid())
    return concat("each step has ", a.stage.candidate, "s of its own");
  // Frames of one run share them.
  if (a.candidates != b.candidates && a.candidates->boxesInInput != b.candidates->boxesInInput)
    return concat("their ", a.stage.candidate, "s are other boxes");
  return {};
}

/// All but what is known of differences.
StageEvidence withoutDifferences(const StageEvidence& stage) {
  StageEvidence out = stage;
  const auto known = [](const auto& entry) { return isDifference(entry.spec.name); };
  std::erase_if(out.channels, known);
  std::erase_if(out.objectColumns, known);
  return out;
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), with);
}

/// "the run" is what a variant is compared with.
template <typename Entry>
void name(std::vector<Entry>& entries) {
  for (Entry& entry : entries) {
    if (!isDifference(entry.spec.name)) continue;
    for (std::string* text : {&entry.spec.title, &entry.spec.description}) {
      replace(*text, "The variant's", "This one's");
      replace(*text, "the run's", "the first canvas'");
      replace(*text, "the run", "the first canvas");
    }
  }
}

}  // namespace

Result<std::shared_ptr<const ProbeFrame>> comparedWith(const ProbeFrame& before, const ProbeFrame& after) {
  const auto cannot = [](const std::string& why) {
    return makeError(ErrorCode::kUnsupported, "These two cannot be compared: " + why);
  };
  if (!before.image || !after.image || before.image->name != after.image->name)
    return cannot("they are of two images");
  if (before.stages.size() != after.stages.size()) return cannot("their detectors have other stages");
  std::string why;
  bool comparable = false, any = false;
  auto out = std::make_shared<ProbeFrame>(after);
  for (std::size_t i = 0; i < after.stages.size(); ++i) {
    if (std::string others = whyOthers(*before.stages[i], *after.stages[i]); !others.empty()) {
      why = std::move(others);
      continue;
    }
    comparable = true;
    auto stage = std::make_shared<StageEvidence>(withoutDifferences(*after.stages[i]));
    if (!appendDifferences(*before.stages[i], *stage)) continue;
    any = true;
    name(stage->channels);
    name(stage->objectColumns);
    out->stages[i] = std::move(stage);
  }
  if (!comparable) return cannot(why);
  if (!any) return cannot("one of them does not show who learns what");
  return std::shared_ptr<const ProbeFrame>(std::move(out));
}

}  // namespace anchorscope
