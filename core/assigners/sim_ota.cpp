// SimOTA: every object takes the few candidates that cost it least, and how many is told by its best boxes.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/locations.h"
#include "core/assigners/sim_ota.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace sim_ota {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastIou = 1e-7;      // mmdet 3.3.0, added to the IoU before its logarithm
constexpr double kMostLogarithm = 100;  // binary_cross_entropy ends its logarithms there
constexpr double kPenalty = 1e5;        // of a candidate that is not in both the box and the window

class SimOtaAssigner final : public Assigner {
 public:
  explicit SimOtaAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override { return sim_ota::declaration(options_); }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  at::Tensor classCost(const HeadOutputs& outputs, const at::Tensor& labels) const;

  Options options_;
};

/// [B,G,N]: binary cross entropy of the scores, summed over classes, if the anchor learned the object's
/// class. labels [B,G].
at::Tensor SimOtaAssigner::classCost(const HeadOutputs& outputs, const at::Tensor& labels) const {
  at::Tensor scores = scoresOf(outputs).detach();  // [B,N,C]
  if (outputs.output(kObjectnessOutput).defined()) scores = scores.sqrt();
  const at::Tensor ifNot = (1 - scores).log().neg().clamp_max(kMostLogarithm);
  const at::Tensor ifSo = scores.log().neg().clamp_max(kMostLogarithm);
  return ifNot.sum(2).unsqueeze(1) + ofClasses(ifSo - ifNot, labels.clamp_min(0));
}

Matching SimOtaAssigner::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const AnchorSet& anchors = inputs.anchors;
  const at::Tensor boxes = targets.boxes.to(inputs.outputs.boxes.scalar_type());
  const at::Tensor valid = targets.valid.unsqueeze(2);  // [B,G,1]
  const at::Tensor x = middle(anchors.boxes, 0), y = middle(anchors.boxes, 1);
  Matching m;
  m.ignored = ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  m.side = sideDistances(x, y, boxes.unsqueeze(2)).smallest();
  m.offCentre =
      at::maximum((x - middle(boxes, 0).unsqueeze(2)).abs(), (y - middle(boxes, 1).unsqueeze(2)).abs()) /
      anchors.strides;
  const at::Tensor near = m.offCentre < options_.radius;
  m.candidate = ((m.inBox() | near) & valid).any(1);
  const at::Tensor possible = m.candidate.unsqueeze(1) & valid;

  m.iou = predictedIou(inputs.outputs, boxes, targets.labels);
  m.clsCost = classCost(inputs.outputs, targets.labels);
  m.cost = options_.clsWeight * m.clsCost - options_.iouWeight * (m.iou + kLeastIou).log() +
           kPenalty * (m.inBox() & near).logical_not();
  m.cost = m.cost.masked_fill(possible.logical_not(), kInfinity);

  m.choice = dynamicK(m.cost, m.iou.masked_fill(possible.logical_not(), 0), options_.topK);
  m.object = m.choice.object;
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (m.ignored.inside.defined()) m.object = at::where(m.ignored.inside & (m.object < 0), -2, m.object);
  return m;
}

Assignment SimOtaAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  Assignment assignment;
  const Matching m = match(inputs, targets);
  assignment.clsObject = assignment.regObject = m.object;
  assignment.regWeight = m.object.ge(0).to(m.iou.scalar_type());
  if (options_.softTargets) {
    const at::Tensor own = m.iou.gather(1, m.object.clamp_min(0).unsqueeze(1)).squeeze(1);
    assignment.clsTarget = denseClassTarget(assignment, targets.labels,
                                            foregroundLogits(inputs.outputs).size(2), m.iou.scalar_type()) *
                           own.unsqueeze(2);
    assignment.clsWeight = m.object.ne(-2).to(m.iou.scalar_type());
  }
  assignment.scalars = dynamicKScalarValues(m.choice, m.object, targets.valid, kPrefix);
  if (step.sink) publish(m, options_, targets.valid, *step.sink);
  return assignment;
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.radius = params.getFloat("center_radius");
  options.topK = params.getInt("candidate_topk");
  options.iouWeight = params.getFloat("iou_weight");
  options.clsWeight = params.getFloat("cls_weight");
  options.softTargets = params.getText("class_target") == "iou";
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  return std::unique_ptr<Assigner>(std::make_unique<SimOtaAssigner>(options));
}

}  // namespace
}  // namespace sim_ota

AssignerEntry simOtaAssigner() {
  AssignerEntry entry;
  entry.name = "simota";
  entry.title = "SimOTA";
  entry.description =
      "Candidates lie in an object's box or near its centre. Each costs an object the cross entropy of its "
      "scores plus iou_weight times -ln of its predicted IoU. The object takes its cheapest ones, as many as "
      "the sum of its ten best IoUs says; an anchor that several want goes where it costs least.";
  entry.source = sim_ota::kRule;
  entry.usesPredictions = entry.boxPerClass = true;
  entry.differentiableWith = {{"class_target", "hard"}};
  entry.params = {
      floatParam(
          "center_radius", 2.5, 1e-6, 1e4, "strides",
          "How near to the object's centre an anchor's must be on each axis. YOLOX's own code: 1.5, and "
          "only such anchors are candidates.",
          "mmdet 3.3.0 SimOTAAssigner"),
      intParam("candidate_topk", 10, 1, 1000, "anchors",
               "Of so many largest IoUs the sum says how many anchors the object takes; it takes at most so "
               "many.",
               "mmdet 3.3.0 SimOTAAssigner"),
      floatParam("iou_weight", 3, 0, 1e4, "1", "Weight of the box in the cost.",
                 "mmdet 3.3.0 SimOTAAssigner"),
      floatParam("cls_weight", 1, 0, 1e4, "1", "Weight of the class in the cost.",
                 "mmdet 3.3.0 SimOTAAssigner"),
      choiceParam("class_target", "iou", {"iou", "hard"},
                  "What the class score learns at a positive: its predicted box's IoU, or 1.",
                  "YOLOX (Ge et al., 2021): IoU"),
      ignoreIofParam()};
  entry.make = sim_ota::make;
  return entry;
}

}  // namespace anchorscope
