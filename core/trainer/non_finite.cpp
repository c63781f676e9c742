#include "core/trainer/non_finite.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/validation.h"

namespace anchorscope {
namespace {

/// The image that explains most so far.
struct Culprit {
  std::string image, terms;
  double total = -1;

  bool broken() const { return !std::isfinite(total); }
};

void look(const LossOfStep& step, const Dataset& dataset, const Batch& batch, Culprit& culprit) {
  const at::Tensor pixels = pixelTensor(batch, step.normalization, step.inputs);
  for (std::size_t i = 0; i < batch.samples.size() && !culprit.broken(); ++i) {
    Batch single;
    single.inputSize = batch.inputSize;
    single.samples = {batch.samples[i]};
    const auto index = static_cast<std::int64_t>(i);
    const DenseTargets targets = targetTensors(single, step.minObjects, /*minIgnored=*/0, step.inputs);
    const LossTerms loss = batchLoss(step.learner, pixels.slice(0, index, index + 1), targets, StepContext());
    const double total = loss.total.item<double>();
    if (std::isfinite(total) && total <= culprit.total) continue;
    culprit.total = total;
    culprit.image = dataset.images()[batch.samples[i].imageIndex].name;
    std::vector<std::string> parts;
    for (const NamedScalar& scalar : loss.scalars)
      parts.push_back(concat(scalar.name, " = ", scalar.value.item<double>()));
    culprit.terms = join(parts, ", ");
  }
}

}  // namespace

NonFiniteStory explainNonFinite(const LossOfStep& loss, const StepBatches& step, const Dataset& dataset,
                                Loader& batches) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(loss.learner.detector);
  Culprit culprit;
  std::string unread;
  for (std::int64_t i = 0; i < step.count && !culprit.broken(); ++i) {
    const Result<Batch> batch = batches.next();
    if (!batch) {
      unread = concat(" (batch ", i + 1, " of ", step.count,
                      " could not be read again: ", batch.error().text(), ")");
      break;
    }
    look(loss, dataset, *batch, culprit);
  }
  NonFiniteStory story;
  story.culpritImage = culprit.image;
  const std::string what = culprit.broken() ? "The loss" : "The gradient";
  const std::string who =
      culprit.image.empty() ? "" : concat("; image '", culprit.image, "' has ", culprit.terms);
  story.error = makeError(
      ErrorCode::kNumeric, concat(what, " of step ", step.step, " is not finite", who, unread),
      "No parameter was changed by this step. Lower train.lr or train.clip_grad, look at the image's boxes, "
      "then go on or go back to a checkpoint");
  return story;
}

}  // namespace anchorscope
