#pragma once
// View header. Findings of a run folder with its data set, and of a data set with the detector that a
// configuration names.

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/findings/inspection.h"
#include "core/store/run_reader.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// What is wrong with a recorded run. Its data set is opened as the run had it; where that cannot be done,
/// what needs it is not asked, and FindingsReport::leftOut begins with the reason. `progress` (may be empty)
/// gets a fraction in [0, 1] and returns false to give up (kCancelled). Takes seconds, of a large set
/// minutes: not for a thread that draws.
Result<FindingsReport> inspectRun(const RunReader& run, const std::function<bool(double)>& progress = {});

/// What a data set says by itself.
struct DataInspection {
  FindingsReport report;  ///< Without what only a run could have.
  std::shared_ptr<const PlacedData> data;
};
/// The set that `config` names, as its detector meets it. Errors as of openDataset and placeData.
Result<DataInspection> inspectData(const RunConfig& config, const std::function<bool(double)>& progress = {});

}  // namespace anchorscope
