// Sampling: which of the assigned candidates learn, by a sampler of core/samplers.

#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/losses/transform.h"
#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"
#include "core/samplers/sampler.h"

namespace anchorscope {
namespace {

constexpr const char* kOurs = "Ours";
constexpr const char* kDefaultSampler = "random";

class Sampling final : public LossTransform {
 public:
  Sampling(std::unique_ptr<Sampler> sampler, bool byCount)
      : sampler_(std::move(sampler)), byCount_(byCount) {}

  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration all = sampler_->declaration();
    all.scalars.push_back(scalarOf("sampling.positives", "Sampled positives", "anchors",
                                   "Positives of the batch that the sampler kept.", kOurs));
    all.scalars.push_back(scalarOf("sampling.background", "Sampled background", "anchors",
                                   "Background of the batch that the sampler kept.", kOurs));
    all.scalars.push_back(scalarOf("sampling.dropped_positives", "Positives left out", "anchors",
                                   "Positives of the batch that the sampler left out.", kOurs));
    return all;
  }
  std::vector<NamedTensor> parameters() override { return sampler_->parameters(); }
  std::vector<NamedTensor> buffers() override { return sampler_->buffers(); }

  std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                 const StepContext& step) override {
    const at::Tensor object = losses.clsObject;
    SampledCandidates selection;
    {
      const c10::NoGradGuard noGrad;
      selection = sampler_->choose(inputsOf(losses, inputs), step);
    }
    const at::Tensor dropped = object.ge(-1).logical_and(selection.kept.logical_not());
    for (LossRows& rows : losses.rows) {
      if (rows.domain != LossDomain::kCandidate) continue;
      // A product, so that what is not finite shows.
      at::Tensor factor = dropped.logical_not().to(rows.values.scalar_type());
      if (rows.head == kClsHead && selection.weight.defined())
        factor = at::where(object >= -1, factor * selection.weight, factor);
      rows.values = rows.values * factor;
    }
    losses.clsObject = object.masked_fill(dropped, -2);
    losses.regObject = losses.regObject.masked_fill(dropped.logical_and(losses.regObject >= 0), -2);
    losses.regWeight = losses.regWeight.masked_fill(dropped, 0);
    const at::Tensor positives = selection.kept.logical_and(object >= 0).sum(),
                     background = selection.kept.logical_and(object == -1).sum();
    if (byCount_)
      for (LossRows& rows : losses.rows) {
        if (rows.normalized || rows.ofOutput || rows.domain != LossDomain::kCandidate) continue;
        // What further box losses measure is a mean over positives.
        const bool ofAll = rows.head == kClsHead || rows.head == kLocHead;
        const at::Tensor count = (ofAll ? positives + background : positives).clamp_min(1);
        rows.divisors = count.to(rows.divisors.scalar_type()).expand_as(rows.divisors);
      }
    return {{"sampling.positives", positives},
            {"sampling.background", background},
            {"sampling.dropped_positives", object.ge(0).logical_and(dropped).sum()}};
  }

 private:
  SamplerInputs inputsOf(const LossTable& losses, const StageInputs& inputs) const {
    const auto& [anchors, outputs, targets] = inputs;
    SamplerInputs out;
    out.object = losses.clsObject;
    if (const LossRows* cls = losses.find(kClsHead); cls != nullptr && cls->domain == LossDomain::kCandidate)
      out.loss = cls->values.detach();
    if (sampler_->needsIou())
      out.iou = pairwiseIou(targets.boxes, anchors.boxes.to(targets.boxes.scalar_type()))
                    .masked_fill_(targets.valid.logical_not().unsqueeze(2), 0)
                    .amax(1);
    if (sampler_->needsScores()) {
      out.score = scoresOf(outputs).detach().amax(2);
      out.boxes = predictedBoxes(outputs);
    }
    return out;
  }

  std::unique_ptr<Sampler> sampler_;
  bool byCount_;
};

/// The choice of a sampler, and the options of each, which matter only with it; one that several share stands
/// once.
std::vector<ParamSpec> samplingParams() {
  std::vector<std::string> names;
  for (const SamplerEntry& entry : samplerEntries())
    names.push_back(entry.name);
  std::vector<ParamSpec> params = {choiceParam("sampler", kDefaultSampler, names,
                                               "Which of the assigned candidates learn.", "Common practice")};
  for (const SamplerEntry& entry : samplerEntries())
    for (ParamSpec spec : entry.params) {
      const auto known = std::find_if(params.begin(), params.end(),
                                      [&](const ParamSpec& other) { return other.name == spec.name; });
      if (known == params.end()) {
        params.push_back(spec.whenOption.empty() ? onlyWhen(std::move(spec), "sampler", {entry.name})
                                                 : std::move(spec));
        continue;
      }
      spec.whenOption = known->whenOption;
      spec.whenValues = known->whenValues;
      ANCHORSCOPE_CHECK(*known == spec, "two samplers mean different things by the option '", spec.name, "'");
      known->whenValues.push_back(entry.name);
    }
  params.push_back(boolParam(
      "sampled_normalizer", true,
      "The classification and the box loss are divided by the candidates of the batch that "
      "were kept, in place of cls_normalizer and loc_normalizer, and further losses of boxes by the "
      "positives among these.",
      "mmdet 3.3.0 AnchorHead with a sampler; off as in SSD"));
  return params;
}

}  // namespace

LossTransformEntry samplingTransform() {
  LossTransformEntry entry;
  entry.name = "sampling";
  entry.title = "Sampling";
  entry.description =
      "Only the candidates that a sampler keeps learn: the losses of the others count nothing, for any head.";
  entry.source = "Common practice";
  entry.params = samplingParams();
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossTransform>> {
    auto sampler = makeSampler(params.getText("sampler"), params);
    if (!sampler) return std::move(sampler).error();
    return std::unique_ptr<LossTransform>(
        std::make_unique<Sampling>(*std::move(sampler), params.getBool("sampled_normalizer")));
  };
  return entry;
}

}  // namespace anchorscope
