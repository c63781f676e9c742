#pragma once
// Internal header (ATen). The loss of one batch, as a training step has it.

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "core/methods/method_set.h"
#include "core/model/detector.h"

namespace anchorscope {

/// Who computes it. Members must outlive the calls.
struct Learner {
  Detector& detector;
  MethodSet& methods;
  at::Device device = at::kCPU;
  bool bf16 = false;
};

/// Forward and rules of every stage. pixels as Detector::forward takes them. Each stage's evidence goes to
/// its own sink (step.sink is not used); of a stage that nobody looks at nothing extra is computed.
/// forwarded: gets the detector's outputs; may be empty.
LossTerms batchLoss(const Learner& learner, const at::Tensor& pixels, const DenseTargets& targets,
                    const StepContext& step, const StageSinks& sinks = {},
                    const std::function<void(const std::vector<StageOutputs>&)>& forwarded = {});

}  // namespace anchorscope
