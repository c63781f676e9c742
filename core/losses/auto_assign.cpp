// AutoAssign (Zhu et al., 2020): every point inside an object learns of it, by how likely it is and how near
// to a centre that each class learns. As mmdet 3.3.0 AutoAssignHead. Ours: where objects of a class share a
// point, the smaller negative weight counts (there the last one's).

#include <c10/core/GradMode.h>

#include "core/evidence/spec_forms.h"
#include "core/losses/inside_bags.h"
#include "core/losses/joint_loss.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

using namespace inside_bags;

constexpr const char* kPrefix = "auto_assign";
constexpr const char* kSource = "AutoAssign (Zhu et al., 2020); mmdet 3.3.0 AutoAssignHead";
const LossHead kPositive{
    "positive_bag", "Positive bag loss", "nat",
    "-ln of the weighted likelihood of the points inside the object, times its weight; before it is "
    "divided by the objects.",
    LossDomain::kObject};
const LossHead kNegative{
    "negative_bag", "Negative loss", "nat",
    "q^2 -ln(1 - q), summed over classes, with q = score times negative weight; before it is divided "
    "by the sum of the centre priors.",
    LossDomain::kCandidate};
const LossHead kCenter{
    "center", "Centre prior loss", "1",
    "Objects over the sum of their points' centre priors: keeps the learnt prior from vanishing.",
    LossDomain::kBatch};

struct Options {
  double boxWeight = 5, positiveWeight = 0.25, negativeWeight = 0.75, centerWeight = 0.75;
};

class AutoAssign final : public JointLoss {
 public:
  AutoAssign(const Options& options, std::int64_t classes)
      : options_(options),
        mean_(at::zeros({classes, 2}).requires_grad_()),
        sigma_(at::ones({classes, 2}).requires_grad_()) {}

  std::vector<LossHead> heads() const override { return {kPositive, kNegative, kCenter}; }
  bool learnsFurtherOutputs() const override { return true; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.pairTables = {pairSpec(kPrefix, kSource)};
    return all;
  }
  std::vector<NamedTensor> parameters() override {
    return {{"auto_assign.center_mean", mean_}, {"auto_assign.center_sigma", sigma_}};
  }

  std::vector<LossRows> rows(const StageInputs& inputs, const CandidatePairs& bags, const LossCosts& own,
                             const StepContext& step) override;

 private:
  at::Tensor negativeOf(const StageInputs& inputs, const CandidatePairs& bags) const;

  Options options_;
  at::Tensor mean_, sigma_;  ///< [C,2] strides
};

/// [R]: 1 minus how good the point's best box is among those of its object's points. No gradient.
at::Tensor AutoAssign::negativeOf(const StageInputs& inputs, const CandidatePairs& bags) const {
  const c10::NoGradGuard noGrad;
  const auto& targets = inputs.targets;
  const at::Tensor iou =
      predictedIou(inputs.outputs, targets.boxes.to(inputs.outputs.boxes.scalar_type()), targets.labels)
          .masked_fill(targets.valid.logical_not().unsqueeze(2), 0)
          .amax(1);
  const at::Tensor quality = 1 / (1 - bags.ofCandidates(iou)).clamp_min(kTiny);
  const Extremes of = extremesOf(bags, quality, targets.batchSize(), targets.maxObjects());
  return 1 - (quality - of.smallest + kTiny) / (of.largest - of.smallest + kTiny);
}

std::vector<LossRows> AutoAssign::rows(const StageInputs& inputs, const CandidatePairs& bags,
                                       const LossCosts& own, const StepContext& step) {
  const auto& targets = inputs.targets;
  const std::int64_t batch = targets.batchSize(), objects = targets.maxObjects();
  const Likelihoods p = likelihoodsOf(inputs, bags, own, options_.boxWeight);
  const at::ScalarType dtype = inputs.outputs.logits.scalar_type();
  const at::Tensor kind = p.label.clamp_max(mean_.size(0) - 1);
  const at::Tensor prior = centerPrior(inputs, bags, mean_.to(dtype).index_select(0, kind),
                                       sigma_.to(dtype).index_select(0, kind));
  const at::Tensor raw = (p.both * 3).exp() * prior;
  const at::Tensor weight = raw / bags.ofObjects(bags.perObject(raw, batch, objects)).clamp_min(kTiny);
  const at::Tensor likelihood = bags.perObject(weight * p.both, batch, objects);
  const at::Tensor count = targets.valid.sum().to(dtype),
                   priors = bags.perObject(prior, batch, objects).sum(1);  // [B]
  // An object without a point has no likelihood, and no loss (mmdet: the largest one, without a gradient).
  const at::Tensor served = bags.perObject(at::ones_like(prior), batch, objects) > 0;
  LossRows positive{
      kPositive.head,
      (minusLog(at::where(served, likelihood, at::ones_like(likelihood))) * options_.positiveWeight),
      count.clamp_min(1).expand({batch})};
  positive.domain = LossDomain::kObject;

  const at::Tensor negative = negativeOf(inputs, bags);
  const at::Tensor q = scoresOf(inputs.outputs) * classWeights(inputs, bags, p.label, negative);
  LossRows background{kNegative.head, (q.square() * minusLog(1 - q)).sum(2) * options_.negativeWeight,
                      priors.sum().detach().clamp_min(1).expand({batch})};

  const at::Tensor ofImage = targets.valid.sum(1).to(dtype);
  const at::Tensor any = priors > 0;
  LossRows center{
      kCenter.head,
      at::where(any, ofImage / at::where(any, priors, at::ones_like(priors)), at::zeros_like(priors))
              .unsqueeze(1) *
          options_.centerWeight,
      at::full({batch}, static_cast<double>(batch), count.options())};
  center.domain = LossDomain::kBatch;
  if (step.sink) {
    const c10::NoGradGuard noGrad;
    publishPairs(kPrefix, kSource, bags, p, prior, weight, negative, *step.sink);
  }
  return {std::move(positive), std::move(background), std::move(center)};
}

}  // namespace

JointLossEntry autoAssignLoss() {
  JointLossEntry entry;
  entry.name = "auto_assign";
  entry.title = "AutoAssign";
  entry.description =
      "Positive: -ln of the mean likelihood, score times exp(-box loss), of the points inside an object with "
      "weights e^(3 "
      "likelihood) times a centre prior whose means and deviations each class learns. Negative: q^2 -ln(1 - "
      "q) with scores "
      "that count less where the box is good.";
  entry.source = kSource;
  entry.holdsConstants = true;
  entry.params = {
      intParam("center_classes", 100, 1, 10000, "classes",
               "For how many classes a centre prior is kept; classes beyond share the last.", "Ours"),
      floatParam("auto_box_weight", 5, 0, 1e4, "1",
                 "What the box loss is multiplied by in the box likelihood.", kSource),
      floatParam("auto_pos_weight", 0.25, 0, 1e4, "1", "Weight of the positive loss.", kSource),
      floatParam("auto_neg_weight", 0.75, 0, 1e4, "1", "Weight of the negative loss.", kSource),
      floatParam("auto_center_weight", 0.75, 0, 1e4, "1", "Weight of the centre prior's loss.", kSource)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<JointLoss>> {
    Options options;
    options.boxWeight = params.getFloat("auto_box_weight");
    options.positiveWeight = params.getFloat("auto_pos_weight");
    options.negativeWeight = params.getFloat("auto_neg_weight");
    options.centerWeight = params.getFloat("auto_center_weight");
    return std::unique_ptr<JointLoss>(std::make_unique<AutoAssign>(options, params.getInt("center_classes")));
  };
  return entry;
}

}  // namespace anchorscope
