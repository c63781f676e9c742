#include "core/methods/dense_method.h"

#include <c10/core/GradMode.h>

#include <optional>

#include "core/losses/normalizer.h"
#include "core/methods/dense_evidence.h"
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
  if (assignment.clsTarget.defined()) {
    out.soft = assignment.clsTarget;
  } else {
    out.labels = at::where(assignment.clsObject >= 0, gatherObjects(targets.labels, assignment.clsObject),
                           assignment.clsObject);
  }
  return out;
}

class DenseMethod final : public Method {
 public:
  DenseMethod(MethodInfo info, ParamSet params, RecipeParts parts)
      : info_(std::move(info)),
        params_(std::move(params)),
        parts_(std::move(parts)),
        ignoredAsBackground_(params_.getText("ignored_anchors") == "background"),
        clsNormalizer_(normalizerOf(params_.getText("cls_normalizer"))),
        locNormalizer_(normalizerOf(params_.getText("loc_normalizer"))) {}

  const MethodInfo& info() const override { return info_; }
  const ParamSet& params() const override { return params_; }
  std::vector<NamedTensor> parameters() override { return parts_.combiner->parameters(); }
  std::vector<NamedTensor> buffers() override { return parts_.combiner->buffers(); }

  EvidenceDeclaration declaration(const HeadTraits& heads) const override {
    EvidenceDeclaration declaration = denseDeclaration(heads.centerness && parts_.assigner->givesQuality());
    declaration.merge(parts_.assigner->declaration());
    declaration.merge(parts_.boxLoss->declaration());
    declaration.merge(parts_.coupling->declaration());
    declaration.merge(parts_.combiner->declaration());
    for (PairTableSpec& table : declaration.pairTables)
      addPairQuality(table);
    return declaration;
  }

  LossTerms loss(const AnchorSet& anchors, const DenseOutputs& outputs, const DenseTargets& given,
                 EvidenceSink* sink) override {
    const DenseTargets targets = withPadding(given);
    const LossContext context{anchors, outputs, targets};
    const Assignment assignment = assign(context, sink);

    HeadLosses losses;
    losses.clsObject = assignment.clsObject;
    losses.regObject = assignment.regObject;
    losses.regWeight = assignment.regWeight;
    losses.clsRows = parts_.clsLoss->rows(outputs.logits, clsTargets(assignment, targets));
    const BoxTargets boxTargets{targets.boxes, assignment.regObject, assignment.regWeight};
    losses.locRows = parts_.boxLoss->rows(anchors, outputs, boxTargets);
    if (outputs.centerness.defined() && assignment.qualityTarget.defined())
      losses.qualityRows = qualityRows(outputs.centerness, assignment);
    setDivisors(losses, assignment);
    if (sink) parts_.boxLoss->publish(anchors, outputs, boxTargets, *sink);
    const std::vector<NamedScalar> coupled = parts_.coupling->couple(losses, context, sink);
    if (sink) publishDense(context, losses, assignment, *sink);
    const CombinedLoss combined = parts_.combiner->combine(losses, context, sink);

    const LogitGradients gradients = watchLogitGradients(outputs.logits, losses.clsObject);
    RECORD_USER_SCOPE(kScalarsScope);
    LossTerms terms;
    terms.total = combined.total;
    terms.scalars = denseScalars(context, losses, combined);
    for (const auto* scalars : {&assignment.scalars, &coupled, &combined.scalars})
      terms.scalars.insert(terms.scalars.end(), scalars->begin(), scalars->end());
    terms.scalars.push_back({"grad.cls_fg", gradients.foreground});
    terms.scalars.push_back({"grad.cls_bg", gradients.background});
    return terms;
  }

  AnchorCounts countAnchors(const AnchorSet& anchors, const DenseTargets& targets) override {
    const c10::NoGradGuard noGrad;
    const at::Tensor object =
        parts_.assigner->assign(anchors, DenseOutputs{}, withPadding(targets), nullptr).clsObject;
    return {object.ge(0).sum(1), object.eq(-1).sum(1), object.eq(-2).sum(1)};
  }
  std::string assignmentKey() const override { return parts_.assignmentKey; }

 private:
  Assignment assign(const LossContext& context, EvidenceSink* sink) const {
    std::optional<PairQualitySink> withQuality;
    if (sink) withQuality.emplace(context, *sink);
    Assignment assignment = parts_.assigner->assign(context.anchors, context.outputs, context.targets,
                                                    sink ? &*withQuality : nullptr);
    if (!ignoredAsBackground_) return assignment;
    const at::Tensor ignored = assignment.clsObject == -2;
    assignment.clsObject = assignment.clsObject.masked_fill(ignored, -1);
    if (assignment.clsWeight.defined()) assignment.clsWeight = assignment.clsWeight.masked_fill(ignored, 1);
    return assignment;
  }

  /// Binary cross entropy of the centerness logit at positives, as FCOS trains it.
  static at::Tensor qualityRows(const at::Tensor& centerness, const Assignment& assignment) {
    const at::Tensor rows = at::binary_cross_entropy_with_logits(
        centerness, assignment.qualityTarget.to(centerness.scalar_type()), {}, {}, at::Reduction::None);
    return rows * assignment.regObject.ge(0).to(rows.scalar_type());
  }

  void setDivisors(HeadLosses& losses, const Assignment& assignment) const {
    const c10::NoGradGuard noGrad;
    const auto dtype = losses.clsRows.scalar_type();
    const at::Tensor clsPositives = losses.clsObject.ge(0).sum(1);
    const at::Tensor regPositives = losses.regObject.ge(0).sum(1);
    const at::Tensor clsWeights = sumsWeights(clsNormalizer_) && assignment.clsTarget.defined()
                                      ? assignment.clsTarget.sum({1, 2}).to(dtype)
                                      : clsPositives.to(dtype);
    const at::Tensor regWeights = assignment.regWeight.sum(1).to(dtype);
    losses.clsDivisors = divisors(clsNormalizer_, clsPositives, clsWeights, kClsFloor);
    losses.locDivisors = divisors(locNormalizer_, regPositives, regWeights, kLocFloor);
    const auto quality = clsNormalizer_ == Normalizer::kMmdet ? Normalizer::kMmdet : Normalizer::kPositives;
    losses.qualityDivisors = divisors(quality, regPositives, regWeights, kLocFloor);
  }

  MethodInfo info_;
  ParamSet params_;
  RecipeParts parts_;
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
