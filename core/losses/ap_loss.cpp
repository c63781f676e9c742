// AP loss: all class scores of a batch are one ranking, and its average precision is learnt. See
// core/ops/ap_loss.h.

#include "core/ops/ap_loss.h"

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/losses/cls_loss.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "AP-loss (Chen et al., CVPR 2019)";

const ChannelSpec& precisionSpec() {
  static const ChannelSpec spec = channelOf(
      "ap.precision", "Precision at the positive", "1",
      "Share of positives among the scores of the batch that are not below the positive's, at least that "
      "of lower positives; the anchor's loss is what it lacks, over the positives.",
      kSource, ColorScale::kClassification, 0.f, 1.f, Sense::kHigherIsBetter);
  return spec;
}

class ApClassLoss final : public ClsLoss {
 public:
  explicit ApClassLoss(double delta) : delta_(delta) {}

  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.channels = {precisionSpec()};
    return all;
  }

  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext& step) override {
    ANCHORSCOPE_CHECK(targets.labels.defined(), "AP loss takes labels alone");
    const at::Tensor labels = targets.weights.defined()
                                  ? targets.labels.masked_fill(targets.weights.detach() <= 0, -2)
                                  : targets.labels;
    const at::Tensor rows = apLossRows(logits.flatten(0, 1), labels.flatten(), delta_).view(labels.sizes());
    if (step.sink) {
      const c10::NoGradGuard noGrad;
      const at::Tensor positives = labels.ge(0).sum();
      step.sink->channel(precisionSpec(), (1 - rows.detach() * positives).masked_fill(labels < 0, NAN));
    }
    return targets.weights.defined() ? rows * targets.weights : rows;
  }

 private:
  double delta_;
};

}  // namespace

ClsLossEntry apLoss() {
  ClsLossEntry entry;
  entry.name = "ap";
  entry.title = "AP loss";
  entry.description =
      "1 - average precision of all scores of the batch, a positive's share at its anchor; a score counts as "
      "above "
      "another by clamp(difference / (2 delta) + 1/2, 0, 1). Learnt by the error-driven update in place of a "
      "gradient. Nothing divides it.";
  entry.source = kSource;
  entry.params = {floatParam("ap_delta", 1, 1e-3, 100, "1",
                             "Half the width of the step by which logits are compared.", kSource)};
  entry.labelsOnly = entry.normalized = entry.ofBatch = entry.holdsConstants = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<ClsLoss>> {
    return std::unique_ptr<ClsLoss>(std::make_unique<ApClassLoss>(params.getFloat("ap_delta")));
  };
  return entry;
}

}  // namespace anchorscope
