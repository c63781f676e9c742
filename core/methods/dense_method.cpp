#include "core/methods/dense_method.h"

#include <c10/core/GradMode.h>

#include "core/assigners/assigner.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/normalizer.h"
#include "core/methods/dense_evidence.h"

namespace anchorscope {
namespace {

constexpr double kClsFloor = 1;     // smallest divisor of the classification loss by weights
constexpr double kLocFloor = 1e-6;  // and of the box loss

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
  DenseMethod(MethodInfo info, ParamSet params, std::unique_ptr<Assigner> assigner,
              std::unique_ptr<ClsLoss> clsLoss, std::unique_ptr<BoxLoss> boxLoss,
              std::unique_ptr<LossCombiner> combiner)
      : info_(std::move(info)),
        params_(std::move(params)),
        assigner_(std::move(assigner)),
        clsLoss_(std::move(clsLoss)),
        boxLoss_(std::move(boxLoss)),
        combiner_(std::move(combiner)),
        clsNormalizer_(normalizerOf(params_.getText("cls_normalizer"))),
        locNormalizer_(normalizerOf(params_.getText("loc_normalizer"))) {}

  const MethodInfo& info() const override { return info_; }
  const ParamSet& params() const override { return params_; }
  std::vector<at::Tensor> parameters() override { return combiner_->parameters(); }

  EvidenceDeclaration declaration() const override {
    EvidenceDeclaration declaration = denseDeclaration();
    declaration.merge(assigner_->declaration());
    declaration.merge(combiner_->declaration());
    return declaration;
  }

  LossTerms loss(const AnchorSet& anchors, const DenseOutputs& outputs, const DenseTargets& given,
                 EvidenceSink* sink) override {
    const DenseTargets targets = withPadding(given);
    const Assignment assignment = assigner_->assign(anchors, outputs, targets, sink);

    HeadLosses losses;
    losses.clsObject = assignment.clsObject;
    losses.regObject = assignment.regObject;
    losses.clsRows = clsLoss_->rows(outputs.logits, clsTargets(assignment, targets));
    losses.locRows =
        boxLoss_->rows(anchors, outputs, {targets.boxes, assignment.regObject, assignment.regWeight});
    setDivisors(losses, assignment);
    CombinedLoss combined = combiner_->combine(losses, sink);

    LossTerms terms;
    terms.total = combined.total;
    terms.scalars = denseScalars(losses, combined);
    terms.scalars.insert(terms.scalars.end(), assignment.scalars.begin(), assignment.scalars.end());
    terms.scalars.insert(terms.scalars.end(), combined.scalars.begin(), combined.scalars.end());
    if (sink) publishDense(anchors, outputs, targets, losses, *sink);
    return terms;
  }

 private:
  void setDivisors(HeadLosses& losses, const Assignment& assignment) const {
    const c10::NoGradGuard noGrad;
    const auto dtype = losses.clsRows.scalar_type();
    const at::Tensor clsPositives = losses.clsObject.ge(0).sum(1);
    const at::Tensor clsWeights =
        clsNormalizer_ == Normalizer::kSumOfWeights && assignment.clsTarget.defined()
            ? assignment.clsTarget.sum({1, 2}).to(dtype)
            : clsPositives.to(dtype);
    losses.clsDivisors = divisors(clsNormalizer_, clsPositives, clsWeights, kClsFloor);
    losses.locDivisors = divisors(locNormalizer_, losses.regObject.ge(0).sum(1),
                                  assignment.regWeight.sum(1).to(dtype), kLocFloor);
  }

  MethodInfo info_;
  ParamSet params_;
  std::unique_ptr<Assigner> assigner_;
  std::unique_ptr<ClsLoss> clsLoss_;
  std::unique_ptr<BoxLoss> boxLoss_;
  std::unique_ptr<LossCombiner> combiner_;
  Normalizer clsNormalizer_, locNormalizer_;
};

}  // namespace

Result<std::unique_ptr<Method>> makeDenseMethod(const Recipe& recipe, const ParamSet& params) {
  auto assigner = makeAssigner(recipe.assigner, params);
  if (!assigner) return std::move(assigner).error();
  auto clsLoss = makeClsLoss(params.getText("cls_loss"), params);
  if (!clsLoss) return std::move(clsLoss).error();
  auto boxLoss = makeBoxLoss(params.getText("box_loss"), params);
  if (!boxLoss) return std::move(boxLoss).error();
  auto combiner = makeLossCombiner(recipe.combiner, params);
  if (!combiner) return std::move(combiner).error();
  return std::unique_ptr<Method>(std::make_unique<DenseMethod>(recipe.info, params, *std::move(assigner),
                                                               *std::move(clsLoss), *std::move(boxLoss),
                                                               *std::move(combiner)));
}

}  // namespace anchorscope
