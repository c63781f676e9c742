#pragma once
// View header. Whether evidence that was read from somewhere holds together.

#include <string>

#include "core/evidence/frame.h"

namespace anchorscope {

/// What of a stage contradicts itself (lists of different lengths, indices outside); empty: nothing. Values
/// may be anything, NaN too.
std::string contradictionIn(const StageEvidence& stage);

}  // namespace anchorscope
