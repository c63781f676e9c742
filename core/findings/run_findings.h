#pragma once
// View header. Looks through a recorded run.

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/findings/inspection.h"
#include "core/store/run_reader.h"

namespace anchorscope {

/// Of each probe the first and the last recorded step and some between, 64 frames in all where there are no
/// more than 64 probes (else of each the last); every value of the scalars that rules need. `data`: the run's
/// data set as its detector meets it, or null. What cannot be read is told in FindingsReport::leftOut. Takes
/// some ten milliseconds per frame: not for a thread that draws. `progress` (may be empty) gets a fraction in
/// [0, 1] between the frames and returns false to give up (kCancelled, the only error).
Result<FindingsReport> findingsOfRun(const RunReader& run, std::shared_ptr<const PlacedData> data,
                                     const std::function<bool(double)>& progress = {});

}  // namespace anchorscope
