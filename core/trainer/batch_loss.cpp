#include "core/trainer/batch_loss.h"

#include <vector>

#include "core/trainer/device.h"

namespace anchorscope {

LossTerms batchLoss(const Learner& learner, const at::Tensor& pixels, const DenseTargets& targets,
                    const StepContext& step, const StageSinks& sinks,
                    const std::function<void(const std::vector<StageOutputs>&)>& forwarded) {
  std::vector<StageOutputs> stages;
  {
    const AutocastScope autocast(learner.device, learner.bf16);
    stages = learner.detector.forward(pixels, &targets, sinks);
  }
  if (forwarded) forwarded(stages);
  return learner.methods.loss(stages, targets, step, sinks);
}

}  // namespace anchorscope
