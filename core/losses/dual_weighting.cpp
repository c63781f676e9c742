// DW (Li et al., CVPR 2022): every point inside an object weighs as positive and as negative apart. As the
// authors' code (strongwolf/DW) without its box refinement. Ours: where objects of a class share a point, the
// smaller negative weight counts (there the last one's).

#include <c10/core/GradMode.h>

#include "core/evidence/spec_forms.h"
#include "core/losses/inside_bags.h"
#include "core/losses/joint_loss.h"
#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

using namespace inside_bags;

constexpr const char* kPrefix = "dw";
constexpr const char* kSource = "DW (CVPR 2022); the authors' code (strongwolf/DW)";
const LossHead kPositive{
    "cls_pos", "Positive classification loss", "nat",
    "Positive weights times -ln of the object's score, of the anchor's objects, times its weight; before "
    "it is divided by the objects.",
    LossDomain::kCandidate};
const LossHead kBox{
    "loc", "Box loss", "1",
    "Positive weights times the weighted box losses of the anchor's objects, before it is normalised.",
    LossDomain::kCandidate};
const LossHead kNegative{
    "cls_neg", "Negative classification loss", "nat",
    "Negative weight times score^2 -ln(1 - score), summed over classes, times its weight; before it is "
    "divided.",
    LossDomain::kCandidate};

struct Options {
  double boxWeight = 5, sigma = 1.11, positiveWeight = 0.25, negativeWeight = 1;
};

class DualWeighting final : public JointLoss {
 public:
  explicit DualWeighting(const Options& options) : options_(options) {}

  std::vector<LossHead> heads() const override { return {kPositive, kBox, kNegative}; }
  bool learnsFurtherOutputs() const override { return true; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.pairTables = {pairSpec(kPrefix, kSource)};
    return all;
  }
  std::vector<LossRows> rows(const StageInputs& inputs, const CandidatePairs& bags, const LossCosts& own,
                             const StepContext& step) override;

 private:
  at::Tensor negativeOf(const StageInputs& inputs, const CandidatePairs& bags, const at::Tensor& label) const;

  Options options_;
};

/// [R]: (4/3)(1 - IoU^2), spread over each object's bag to 0..1; 1 where the IoU is below 0.5. No gradient.
at::Tensor DualWeighting::negativeOf(const StageInputs& inputs, const CandidatePairs& bags,
                                     const at::Tensor& label) const {
  const c10::NoGradGuard noGrad;
  const at::Tensor boxes = boxesAt(inputs.outputs, bags.image, bags.candidate, label).detach();
  const at::Tensor iou = elementwiseIou(boxes, bags.ofObjects(inputs.targets.boxes).to(boxes.scalar_type()));
  const at::Tensor raw = (1 - iou.square()) * (4.0 / 3);
  const Extremes of = extremesOf(bags, raw, inputs.targets.batchSize(), inputs.targets.maxObjects());
  const at::Tensor spread = (raw - of.smallest + kTiny) / (of.largest.clamp_max(1) - of.smallest + kTiny);
  return at::where(iou < 0.5, at::ones_like(spread), spread);
}

std::vector<LossRows> DualWeighting::rows(const StageInputs& inputs, const CandidatePairs& bags,
                                          const LossCosts& own, const StepContext& step) {
  const auto& targets = inputs.targets;
  const std::int64_t batch = targets.batchSize(), objects = targets.maxObjects(),
                     candidates = inputs.anchors.count();
  const Likelihoods p = likelihoodsOf(inputs, bags, own, options_.boxWeight);
  at::Tensor positive, negative, prior, unlearnt;
  {
    const c10::NoGradGuard noGrad;
    const at::TensorOptions options = inputs.outputs.logits.options().requires_grad(false);
    prior = centerPrior(inputs, bags, at::zeros({1, 2}, options), at::full({1, 2}, options_.sigma, options));
    const at::Tensor both = p.both.detach();
    const at::Tensor mass = bags.perObject((both * 3).exp() * both * prior, batch, objects);
    positive = (both * 5).exp() * both * prior / bags.ofObjects(mass).clamp_min(kTiny);
    negative = negativeOf(inputs, bags, p.label);
    unlearnt = classWeights(inputs, bags, p.label, negative);
  }
  const at::Tensor count =
      targets.valid.sum().clamp_min(1).to(inputs.outputs.logits.scalar_type()).expand({batch});
  const at::Tensor divisor = (1 - unlearnt).sum().clamp_min(1);
  const at::Tensor scores = scoresOf(inputs.outputs);
  const auto perCandidate = [&](const at::Tensor& ofPairs) {
    return bags.perCandidate(ofPairs, batch, candidates);
  };
  LossRows cls{kPositive.head, perCandidate(minusLog(p.cls) * positive * options_.positiveWeight), count};
  const at::Tensor boxLoss = minusLog(p.loc) * positive * options_.positiveWeight;
  LossRows box{kBox.head, perCandidate(boxLoss), count};
  box.ofObjects = bags.perObject(boxLoss.detach(), batch, objects);
  LossRows background{kNegative.head,
                      (unlearnt * scores.square() * minusLog(1 - scores)).sum(2) * options_.negativeWeight,
                      divisor.expand({batch})};
  if (step.sink) {
    const c10::NoGradGuard noGrad;
    publishPairs(kPrefix, kSource, bags, p, prior, positive, negative, *step.sink);
  }
  return {std::move(cls), std::move(box), std::move(background)};
}

}  // namespace

JointLossEntry dualWeightingLoss() {
  JointLossEntry entry;
  entry.name = "dual_weighting";
  entry.title = "Dual weighting";
  entry.description =
      "Points inside an object weigh as positives by e^(5 likelihood) likelihood times a fixed centre prior, "
      "and as negatives "
      "by how far their boxes are behind the object's best ones.";
  entry.source = kSource;
  entry.holdsConstants = true;
  entry.params = {
      floatParam("dw_box_weight", 5, 0, 1e4, "1", "What the box loss is multiplied by.", kSource),
      floatParam("dw_prior_sigma", 1.11, 1e-3, 1e3, "strides", "Deviation of the centre prior.", kSource),
      floatParam("dw_pos_weight", 0.25, 0, 1e4, "1", "Weight of the positive losses.", kSource),
      floatParam("dw_neg_weight", 1, 0, 1e4, "1", "Weight of the negative loss.", kSource)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<JointLoss>> {
    Options options;
    options.boxWeight = params.getFloat("dw_box_weight");
    options.sigma = params.getFloat("dw_prior_sigma");
    options.positiveWeight = params.getFloat("dw_pos_weight");
    options.negativeWeight = params.getFloat("dw_neg_weight");
    return std::unique_ptr<JointLoss>(std::make_unique<DualWeighting>(options));
  };
  return entry;
}

}  // namespace anchorscope
