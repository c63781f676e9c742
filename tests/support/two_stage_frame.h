#pragma once
// A made-up frame of a two-stage detector: proposals made from a made-up frame's anchors.

#include <memory>

#include "core/evidence/frame.h"

namespace anchorscope::testing {

/// "rpn" with the anchors and everything of makeSyntheticEvidence(), then "roi" with 40 proposals, the last
/// from no anchor, and the channels "roi.score" and "roi.iou". Same step, same frame.
std::shared_ptr<const ProbeFrame> makeSyntheticTwoStageFrame(std::int64_t step = 1284);

}  // namespace anchorscope::testing
