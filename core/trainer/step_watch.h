#pragma once
// Internal header (ATen). Who looks at a training step while it is done.

#include <cstdint>
#include <vector>

#include "core/data/batch.h"
#include "core/methods/method.h"
#include "core/model/detector.h"
#include "core/ops/step_phase.h"

namespace anchorscope {

/// Called in this order, on the trainer thread, in the midst of the step: changes nothing of it, and what it
/// throws breaks the step off.
class StepWatch {
 public:
  virtual ~StepWatch() = default;
  /// A batch, the `index`th of `count`, is about to go through the detector; gets who looks at each stage.
  virtual StageSinks begin(const Batch& batch, std::int64_t index, std::int64_t count) = 0;
  /// What the detector gave, with gradient.
  virtual void forwarded(const std::vector<StageOutputs>& /*stages*/) {}
  virtual void lost(const LossTerms& /*terms*/) {}
  /// The gradients of the step's batches so far, added up, lie in the parameters.
  virtual void differentiated() {}
  /// The parameters have changed, unless the step is not finite.
  virtual void updated() {}
};

}  // namespace anchorscope
