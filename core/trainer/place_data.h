#pragma once
// View header. Where a data set's objects lie in the input of the detector that a configuration names.

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/placed_data.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// Every image in an input of its own, as probes and evaluation see it, with the anchors of the detector's
/// first stage. kUsage for options that do not go together.
Result<PlacedData> placeData(const Dataset& dataset, const RunConfig& config);

}  // namespace anchorscope
