#pragma once
// Made-up importance maps beside a made-up frame: what a detector with importance-based pooling publishes.

#include <memory>

#include "core/evidence/frame.h"

namespace anchorscope::testing {

/// The evidence with 21 cell channels: importance, window entropy and gate saturation at seven places of
/// strides 2 to 16. Importance follows the image's contrast, around 1.
std::shared_ptr<const StageEvidence> withLipMaps(const std::shared_ptr<const StageEvidence>& evidence);

}  // namespace anchorscope::testing
