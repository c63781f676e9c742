#pragma once
// View header. Which image, object and candidates of a batch made a step what it was.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/frame.h"
#include "core/watch/watchpoint.h"

namespace anchorscope {

/// Of the images, whose frames are of one moment, the one of the largest loss (the first whose loss is not
/// finite), in it the candidates of the largest losses (no number is the largest) and the object that the
/// first of them learns. Nowhere without images. losses: one per frame.
WatchPlace costliest(const std::vector<std::shared_ptr<const ProbeFrame>>& frames,
                     const std::vector<double>& losses);

/// Adds the candidates that tell most of the object that is named already: those that learn it, else those
/// that nearly did. The image must be one of the frames'; else nothing is added.
void addCandidates(WatchPlace& place, const std::vector<std::shared_ptr<const ProbeFrame>>& frames);

}  // namespace anchorscope
