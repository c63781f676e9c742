#pragma once
// View header. A run's journal: what changed of its options at which step, and the configuration it began
// with.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_types.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

class RunReader;

/// "train.lr = 0.01 (was 0.001)", and why where it was not simply asked for.
std::string changeText(const ParameterChange& change);

/// Whether a run that trains can take it, as SetParamCommand does; else only one that goes on.
bool isLiveOption(const RunConfig& config, const std::string& key);

struct Journal {
  RunConfig first;  ///< Before the first entry.
  std::vector<ParameterChange> changes;
  std::int64_t lastStep = -1;  ///< That the run has recorded.

  /// The configuration with all entries up to this step, those made at it included. kBadData for one that
  /// this program cannot make.
  Result<RunConfig> configAt(std::int64_t step) const;
  /// What the evidence of this step was measured with: entries made at it hold from the next one.
  Result<RunConfig> configOfEvidence(std::int64_t step) const { return configAt(step - 1); }
};

/// As far as it can be read; what of it is damaged is told by RunReader::takeProblems(). kBadData for a trace
/// of before there were journals, whose options were changed.
Result<Journal> journalOf(const RunReader& run);

/// How many steps the run is to have by now, 0: without end. Where that cannot be read, as it began or last
/// went on.
std::int64_t plannedSteps(const RunReader& run);

/// The whole of it: kBadData as well where the trace is damaged, so that the run could not be made again.
Result<Journal> readJournal(RunReader& run);

}  // namespace anchorscope
