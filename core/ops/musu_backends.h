#pragma once
// Internal header (ATen). The two implementations behind assignMusu; inputs are checked, contiguous and
// without gradient, N, C, B and G are at least 1.

#include "core/ops/musu.h"

namespace anchorscope {

MusuResult assignMusuOnCpu(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail);
/// float32 only.
MusuResult assignMusuOnCuda(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail);

/// The result of a batch without a bag: zero weights, no winner, NaN thresholds, valid objects starved.
MusuResult emptyMusuResult(const MusuInputs& inputs, MusuDetail detail);

}  // namespace anchorscope
