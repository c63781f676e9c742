#pragma once
// View header. How a run's data is read, beside the options of the data: what its detector and its method
// need of it.

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// Objects get their shapes where the detector gives masks.
DatasetOptions datasetOptionsOf(const RunConfig& config);

/// kUsage where the method learns masks and not one object of the training set has a shape.
Status checkShapes(const RunConfig& config, const Dataset& training);

}  // namespace anchorscope
