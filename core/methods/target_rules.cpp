#include "core/methods/target_rules.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kAsAssigned = "assigned";
constexpr const char* kLabel = "label";
constexpr const char* kIou = "iou";
constexpr const char* kScore = "score";
constexpr const char* kOne = "one";

/// [B,N] IoU of each candidate's box with its object; 0 without one.
at::Tensor ownIou(const HeadOutputs& outputs, const DenseTargets& targets, const at::Tensor& matched) {
  const at::Tensor boxes = withBoxesOfObjects(outputs, targets.labels, matched).boxes.detach();
  const at::Tensor objects = gatherObjects(targets.boxes, matched).to(boxes.scalar_type());
  return elementwiseIou(boxes, objects).masked_fill(matched < 0, 0);
}

bool gives(const Assignment& assignment, const std::string& output) {
  return std::any_of(assignment.quality.begin(), assignment.quality.end(),
                     [&](const QualityTarget& target) { return target.output == output; });
}

}  // namespace

std::vector<ParamSpec> targetParams(const std::string& classTargets, const std::string& boxWeights,
                                    const std::string& source) {
  return {
      choiceParam(
          "class_targets", classTargets, {kAsAssigned, kLabel, kIou},
          "What the class score learns at a positive. assigned: what the assigner says, usually 1; label: 1; "
          "iou: the IoU of the predicted box with its object.",
          source),
      choiceParam(
          "box_weights", boxWeights, {kAsAssigned, kOne, kIou, kScore},
          "What a positive's box loss is multiplied by. assigned: what the assigner says; one: 1; iou: the "
          "IoU of the predicted box with its object; score: its largest class score.",
          source)};
}

TargetRules TargetRules::from(const ParamSet& params) {
  TargetRules rules;
  const std::string& classes = params.getText("class_targets");
  if (classes != kAsAssigned) rules.classes = classes == kIou ? Classes::kIou : Classes::kLabel;
  const std::string& weights = params.getText("box_weights");
  if (weights != kAsAssigned)
    rules.weights = weights == kIou ? Weights::kIou : weights == kScore ? Weights::kScore : Weights::kOne;
  return rules;
}

std::vector<std::string> TargetRules::learntOutputs() {
  return {kIouOutput, kObjectnessOutput};
}

void TargetRules::apply(Assignment& assignment, const HeadOutputs& outputs,
                        const DenseTargets& targets) const {
  const c10::NoGradGuard noGrad;
  const bool objectness = outputs.output(kObjectnessOutput).defined();
  const bool iouOutput = outputs.output(kIouOutput).defined() && !gives(assignment, kIouOutput);
  const at::Tensor positive = assignment.regObject >= 0;
  at::Tensor iou;
  if (classes == Classes::kIou || weights == Weights::kIou || iouOutput)
    iou = ownIou(outputs, targets, assignment.regObject);

  if (classes == Classes::kLabel) {
    assignment.clsTarget.reset();
    assignment.positiveWeight.reset();
    assignment.negativeWeight.reset();
  }
  if (classes == Classes::kIou) {
    const at::Tensor ofCls = assignment.clsObject.is_same(assignment.regObject)
                                 ? iou
                                 : ownIou(outputs, targets, assignment.clsObject);
    assignment.clsTarget.reset();
    const at::ScalarType dtype = outputs.logits.scalar_type();
    const at::Tensor target =
        denseClassTarget(assignment, targets.labels, foregroundLogits(outputs).size(2), dtype) *
        ofCls.to(dtype).unsqueeze(2);
    if (!assignment.clsWeight.defined()) assignment.clsWeight = assignment.clsObject.ne(-2).to(dtype);
    assignment.clsTarget = target;
  }
  if (weights == Weights::kOne) assignment.regWeight = positive.to(outputs.boxes.scalar_type());
  if (weights == Weights::kIou) assignment.regWeight = iou;
  if (weights == Weights::kScore)
    assignment.regWeight = scoresOf(outputs).detach().amax(2).masked_fill(positive.logical_not(), 0);
  if (iouOutput) assignment.quality.push_back({kIouOutput, iou, {}});
  if (objectness) {
    const at::Tensor object = assignment.clsObject;
    if (!gives(assignment, kObjectnessOutput))
      assignment.quality.push_back(
          {kObjectnessOutput, object.ge(0).to(outputs.logits.scalar_type()), object.ne(-2)});
    const at::Tensor learns = object.ge(0).to(outputs.logits.scalar_type());
    assignment.clsWeight = assignment.clsWeight.defined() ? assignment.clsWeight * learns : learns;
  }
}

}  // namespace anchorscope
