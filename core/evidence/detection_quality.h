#pragma once
// View header. How right one image's detections are, as one number: for choosing an image without anybody
// looking.

#include "core/evidence/frame.h"

namespace anchorscope {

/// Twice the objects found by the objects and the detections together (the F1 score), times the mean overlap
/// of those found; in [0, 1], 0 without objects. An object is found by a detection of its class, from
/// `minScore` on, that overlaps it by half or more; best score first, each object once. Ignored objects
/// neither help nor harm.
double detectionQuality(const StageEvidence& evidence, float minScore);

}  // namespace anchorscope
