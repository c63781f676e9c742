#pragma once
// Which predictions a layer shows. No Qt.

#include <cstddef>

#include "widgets/overlays/layer.h"

namespace anchorscope {

/// The score from which a frame's predictions tell something: half the best one, but 0.1 at least, and so
/// high that no more than twice as many as there are objects (at least 10) reach it. A detector that has
/// learned nothing yet gives as many predictions as it may, all alike.
float adaptiveScore(const StageEvidence& evidence);

/// A layer's choice among a frame's predictions. They are sorted, so what is shown is a run of them.
struct ShownPredictions {
  float from = 0;                   ///< The score from which they are shown.
  std::size_t first = 0, last = 0;  ///< ProbeFrame::predictions[first, last) are shown,
  std::size_t count() const { return last - first; }
};
ShownPredictions shownPredictions(const Layer& layer, const StageEvidence& evidence);

}  // namespace anchorscope
