#pragma once
// View header. The sizes of the detector's input, from a run's options size, input, max_size, size_divisor
// and sizes (see trainParams()).

#include <string>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/data/input_shape.h"

namespace anchorscope {

/// What probes, evaluation and, without `sizes`, training see. Valid for any values of the options.
InputShape inputShapeOf(const ParamSet& train);

/// What batches of training are drawn from: one shape per entry of `sizes`, or the one above alone. `sizes`
/// must be valid (inputConflicts).
std::vector<InputShape> trainingShapesOf(const ParamSet& train);

/// What of these options contradicts itself or cannot be read, with full option keys; `loader` holds
/// loaderParams().
std::vector<OptionConflict> inputConflicts(const ParamSet& train, const ParamSet& loader);

/// "160 x 160 px", or "shorter side 800 px, longer at most 1333 px, padded to 32 px"; with `sizes` what
/// training draws from.
std::string inputText(const ParamSet& train);

}  // namespace anchorscope
