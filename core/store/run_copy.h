#pragma once
// View header. A recorded run as it was at one of its checkpoints, as a run of its own in another folder.

#include <cstdint>
#include <string>

#include "core/base/atomic_file.h"
#include "core/base/result.h"

namespace anchorscope {

/// Copies trace, configuration, the checkpoint of `step` and the best one. The run copied from is only
/// read, also while it is being recorded. `into` is made; kExists when it holds a run and overwrite is kNo.
/// On an error nothing that passes for a run is left. What the trace holds of later steps is still there:
/// continueRun() removes it.
Status copyRun(const std::string& from, const std::string& into, std::int64_t step, Overwrite overwrite);

}  // namespace anchorscope
