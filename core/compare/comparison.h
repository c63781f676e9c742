#pragma once
// View header. Trains presets one after the other on the same data with the same budget and seeds, and writes
// a table. Whatever is finished is kept, so that the same request goes on where it was stopped.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/compare/comparison_plan.h"
#include "core/compare/comparison_result.h"
#include "core/compare/comparison_run.h"

namespace anchorscope {

struct ComparisonProgress {
  std::size_t run = 0, runs = 0;  ///< 1-based; 0: before the first.
  std::string label;
  std::int64_t seed = 0;
  RunProgress of;
  double secondsLeft = -1;       ///< Of this run's training; -1: not known.
  double secondsLeftInAll = -1;  ///< Of all runs' training.
};

struct ComparisonHooks {
  std::function<void(const ComparisonProgress&)> progress;
  std::function<void(const std::string&)> say;  ///< What was skipped, continued, started over, has ended.
  std::function<bool()> cancelled;              ///< True ends it at the next step; what is done stays.
};

struct ComparisonEnd {
  std::vector<ComparisonResult> results;  ///< Of all planned runs that have one, in the order of the plan.
  std::string markdown;
  bool cancelled = false;
};

/// What to do with recorded runs whose configuration is not the planned one.
enum class StartOver { kNo, kChanged };

/// Trains what is not finished yet, on the calling thread's behalf (each run has a thread of its own). Writes
/// FOLDER/comparison.md, comparison.csv (one line per run) and comparison_summary.csv (one per method) after
/// every run. `command`: as the notes quote it. Errors: what planComparison() refuses, data that cannot be
/// read, kExists naming every recorded run with another configuration and how it differs (unless
/// StartOver::kChanged), kIo. A run that diverges or fails is a result, not an error.
Result<ComparisonEnd> runComparison(const ComparisonOptions& options, const std::string& command,
                                    StartOver startOver, const ComparisonHooks& hooks);

/// A run of the plan as it would be found, for a dry run.
struct ListedRun {
  PlannedRun run;
  RunStanding standing;
  std::vector<std::string> fromPreset;  ///< Differences from the preset.
};

/// Plans without training; steps of a budget in seconds are 0 where they have not been measured yet.
Result<std::vector<ListedRun>> listComparison(const ComparisonOptions& options);

}  // namespace anchorscope
