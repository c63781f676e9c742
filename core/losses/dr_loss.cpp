// DR loss: an image's positive scores shall be above its background's, both as distributions that weigh the
// hard ones most.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/losses/cls_loss.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "DR loss (Qian et al., CVPR 2020)";
constexpr double kFarBelow = -1e30;  // a logit that takes no part, finite so that nothing divides 0 by 0

const ChannelSpec& shareSpec() {
  static const ChannelSpec spec = channelOf(
      "dr.share", "Share in its distribution", "1",
      "Of a positive its class's share in the positive scores, of background the share of all its classes "
      "in the negative scores, both of the image.",
      kSource, ColorScale::kClassification, 0.f);
  return spec;
}

struct Options {
  double margin = 0.5, positive = 1, negative = 0.0798, slope = 6, tau = 4;
};

class DrClassLoss final : public ClsLoss {
 public:
  explicit DrClassLoss(const Options& options) : options_(options) {}

  LossDomain domain() const override { return LossDomain::kBatch; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.channels = {shareSpec()};
    return all;
  }

  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext& step) override {
    ANCHORSCOPE_CHECK(targets.labels.defined(), "DR loss takes labels alone");
    at::Tensor part = targets.labels > -2;
    if (targets.weights.defined()) part = part.logical_and(targets.weights.detach() > 0);
    const at::Tensor own =
        targets.labels.unsqueeze(2).eq(at::arange(logits.size(2), targets.labels.options()));
    const at::Tensor positive = own.logical_and(part.unsqueeze(2)),
                     negative = own.logical_not().logical_and(part.unsqueeze(2));
    const at::Tensor p = logits.sigmoid();
    const at::Tensor ofPositives = shares(-p / options_.positive, positive),
                     ofNegatives = shares(p / options_.negative, negative);
    const at::Tensor high = (ofNegatives * p).sum({1, 2});
    const at::Tensor low = at::where(positive.any(2).any(1), (ofPositives * p).sum({1, 2}), 1);
    if (step.sink) {
      const c10::NoGradGuard noGrad;
      const at::Tensor share = at::where(targets.labels >= 0, ofPositives.sum(2), ofNegatives.sum(2));
      step.sink->channel(shareSpec(), share.detach().masked_fill(part.logical_not(), NAN));
    }
    const double images = static_cast<double>(std::max<std::int64_t>(1, logits.size(0)));
    return (at::softplus(options_.slope * (high - low + options_.margin)) *
            (options_.tau / options_.slope / images))
        .unsqueeze(1);
  }

 private:
  /// [B,N,C] softmax over an image's entries of the mask, 0 elsewhere.
  static at::Tensor shares(const at::Tensor& values, const at::Tensor& mask) {
    return values.masked_fill(mask.logical_not(), kFarBelow)
        .flatten(1)
        .softmax(1)
        .view(mask.sizes())
        .masked_fill(mask.logical_not(), 0);
  }

  Options options_;
};

}  // namespace

ClsLossEntry drLoss() {
  ClsLossEntry entry;
  entry.name = "dr";
  entry.title = "DR loss";
  entry.description =
      "tau / L ln(1 + exp(L (N - Q + margin))) of each image, the mean over images: N is the mean of "
      "negative scores "
      "weighed by softmax(p / dr_neg_lambda), Q that of positive ones by softmax(-p / dr_pos_lambda), 1 "
      "without any. "
      "Nothing divides it.";
  entry.source = kSource;
  entry.params = {
      floatParam("dr_margin", 0.5, 0, 1, "1", "By how much positive scores shall be above.", kSource),
      floatParam("dr_pos_lambda", 1, 1e-3, 1e3, "1", "The smaller, the more the lowest positives count.",
                 kSource),
      floatParam("dr_neg_lambda", 0.07982356001479281, 1e-3, 1e3, "1",
                 "The smaller, the more the highest background counts; 0.1 / ln 3.5.", kSource),
      floatParam("dr_slope", 6, 1e-3, 1e3, "1", "L: how sharply the loss bends.", kSource),
      floatParam("dr_tau", 4, 0, 1e4, "1", "Factor on the loss.", kSource)};
  entry.labelsOnly = entry.normalized = entry.ofBatch = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<ClsLoss>> {
    return std::unique_ptr<ClsLoss>(std::make_unique<DrClassLoss>(
        Options{params.getFloat("dr_margin"), params.getFloat("dr_pos_lambda"),
                params.getFloat("dr_neg_lambda"), params.getFloat("dr_slope"), params.getFloat("dr_tau")}));
  };
  return entry;
}

}  // namespace anchorscope
