// SimOTA: every object takes the few candidates that cost it least, and how many is told by its best boxes.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/ops/box_similarity.h"
#include "core/ops/scores.h"
#include "core/parts/evidence_specs.h"

namespace anchorscope {
namespace {

constexpr const char* kRule = "YOLOX (Ge et al., 2021); mmdet 3.3.0 SimOTAAssigner";
constexpr const char* kOurs = "Ours";
constexpr const char* kPairs = "simota.pairs";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastIou = 1e-7;      // mmdet 3.3.0, added to the IoU before its logarithm
constexpr double kMostLogarithm = 100;  // binary_cross_entropy ends its logarithms there
constexpr double kPenalty = 1e5;        // of a candidate that is not in both the box and the window

struct Options {
  double radius = 2.5;
  std::int64_t topK = 10;
  double iouWeight = 3, clsWeight = 1;
  bool softTargets = true;
  double ignoreIof = 0;
};

/// Everything that is decided about the pairs of a batch; [B,G,N] unless said otherwise.
struct Matching {
  at::Tensor side;       ///< Distance of the anchor's centre to the nearest side of the box, px.
  at::Tensor offCentre;  ///< Larger of the distances to the object's centre by axis, strides.
  at::Tensor iou;        ///< Of the predicted box.
  at::Tensor clsCost, cost;
  at::Tensor candidate;  ///< [B,N] in a box or a window of any object.
  at::Tensor needed;     ///< [B,G] int64: how many the object takes.
  at::Tensor rank;       ///< By cost, 0 the lowest, where it is among the first topK; else -1.
  at::Tensor wanted;     ///< Among the needed ones.
  at::Tensor cheapest;   ///< [B,N] lowest cost over all objects.
  at::Tensor object;     ///< [B,N]
  IgnoredRegions ignored;

  at::Tensor inBox() const { return side > 0; }
};

class SimOtaAssigner final : public Assigner {
 public:
  explicit SimOtaAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  at::Tensor classCost(const HeadOutputs& outputs, const at::Tensor& labels) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
};

/// [B,G,N]: binary cross entropy of the scores, summed over classes, if the anchor learned the object's
/// class. labels [B,G].
at::Tensor SimOtaAssigner::classCost(const HeadOutputs& outputs, const at::Tensor& labels) const {
  at::Tensor scores = scoresOf(outputs).detach();  // [B,N,C]
  if (const at::Tensor objectness = outputs.output("objectness"); objectness.defined())
    scores = (scores * objectness.detach().sigmoid().unsqueeze(2)).sqrt();
  const at::Tensor ifNot = (1 - scores).log().neg().clamp_max(kMostLogarithm);
  const at::Tensor ifSo = scores.log().neg().clamp_max(kMostLogarithm);
  const at::Tensor index =
      labels.clamp_min(0).unsqueeze(2).expand({labels.size(0), labels.size(1), scores.size(1)});
  return ifNot.sum(2).unsqueeze(1) + (ifSo - ifNot).transpose(1, 2).gather(1, index);
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

  m.iou = pairwiseIou(boxes, inputs.outputs.boxes.detach());
  m.clsCost = classCost(inputs.outputs, targets.labels);
  m.cost = options_.clsWeight * m.clsCost - options_.iouWeight * (m.iou + kLeastIou).log() +
           kPenalty * (m.inBox() & near).logical_not();
  m.cost = m.cost.masked_fill(possible.logical_not(), kInfinity);

  const std::int64_t most = std::min(options_.topK, anchors.count());
  const at::Tensor overlaps = m.iou.masked_fill(possible.logical_not(), 0);
  m.needed = std::get<0>(overlaps.topk(most, 2)).sum(2).to(at::kLong).clamp_min(1);
  const auto [lowest, taken] = m.cost.topk(most, 2, /*largest=*/false);
  const at::Tensor order = at::arange(most, m.needed.options()).view({1, 1, most}).expand_as(taken);
  m.rank = at::full(m.cost.sizes(), -1, m.needed.options())
               .scatter_(2, taken, order.masked_fill(lowest.isinf(), -1));
  m.wanted = (m.rank >= 0) & (m.rank < m.needed.unsqueeze(2));

  // An anchor that several want goes to the object, of all, to which it costs least.
  const std::int64_t objects = targets.maxObjects();
  const at::Tensor indices = at::arange(objects, m.needed.options()).view({1, objects, 1});
  m.cheapest = m.cost.amin(1);
  const auto first = [&](const at::Tensor& of) { return at::where(of, indices, objects).amin(1); };
  const at::Tensor wishes = m.wanted.sum(1);
  m.object = at::where(wishes > 1, first(m.cost == m.cheapest.unsqueeze(1)),
                       at::where(wishes == 1, first(m.wanted), -1));
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
    assignment.clsTarget =
        denseClassTarget(assignment, targets.labels, inputs.outputs.logits.size(2), m.iou.scalar_type()) *
        own.unsqueeze(2);
    assignment.clsWeight = m.object.ne(-2).to(m.iou.scalar_type());
  }
  assignment.scalars = {{"simota.starved_objects", starvedCount(m.object, targets.valid)},
                        {"simota.needed", m.needed.masked_fill(targets.valid.logical_not(), 0).sum()},
                        {"simota.contested", (m.wanted.sum(1) > 1).sum()}};
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

// ---- evidence --------------------------------------------------------------------------------------------

struct Channels {
  ChannelSpec candidate =
      channelOf("simota.candidate", "Candidate", "",
                "1 where the anchor's centre lies in a box or near the centre of an object.", kRule,
                ColorScale::kSequential, 0.f, 1.f);
  ChannelSpec cost = channelOf("simota.cost", "Lowest cost", "nat",
                               "Lowest cost of the anchor over all objects: classification plus box, with "
                               "the penalty; undefined where "
                               "it is no candidate.",
                               kRule, ColorScale::kSequential, {}, {}, Sense::kLowerIsBetter);
  ChannelSpec wishes = channelOf("simota.wishes", "Objects that want it", "objects",
                                 "How many objects have the anchor among those that cost them least.", kOurs,
                                 ColorScale::kSequential, 0.f);
};

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Candidates";
  spec.description =
      "Candidates in the object's box or near its centre, and every other candidate that the object wants.";
  spec.source = kRule;
  spec.columns = {
      realColumn("cost", "Cost", "nat", "What the anchor costs the object: class, box and penalty."),
      realColumn("cls_cost", "Class cost", "nat",
                 "Binary cross entropy of the anchor's scores, if it learned the object's class."),
      realColumn("iou", "Predicted IoU", "1", "IoU of the anchor's predicted box with the object.",
                 ColorScale::kRegression),
      realColumn("side", "Centre to side", "px",
                 "Distance of the anchor's centre to the nearest side of the object, below 0 outside."),
      realColumn("off_centre", "Off centre", "strides",
                 "Larger of the distances to the object's centre on both axes."),
      wholeColumn("rank", "Rank by cost",
                  "Rank among the object's candidates, 0 the cheapest; -1: further back."),
      wholeColumn("needed", "Takes", "How many anchors the object takes."),
      realColumn("cheapest", "Anchor's lowest cost", "nat", "Lowest cost of the anchor over all objects."),
      wholeColumn(
          "both", "In box and near centre",
          "1 when the centre lies in the box and near its centre; else a penalty of 100,000 is added."),
      wholeColumn("wanted", "Wanted", "1 when the rank is among those that the object takes."),
      wholeColumn("is_cheapest", "Cheapest here",
                  "1 when the anchor costs no other object less; -1: no other wants it."),
      wholeColumn("member", "Positive", "1 when the anchor trains on this object."),
  };
  spec.memberColumn = "member";
  spec.sortColumn = "cost";
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no candidate: the anchor's centre is neither in the object nor near its centre";
  TestSpec rank = testOfColumn("cheap enough", "Is the anchor among those that cost the object least?",
                               "rank", "<", "needed", "wanted");
  spec.tests = {testOfBound("near the centre",
                            "Is its centre near the object's, in strides? Else, or outside "
                            "the box, a penalty is added.",
                            "off_centre", "<", options.radius, "both"),
                rank,
                testOfColumn("cheapest object", "Does the anchor cost no other object less?", "cost",
                             "<=", "cheapest", "is_cheapest")};
  spec.outcomes = {{"classification", kClsObjectChannel, "", "rank"},
                   {"regression", kRegObjectChannel, "", "rank"}};
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec needed{"simota.needed", "Takes", "anchors",
                          "Sum of the largest predicted IoUs of its candidates, rounded down, at least 1.",
                          kRule};
  ObjectColumnSpec lost{"simota.lost", "Lost to other objects", "anchors",
                        "Anchors that the object wants and that cost another one less.", kOurs};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs};
};

EvidenceDeclaration SimOtaAssigner::declaration() const {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration declaration;
  declaration.channels = {channels.candidate, channels.cost, channels.wishes};
  declaration.pairTables = {pairSpec()};
  declaration.decisions = {decisionSpec(options_)};
  declaration.objectColumns = {columns.needed, columns.lost, columns.starved};
  declaration.scalars = {{"simota.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs, ColorScale::kSequential},
                         {"simota.needed", "Anchors that objects take", "anchors",
                          "Sum of what the batch's objects take.", kRule, ColorScale::kSequential},
                         {"simota.contested", "Contested anchors", "anchors",
                          "Anchors that more than one object wants.", kOurs, ColorScale::kSequential}};
  return declaration;
}

void SimOtaAssigner::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  const Channels channels;
  const ObjectColumns columns;
  const std::int64_t objects = valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const at::Tensor member = m.object.unsqueeze(1) == indices;
  const at::Tensor wishes = m.wanted.sum(1);
  sink.channel(channels.candidate, m.candidate);
  sink.channel(channels.cost, m.cheapest.masked_fill(m.candidate.logical_not(), kNan));
  sink.channel(channels.wishes, wishes);

  const at::Tensor near = m.offCentre < options_.radius;
  const at::Tensor own = (m.inBox() | near) & m.candidate.unsqueeze(1) & valid.unsqueeze(2);
  const PairIndex rows = pairIndex(own | m.wanted);
  const at::Tensor cost = rows.pick(m.cost), cheapest = rows.pickAnchor(m.cheapest);
  const at::Tensor wanted = rows.pick(m.wanted);
  const at::Tensor othersWant = rows.pickAnchor(wishes) - wanted.to(at::kLong) > 0;
  const at::Tensor isCheapest =
      (cost <= cheapest).to(cost.scalar_type()).masked_fill(othersWant.logical_not(), kNan);
  sink.pairs(pairSpec(),
             rows.withColumns({cost, rows.pick(m.clsCost), rows.pick(m.iou), rows.pick(m.side),
                               rows.pick(m.offCentre), rows.pick(m.rank), rows.pickObject(m.needed), cheapest,
                               rows.pick(m.inBox() & near), wanted, isCheapest, rows.pick(member)}));
  sink.objects(columns.needed, m.needed);
  sink.objects(columns.lost, (m.wanted & member.logical_not()).sum(2));
  sink.objects(columns.starved, member.any(2).logical_not());
}

}  // namespace

AssignerEntry simOtaAssigner() {
  AssignerEntry entry;
  entry.name = "simota";
  entry.title = "SimOTA";
  entry.description =
      "Candidates lie in an object's box or near its centre. Each costs an object the cross entropy of its "
      "scores plus iou_weight times -ln of its predicted IoU. The object takes its cheapest ones, as many as "
      "the sum of its ten best IoUs says; an anchor that several want goes where it costs least.";
  entry.source = kRule;
  entry.usesPredictions = true;
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
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Assigner>> {
    Options options;
    options.radius = params.getFloat("center_radius");
    options.topK = params.getInt("candidate_topk");
    options.iouWeight = params.getFloat("iou_weight");
    options.clsWeight = params.getFloat("cls_weight");
    options.softTargets = params.getText("class_target") == "iou";
    options.ignoreIof = params.getFloat("ignore_iof_thr");
    return std::unique_ptr<Assigner>(std::make_unique<SimOtaAssigner>(options));
  };
  return entry;
}

}  // namespace anchorscope
