// Task-aligned assignment: an object takes the anchors whose score and predicted box fit it best together,
// and the class score learns how well they do. TOOD (Feng et al., ICCV 2021) as mmdet 3.3.0's
// TaskAlignedAssigner, and the form of YOLOv8 and PPYOLOE as mmyolo 0.6.0's BatchTaskAlignedAssigner, which
// differ in when the centre is asked, in conflicts and in the overlap.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "task_aligned.pairs";
constexpr const char* kRule =
    "TOOD (ICCV 2021); mmdet 3.3.0 TaskAlignedAssigner, mmyolo 0.6.0 BatchTaskAlignedAssigner";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Options {
  bool mmyolo = false;
  std::int64_t topK = 13;
  double alpha = 1, beta = 6;
  bool ciou = false;
  double ignoreIof = -1;

  double margin() const { return mmyolo ? 1e-9 : 0.01; }   // px inside the box
  double epsilon() const { return mmyolo ? 1e-9 : 1e-7; }  // in the normalisation
};

struct Matching {
  at::Tensor overlap, metric;  ///< [B,G,N]
  at::Tensor taken;            ///< [B,G,K] int64 anchors of the topK largest metrics, the largest first.
  at::Tensor cut;              ///< [B,G] smallest metric among the topK.
  at::Tensor selected;         ///< [B,G,K] inside, with a metric above 0 (mmdet).
  at::Tensor wishes;           ///< [B,N] int64 objects that selected the anchor.
  at::Tensor best;             ///< [B,N] largest overlap that counts in a conflict; -infinity: none.
  at::Tensor object;           ///< [B,N]
  at::Tensor largestMetric, largestOverlap;  ///< [B,G] over the object's positives; 0 without.
  at::Tensor target;                         ///< [B,N] what the class score learns.
};

class TaskAligned final : public Assigner {
 public:
  explicit TaskAligned(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  /// Whether points lie inside objects: x, y that broadcast against [B,G,1], boxes [B,G,4], valid [B,G,1].
  at::Tensor insideOf(const at::Tensor& x, const at::Tensor& y, const at::Tensor& boxes,
                      const at::Tensor& valid) const {
    return (sideDistances(x, y, boxes.unsqueeze(2)).smallest() > options_.margin()) & valid;
  }
  at::Tensor overlapOf(const HeadOutputs& outputs, const at::Tensor& objects, const at::Tensor& labels) const;
  DecisionSpec decisionSpec() const;
  void publish(const Matching& m, const AnchorSet& anchors, const DenseTargets& targets,
               EvidenceSink& sink) const;

  Options options_;
};

at::Tensor TaskAligned::overlapOf(const HeadOutputs& outputs, const at::Tensor& objects,
                                  const at::Tensor& labels) const {
  if (!options_.ciou) return predictedIou(outputs, objects, labels);
  SimilarityOptions ciou;
  ciou.kind = BoxSimilarity::kCiou;
  const at::Tensor boxes = predictedBoxes(outputs);
  return pairwiseSimilarity(objects, boxes, ciou).clamp_min(0).nan_to_num_(0);
}

Matching TaskAligned::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const auto& [anchors, outputs, given] = inputs;
  const at::Tensor boxes = targets.boxes.to(outputs.boxes.scalar_type());
  const at::Tensor valid = targets.valid.unsqueeze(2);
  Matching m;
  m.overlap = overlapOf(outputs, boxes, targets.labels);
  m.metric = scoresOfClasses(outputs, targets.labels.clamp_min(0)).pow_(options_.alpha);
  m.metric.mul_(m.overlap.pow(options_.beta)).nan_to_num_(0);

  // mmdet ranks all anchors and drops those outside afterwards; mmyolo ranks those inside.
  const std::int64_t batch = targets.batchSize(), objects = targets.maxObjects(), count = anchors.count(),
                     most = std::min(options_.topK, count);
  const at::Tensor x = middle(anchors.boxes, 0), y = middle(anchors.boxes, 1);
  const auto [largest, taken] =
      (options_.mmyolo ? m.metric * insideOf(x, y, boxes, valid) : m.metric).topk(most, 2);
  m.taken = taken;
  m.cut = most > 0 ? largest.select(2, most - 1) : at::zeros_like(targets.valid, largest.options());
  m.selected = insideOf(x.index({taken}), y.index({taken}), boxes, valid);
  if (!options_.mmyolo) m.selected = m.selected & (largest > 0);

  // A contested anchor: mmdet asks the objects that selected it, mmyolo all of them; of equals the first.
  const auto flat = [&](const at::Tensor& ofTaken) { return ofTaken.reshape({batch, -1}); };
  const at::Tensor place = flat(taken), wanted = flat(m.selected);
  m.wishes =
      at::zeros({batch, count}, taken.options()).scatter_add_(1, place, wanted.to(taken.scalar_type()));
  const at::Tensor own = flat(m.overlap.gather(2, taken)).masked_fill(wanted.logical_not(), -kInfinity);
  const at::Tensor indices = at::arange(objects, taken.options()).view({1, objects, 1});
  const auto firstOf = [&](const at::Tensor& which) {
    return at::full({batch, count}, objects, taken.options())
        .scatter_reduce_(1, place, at::where(which, flat(indices.expand_as(taken)), objects), "amin");
  };
  at::Tensor contested;
  if (options_.mmyolo) {
    std::tie(m.best, contested) = m.overlap.masked_fill(valid.logical_not(), -kInfinity).max(1);
  } else {
    m.best = at::full({batch, count}, -kInfinity, own.options()).scatter_reduce_(1, place, own, "amax");
    contested = firstOf(wanted & (own == m.best.gather(1, place)));
  }
  m.object = at::where(m.wishes > 1, contested, at::where(m.wishes == 1, firstOf(wanted), -1));

  const at::Tensor winner = m.object.clamp_min(0), none = m.object < 0;
  const auto ofWinner = [&](const at::Tensor& of) {
    return of.gather(1, winner.unsqueeze(1)).squeeze(1).masked_fill_(none, 0);
  };
  const auto largestOf = [&](const at::Tensor& ofAnchors) {
    return at::zeros({batch, objects}, ofAnchors.options()).scatter_reduce_(1, winner, ofAnchors, "amax");
  };
  const at::Tensor metric = ofWinner(m.metric);
  m.largestMetric = largestOf(metric);
  m.largestOverlap = largestOf(ofWinner(m.overlap));
  const at::Tensor scale = m.largestOverlap / (m.largestMetric + options_.epsilon());
  m.target = (metric * scale.gather(1, winner)).masked_fill(none, 0).clamp(0, 1);
  const IgnoredRegions ignored =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (ignored.inside.defined()) m.object = at::where(ignored.inside & (m.object < 0), -2, m.object);
  return m;
}

Assignment TaskAligned::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const Matching m = match(inputs, targets);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.clsTarget = denseClassTarget(assignment, targets.labels,
                                          foregroundLogits(inputs.outputs).size(2), m.target.scalar_type()) *
                         m.target.unsqueeze(2);
  assignment.clsWeight = m.object.ne(-2).to(m.target.scalar_type());
  // A positive of metric 0 learns its box with no weight, and is none for the box head.
  assignment.regWeight = m.target;
  assignment.regObject = at::where((m.object >= 0) & (m.target <= 0), -1, m.object);
  assignment.scalars = {{"task_aligned.starved_objects", starvedCount(m.object, targets.valid)},
                        {"task_aligned.contested", (m.wishes > 1).sum()},
                        {"task_aligned.mean_target",
                         m.target.sum() / m.object.ge(0).sum().clamp_min(1).to(m.target.scalar_type())}};
  if (step.sink) publish(m, inputs.anchors, targets, *step.sink);
  return assignment;
}

// ---- what it shows ---------------------------------------------------------------------------------------

const ChannelSpec& metricSpec() {
  static const ChannelSpec spec = channelOf(
      "task_aligned.metric", "Alignment", "1",
      "Largest alignment score^alpha overlap^beta of the anchor with any object that it lies inside.", kRule,
      ColorScale::kSequential, 0.f, 1.f, Sense::kHigherIsBetter);
  return spec;
}

const ChannelSpec& targetSpec() {
  static const ChannelSpec spec =
      channelOf("task_aligned.target", "Target", "1",
                "What the class score learns at a positive: its alignment, scaled so that the object's best "
                "has its best "
                "overlap; undefined for background.",
                kRule, ColorScale::kClassification, 0.f, 1.f, Sense::kHigherIsBetter);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Anchors inside an object";
  spec.description = "Anchors whose centre lies inside the object, and those that it has.";
  spec.source = kRule;
  spec.columns = {
      realColumn("overlap", "Overlap", "1", "What counts as overlap: the IoU, or the CIoU, at least 0."),
      realColumn("metric", "Alignment", "1", "score^alpha overlap^beta"),
      realColumn("cut", "Cut", "1", "Smallest alignment among the object's best topk anchors."),
      realColumn("side", "Centre to side", "px",
                 "Distance of the anchor's centre to the nearest side of the object."),
      realColumn("best", "Anchor's best overlap", "1",
                 "Largest overlap of the anchor with the objects that take part in the conflict."),
      realColumn("target", "Target", "1", "What the class score learns, where this object has the anchor."),
      wholeColumn("rank", "Rank by alignment",
                  "Rank among the object's anchors, 0 the best; -1: further back."),
      wholeColumn("inside", "Centre inside", "1 when the anchor's centre lies inside the object."),
      wholeColumn("selected", "Among the best",
                  "1 when it is among the object's best topk anchors, or given."),
      wholeColumn("given", "Given",
                  "1 when several other objects select the anchor and it overlaps this one most."),
      wholeColumn("fits", "Fits at all", "1 when the alignment is above 0, or not asked to be."),
      wholeColumn("learns_box", "Box counts",
                  "1 when the target, by which the box loss is weighted, is above 0."),
      wholeColumn("is_best", "Largest overlap here",
                  "1 when no other such object overlaps more; -1: no conflict."),
      memberColumn("anchor")};
  showMembersFirst(spec, "metric", Order::kDescending);
  return spec;
}

DecisionSpec TaskAligned::decisionSpec() const {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "the anchor's centre is not inside the object";
  TestSpec inside = testOfBound("centre inside", "Does the anchor's centre lie inside the object?", "side",
                                ">", options_.margin(), "inside");
  TestSpec top = testOfColumn("alignment", "Is its alignment among the object's best?", "metric", ">=", "cut",
                              "selected");
  for (TestSpec* test : {&inside, &top}) {
    test->noteColumn = "given";
    test->note = "several other objects select it, and it overlaps this one most";
  }
  TestSpec box = testOfBound("box counts", "Is the target, by which the box loss is weighted, above 0?",
                             "target", ">", 0, "learns_box");
  box.head = "regression";
  spec.tests = {
      std::move(inside), std::move(top),
      testOfBound("fits at all", "Is the alignment above 0?", "metric", ">", 0, "fits"),
      conflict(testOfColumn("largest overlap", "Is the overlap the largest of the objects in the conflict?",
                            "overlap", ">=", "best", "is_best")),
      std::move(box)};
  spec.outcomes = {{"classification", kClsObjectChannel, "", "rank"},
                   {"regression", kRegObjectChannel, "", "rank"}};
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec cut{"task_aligned.cut", "Cut", "1", "Smallest alignment among the object's best anchors.",
                       kRule};
  ObjectColumnSpec metric{"task_aligned.largest_metric", "Best alignment", "1",
                          "Largest alignment among the object's positives.", kRule};
  ObjectColumnSpec overlap{"task_aligned.largest_overlap", "Best overlap", "1",
                           "Largest overlap among the object's positives: the target of its best anchor.",
                           kRule};
  ObjectColumnSpec lost{"task_aligned.lost", "Lost to other objects", "anchors",
                        "Anchors that the object selects and that overlap another one more.", kOurs};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs};
};

EvidenceDeclaration TaskAligned::declaration() const {
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {metricSpec(), targetSpec()};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec()};
  all.objectColumns = {columns.cut, columns.metric, columns.overlap, columns.lost, columns.starved};
  all.scalars = {scalarOf("task_aligned.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs),
                 scalarOf("task_aligned.contested", "Contested anchors", "anchors",
                          "Anchors that more than one object selects.", kOurs),
                 scalarOf("task_aligned.mean_target", "Mean target", "1",
                          "Mean over positives of what the class score learns.", kRule)};
  return all;
}

void TaskAligned::publish(const Matching& m, const AnchorSet& anchors, const DenseTargets& targets,
                          EvidenceSink& sink) const {
  const std::int64_t objects = targets.maxObjects(), places = m.taken.size(2);
  const at::Tensor indices = at::arange(objects, m.taken.options()).view({1, objects, 1});
  const at::Tensor member = m.object.unsqueeze(1) == indices;
  const at::Tensor boxes = targets.boxes.to(m.overlap.scalar_type());
  const at::Tensor side =
      sideDistances(middle(anchors.boxes, 0), middle(anchors.boxes, 1), boxes.unsqueeze(2)).smallest();
  const at::Tensor inside = (side > options_.margin()) & targets.valid.unsqueeze(2);
  // By metric, 0 the largest, where it is among the first topK; else -1.
  const at::Tensor ranks =
      at::full(m.metric.sizes(), -1, m.taken.options())
          .scatter_(2, m.taken, at::arange(places, m.taken.options()).expand_as(m.taken));
  const at::Tensor amongSelected =
      at::zeros(m.metric.sizes(), m.selected.options()).scatter_(2, m.taken, m.selected);
  sink.channel(metricSpec(), m.metric.masked_fill(inside.logical_not(), 0).amax(1));
  sink.channel(targetSpec(), m.target.masked_fill(m.object < 0, kNan));

  const PairIndex rows = pairIndex(inside | member);
  const at::Tensor own = rows.pick(member), selected = rows.pick(amongSelected), metric = rows.pick(m.metric);
  const at::Tensor given = own & selected.logical_not(), overlap = rows.pick(m.overlap);
  const at::Tensor target = rows.pickAnchor(m.target), best = rows.pickAnchor(m.best);
  const at::Tensor undefined = at::full_like(metric, kNan);
  const at::Tensor contested = rows.pickAnchor(m.wishes) > 1;
  const at::Tensor isBest =
      at::where(contested & (selected | given), own.to(metric.scalar_type()), undefined);
  const at::Tensor fits = options_.mmyolo ? at::ones_like(own) : metric > 0;
  // Of an inside anchor among the topk that does not fit, the alignment is what fails.
  const at::Tensor amongTop = (rows.pick(ranks) >= 0) | given;
  sink.pairs(
      pairSpec(),
      rows.withColumns({overlap, metric, rows.pickObject(m.cut), rows.pick(side),
                        at::where(best.isinf(), undefined, best), at::where(own, target, undefined),
                        rows.pick(ranks), rows.pick(inside) | given, amongTop, given, fits,
                        at::where(own, (target > 0).to(metric.scalar_type()), undefined), isBest, own}));
  const ObjectColumns columns;
  sink.objects(columns.cut, m.cut);
  sink.objects(columns.metric, m.largestMetric);
  sink.objects(columns.overlap, m.largestOverlap);
  sink.objects(columns.lost, (amongSelected & member.logical_not()).sum(2));
  sink.objects(columns.starved, member.any(2).logical_not());
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.mmyolo = params.getText("tal_convention") == "mmyolo";
  options.topK = params.getInt("tal_topk");
  options.alpha = params.getFloat("tal_alpha");
  options.beta = params.getFloat("tal_beta");
  options.ciou = params.getText("tal_overlap") == "ciou";
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  return std::unique_ptr<Assigner>(std::make_unique<TaskAligned>(options));
}

}  // namespace

AssignerEntry taskAlignedAssigner() {
  AssignerEntry entry;
  entry.name = "task_aligned";
  entry.title = "Task-aligned";
  entry.description =
      "Each object takes the anchors of largest alignment score^alpha overlap^beta whose centre it holds; a "
      "contested "
      "one goes to the object it overlaps most. The class score learns the alignment, scaled so that the "
      "object's best "
      "anchor learns its best overlap, and box losses weigh by it.";
  entry.source = kRule;
  entry.usesPredictions = true;
  entry.differentiableWith = {{"class_targets", "label"}, {"box_weights", "one"}};
  entry.params = {
      choiceParam(
          "tal_convention", "mmdet", {"mmdet", "mmyolo"},
          "Whose rule. mmdet: the best of all anchors, those outside the object dropped afterwards, a "
          "contested "
          "anchor goes to one of the objects that selected it; mmyolo: the best of those inside, a contested "
          "anchor goes to the object of largest overlap of all, selected or not.",
          "mmdet 3.3.0 TaskAlignedAssigner; mmyolo 0.6.0 BatchTaskAlignedAssigner"),
      intParam("tal_topk", 13, 1, 1000, "anchors", "Anchors that an object selects at most.",
               "TOOD (ICCV 2021); YOLOv8: 10"),
      floatParam("tal_alpha", 1, 0, 10, "1", "Exponent of the score in the alignment.",
                 "TOOD (ICCV 2021); YOLOv8: 0.5"),
      floatParam("tal_beta", 6, 0, 100, "1", "Exponent of the overlap in the alignment.", "TOOD (ICCV 2021)"),
      choiceParam("tal_overlap", "iou", {"iou", "ciou"},
                  "What overlap is: the predicted IoU, or its CIoU where that is above 0.",
                  "TOOD: IoU; YOLOv8: CIoU"),
      ignoreIofParam()};
  entry.make = make;
  return entry;
}

}  // namespace anchorscope
