#pragma once
// View header. One run of a comparison: what its folder holds already, and training it to its end through a
// session.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/compare/comparison_plan.h"
#include "core/compare/comparison_result.h"

namespace anchorscope {

/// What a run's folder holds.
struct RunStanding {
  enum class State {
    kNew,          ///< Nothing.
    kDone,         ///< A result: finished or diverged.
    kFailed,       ///< A result: failed. It is tried again, from its checkpoint if there is one.
    kInterrupted,  ///< A checkpoint to go on from.
    kBegun         ///< A record without a checkpoint: to be started over.
  };
  State state = State::kNew;
  std::int64_t checkpointStep = -1;        ///< Of the newest checkpoint; -1: none.
  std::optional<ComparisonResult> result;  ///< kDone, kFailed.
  std::vector<std::string> differences;    ///< Of its configuration from the planned one.
};

/// kBadData when something is there that cannot be understood.
Result<RunStanding> standingOf(const PlannedRun& run);

/// Where a run stands while it is worked on.
struct RunProgress {
  std::string what;     ///< "Opening the data set", "Evaluating"; empty: training.
  double fraction = 0;  ///< Done of `what`.
  std::int64_t step = 0, steps = 0;
  double stepsPerSecond = 0;  ///< Over the last seconds; 0: not known yet.
};

struct RunHooks {
  std::function<void(const RunProgress&)> progress;  ///< After every step, and what is not a step.
  std::function<void(const std::string&)> say;       ///< A line for people.
  std::function<bool()> cancelled;                   ///< Asked a few times a second; all may be empty.
};

/// Trains, evaluates and records the run, from its checkpoint where `standing` has one, and gives its
/// numbers. A loss that is not finite ends it as diverged, an error as failed: both are results. kCancelled:
/// it was stopped and can go on.
Result<ComparisonResult> trainRun(const PlannedRun& run, const RunStanding& standing, const RunHooks& hooks);

/// Steps that fit into so many seconds of training: measured by training unrecorded for a twentieth of them
/// (2 to 10 seconds, at least 4 steps). At least 1.
Result<std::int64_t> measureSteps(const RunConfig& config, double seconds, const RunHooks& hooks);

}  // namespace anchorscope
