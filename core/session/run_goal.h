#pragma once
// View header. Until when training goes on by itself: without end, so many steps, to a step, to a condition
// over scalars, or to what becomes of an object or candidate.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/session/session.h"
#include "core/watch/scalar_condition.h"

namespace anchorscope {

/// What a running session works towards. Reached means: pause.
class RunGoal {
 public:
  /// No goal: run until told otherwise.
  void clear() { goal_ = std::monostate{}; }
  /// `count` more steps; adds to the steps still to do, so that three quick presses are three steps.
  void addSteps(std::int64_t count, std::int64_t presentStep);
  void runToStep(std::int64_t step) { goal_ = ToStep{step, false}; }
  /// What a value that is not finite means to a condition that speaks of it; kIsNoReason: what it says then.
  enum class NotFinite { kPauses, kIsNoReason };
  void runUntil(ScalarCondition condition, NotFinite notFinite = NotFinite::kPauses) {
    goal_ = std::move(condition);
    notFinite_ = notFinite;
  }
  void runUntil(EvidenceCondition condition) { goal_ = std::move(condition); }

  /// Until when: "step 500", "loss.cls < 0.3"; empty without a goal.
  std::string text() const;
  bool active() const { return goal_.index() != 0; }
  /// Evidence has to be captured at every step.
  bool needsEvidence() const { return std::holds_alternative<EvidenceCondition>(goal_); }
  /// Why to pause after `step` with these scalars; empty: go on. Of a scalar that a step lacks the newest
  /// value counts.
  std::string reached(std::int64_t step, const std::vector<ScalarValue>& scalars);
  /// Why to pause with these frames of the probes, of one moment; empty: go on.
  std::string reached(const std::vector<std::shared_ptr<const ProbeFrame>>& frames) const;

 private:
  struct ToStep {
    std::int64_t step = 0;
    bool counted = false;  ///< From addSteps.
  };
  std::variant<std::monostate, ToStep, ScalarCondition, EvidenceCondition> goal_;
  NotFinite notFinite_ = NotFinite::kPauses;
};

}  // namespace anchorscope
