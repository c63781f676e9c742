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
};

/// kBadData where the trace says too little to make the run again: one of before there were journals, whose
/// options were changed, or a damaged one.
Result<Journal> readJournal(RunReader& run);

}  // namespace anchorscope
