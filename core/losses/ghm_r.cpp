// GHM-R: a smooth L1 loss of offsets in which those count less the more others have gradients as long as
// theirs.

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/evidence/spec_forms.h"
#include "core/losses/gradient_bins.h"
#include "core/losses/matched_rows.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "GHM (Li et al., AAAI 2019); mmdet 3.3.0 GHMR";

struct Channels {
  ChannelSpec norm =
      channelOf("ghm_r.norm", "Gradient norm, box", "1",
                "Mean over the 4 offsets of |d| / sqrt(d^2 + mu^2), at anchors with an object.", kSource,
                ColorScale::kRegression, 0.f, 1.f);
  ChannelSpec weight =
      channelOf("ghm_r.weight", "Weight by gradient density, box", "1",
                "Mean over the 4 offsets of the factor on their losses: 1 over the offsets in the "
                "same bin times the bins that are hit.",
                kSource, ColorScale::kRegression, 0.f);
};

class GhmBoxLoss final : public BoxLoss {
 public:
  GhmBoxLoss(double mu, GradientBins bins) : mu_(mu), bins_(std::move(bins)) {}

  std::vector<NamedTensor> buffers() override { return bins_.buffers(); }
  EvidenceDeclaration declaration() const override {
    const Channels channels;
    EvidenceDeclaration all;
    all.channels = {channels.norm, channels.weight};
    return all;
  }

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext& step) override {
    const at::Tensor difference = offsetErrors(anchors, outputs, targets), learns = learning(targets);
    const at::Tensor root = (difference.square() + mu_ * mu_).sqrt();
    const at::Tensor norms = (difference.abs() / root).detach();
    const GradientBins::Shares shares = bins_.of(norms, learns.unsqueeze(2).expand_as(norms), step.training);
    if (step.sink) {
      const c10::NoGradGuard noGrad;
      const Channels channels;
      const auto tell = [&](const ChannelSpec& spec, const at::Tensor& values) {
        step.sink->channel(spec, values.mean(2).masked_fill(learns.logical_not(), NAN));
      };
      tell(channels.norm, norms);
      tell(channels.weight, shares.weight);
    }
    const at::Tensor rows = ((root - mu_) * shares.weight).sum(2);
    return (rows * targets.weights).masked_fill(learns.logical_not(), 0);
  }

 private:
  double mu_;
  GradientBins bins_;
};

}  // namespace

BoxLossEntry ghmBoxLoss() {
  BoxLossEntry entry;
  entry.name = "ghm_r";
  entry.title = "GHM-R: harmonised gradients";
  entry.description =
      "(sqrt(d^2 + mu^2) - mu) / (R n), summed over the 4 offsets: R offsets of the batch have a gradient "
      "norm |d| / "
      "sqrt(d^2 + mu^2) in the same bin, n bins are hit. Nothing divides it further; published with "
      "lambda_reg 10.";
  entry.source = kSource;
  entry.params = binParams("ghm_r", 10, 0.7, "mmdet 3.3.0 configuration of RetinaNet with GHM");
  entry.params.push_back(floatParam("ghm_r_mu", 0.02, 1e-6, 1e3, "1",
                                    "Difference about which the loss turns from square to linear.", kSource));
  entry.normalized = entry.holdsConstants = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(
        std::make_unique<GhmBoxLoss>(params.getFloat("ghm_r_mu"), binsOf("ghm_r", params)));
  };
  return entry;
}

}  // namespace anchorscope
