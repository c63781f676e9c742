// YOLOv7's assignment: YOLOv5's candidates, of which each object takes the cheapest by SimOTA's cost. As
// mmyolo 0.6.0 BatchYOLOv7Assigner's main head; an anchor that several objects propose is a candidate of
// each.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/dynamic_k.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/pair_rows.h"
#include "core/assigners/yolo_cells.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "yolov7.pairs";
constexpr const char* kRule = "YOLOv7 (CVPR 2023); mmyolo 0.6.0 BatchYOLOv7Assigner";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastIou = 1e-8;

struct Options {
  YoloCellOptions cells;
  std::int64_t topK = 10;
  double iouWeight = 3, clsWeight = 1;
  double ignoreIof = -1;
};

/// K = G * P candidates of an image, in the order of the objects that propose them.
struct Matching {
  at::Tensor anchor;     ///< [B,K] int64
  at::Tensor proposed;   ///< [B,G,K] bool: by this object.
  at::Tensor valid;      ///< [B,K] bool
  at::Tensor iou, cost;  ///< [B,G,K]
  DynamicK choice;
  at::Tensor object;  ///< [B,N] the first object that has the anchor; -1, -2.
};

class Yolov7 final : public Assigner {
 public:
  explicit Yolov7(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
};

Matching Yolov7::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const auto& [anchors, outputs, given] = inputs;
  const at::Tensor boxes = targets.boxes.to(outputs.boxes.scalar_type());
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1);
  const YoloCells cells = yoloCells(anchors, boxes, targets.valid, options_.cells);
  const std::int64_t places = cells.anchor.size(2), candidates = objects * places;
  Matching m;
  m.anchor = cells.anchor.reshape({batch, candidates});
  m.valid = cells.valid.reshape({batch, candidates});
  const IgnoredRegions ignored =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  const at::Tensor owner = at::arange(objects, m.anchor.options()).repeat_interleave(places);
  m.proposed = (owner.view({1, 1, -1}) == at::arange(objects, m.anchor.options()).view({1, -1, 1})) &
               m.valid.unsqueeze(1);

  const auto at4 = [&](const at::Tensor& values) {
    return values.detach().gather(1, m.anchor.unsqueeze(2).expand({batch, candidates, values.size(2)}));
  };
  m.iou = pairwiseIou(boxes, at4(outputs.boxes));
  // Binary cross entropy of the root of the score with the object's class, over all classes.
  at::Tensor root =
      outputs.output(kObjectnessOutput).defined() ? at4(scoresOf(outputs)).sqrt() : at4(scoresOf(outputs));
  const at::Tensor ifNot = at::log1p(-root).neg().clamp_max(100), ifSo = root.log().neg().clamp_max(100);
  const at::Tensor clsCost = ifNot.sum(2).unsqueeze(1) + ofClasses(ifSo - ifNot, targets.labels.clamp_min(0));
  const at::Tensor possible = m.valid.unsqueeze(1) & targets.valid.unsqueeze(2);
  m.cost = (options_.clsWeight * clsCost - options_.iouWeight * (m.iou + kLeastIou).log())
               .masked_fill(possible.logical_not(), kInfinity);
  m.choice = dynamicK(m.cost, m.iou.masked_fill(possible.logical_not(), 0), options_.topK);
  if (candidates == 0) m.choice.object = at::zeros_like(m.anchor);

  const at::Tensor matched = m.choice.object;
  const at::Tensor first =
      at::full({batch, anchors.count()}, objects, m.anchor.options())
          .scatter_reduce(1, m.anchor, matched.masked_fill(matched < 0, objects), "amin");
  m.object = at::where(first < objects, first, -1);
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (ignored.inside.defined()) m.object = at::where(ignored.inside & (m.object < 0), -2, m.object);
  return m;
}

Assignment Yolov7::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const Matching m = match(inputs, targets);
  const std::int64_t batch = m.anchor.size(0);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.regWeight = m.object.ge(0).to(m.iou.scalar_type());
  const at::Tensor matched = m.choice.object;
  const at::Tensor weight = matched.ge(0).to(m.iou.scalar_type()).reshape({-1});
  const at::Tensor image = at::arange(batch, m.anchor.options()).unsqueeze(1).expand_as(m.anchor);
  assignment.pairs = LearntPairs{
      {image.reshape({-1}), m.anchor.reshape({-1}), matched.clamp_min(0).reshape({-1})}, weight, weight};
  const at::Tensor perObject = sumPerObject(matched, at::ones_like(matched), targets.maxObjects());
  assignment.scalars = {{"yolov7.starved_objects", (targets.valid & (perObject == 0)).sum()},
                        {"yolov7.needed", m.choice.needed.masked_fill(targets.valid.logical_not(), 0).sum()},
                        {"yolov7.contested", (m.choice.wishes > 1).sum()}};
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

const ChannelSpec& candidateSpec() {
  static const ChannelSpec spec =
      channelOf("yolov7.copies", "Proposals", "",
                "By how many objects the anchor is proposed: so often it is a candidate.", kRule,
                ColorScale::kSequential, 0.f);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Candidates";
  spec.description = "The anchors that the object proposes, and those that it takes.";
  spec.source = kRule;
  spec.columns = {
      realColumn("cost", "Cost", "nat", "Class cost plus iou_weight times -ln of the predicted IoU."),
      realColumn("iou", "Predicted IoU", "1", "IoU of the anchor's predicted box with the object."),
      wholeColumn("rank", "Rank by cost",
                  "Best rank of the anchor's copies, 0 the cheapest; -1: further back."),
      wholeColumn("needed", "Takes", "How many candidates the object takes."),
      wholeColumn("proposed", "Proposed", "1 when the object proposes the anchor; else another does."),
      wholeColumn("takes", "Cheap enough",
                  "1 when a copy is among those that the object takes, or given to it."),
      wholeColumn("learns", "Learns it", "1 when a copy learns the object."),
      wholeColumn("is_cheapest", "Cheapest here",
                  "1 when the object keeps a copy; 0: it costs another less; -1: not taken."),
      wholeColumn("is_first", "Shown for it",
                  "1 when no earlier object has the anchor, too; -1: it does not have it."),
      memberColumn("anchor")};
  showMembersFirst(spec, "cost", Order::kAscending);
  return spec;
}

std::vector<ObjectColumnSpec> objectSpecs() {
  return {{"yolov7.needed", "Takes", "anchors",
           "Sum of the largest predicted IoUs, rounded down, at least 1.", kRule},
          {kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs}};
}

EvidenceDeclaration Yolov7::declaration() const {
  EvidenceDeclaration all;
  all.channels = {candidateSpec()};
  all.pairTables = {pairSpec()};
  DecisionSpec decision;
  decision.pairTable = kPairs;
  decision.absentReason =
      "no candidate of the object: its sides are unlike the base anchor's, or its centre is elsewhere";
  decision.tests = {
      information(testOfColumn("proposed", "Does the object propose it?", "", "", "", "proposed")),
      testOfColumn("cheap enough", "Is it among those that cost the object least?", "rank", "<", "needed",
                   "takes"),
      testOfColumn("cheapest object", "Does it cost no other object less?", "", "", "", "is_cheapest"),
      conflict(testOfColumn("shown for",
                            "Is it the object that the anchor is shown for? It learns of all that have it.",
                            "", "", "", "is_first"))};
  decision.outcomes = {{"classification", kClsObjectChannel, "", "rank"},
                       {"regression", kRegObjectChannel, "", "rank"}};
  all.decisions = {std::move(decision)};
  all.objectColumns = objectSpecs();
  all.scalars = {scalarOf("yolov7.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs),
                 scalarOf("yolov7.needed", "Anchors that objects take", "anchors",
                          "Sum of what the batch's objects take.", kRule),
                 scalarOf("yolov7.contested", "Contested candidates", "anchors",
                          "Candidates that more than one object wants.", kOurs)};
  return all;
}

void Yolov7::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  const std::int64_t batch = m.object.size(0), anchors = m.object.size(1), objects = valid.size(1);
  const at::Tensor index = m.anchor.unsqueeze(1).expand(m.cost.sizes());
  const at::TensorOptions whole = m.anchor.options();
  const std::vector<std::int64_t> shape = {batch, objects, anchors};
  const auto any = [&](const at::Tensor& flags) {
    return at::zeros(shape, whole).scatter_reduce(2, index, flags.to(at::kLong), "amax").to(at::kBool);
  };
  const at::Tensor learns =
      any(m.choice.object.unsqueeze(1) == at::arange(objects, whole).view({1, objects, 1}));
  const at::Tensor proposed = any(m.proposed), wanted = any(m.choice.wanted());
  const at::Tensor ranks = m.choice.rank();
  const at::Tensor rank =
      at::full(shape, anchors, whole).scatter_reduce(2, index, ranks.masked_fill(ranks < 0, anchors), "amin");
  const at::Tensor cost =
      at::full(shape, kInfinity, m.cost.options()).scatter_reduce(2, index, m.cost, "amin");
  const at::Tensor iou = at::zeros(shape, m.iou.options()).scatter(2, index, m.iou);
  const PairIndex rows = pairIndex((proposed | wanted | learns) & valid.unsqueeze(2));
  const at::Tensor own = rows.pick(learns), takes = own | rows.pick(wanted),
                   member = rows.pickAnchor(m.object) == rows.object;
  const at::Tensor value = rows.pick(cost), place = rows.pick(rank);
  const at::Tensor undefined = at::full_like(value, kNan);
  sink.channel(candidateSpec(), proposed.sum(1));
  sink.pairs(pairSpec(),
             rows.withColumns({value, rows.pick(iou), place.masked_fill(place == anchors, -1),
                               rows.pickObject(m.choice.needed), rows.pick(proposed), takes, own,
                               at::where(takes, own.to(value.scalar_type()), undefined),
                               at::where(own, member.to(value.scalar_type()), undefined), member}));
  const std::vector<ObjectColumnSpec> columns = objectSpecs();
  sink.objects(columns[0], m.choice.needed);
  sink.objects(columns[1], learns.any(2).logical_not());
}

}  // namespace

AssignerEntry yolov7Assigner() {
  AssignerEntry entry;
  entry.name = "yolov7";
  entry.title = "YOLOv7";
  entry.description =
      "Of YOLOv5's candidates, whoever proposed them, each object takes those that cost it least, class and "
      "box together, as "
      "many as its best boxes are good; a candidate that several want goes where it costs least.";
  entry.source = kRule;
  entry.usesPredictions = true;
  entry.params = yoloCellParams();
  entry.params.push_back(
      intParam("yolov7_topk", 10, 1, 1000, "anchors",
               "Of so many largest IoUs the sum says how many candidates the object takes.", kRule));
  entry.params.push_back(
      floatParam("yolov7_iou_weight", 3, 0, 1e4, "1", "Weight of the box in the cost.", kRule));
  entry.params.push_back(
      floatParam("yolov7_cls_weight", 1, 0, 1e4, "1", "Weight of the class in the cost.", kRule));
  entry.params.push_back(ignoreIofParam());
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) {
    return yoloCellConflicts("YOLOv7", heads);
  };
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Assigner>> {
    Options options;
    options.cells = yoloCellOptions(params);
    options.topK = params.getInt("yolov7_topk");
    options.iouWeight = params.getFloat("yolov7_iou_weight");
    options.clsWeight = params.getFloat("yolov7_cls_weight");
    options.ignoreIof = params.getFloat("ignore_iof_thr");
    return std::unique_ptr<Assigner>(std::make_unique<Yolov7>(options));
  };
  return entry;
}

}  // namespace anchorscope
