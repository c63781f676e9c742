#pragma once
// View header. Until when training goes on by itself: without end, so many steps, to a step, or to a scalar's
// bound.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/session/session.h"

namespace anchorscope {

/// What a running session works towards. Reached means: pause.
class RunGoal {
 public:
  /// No goal: run until told otherwise.
  void clear() { goal_ = std::monostate{}; }
  /// `count` more steps; adds to the steps still to do, so that three quick presses are three steps.
  void addSteps(std::int64_t count, std::int64_t presentStep);
  void runToStep(std::int64_t step) { goal_ = ToStep{step, false}; }
  void runUntil(RunUntilScalarCommand condition) { goal_ = std::move(condition); }

  /// Until when: "step 500", "loss.cls < 0.3"; empty without a goal.
  std::string text() const;
  bool active() const { return goal_.index() != 0; }
  /// Why to pause after `step` with these scalars; empty: go on. A non-finite value of the watched scalar
  /// always pauses.
  std::string reached(std::int64_t step, const std::vector<ScalarValue>& scalars) const;

 private:
  struct ToStep {
    std::int64_t step = 0;
    bool counted = false;  ///< From addSteps.
  };
  std::variant<std::monostate, ToStep, RunUntilScalarCommand> goal_;
};

}  // namespace anchorscope
