#pragma once
// Internal header (ATen). Where a recorded run goes on, and what may differ from how it began.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/store/run_types.h"
#include "core/trainer/checkpoint.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

struct ResumePoint {
  std::string checkpoint;  ///< Path.
  CheckpointFacts facts;
  /// The run's own: the checkpoint's, with what the journal says of changes that were made at its step after
  /// it was written.
  RunConfig config;
  std::vector<ParameterChange> changes;    ///< The journal up to the checkpoint's step.
  std::int64_t lastStep = -1;              ///< That the run has recorded.
  std::vector<std::string> damaged;        ///< Paths of newer checkpoints that cannot be read.
  std::vector<std::string> damageReports;  ///< What is wrong with each.
  /// What of the journal could not be read: the run goes on without it.
  std::vector<std::string> journalReports;
};

/// The newest checkpoint of the run that can be read whole; with step >= 0 that of this step alone. kNotFound
/// when there is none (with what is wrong with those that are there).
Result<ResumePoint> findResumePoint(const std::string& folder, std::int64_t step = -1);

/// Options by full key ("train.lr") or the run's "run.data" and "run.validation", with their values.
using ResumeSettings = std::vector<std::pair<std::string, std::string>>;

/// Changes the configuration of a run that goes on: every live option, device, precision, threads and the
/// places of the data may. Gives each change, without step, checkpoint and cause. Anything else is kUsage.
Result<std::vector<ParameterChange>> applyResumeSettings(RunConfig& config, const ResumeSettings& settings);

}  // namespace anchorscope
