// ISR-P of Prime Sample Attention: positives whose boxes fit better than others of their object and class
// count more in the classification loss. Formulas: core/ops/pisa.h.

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/evidence/spec_forms.h"
#include "core/losses/prime_samples.h"
#include "core/losses/transform.h"
#include "core/ops/box_losses.h"
#include "core/ops/class_boxes.h"
#include "core/ops/pisa.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kSource = "PISA (Cao et al., CVPR 2020); mmdet 3.3.0 isr_p";

struct Channels {
  ChannelSpec iou = channelOf("isr_p.iou", "IoU that ranks positives", "1",
                              "IoU of the positive's predicted box with its object.", kSource,
                              ColorScale::kRegression, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec inObject = channelOf("isr_p.rank", "Rank in the object", "",
                                   "Place of the positive among its object's by that IoU, from 0 on.",
                                   kSource, ColorScale::kSequential, 0.f);
  ChannelSpec inClass =
      channelOf("isr_p.hlr", "Hierarchical local rank", "",
                "Place among the batch's positives of the class: the best of every object first, "
                "then the second ones, each by IoU.",
                kSource, ColorScale::kSequential, 0.f);
  ChannelSpec weight =
      channelOf("isr_p.weight", "Weight by rank", "1",
                "Factor on the positive's classification loss, scaled so that the sum over positives stays.",
                kSource, ColorScale::kClassification, 0.f);
};

class Isr final : public LossTransform {
 public:
  Isr(double k, double bias) : k_(k), bias_(bias) {}

  EvidenceDeclaration declaration() const override {
    const Channels c;
    EvidenceDeclaration all;
    all.channels = {c.iou, c.inObject, c.inClass, c.weight};
    all.scalars = {scalarOf(
        "isr_p.ratio", "Scale of weights by rank", "1",
        "What the weights are multiplied by, so that the positives' classification loss stays.", kSource)};
    return all;
  }

  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                 const StepContext& step) override {
    LossRows& cls = losses.at(kClsHead);
    const at::Tensor positive = positivesOf(losses);
    PrimeWeights weights;
    {
      const c10::NoGradGuard noGrad;
      const at::Tensor iou = iouOf(losses, inputs);
      const PrimeRanks ranks = ranksOf(iou, losses, inputs, positive);
      weights = primeWeights(ranks, cls.values.detach().flatten(), positive.flatten(), bias_, k_);
      if (step.sink) show(iou, ranks, weights.factor, positive, *step.sink);
    }
    cls.values = cls.values * weights.factor.view(positive.sizes());
    return {{"isr_p.ratio", weights.ratio}};
  }

 private:
  /// [B,N]: of each candidate's box and its object; any number without one.
  static at::Tensor iouOf(const LossTable& losses, const StageInputs& inputs) {
    const HeadOutputs own = withBoxesOfObjects(inputs.outputs, inputs.targets.labels, losses.clsObject);
    return 1 - matchedSimilarityLoss(own.boxes.detach(), inputs.targets.boxes, losses.clsObject, {},
                                     {BoxSimilarity::kIou});
  }

  /// Of the candidates of all images, one after the other.
  static PrimeRanks ranksOf(const at::Tensor& iou, const LossTable& losses, const StageInputs& inputs,
                            const at::Tensor& positive) {
    const at::Tensor image = at::arange(positive.size(0), losses.clsObject.options()).unsqueeze(1);
    return primeRanks(iou.flatten(), (image * inputs.targets.maxObjects() + losses.clsObject).flatten(),
                      classesOf(losses, inputs).flatten(), positive.flatten(),
                      foregroundLogits(inputs.outputs).size(2));
  }

  static void show(const at::Tensor& iou, const PrimeRanks& ranks, const at::Tensor& factor,
                   const at::Tensor& positive, EvidenceSink& sink) {
    const Channels channels;
    const auto tell = [&](const ChannelSpec& spec, const at::Tensor& values) {
      sink.channel(spec,
                   values.view(positive.sizes()).to(at::kFloat).masked_fill(positive.logical_not(), NAN));
    };
    tell(channels.iou, iou);
    tell(channels.inObject, ranks.inObject);
    tell(channels.inClass, ranks.inClass);
    tell(channels.weight, factor);
  }

  double k_, bias_;
};

}  // namespace

LossTransformEntry isrTransform() {
  LossTransformEntry entry;
  entry.name = "isr_p";
  entry.title = "ISR-P: weights by rank of the box";
  entry.description =
      "A positive's classification loss times (isr_bias + (1 - isr_bias) u)^isr_k, scaled so that their sum "
      "stays; u "
      "falls from 1 with the positive's rank by IoU, within its object first, then within its class.";
  entry.source = kSource;
  entry.params = {
      floatParam("isr_k", 2, 0, 10, "1", "Exponent of the weight; 0: all count alike.", kSource),
      floatParam("isr_bias", 0, 0, 1, "1", "Weight of the last rank; 1: all count alike.", kSource)};
  entry.differentiableWith = {{"isr_k", "0"}};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossTransform>> {
    return std::unique_ptr<LossTransform>(
        std::make_unique<Isr>(params.getFloat("isr_k"), params.getFloat("isr_bias")));
  };
  return entry;
}

}  // namespace anchorscope
