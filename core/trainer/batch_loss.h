#pragma once
// Internal header (ATen). The loss of one batch, as a training step has it.

#include <ATen/ATen.h>

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
LossTerms batchLoss(const Learner& learner, const at::Tensor& pixels, const DenseTargets& targets,
                    const StepContext& step, const StageSinks& sinks = {});

}  // namespace anchorscope
