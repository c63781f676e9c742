#pragma once
// View header. Looks through a recorded run.

#include <memory>

#include "core/findings/inspection.h"
#include "core/store/run_reader.h"

namespace anchorscope {

/// Of each probe the first and the last recorded step and some between, 64 frames in all where there are no
/// more than 64 probes (else of each the last); every value of the scalars that rules need. `data`: the run's
/// data set as its detector meets it, or null. What cannot be read is told in FindingsReport::leftOut. Takes
/// some ten milliseconds per frame: not for a thread that draws.
FindingsReport findingsOfRun(const RunReader& run, std::shared_ptr<const PlacedData> data);

}  // namespace anchorscope
