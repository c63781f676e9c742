#pragma once
// Internal header (ATen). The two implementations behind assignMusu; inputs are checked, contiguous and
// without gradient, N, C, B and G are at least 1.

#include "core/ops/musu.h"

namespace anchorscope {

MusuResult assignMusuOnCpu(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail);
/// float32 only. `members`: for how many bag members there is room that is worked on in parallel; 0: as many
/// as are usual. A batch with more gives the same result, later. The host waits for nothing unless `detail`
/// asks for pairs, of which there are as many as the numbers say.
MusuResult assignMusuOnCuda(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail,
                            std::int64_t members = 0);

/// The result of a batch without a bag: zero weights, no winner, NaN thresholds, valid objects starved.
MusuResult emptyMusuResult(const MusuInputs& inputs, MusuDetail detail);

}  // namespace anchorscope
