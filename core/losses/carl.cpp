// CARL of Prime Sample Attention: a second box loss in which positives count by the score of their class, and
// through which the score learns how well the box fits. Formulas: core/ops/pisa.h.

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/evidence/spec_forms.h"
#include "core/losses/prime_samples.h"
#include "core/losses/transform.h"
#include "core/ops/pisa.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "PISA (Cao et al., CVPR 2020); mmdet 3.3.0 carl_loss";
constexpr const char* kHead = "carl";

struct Channels {
  ChannelSpec weight =
      channelOf("carl.weight", "Weight by score", "1",
                "Factor on the positive's box loss in the CARL loss, 1 in the mean over the batch.", kSource,
                ColorScale::kRegression, 0.f);
  ChannelSpec loss = channelOf("carl.loss", "CARL loss", "1",
                               "The positive's box loss times that factor, before it is normalised.", kSource,
                               ColorScale::kRegression, 0.f);
};

class Carl final : public LossTransform {
 public:
  Carl(double k, double bias) : k_(k), bias_(bias) {}

  EvidenceDeclaration declaration() const override {
    const Channels c;
    EvidenceDeclaration all;
    all.channels = {c.weight, c.loss};
    all.scalars = {scalarOf("loss.carl", "CARL loss", "1",
                            "Box loss of the batch weighed by scores, normalised.", kSource)};
    return all;
  }

  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                 const StepContext& step) override {
    const at::Tensor none = positivesOf(losses).logical_not();
    const at::Tensor score = scoresAt(inputs.outputs, classesOf(losses, inputs));
    const at::Tensor raw = biasedPower(score, bias_, k_).masked_fill(none, 0);
    const at::Tensor sum = raw.sum();
    // The scale is part of what is learnt.
    const at::Tensor weight = raw * (none.logical_not().sum() / sum.masked_fill(sum <= 0, 1));
    const LossRows& loc = losses.at(kLocHead);
    LossRows added{kHead, (weight * loc.values).masked_fill(none, 0), loc.divisors};
    added.normalized = loc.normalized;
    if (step.sink) {
      const c10::NoGradGuard noGrad;
      const Channels channels;
      step.sink->channel(channels.weight, weight.detach().masked_fill(none, NAN));
      step.sink->channel(channels.loss, added.values.detach().masked_fill(none, NAN));
    }
    const c10::NoGradGuard noGrad;
    // Without a positive a divisor may be 0, and the rows are.
    const at::Tensor divisors = added.divisors.masked_fill(added.divisors <= 0, 1);
    const at::Tensor total = (added.values.detach().sum(1) / divisors).sum();
    losses.rows.push_back(std::move(added));
    return {{"loss.carl", total}};
  }

 private:
  double k_, bias_;
};

}  // namespace

LossTransformEntry carlTransform() {
  LossTransformEntry entry;
  entry.name = "carl";
  entry.title = "CARL: box loss weighed by scores";
  entry.description =
      "Adds the box loss once more, each positive's times (carl_bias + (1 - carl_bias) p)^carl_k, p the "
      "score of its "
      "class, scaled to 1 in the mean. The gradient flows into p too.";
  entry.source = kSource;
  entry.params = {floatParam("carl_k", 1, 0, 10, "1", "Exponent of the weight; 0: all count alike.", kSource),
                  floatParam("carl_bias", 0.2, 0, 1, "1", "Weight of a score of 0.", kSource)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossTransform>> {
    return std::unique_ptr<LossTransform>(
        std::make_unique<Carl>(params.getFloat("carl_k"), params.getFloat("carl_bias")));
  };
  return entry;
}

}  // namespace anchorscope
