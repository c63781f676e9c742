// GHM-C: cross entropy in which elements count less the more others have gradients as long as theirs.

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/losses/cls_loss.h"
#include "core/losses/gradient_bins.h"
#include "core/ops/cls_losses.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "GHM (Li et al., AAAI 2019); mmdet 3.3.0 GHMC";

struct Channels {
  ChannelSpec norm = channelOf("ghm_c.norm", "Gradient norm", "1",
                               "Largest |score - target| over the anchor's classes: how wrong it is.",
                               kSource, ColorScale::kClassification, 0.f, 1.f);
  ChannelSpec bin = channelOf("ghm_c.bin", "Bin of the gradient norm", "", "Which bin that norm is in.",
                              kSource, ColorScale::kClassification, 0.f);
  ChannelSpec weight = channelOf(
      "ghm_c.weight", "Weight by gradient density", "1",
      "Factor on that element's cross entropy: 1 over the elements in its bin times the bins that are "
      "hit.",
      kSource, ColorScale::kClassification, 0.f);
};

class GhmClassLoss final : public ClsLoss {
 public:
  explicit GhmClassLoss(GradientBins bins) : bins_(std::move(bins)) {}

  std::vector<NamedTensor> buffers() override { return bins_.buffers(); }
  EvidenceDeclaration declaration() const override {
    const Channels channels;
    EvidenceDeclaration all;
    all.channels = {channels.norm, channels.bin, channels.weight};
    return all;
  }

  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext& step) override {
    ANCHORSCOPE_CHECK(targets.labels.defined(), "GHM-C takes labels alone");
    const at::Tensor target = targets.labels.unsqueeze(2)
                                  .eq(at::arange(logits.size(2), targets.labels.options()))
                                  .to(logits.scalar_type());
    at::Tensor takesPart = targets.labels > -2;
    if (targets.weights.defined()) takesPart = takesPart.logical_and(targets.weights.detach() > 0);
    const at::Tensor valid = takesPart.unsqueeze(2).expand_as(logits);
    const at::Tensor norms = (logits.detach().sigmoid() - target).abs();
    const GradientBins::Shares shares = bins_.of(norms, valid, step.training);
    if (step.sink) show(norms, shares, takesPart, *step.sink);
    const at::Tensor elements =
        clsLossRows(logits.unsqueeze(3), target.unsqueeze(3), {ClsElementLoss::kBce}) * shares.weight;
    const at::Tensor rows = elements.sum(2);
    return targets.weights.defined() ? rows * targets.weights : rows;
  }

 private:
  static void show(const at::Tensor& norms, const GradientBins::Shares& shares, const at::Tensor& takesPart,
                   EvidenceSink& sink) {
    const c10::NoGradGuard noGrad;
    const Channels channels;
    const auto [largest, of] = norms.max(2);
    const auto tell = [&](const ChannelSpec& spec, const at::Tensor& values) {
      sink.channel(spec, values.to(at::kFloat).masked_fill(takesPart.logical_not(), NAN));
    };
    const auto atLargest = [&](const at::Tensor& values) {
      return values.gather(2, of.unsqueeze(2)).squeeze(2);
    };
    tell(channels.norm, largest);
    tell(channels.bin, atLargest(shares.bin));
    tell(channels.weight, atLargest(shares.weight));
  }

  GradientBins bins_;
};

}  // namespace

ClsLossEntry ghmClassLoss() {
  ClsLossEntry entry;
  entry.name = "ghm_c";
  entry.title = "GHM-C: harmonised gradients";
  entry.description =
      "BCE(z, y) / (R n): R elements of the batch have a gradient norm |p - y| in the same bin, n bins are "
      "hit. "
      "Nothing divides it further.";
  entry.source = concat(kSource, ", which counts every pyramid level by itself: here the batch as a whole");
  entry.params = binParams("ghm_c", 30, 0.75, "mmdet 3.3.0 configuration of RetinaNet with GHM");
  entry.labelsOnly = entry.normalized = entry.ofBatch = entry.holdsConstants = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<ClsLoss>> {
    return std::unique_ptr<ClsLoss>(std::make_unique<GhmClassLoss>(binsOf("ghm_c", params)));
  };
  return entry;
}

}  // namespace anchorscope
