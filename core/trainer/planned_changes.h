#pragma once
// View header. Options that change by themselves as training goes on: train.planned_changes as text, and what
// it means.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// An option that takes another value once so many steps are done; it holds from the next one.
struct PlannedChange {
  std::string when;  ///< As written: "30000", "4e", "0.33".
  std::string key;   ///< Full: "method.assigner".
  std::string value;

  bool operator==(const PlannedChange&) const = default;
};

/// Reads a run's train.planned_changes: moments separated by ";", each a number of steps, epochs ("4e") or a
/// share of the run below 1, then options as name=value, separated by spaces. kUsage names the moment and
/// what is wrong with it: an option that is not known, that cannot change while training, or whose value will
/// not do.
Result<std::vector<PlannedChange>> plannedChanges(const RunConfig& config);

/// After how many steps it is made. Nothing for a share of a run without end, or for epochs of unknown size.
std::optional<std::int64_t> stepOf(const PlannedChange& change, const ParamSet& train);

/// The same plan at other moments: `moment` gives each one's text.
std::string withMoments(const std::string& plan,
                        const std::function<std::string(const std::string&)>& moment);

/// What of them does not go together, each made after the one that is written before it, on top of `config`:
/// conflicts of the option train.planned_changes.
std::vector<OptionConflict> plannedConflicts(const RunConfig& config);

}  // namespace anchorscope
