#pragma once
// Layers as text, for the command line and preset files.

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "widgets/overlays/layer.h"

namespace anchorscope {

/// Reads NAME[:KEY=VALUE,…]. NAME: image, objects, predictions, bag, or a channel of the frame. Keys:
/// opacity, map (cividis, viridis, …), range (declared, auto, LOW..HIGH), min, max (value filter; min of
/// predictions also auto, which it is at first), boxes (anchor, predicted), levels (P3+P4), width, fill, fade
/// (on, off), smooth (cells of a feature map; on, off), reverse (colours; on, off). Errors name the part that
/// is wrong and what is possible.
Result<Layer> parseLayer(std::string_view text, const StageEvidence& evidence);

}  // namespace anchorscope
