#include "core/session/run_goal.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace anchorscope {

void RunGoal::addSteps(std::int64_t count, std::int64_t presentStep) {
  const auto* pending = std::get_if<ToStep>(&goal_);
  const std::int64_t from = pending && pending->counted ? std::max(pending->step, presentStep) : presentStep;
  goal_ = ToStep{from + count, true};
}

std::string RunGoal::text() const {
  if (const auto* target = std::get_if<ToStep>(&goal_)) return concat("step ", target->step);
  if (const auto* condition = std::get_if<RunUntilScalarCommand>(&goal_))
    return concat(condition->name,
                  condition->relation == RunUntilScalarCommand::Relation::kBelow ? " < " : " > ",
                  condition->bound);
  return {};
}

std::string RunGoal::reached(std::int64_t step, const std::vector<ScalarValue>& scalars) const {
  if (const auto* target = std::get_if<ToStep>(&goal_))
    return step >= target->step ? concat("step ", step, " reached") : "";
  if (const auto* condition = std::get_if<RunUntilScalarCommand>(&goal_)) {
    const auto found = std::find_if(scalars.begin(), scalars.end(), [&](const ScalarValue& scalar) {
      return scalar.name == condition->name;
    });
    if (found == scalars.end()) return {};
    if (!std::isfinite(found->value)) return concat(condition->name, " is ", found->value);
    const bool below = condition->relation == RunUntilScalarCommand::Relation::kBelow;
    if (below ? found->value < condition->bound : found->value > condition->bound)
      return concat(condition->name, " is ", found->value, below ? ", below " : ", above ", condition->bound);
  }
  return {};
}

}  // namespace anchorscope
