#include "core/session/run_goal.h"

#include <algorithm>

#include "core/base/check.h"

namespace anchorscope {

void RunGoal::addSteps(std::int64_t count, std::int64_t presentStep) {
  const auto* pending = std::get_if<ToStep>(&goal_);
  const std::int64_t from = pending && pending->counted ? std::max(pending->step, presentStep) : presentStep;
  goal_ = ToStep{from + count, true};
}

std::string RunGoal::text() const {
  if (const auto* target = std::get_if<ToStep>(&goal_)) return concat("step ", target->step);
  if (const auto* condition = std::get_if<ScalarCondition>(&goal_)) return condition->text();
  if (const auto* condition = std::get_if<EvidenceCondition>(&goal_)) return condition->text();
  return {};
}

std::string RunGoal::reached(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  if (const auto* target = std::get_if<ToStep>(&goal_))
    return step >= target->step ? concat("step ", step, " reached") : "";
  if (auto* condition = std::get_if<ScalarCondition>(&goal_)) {
    if (!condition->see(scalars)) return {};
    if (notFinite_ == NotFinite::kPauses && !condition->notFinite().empty()) return condition->values();
    if (condition->holds()) return concat(condition->text(), ": ", condition->values());
  }
  return {};
}

std::string RunGoal::reached(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) const {
  const auto* condition = std::get_if<EvidenceCondition>(&goal_);
  return condition && condition->holds(frames) ? condition->text() : std::string();
}

}  // namespace anchorscope
