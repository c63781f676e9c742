#include "core/methods/dense_method.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/losses/normalizer.h"
#include "core/methods/dense_evidence.h"
#include "core/methods/target_rules.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scalars_scope.h"

namespace anchorscope {
namespace {

constexpr double kClsFloor = 1;     // smallest divisor of the classification loss by weights
constexpr double kLocFloor = 1e-6;  // and of the box loss

bool sumsWeights(Normalizer normalizer) {
  return normalizer == Normalizer::kSumOfWeights || normalizer == Normalizer::kSumOfWeightsMin1;
}

ClsTargets clsTargets(const Assignment& assignment, const DenseTargets& targets) {
  ClsTargets out;
  out.weights = assignment.clsWeight;
  if (assignment.positiveWeight.defined()) {
    out.positive = assignment.positiveWeight;
    out.negative = assignment.negativeWeight;
  } else if (assignment.clsTarget.defined()) {
    out.soft = assignment.clsTarget;
  } else {
    out.labels = at::where(assignment.clsObject >= 0, gatherObjects(targets.labels, assignment.clsObject),
                           assignment.clsObject);
  }
  return out;
}

/// Whatever a loss belongs to, it has a value for each of them.
void checkDomains(const LossTable& losses, const StageInputs& inputs) {
  for (const LossRows& rows : losses.rows) {
    const std::int64_t expected = rows.domain == LossDomain::kCandidate ? inputs.anchors.count()
                                  : rows.domain == LossDomain::kObject  ? inputs.targets.maxObjects()
                                                                        : 1;
    ANCHORSCOPE_CHECK(rows.values.dim() == 2 && rows.values.size(1) == expected, "loss '", rows.head,
                      "' has ", rows.values.sizes(), " values, not ", expected, " per image");
  }
}

/// The method's losses on their own, as costs.
class OwnCosts final : public LossCosts {
 public:
  OwnCosts(ClsLoss& cls, BoxLoss& box) : cls_(cls), box_(box) {}
  at::Tensor cls(const StageInputs& inputs, const at::Tensor& labels) const override {
    return cls_.rows(inputs.outputs.logits, {labels, {}, {}}, quiet());
  }
  at::Tensor loc(const StageInputs& inputs, const at::Tensor& matched) const override {
    const at::Tensor weights = matched.ge(0).to(inputs.outputs.boxes.scalar_type());
    return box_.rows(inputs.anchors, withBoxesOfObjects(inputs.outputs, inputs.targets.labels, matched),
                     {inputs.targets.boxes, matched, weights}, quiet());
  }

 private:
  /// Nothing is shown and no state moves: these are not the losses of the step.
  static StepContext quiet() {
    StepContext step;
    step.training = false;
    return step;
  }
  ClsLoss& cls_;
  BoxLoss& box_;
};

class DenseMethod final : public Method {
 public:
  DenseMethod(MethodInfo info, ParamSet params, RecipeParts parts)
      : info_(std::move(info)),
        params_(std::move(params)),
        parts_(std::move(parts)),
        rules_(TargetRules::from(params_)),
        ignoredAsBackground_(params_.getText("ignored_anchors") == "background"),
        clsNormalizer_(normalizerOf(params_.getText("cls_normalizer"))),
        locNormalizer_(normalizerOf(params_.getText("loc_normalizer"))) {}

  const MethodInfo& info() const override { return info_; }
  const ParamSet& params() const override { return params_; }
  std::vector<NamedTensor> parameters() override {
    return gather([](Part& part) { return part.parameters(); });
  }
  std::vector<NamedTensor> buffers() override {
    return gather([](Part& part) { return part.buffers(); });
  }

  EvidenceDeclaration declaration(const HeadTraits& heads) const override {
    std::vector<std::string> learnt = learntOutputs(), read;
    if (parts_.jointLoss && parts_.jointLoss->learnsFurtherOutputs()) read.push_back(kObjectnessOutput);
    for (auto* outputs : {&learnt, &read})
      std::erase_if(*outputs, [&](const std::string& output) { return !heads.gives(output); });
    EvidenceDeclaration declaration = denseDeclaration(lossHeads(), learnt, read, heads.boxPerClass);
    for (const Part* part : all())
      declaration.merge(part->declaration());
    for (PairTableSpec& table : declaration.pairTables)
      addPairQuality(table, heads.boxPerClass);
    return declaration;
  }

  LossTerms loss(const StageInputs& given, const StepContext& step) override {
    const DenseTargets targets = withPadding(given.targets);
    const StageInputs inputs{given.anchors, given.outputs, targets};
    const auto& outputs = inputs.outputs;
    const bool byPhases = step.sink && step.sink->byPhases();
    if (byPhases) {
      publishOutputs(inputs, *step.sink);
      step.sink->reached(StepPhase::kForward);
    }
    const Assignment assignment = assign(inputs, step);
    if (byPhases) {
      publishAssignment(targets, assignment.clsObject, assignment.regObject, *step.sink);
      step.sink->reached(StepPhase::kAssign);
    }

    LossTable losses;
    losses.clsObject = assignment.clsObject;
    losses.regObject = assignment.regObject;
    losses.regWeight = assignment.regWeight;
    fill(losses, inputs, assignment, step);
    std::vector<NamedScalar> transformed;
    for (const auto& transform : parts_.transforms)
      for (NamedScalar& scalar : transform->apply(losses, inputs, step))
        transformed.push_back(std::move(scalar));
    checkDomains(losses, inputs);
    if (step.sink) publishDense(inputs, losses, lossHeads(), assignment, *step.sink);
    const CombinedLoss combined = parts_.combiner->combine(losses, inputs, step);

    const LogitGradients gradients = watchLogitGradients(outputs.logits, losses.clsObject);
    RECORD_USER_SCOPE(kScalarsScope);
    LossTerms terms;
    terms.total = combined.total;
    terms.scalars = denseScalars(inputs, losses, lossHeads(), assignment, combined);
    for (const auto* scalars : {&assignment.scalars, &std::as_const(transformed), &combined.scalars})
      terms.scalars.insert(terms.scalars.end(), scalars->begin(), scalars->end());
    terms.scalars.push_back({"grad.cls_fg", gradients.foreground});
    terms.scalars.push_back({"grad.cls_bg", gradients.background});
    if (step.sink) terms.ofImages = lossesOfImages(losses);
    return terms;
  }

  AnchorCounts countAnchors(const AnchorSet& anchors, const DenseTargets& targets) override {
    const c10::NoGradGuard noGrad;
    const DenseTargets padded = withPadding(targets);
    const at::Tensor object = parts_.assigner->assign({anchors, HeadOutputs{}, padded}, {}).clsObject;
    return {object.ge(0).sum(1), object.eq(-1).sum(1), object.eq(-2).sum(1)};
  }
  bool followsOutputs() const override { return parts_.followsOutputs; }

  void showAssignment(const AnchorSet& anchors, const DenseTargets& targets, EvidenceSink& sink) override {
    const c10::NoGradGuard noGrad;
    const DenseTargets padded = withPadding(targets);
    const Assignment assignment = trained(parts_.assigner->assign({anchors, HeadOutputs{}, padded}, &sink));
    publishAnchorIou(anchors, padded, sink);
    publishAssignment(padded, assignment.clsObject, assignment.regObject, sink);
  }

  std::string assignmentKey() const override { return parts_.assignmentKey; }

 private:
  /// Every part, in the order of the data.
  std::vector<Part*> all() const {
    std::vector<Part*> out = {parts_.assigner.get(), parts_.clsLoss.get(), parts_.boxLoss.get(),
                              parts_.qualityLoss.get()};
    for (const auto& further : parts_.furtherBoxLosses)
      out.push_back(further.second.get());
    if (parts_.jointLoss) out.push_back(parts_.jointLoss.get());
    for (const auto& transform : parts_.transforms)
      out.push_back(transform.get());
    out.push_back(parts_.combiner.get());
    return out;
  }
  template <typename Of>
  std::vector<NamedTensor> gather(const Of& of) const {
    std::vector<NamedTensor> out;
    for (Part* part : all())
      for (NamedTensor& tensor : of(*part))
        out.push_back(std::move(tensor));
    return out;
  }

  Assignment assign(const StageInputs& inputs, const StepContext& step) const {
    std::optional<PairQualitySink> withQuality;
    StepContext own = step;
    if (step.sink) own.sink = &withQuality.emplace(inputs, *step.sink);
    const OwnCosts costs(*parts_.clsLoss, *parts_.boxLoss);
    Assignment assignment = trained(parts_.assigner->assign(inputs, own, &costs));
    if (!parts_.jointLoss) rules_.apply(assignment, inputs.outputs, inputs.targets);
    return assignment;
  }

  /// The outputs that learn beside classes and boxes, where heads have them.
  std::vector<std::string> learntOutputs() const {
    if (parts_.jointLoss) return {};
    std::vector<std::string> outputs = parts_.assigner->qualityOutputs();
    for (std::string& output : TargetRules::learntOutputs())
      if (std::find(outputs.begin(), outputs.end(), output) == outputs.end())
        outputs.push_back(std::move(output));
    return outputs;
  }

  /// What fill() puts into the table beside the losses of further outputs.
  std::vector<LossHead> lossHeads() const {
    if (parts_.jointLoss) return parts_.jointLoss->heads();
    std::vector<LossHead> heads = {clsLossHead(), locLossHead()};
    heads.front().domain = parts_.clsLoss->domain();
    for (const auto& further : parts_.furtherBoxLosses)
      heads.push_back(further.first);
    return heads;
  }

  /// What is learnt of it where ignored anchors are background.
  Assignment trained(Assignment assignment) const {
    if (!ignoredAsBackground_) return assignment;
    const at::Tensor ignored = assignment.clsObject == -2;
    assignment.clsObject = assignment.clsObject.masked_fill(ignored, -1);
    if (assignment.clsWeight.defined()) assignment.clsWeight = assignment.clsWeight.masked_fill(ignored, 1);
    return assignment;
  }

  /// The losses before any transform, with their divisors.
  void fill(LossTable& losses, const StageInputs& inputs, const Assignment& assignment,
            const StepContext& step) const {
    if (parts_.jointLoss) {
      ANCHORSCOPE_CHECK(assignment.pairs, "a joint loss without pairs");
      const OwnCosts own(*parts_.clsLoss, *parts_.boxLoss);
      std::optional<PairQualitySink> withQuality;
      StepContext shown = step;
      if (step.sink) shown.sink = &withQuality.emplace(inputs, *step.sink);
      losses.rows = parts_.jointLoss->rows(inputs, assignment.pairs->pairs, own, shown);
      const at::Tensor ignored = assignment.clsObject == -2;  // in no bag, and no background
      for (LossRows& rows : losses.rows)
        if (rows.domain == LossDomain::kCandidate) rows.values = rows.values.masked_fill(ignored, 0);
      return;
    }
    if (assignment.pairs) {
      fillFromPairs(losses, inputs, *assignment.pairs, step);
    } else {
      fillFromCandidates(losses, inputs, assignment, step);
    }
    for (const QualityTarget& quality : assignment.quality) {
      const at::Tensor logits = inputs.outputs.output(quality.output);
      if (!logits.defined()) continue;
      const at::Tensor mask = quality.mask.defined() ? quality.mask : assignment.regObject.ge(0);
      LossRows rows{
          qualityHeadOf(quality.output), parts_.qualityLoss->rows(logits, quality.target, mask, step), {}};
      rows.ofOutput = true;
      losses.rows.push_back(std::move(rows));
    }
    divide(losses, assignment);
  }

  void fillFromCandidates(LossTable& losses, const StageInputs& inputs, const Assignment& assignment,
                          const StepContext& step) const {
    const HeadOutputs& outputs = inputs.outputs;
    const BoxTargets boxTargets{inputs.targets.boxes, assignment.regObject, assignment.regWeight,
                                inputs.targets.labels, inputs.targets.masks};
    LossRows cls{
        kClsHead, parts_.clsLoss->rows(outputs.logits, clsTargets(assignment, inputs.targets), step), {}};
    cls.domain = parts_.clsLoss->domain();
    losses.rows.push_back(std::move(cls));
    const HeadOutputs ofObjects = withBoxesOfObjects(outputs, inputs.targets.labels, assignment.regObject);
    losses.rows.push_back({kLocHead, parts_.boxLoss->rows(inputs.anchors, ofObjects, boxTargets, step), {}});
    for (const auto& [head, loss] : parts_.furtherBoxLosses)
      losses.rows.push_back({head.head, loss->rows(inputs.anchors, ofObjects, boxTargets, step), {}});
  }

  /// The same of pairs: a candidate's loss is the sum over its pairs'.
  void fillFromPairs(LossTable& losses, const StageInputs& inputs, const LearntPairs& learnt,
                     const StepContext& step) const {
    const PairStage stage = stageOf(learnt.pairs, inputs);
    const auto weights = [&](const at::Tensor& given) {
      return given.defined() ? given.unsqueeze(0)
                             : at::ones_like(stage.labels, inputs.outputs.logits.scalar_type());
    };
    const auto add = [&](const std::string& head, const at::Tensor& ofPairs) {
      const at::Tensor values = ofPairs.squeeze(0);
      LossRows rows{
          head, learnt.pairs.perCandidate(values, inputs.targets.batchSize(), inputs.anchors.count()), {}};
      rows.ofObjects =
          learnt.pairs.perObject(values.detach(), inputs.targets.batchSize(), inputs.targets.maxObjects());
      losses.rows.push_back(std::move(rows));
    };
    const BoxTargets boxTargets{stage.targets.boxes, stage.matched, weights(learnt.regWeight)};
    add(kClsHead,
        parts_.clsLoss->rows(stage.outputs.logits, {stage.labels, {}, weights(learnt.clsWeight)}, step));
    add(kLocHead, parts_.boxLoss->rows(stage.anchors, stage.outputs, boxTargets, step));
    for (const auto& [head, loss] : parts_.furtherBoxLosses)
      add(head.head, loss->rows(stage.anchors, stage.outputs, boxTargets, step));
  }

  void divide(LossTable& losses, const Assignment& assignment) const {
    const c10::NoGradGuard noGrad;
    const auto dtype = losses.rows.front().values.scalar_type();
    at::Tensor clsPositives = losses.clsObject.ge(0).sum(1), regPositives = losses.regObject.ge(0).sum(1);
    at::Tensor clsWeights, regWeights;
    if (assignment.pairs) {
      const LearntPairs& learnt = *assignment.pairs;
      const std::int64_t batch = clsPositives.size(0);
      const auto perImage = [&](const at::Tensor& values) {
        return at::zeros({batch}, values.options()).index_add_(0, learnt.pairs.image, values);
      };
      const at::Tensor ones = at::ones_like(learnt.pairs.image, dtype);
      const at::Tensor cls = learnt.clsWeight.defined() ? learnt.clsWeight.to(dtype) : ones,
                       reg = learnt.regWeight.defined() ? learnt.regWeight.to(dtype) : ones;
      clsPositives = perImage((cls > 0).to(at::kLong));
      regPositives = perImage((reg > 0).to(at::kLong));
      clsWeights = perImage(cls);
      regWeights = perImage(reg);
    } else {
      clsWeights = sumsWeights(clsNormalizer_) && assignment.clsTarget.defined()
                       ? assignment.clsTarget.sum({1, 2}).to(dtype)
                       : clsPositives.to(dtype);
      regWeights = assignment.regWeight.sum(1).to(dtype);
    }
    const auto quality = clsNormalizer_ == Normalizer::kMmdet ? Normalizer::kMmdet : Normalizer::kPositives;
    for (LossRows& rows : losses.rows) {
      rows.normalized =
          (rows.head == kClsHead && parts_.clsNormalized) || (rows.head == kLocHead && parts_.locNormalized);
      rows.divisors = rows.normalized         ? at::ones_like(regWeights)
                      : rows.head == kClsHead ? divisors(clsNormalizer_, clsPositives, clsWeights, kClsFloor)
                      : rows.ofOutput         ? divisors(quality, regPositives, regWeights, kLocFloor)
                                              : divisors(locNormalizer_, regPositives, regWeights, kLocFloor);
    }
  }

  MethodInfo info_;
  ParamSet params_;
  RecipeParts parts_;
  TargetRules rules_;
  bool ignoredAsBackground_;
  Normalizer clsNormalizer_, locNormalizer_;
};

}  // namespace

void Method::moveTo(at::Device device) {
  const c10::NoGradGuard noGrad;
  for (const auto& tensors : {parameters(), buffers()})
    for (const NamedTensor& named : tensors)
      named.tensor.set_data(named.tensor.to(device));
}

std::unique_ptr<Method> makeDenseMethod(MethodInfo info, ParamSet params, RecipeParts parts) {
  return std::make_unique<DenseMethod>(std::move(info), std::move(params), std::move(parts));
}

}  // namespace anchorscope
