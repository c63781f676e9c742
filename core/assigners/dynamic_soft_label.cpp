// RTMDet's dynamic soft label assignment (Lyu et al., 2022): SimOTA with a class cost that knows how well the
// box fits and a cost that grows with the distance from the object's centre. In the conventions of
// mmdet 3.3.0 (DynamicSoftLabelAssigner) and mmyolo 0.6.0 (BatchDynamicSoftLabelAssigner), which differ in
// the class cost and in what the number of candidates is counted from.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/dynamic_k.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPrefix = "soft_label";
constexpr const char* kPairs = "soft_label.pairs";
constexpr const char* kRule = "RTMDet (Lyu et al., 2022); mmdet 3.3.0 DynamicSoftLabelAssigner";
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastIou = 1e-7;
constexpr double kOutside = 1e8;  // what a candidate in no box costs in mmyolo

struct Options {
  bool mmyolo = false;
  std::int64_t topK = 13;
  double radius = 3, iouWeight = 3;
  double ignoreIof = -1;
};

/// [B,G,N] unless said otherwise.
struct Matching {
  at::Tensor side;      ///< Centre to the nearest side, px.
  at::Tensor distance;  ///< Centre to centre, strides.
  at::Tensor iou, clsCost, iouCost, centerCost, cost;
  at::Tensor candidate;  ///< [B,N] in a box of any object.
  DynamicK choice;
  at::Tensor object;  ///< [B,N]
};

/// |y - p|^2 times the binary cross entropy of logits z with targets y.
at::Tensor softFocal(const at::Tensor& z, const at::Tensor& y) {
  const at::Tensor p = z.sigmoid();
  return at::binary_cross_entropy_with_logits(z, y, {}, {}, at::Reduction::None) * (y - p).square();
}

class DynamicSoftLabel final : public Assigner {
 public:
  explicit DynamicSoftLabel(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  at::Tensor classCost(const HeadOutputs& outputs, const at::Tensor& labels, const at::Tensor& iou) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
};

/// [B,G,N]: of the object's class with the IoU as its target, and (mmdet) of all others with 0.
at::Tensor DynamicSoftLabel::classCost(const HeadOutputs& outputs, const at::Tensor& labels,
                                       const at::Tensor& iou) const {
  const at::Tensor logits = logOdds(outputs).detach();  // [B,N,C]
  const at::Tensor classes = labels.clamp_min(0);
  const at::Tensor ofClass = softFocal(ofClasses(logits, classes), iou);
  if (options_.mmyolo) return ofClass;
  const at::Tensor ifNot = softFocal(logits, at::zeros_like(logits));
  return ifNot.sum(2).unsqueeze(1) - ofClasses(ifNot, classes) + ofClass;
}

Matching DynamicSoftLabel::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const AnchorSet& anchors = inputs.anchors;
  const at::Tensor boxes = targets.boxes.to(inputs.outputs.boxes.scalar_type());
  const at::Tensor valid = targets.valid.unsqueeze(2);
  const at::Tensor x = middle(anchors.boxes, 0), y = middle(anchors.boxes, 1);
  Matching m;
  m.side = sideDistances(x, y, boxes.unsqueeze(2)).smallest();
  m.candidate = ((m.side > 0) & valid).any(1);
  const at::Tensor possible = m.candidate.unsqueeze(1) & valid;
  const at::Tensor dx = x - middle(boxes, 0).unsqueeze(2), dy = y - middle(boxes, 1).unsqueeze(2);
  m.distance = (dx.square() + dy.square()).sqrt() / anchors.strides;

  m.iou = predictedIou(inputs.outputs, boxes, targets.labels);
  m.clsCost = classCost(inputs.outputs, targets.labels, m.iou);
  m.iouCost = (m.iou + kLeastIou).log() * -options_.iouWeight;
  m.centerCost = at::pow(10, m.distance - options_.radius);
  m.cost = m.clsCost + m.iouCost + m.centerCost;
  // mmyolo leaves candidates in no box in the list, where there is any object.
  m.cost =
      options_.mmyolo
          ? m.cost.masked_fill(possible.logical_not(), kOutside).masked_fill(valid.logical_not(), kInfinity)
          : m.cost.masked_fill(possible.logical_not(), kInfinity);
  const at::Tensor counted = options_.mmyolo ? valid.expand_as(possible) : possible;
  m.choice = dynamicK(m.cost, m.iou.masked_fill(counted.logical_not(), 0), options_.topK);
  m.object = m.choice.object;
  const IgnoredRegions ignored =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (ignored.inside.defined()) m.object = at::where(ignored.inside & (m.object < 0), -2, m.object);
  return m;
}

Assignment DynamicSoftLabel::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const Matching m = match(inputs, targets);
  const at::Tensor own =
      m.iou.gather(1, m.object.clamp_min(0).unsqueeze(1)).squeeze(1).masked_fill(m.object < 0, 0);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.clsTarget = denseClassTarget(assignment, targets.labels,
                                          foregroundLogits(inputs.outputs).size(2), m.iou.scalar_type()) *
                         own.unsqueeze(2);
  assignment.clsWeight = m.object.ne(-2).to(m.iou.scalar_type());
  assignment.regWeight = m.object.ge(0).to(m.iou.scalar_type());
  assignment.scalars = dynamicKScalarValues(m.choice, m.object, targets.valid, kPrefix);
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

// ---- what it shows ---------------------------------------------------------------------------------------

const ChannelSpec& candidateSpec() {
  static const ChannelSpec spec = channelOf("soft_label.candidate", "Candidate", "",
                                            "1 where the anchor's centre lies in a box of any object.", kRule,
                                            ColorScale::kSequential, 0.f, 1.f);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Candidates";
  spec.description = "Candidates in the object's box, and every other candidate that the object wants.";
  spec.source = kRule;
  spec.columns = {
      realColumn("cls_cost", "Class cost", "nat",
                 "Soft focal loss of the anchor's scores, if the object's class learned the IoU."),
      realColumn("iou_cost", "Box cost", "nat", "iou_weight times -ln of the predicted IoU."),
      realColumn("center_cost", "Centre cost", "1",
                 "10^(distance from the object's centre - soft_center_radius)."),
      realColumn("iou", "Predicted IoU", "1", "IoU of the anchor's predicted box with the object.",
                 ColorScale::kRegression),
      realColumn("side", "Centre to side", "px",
                 "Distance of the anchor's centre to the nearest side of the object, below 0 outside."),
      realColumn("distance", "Off centre", "strides", "Distance of the anchor's centre from the object's."),
      wholeColumn("in_box", "In the box", "1 when the anchor's centre lies in this object's box."),
  };
  for (ColumnSpec& column : dynamicKColumns())
    spec.columns.push_back(std::move(column));
  showMembersFirst(spec, "cost", Order::kAscending);
  return spec;
}

DecisionSpec decisionSpec() {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no candidate: the anchor's centre is not in the object's box";
  spec.tests = dynamicKTests();
  // A candidate of any box is a candidate of every object.
  spec.tests.insert(spec.tests.begin(),
                    information(testOfBound("in the box", "Does its centre lie in the object's box?", "side",
                                            ">", 0, "in_box")));
  spec.outcomes = dynamicKOutcomes();
  return spec;
}

EvidenceDeclaration DynamicSoftLabel::declaration() const {
  EvidenceDeclaration all;
  all.channels = dynamicKChannels(kPrefix, kRule);
  all.channels.insert(all.channels.begin(), candidateSpec());
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec()};
  all.objectColumns = dynamicKObjectColumns(kPrefix, kRule);
  all.scalars = dynamicKScalars(kPrefix, kRule);
  return all;
}

void DynamicSoftLabel::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  sink.channel(candidateSpec(), m.candidate);
  const PairIndex rows = dynamicKRows((m.side > 0) & valid.unsqueeze(2), m.choice, m.object);
  std::vector<at::Tensor> columns = {rows.pick(m.clsCost), rows.pick(m.iouCost), rows.pick(m.centerCost),
                                     rows.pick(m.iou),     rows.pick(m.side),    rows.pick(m.distance),
                                     rows.pick(m.side > 0)};
  for (at::Tensor& column : dynamicKValues(rows, m.choice, m.cost, m.object))
    columns.push_back(std::move(column));
  sink.pairs(pairSpec(), rows.withColumns(std::move(columns)));
  publishDynamicK(m.choice, m.candidate, m.object, valid, kPrefix, kRule, sink);
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.mmyolo = params.getText("soft_label_convention") == "mmyolo";
  options.topK = params.getInt("soft_label_topk");
  options.radius = params.getFloat("soft_center_radius");
  options.iouWeight = params.getFloat("soft_iou_weight");
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  return std::unique_ptr<Assigner>(std::make_unique<DynamicSoftLabel>(options));
}

}  // namespace

AssignerEntry dynamicSoftLabelAssigner() {
  AssignerEntry entry;
  entry.name = "dynamic_soft_label";
  entry.title = "Dynamic soft label";
  entry.description =
      "Candidates lie in an object's box. Each costs an object its soft focal loss, iou_weight times -ln of "
      "its "
      "predicted IoU, and a power of ten of its distance from the centre. The object takes its cheapest "
      "ones, as many "
      "as its best IoUs add up to; their class scores learn the IoU.";
  entry.source = kRule;
  entry.usesPredictions = entry.boxPerClass = true;
  entry.differentiableWith = {{"class_targets", "label"}};
  entry.params = {
      choiceParam("soft_label_convention", "mmdet", {"mmdet", "mmyolo"},
                  "Whose rule. mmdet: the class cost is of all classes, and only candidates are counted for "
                  "how many an "
                  "object takes; mmyolo: of the object's class alone, and all anchors are counted.",
                  "mmdet 3.3.0 DynamicSoftLabelAssigner; mmyolo 0.6.0 BatchDynamicSoftLabelAssigner"),
      intParam(
          "soft_label_topk", 13, 1, 1000, "anchors",
          "Of so many largest IoUs the sum says how many anchors the object takes; it takes at most so many.",
          kRule),
      floatParam(
          "soft_center_radius", 3, 0, 100, "strides",
          "Distance from the object's centre at which the centre cost is 1; it grows tenfold per stride.",
          kRule),
      floatParam("soft_iou_weight", 3, 0, 1e4, "1", "Weight of the box in the cost.", kRule),
      ignoreIofParam()};
  entry.make = make;
  return entry;
}

}  // namespace anchorscope
