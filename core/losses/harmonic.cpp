// Harmonic loss: each positive's classification loss is weighed by how well its box fits, and the other way
// round; with the task-contrast term. Formulas and what is known of the paper: core/ops/harmonic.h.

#include "core/ops/harmonic.h"

#include <c10/core/GradMode.h>

#include <limits>

#include "core/evidence/spec_forms.h"
#include "core/losses/transform.h"
#include "core/ops/box_losses.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPaper = "Wang and Zhang, ICCV 2021";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Options {
  bool detach = true;
  bool contrast = true;
  double margin = 0.2;
  bool detachWeight = true;
  ScoreKind scores = ScoreKind::kSigmoid;
};

ChannelSpec channelSpec(std::string name, std::string title, std::string description, ColorScale scale,
                        std::optional<float> min, std::optional<float> max) {
  return channelOf(std::move(name), std::move(title), "1", std::move(description), kPaper, scale, min, max);
}

struct Channels {
  ChannelSpec betaReg = channelSpec(
      "harmonic.beta_reg", "Harmonic factor from the box",
      "exp(-box loss) of the positive: near 1 for a good box, and the classification loss counts 1 + this.",
      ColorScale::kClassification, 0.f, 1.f);
  ChannelSpec betaCls = channelSpec(
      "harmonic.beta_cls", "Harmonic factor from the class",
      "exp(-classification loss) of the positive: near 1 for a sure class, and the box loss counts "
      "1 + this.",
      ColorScale::kRegression, 0.f, 1.f);
  ChannelSpec slopeCls = channelSpec(
      "harmonic.effective_cls", "Effective weight, classification",
      "Derivative of the coupled loss, before it is normalised, by the positive's classification loss; below "
      "0 training pushes it up.",
      ColorScale::kDiverging, std::nullopt, 2.f);
  ChannelSpec slopeLoc =
      channelSpec("harmonic.effective_loc", "Effective weight, box",
                  "The same by the positive's box loss, a centerness in front of it included.",
                  ColorScale::kDiverging, std::nullopt, 2.f);
  ChannelSpec negative = channelSpec(
      "harmonic.negative", "Negative effective weight",
      "0: both weights are positive; 1: the classification's is negative; 2: the box's; 3: both. Only "
      "without detaching.",
      ColorScale::kSequential, 0.f, 3.f);
  ChannelSpec gap =
      channelSpec("harmonic.score_minus_iou", "Score minus IoU",
                  "Score of the object's class minus IoU of the predicted box, at positives: the "
                  "inconsistency that the task contrast reduces.",
                  ColorScale::kDiverging, -1.f, 1.f);
  ChannelSpec entropy =
      channelSpec("harmonic.entropy", "Class entropy",
                  "Entropy of the class scores at positives, which damps the task contrast.",
                  ColorScale::kSequential, 0.f, std::nullopt);
  ChannelSpec contrast =
      channelSpec("harmonic.task_contrast", "Task contrast loss",
                  "1 / (1 + exp(entropy)) max(0, |score - IoU| - margin) at positives; 0 inside the margin.",
                  ColorScale::kSequential, 0.f, 0.5f);
  Channels() { entropy.unit = "nat"; }
};

class Harmonic final : public LossTransform {
 public:
  explicit Harmonic(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override {
    const Channels c;
    EvidenceDeclaration declaration;
    declaration.channels = {c.betaReg, c.betaCls, c.slopeCls, c.slopeLoc, c.negative};
    declaration.scalars = {
        scalarOf("harmonic.beta_reg", "Harmonic factor from boxes", "1",
                 "Mean of exp(-box loss) over positives.", kPaper),
        scalarOf("harmonic.beta_cls", "Harmonic factor from classes", "1",
                 "Mean of exp(-classification loss) over positives.", kPaper),
        scalarOf("harmonic.negative_cls", "Negative effective weights, classification", "anchors",
                 "Positives whose classification loss the coupled loss pushes up.", kPaper),
        scalarOf("harmonic.negative_loc", "Negative effective weights, box", "anchors",
                 "Positives whose box loss the coupled loss pushes up.", kPaper)};
    if (options_.contrast) {
      declaration.channels.insert(declaration.channels.end(), {c.gap, c.entropy, c.contrast});
      declaration.scalars.push_back(scalarOf("loss.task_contrast", "Task contrast loss", "1",
                                             "Task contrast of the batch, normalised.", kPaper));
      declaration.scalars.push_back(
          scalarOf("harmonic.contrast_active", "Positives outside the margin", "anchors",
                   "Positives whose score and IoU differ by more than the margin.", kPaper));
    }
    return declaration;
  }

  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                 const StepContext& step) override {
    LossRows &cls = losses.at(kClsHead), &loc = losses.at(kLocHead);
    const at::Tensor positive =
        (losses.clsObject >= 0) & (losses.regObject >= 0) & (losses.regWeight > 0);  // [B,N]
    const at::Tensor none = positive.logical_not();
    // The box loss as the anchor has it, without a centerness in front; 0 where there is none.
    const at::Tensor weight = losses.regWeight.masked_fill(none, 1).to(loc.values.scalar_type());
    const at::Tensor l = loc.values / weight;
    const at::Tensor& c = cls.values;
    const HarmonicTerms terms = harmonicTerms(c, l, options_.detach);
    const HarmonicSlopes slopes = harmonicSlopes(c.detach(), l.detach(), options_.detach, weight);
    const at::Tensor pushesCls = (slopes.byCls < 0) & positive, pushesLoc = (slopes.byLoc < 0) & positive;
    loc.values = at::where(positive, loc.values * (1 + terms.betaCls), loc.values);
    cls.values = at::where(positive, terms.cls, cls.values);

    const at::Tensor count = positive.sum().clamp_min(1);
    const auto meanAt = [&](const at::Tensor& values) {
      return values.detach().masked_fill(none, 0).sum() / count;
    };
    std::vector<NamedScalar> scalars = {{"harmonic.beta_reg", meanAt(terms.betaReg)},
                                        {"harmonic.beta_cls", meanAt(terms.betaCls)},
                                        {"harmonic.negative_cls", pushesCls.sum()},
                                        {"harmonic.negative_loc", pushesLoc.sum()}};
    if (step.sink) {
      const Channels channels;
      const auto show = [&](const ChannelSpec& spec, const at::Tensor& values) {
        step.sink->channel(spec, values.detach().masked_fill(none, kNan));
      };
      show(channels.betaReg, terms.betaReg);
      show(channels.betaCls, terms.betaCls);
      show(channels.slopeCls, slopes.byCls);
      show(channels.slopeLoc, slopes.byLoc);
      show(channels.negative, pushesCls.to(l.scalar_type()) + 2 * pushesLoc.to(l.scalar_type()));
    }
    if (options_.contrast) addContrast(losses, inputs, positive, scalars, step.sink);
    return scalars;
  }

 private:
  void addContrast(LossTable& losses, const StageInputs& inputs, const at::Tensor& positive,
                   std::vector<NamedScalar>& scalars, EvidenceSink* sink) const {
    const at::Tensor none = positive.logical_not();
    const at::Tensor& logits = inputs.outputs.logits;
    const at::Tensor label =
        inputs.targets.labels.gather(1, losses.clsObject.clamp_min(0)).clamp_min(0).unsqueeze(2);  // [B,N,1]
    const at::Tensor p = options_.scores == ScoreKind::kSigmoid
                             ? scoresAt(inputs.outputs, label.squeeze(2))
                             : logits.gather(2, label).squeeze(2).sub(logits.logsumexp(2)).exp();
    at::Tensor iou;
    {
      const c10::NoGradGuard noGrad;  // The score follows the box here, not the box the score (ours).
      const HeadOutputs own = withBoxesOfObjects(inputs.outputs, inputs.targets.labels, losses.regObject);
      iou = 1 - matchedSimilarityLoss(own.boxes.detach(), inputs.targets.boxes, losses.regObject, {},
                                      {BoxSimilarity::kIou});
    }
    const at::Tensor entropy =
        scoreEntropy(options_.detachWeight ? logits.detach() : logits, options_.scores);
    const at::Tensor contrast = taskContrast(p, iou, entropy, options_.margin, options_.detachWeight);
    const at::Tensor given = losses.at(kLocHead).divisors;
    const LossRows& added = losses.rows.emplace_back(
        LossRows{"task_contrast", contrast * positive.to(contrast.scalar_type()), given});
    // Without a positive a divisor may be 0, and the rows are.
    const at::Tensor divisors = given.masked_fill(given <= 0, 1);
    scalars.push_back({"loss.task_contrast", (added.values.detach().sum(1) / divisors).sum()});
    scalars.push_back({"harmonic.contrast_active", added.values.detach().gt(0).sum()});
    if (!sink) return;
    const Channels channels;
    sink->channel(channels.gap, (p.detach() - iou).masked_fill(none, kNan));
    sink->channel(channels.entropy, entropy.detach().masked_fill(none, kNan));
    sink->channel(channels.contrast, contrast.detach().masked_fill(none, kNan));
  }

  Options options_;
};

}  // namespace

LossTransformEntry harmonicCoupling() {
  LossTransformEntry entry;
  entry.name = "harmonic";
  entry.title = "Harmonic coupling";
  entry.description =
      "(1 + exp(-l)) c + (1 + exp(-c)) l for every positive with classification loss c and box loss l; plus "
      "the "
      "task contrast.";
  entry.source =
      "Wang and Zhang, ICCV 2021, from an independent note on the paper and an independent implementation "
      "for 3-D "
      "boxes";
  entry.params = {
      boolParam(
          "harmonic_detach", true,
          "The two factors pass no gradient: effective weights then lie in (1, 2]. Off: they can become "
          "negative, which is flagged and counted.",
          "3-D Harmonic loss (XJTU-Haolin, 302e951a); whether the paper does so is not known"),
      boolParam("task_contrast", true,
                "Add the task contrast, which draws score and IoU of a positive together.",
                "Wang and Zhang, ICCV 2021, by an independent note"),
      onlyWhen(
          floatParam("contrast_margin", 0.2, 0, 1, "1", "Difference of score and IoU that costs nothing.",
                     "Wang and Zhang, ICCV 2021: 0.2"),
          "task_contrast", {"true"}),
      onlyWhen(
          boolParam("contrast_detach", true, "The entropy factor of the task contrast passes no gradient.",
                    "Ours: otherwise the loss can be lowered by making the class unsure"),
          "task_contrast", {"true"}),
      onlyWhen(choiceParam(
                   "contrast_scores", "sigmoid", {"sigmoid", "softmax"},
                   "What the scores of the task contrast are: the head's own sigmoids, or a softmax over the "
                   "classes (the note's form, for heads trained with softmax).",
                   "Ours for dense heads"),
               "task_contrast", {"true"})};
  entry.differentiableWith = {{"harmonic_detach", "false"}, {"task_contrast", "false"}};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossTransform>> {
    Options options;
    options.detach = params.getBool("harmonic_detach");
    options.contrast = params.getBool("task_contrast");
    options.margin = params.getFloat("contrast_margin");
    options.detachWeight = params.getBool("contrast_detach");
    options.scores =
        params.getText("contrast_scores") == "softmax" ? ScoreKind::kSoftmax : ScoreKind::kSigmoid;
    return std::unique_ptr<LossTransform>(std::make_unique<Harmonic>(options));
  };
  return entry;
}

}  // namespace anchorscope
