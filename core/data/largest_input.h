#pragma once
// View header. How large the inputs of a data set's images become: what memory has to hold.

#include <vector>

#include "core/data/dataset.h"
#include "core/data/input_shape.h"

namespace anchorscope {

/// The largest input (by area) of these images, each by itself; the data set has at least one.
SizePx largestInput(const Dataset& dataset, const InputShape& shape);
/// The same of training's batches, in which images of neighbouring buckets of aspect can meet.
SizePx largestBatchInput(const Dataset& dataset, const std::vector<InputShape>& shapes, int bucketsPerOctave);

}  // namespace anchorscope
