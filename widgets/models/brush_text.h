#pragma once
// What is brushed, in words: on the canvases and above the plots alike.

#include <QString>

#include "core/evidence/subset.h"

namespace anchorscope {

/// "1,204 of 201,600 anchors · Predicted IoU 0.5 to 1 · P4". `subset` is what the condition gives of the
/// stage.
QString brushText(const StageEvidence& evidence, const CandidateCondition& condition,
                  const CandidateSubset& subset);
/// "1,204 of 201,600 anchors"
QString brushCountText(const StageEvidence& evidence, const CandidateSubset& subset);
/// "positive", "background", "ignored"
QString roleText(CandidateRole role);

}  // namespace anchorscope
