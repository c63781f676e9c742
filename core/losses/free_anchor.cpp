// FreeAnchor (Zhang et al., NeurIPS 2019): an object is likely when one of the anchors in its bag says its
// class and its box; every anchor is unlikely that has no object's box. As mmdet 3.3.0 FreeAnchorRetinaHead.

#include <c10/core/GradMode.h>

#include "core/evidence/spec_forms.h"
#include "core/losses/inside_bags.h"
#include "core/losses/joint_loss.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "FreeAnchor (NeurIPS 2019); mmdet 3.3.0 FreeAnchorRetinaHead";
constexpr const char* kPairs = "free_anchor.pairs";
constexpr double kTiny = 1e-12;  // mmdet
const LossHead kPositive{
    "positive_bag", "Positive bag loss", "nat",
    "-alpha ln of the object's likelihood: the mean over its bag of class score times box "
    "likelihood, in which likely anchors weigh most; before it is divided by the objects.",
    LossDomain::kObject};
const LossHead kNegative{
    "negative_bag", "Negative loss", "nat",
    "(1 - alpha) q^gamma -ln(1 - q), summed over classes, with q = score (1 - likelihood that "
    "the anchor's box is an object's of the class); before it is divided.",
    LossDomain::kCandidate};

struct Options {
  double alpha = 0.5, gamma = 2, threshold = 0.6, boxWeight = 0.75;
  std::int64_t bag = 50;
};

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Likelihoods in the bag";
  spec.description = "The anchors in each object's bag.";
  spec.source = kSource;
  spec.columns = {realColumn("p_cls", "Class likelihood", "1", "Score of the object's class."),
                  realColumn("p_loc", "Box likelihood", "1", "exp of minus the pair's box loss."),
                  realColumn("p", "Likelihood", "1", "Product of both."),
                  realColumn("weight", "Weight in the bag", "1",
                             "Share of the anchor in the object's likelihood: 1 / (1 - p), normalised."),
                  wholeColumn("member", "In the bag", "1: all pairs of this table are.")};
  showMembersFirst(spec, "p", Order::kDescending);
  return spec;
}

const ObjectColumnSpec kBagLikelihood{"free_anchor.likelihood", "Likelihood", "1",
                                      "Weighted mean of the likelihoods in the object's bag.", kSource};
const ChannelSpec& boxLikelihoodSpec() {
  static const ChannelSpec spec = channelOf(
      "free_anchor.box_prob", "Likelihood of an object's box", "1",
      "Largest likelihood, over objects, that the predicted box is the object's: IoU from bbox_thr to the "
      "best of any anchor, as 0 to 1. It takes the anchor out of the background of that class.",
      kSource, ColorScale::kRegression, 0.f, 1.f);
  return spec;
}

class FreeAnchor final : public JointLoss {
 public:
  explicit FreeAnchor(const Options& options) : options_(options) {}

  std::vector<LossHead> heads() const override { return {kPositive, kNegative}; }
  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all;
    all.channels = {boxLikelihoodSpec()};
    all.pairTables = {pairSpec()};
    all.objectColumns = {kBagLikelihood};
    return all;
  }

  std::vector<LossRows> rows(const StageInputs& inputs, const CandidatePairs& bags, const LossCosts& own,
                             const StepContext& step) override {
    const auto& [anchors, outputs, targets] = inputs;
    const std::int64_t batch = targets.batchSize(), objects = targets.maxObjects();
    const at::Tensor count = targets.valid.sum().to(inputs.outputs.logits.scalar_type());  // of the batch

    const at::Tensor label = bags.ofObjects(targets.labels);
    const at::Tensor pCls = scoresAt(outputs, bags.image, bags.candidate, label);
    const at::Tensor pLoc = (own.loc(inputs, bags) * -options_.boxWeight).exp();
    const at::Tensor p = pCls * pLoc;
    const at::Tensor raw = 1 / (1 - p).clamp_min(kTiny);
    const at::Tensor weight = raw / bags.ofObjects(bags.perObject(raw, batch, objects));
    const at::Tensor likelihood = bags.perObject(weight * p, batch, objects);
    // Ours: an object that no anchor overlaps has no loss (mmdet fills its bag up).
    const at::Tensor served = bags.perObject(at::ones_like(p), batch, objects).detach() > 0;
    LossRows positive{
        kPositive.head,
        (inside_bags::minusLog(likelihood) * options_.alpha).masked_fill(served.logical_not(), 0),
        count.clamp_min(1).expand({batch})};
    positive.domain = LossDomain::kObject;

    const at::Tensor boxLikelihood = likelihoodOfBoxes(inputs);  // [B,C,N]
    const at::Tensor q = (scoresOf(outputs) * (1 - boxLikelihood.transpose(1, 2))).clamp(kTiny, 1 - kTiny);
    const at::Tensor element = q.pow(options_.gamma) * inside_bags::minusLog(1 - q);
    LossRows negative{kNegative.head, element.sum(2) * (1 - options_.alpha),
                      (count * options_.bag).clamp_min(1).expand({batch})};

    if (step.sink) {
      const c10::NoGradGuard noGrad;
      step.sink->pairs(pairSpec(),
                       {bags.image,
                        bags.candidate,
                        bags.object,
                        {pCls.detach(), pLoc.detach(), p.detach(), weight.detach(), at::ones_like(label)}});
      step.sink->objects(kBagLikelihood, likelihood.detach());
      step.sink->channel(boxLikelihoodSpec(), boxLikelihood.amax(1));
    }
    return {std::move(positive), std::move(negative)};
  }

 private:
  /// [B,C,N]: how likely a candidate's box is that of an object of the class. No gradient.
  at::Tensor likelihoodOfBoxes(const StageInputs& inputs) const {
    const c10::NoGradGuard noGrad;
    const auto& [anchors, outputs, targets] = inputs;
    const at::Tensor iou =
        predictedIou(outputs, targets.boxes.to(outputs.boxes.scalar_type()), targets.labels);  // [B,G,N]
    at::Tensor likelihood =
        at::zeros({iou.size(0), foregroundLogits(outputs).size(2), iou.size(2)}, iou.options());
    if (iou.size(2) == 0) return likelihood;
    const at::Tensor best = iou.amax(2, true).clamp_min(options_.threshold + kTiny);
    const at::Tensor ofObjects = ((iou - options_.threshold) / (best - options_.threshold))
                                     .clamp(0, 1)
                                     .nan_to_num_(0)
                                     .masked_fill_(targets.valid.logical_not().unsqueeze(2), 0);
    const at::Tensor index = targets.labels.clamp_min(0).unsqueeze(2).expand_as(ofObjects);
    return likelihood.scatter_reduce_(1, index, ofObjects, "amax");
  }

  Options options_;
};

}  // namespace

JointLossEntry freeAnchorLoss() {
  JointLossEntry entry;
  entry.name = "free_anchor";
  entry.title = "FreeAnchor";
  entry.description =
      "Positive: -alpha ln of an object's likelihood, the mean of score times exp(-box loss) over its bag "
      "with weights "
      "1 / (1 - likelihood). Negative: (1 - alpha) q^gamma -ln(1 - q) with q = score (1 - likelihood that "
      "the box is "
      "an object's).";
  entry.source = kSource;
  entry.holdsConstants = true;
  entry.params = {
      floatParam("bag_alpha", 0.5, 0, 1, "1",
                 "Weight of the positive loss; 1 - bag_alpha that of the negative one.", kSource),
      floatParam("bag_gamma", 2, 0, 10, "1", "Exponent of the negative loss's modulating factor.", kSource),
      floatParam("bbox_thr", 0.6, 0, 1, "1", "IoU of a predicted box from which on it may be an object's.",
                 kSource),
      floatParam("box_likelihood_weight", 0.75, 0, 1e4, "1",
                 "What the box loss is multiplied by in the box likelihood exp(-box loss).", kSource)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<JointLoss>> {
    Options options;
    options.alpha = params.getFloat("bag_alpha");
    options.gamma = params.getFloat("bag_gamma");
    options.threshold = params.getFloat("bbox_thr");
    options.boxWeight = params.getFloat("box_likelihood_weight");
    if (params.find("bag_size")) options.bag = params.getInt("bag_size");
    return std::unique_ptr<JointLoss>(std::make_unique<FreeAnchor>(options));
  };
  return entry;
}

}  // namespace anchorscope
