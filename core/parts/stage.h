#pragma once
// Internal header (ATen). A detector's stage, as it is handed from the detector to a method and its parts:
// the candidates, what the stage's heads say of them, and the objects of the batch.

#include "core/ops/dense_types.h"

namespace anchorscope {

/// What the parts of a method work on. Members must outlive the call.
struct StageInputs {
  const AnchorSet& anchors;  ///< The stage's candidates.
  const HeadOutputs& outputs;
  const DenseTargets& targets;  ///< Where losses are computed: maxObjects() >= 1.
};

}  // namespace anchorscope
