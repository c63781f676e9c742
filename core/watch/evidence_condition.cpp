#include "core/watch/evidence_condition.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/findings/reading.h"

namespace anchorscope {
namespace {

bool isOfObject(EvidenceCondition::Kind kind) {
  return kind == EvidenceCondition::Kind::kStarved || kind == EvidenceCondition::Kind::kServed;
}

}  // namespace

std::string EvidenceCondition::text() const {
  const char* becomes = "";
  switch (kind) {
    case Kind::kStarved:
      becomes = " is starved";
      break;
    case Kind::kServed:
      becomes = " has a positive";
      break;
    case Kind::kChosen:
      becomes = " is chosen";
      break;
    case Kind::kDropped:
      becomes = " is not chosen";
      break;
  }
  return isOfObject(kind) ? concat("object ", object, " of '", image, '\'', becomes)
                          : concat("candidate ", candidate, " of '", image, '\'', becomes);
}

bool EvidenceCondition::holds(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) const {
  for (const auto& frame : frames) {
    if (frame->variant || frame->image->name != image) continue;
    for (const auto& evidence : frame->stages) {
      if (!stage.empty() && evidence->stage.name != stage) continue;
      const std::vector<Winners> heads = winnersOf(*evidence);
      const std::size_t objects = evidence->image->objects.size();
      if (heads.empty()) continue;
      if (isOfObject(kind)) {
        if (object < 0 || static_cast<std::size_t>(object) >= objects) return false;
        const std::int64_t positives = positivesOf(*evidence)[static_cast<std::size_t>(object)];
        return (positives == 0) == (kind == Kind::kStarved);
      }
      if (candidate < 0 || static_cast<std::size_t>(candidate) >= evidence->candidates->count()) return false;
      const bool chosen = std::any_of(heads.begin(), heads.end(), [&](const Winners& head) {
        return head.at(static_cast<std::size_t>(candidate), objects) >= 0;
      });
      return chosen == (kind == Kind::kChosen);
    }
  }
  return false;
}

}  // namespace anchorscope
