// YOLOv5's ratio rule: no IoU and no prediction; an object is learnt at the base anchors whose sides are like
// its own, in the cell of its centre and the nearest neighbours. As mmyolo 0.6.0 YOLOv5Head; an anchor may
// learn several objects.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/pair_rows.h"
#include "core/assigners/yolo_cells.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "yolov5.pairs";
constexpr const char* kRule = "YOLOv5; mmyolo 0.6.0 YOLOv5Head";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Yolov5Ratio final : public Assigner {
 public:
  Yolov5Ratio(const YoloCellOptions& options, double ignoreIof) : options_(options), ignoreIof_(ignoreIof) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  void publish(const YoloCells& cells, const at::Tensor& object, const at::Tensor& valid,
               EvidenceSink& sink) const;

  YoloCellOptions options_;
  double ignoreIof_;
};

Assignment Yolov5Ratio::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const at::Tensor boxes = targets.boxes.to(inputs.anchors.boxes.scalar_type());
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1), anchors = inputs.anchors.count();
  const IgnoredRegions ignored =
      ignoredRegions(inputs.anchors, targets, ignoreIof_, /*wrtCandidates=*/true, /*shown=*/false);
  YoloCells cells = yoloCells(inputs.anchors, boxes, targets.valid, options_);
  const auto flat = [&](const at::Tensor& values) { return values.reshape({batch, -1}); };
  if (ignored.inside.defined()) {
    const at::Tensor inside = ignored.inside.gather(1, flat(cells.anchor)).view(cells.anchor.sizes());
    cells.valid = cells.valid & inside.logical_not();
  }
  // Of several objects the first is shown.
  const at::Tensor owner =
      at::arange(objects, cells.anchor.options()).view({1, objects, 1}).expand_as(cells.anchor);
  const at::Tensor first =
      at::full({batch, anchors}, objects, cells.anchor.options())
          .scatter_reduce(1, flat(cells.anchor), flat(owner.masked_fill(cells.valid.logical_not(), objects)),
                          "amin");
  at::Tensor object = at::where(first < objects, first, -1);
  if (ignored.inside.defined()) object = at::where(ignored.inside, -2, object);

  Assignment assignment;
  assignment.clsObject = assignment.regObject = object;
  assignment.regWeight = object.ge(0).to(boxes.scalar_type());
  const at::Tensor image = at::arange(batch, owner.options()).view({batch, 1, 1}).expand_as(owner);
  const at::Tensor weight = cells.valid.reshape({-1}).to(boxes.scalar_type());
  assignment.pairs =
      LearntPairs{{image.reshape({-1}), cells.anchor.reshape({-1}), owner.reshape({-1})}, weight, weight};
  const at::Tensor perObject = cells.valid.sum(2);
  assignment.scalars = {{"yolov5.starved_objects", (targets.valid & (perObject == 0)).sum()},
                        {"yolov5.pairs", perObject.sum()}};
  if (step.sink) publish(cells, object, targets.valid, *step.sink);
  return assignment;
}

const ChannelSpec& countSpec() {
  static const ChannelSpec spec =
      channelOf("yolov5.objects", "Objects", "objects", "Objects that the anchor learns.", kRule,
                ColorScale::kSequential, 0.f);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Base anchors in an object's cells";
  spec.description =
      "Every base anchor in the cell of an object's centre and its near neighbours, on all levels.";
  spec.source = kRule;
  spec.columns = {
      realColumn("ratio", "Ratio", "1",
                 "Largest factor between the sides of the object and of the base anchor."),
      wholeColumn("cell", "Cell", "0 the centre's own cell, 1 left of it, 2 above, 3 right, 4 below."),
      wholeColumn("fits", "Sides alike", "1 when the ratio is below the bound."),
      wholeColumn("is_first", "Shown for it",
                  "1 when no earlier object has the anchor, too; -1: it does not have it."),
      memberColumn("anchor")};
  showMembersFirst(spec, "ratio", Order::kAscending);
  return spec;
}

EvidenceDeclaration Yolov5Ratio::declaration() const {
  EvidenceDeclaration all;
  all.channels = {countSpec()};
  all.pairTables = {pairSpec()};
  DecisionSpec decision;
  decision.pairTable = kPairs;
  decision.absentReason = "the anchor is not in the cell of the object's centre nor in a near neighbour";
  decision.tests = {
      testOfBound("sides alike", "Do the object's sides differ by less than the factor?", "ratio", "<",
                  options_.ratio, "fits"),
      conflict(testOfColumn("shown for",
                            "Is it the object that the anchor is shown for? It learns of all that "
                            "have it.",
                            "", "", "", "is_first"))};
  decision.outcomes = {{"classification", kClsObjectChannel, "", ""},
                       {"regression", kRegObjectChannel, "", ""}};
  all.decisions = {std::move(decision)};
  all.objectColumns = {
      {"yolov5.pairs", "Pairs", "anchors", "Anchors at which the object is learnt.", kRule},
      {kStarvedColumn, "Starved", "", "1 when no base anchor's sides are like the object's.", kOurs}};
  all.scalars = {
      scalarOf("yolov5.starved_objects", "Starved objects", "objects",
               "Objects of the batch that no base anchor is like.", kOurs),
      scalarOf("yolov5.pairs", "Pairs", "pairs", "Pairs of anchor and object that the batch learns.", kRule)};
  return all;
}

void Yolov5Ratio::publish(const YoloCells& cells, const at::Tensor& object, const at::Tensor& valid,
                          EvidenceSink& sink) const {
  const std::int64_t batch = object.size(0), anchors = object.size(1), objects = valid.size(1);
  // An object may meet an anchor twice, where its centre lies on a border: one row.
  const auto spread = [&](const at::Tensor& values, const at::Tensor& start, const char* how) {
    return start.scatter_reduce(2, cells.anchor, values, how);
  };
  const at::TensorOptions whole = cells.anchor.options();
  const std::vector<std::int64_t> shape = {batch, objects, anchors};
  const at::Tensor near = spread(cells.near.to(at::kLong), at::zeros(shape, whole), "amax").to(at::kBool);
  const at::Tensor good = spread(cells.valid.to(at::kLong), at::zeros(shape, whole), "amax").to(at::kBool);
  const at::Tensor cell =
      spread(cells.cell.masked_fill(cells.near.logical_not(), 9), at::full(shape, 9, whole), "amin");
  const at::Tensor ratio = at::zeros(shape, cells.ratio.options()).scatter(2, cells.anchor, cells.ratio);
  const PairIndex rows = pairIndex(near);
  const at::Tensor own = rows.pick(good), member = rows.pickAnchor(object) == rows.object,
                   value = rows.pick(ratio);
  sink.channel(countSpec(), good.sum(1));
  sink.pairs(
      pairSpec(),
      rows.withColumns({value, rows.pick(cell), own,
                        at::where(own, member.to(value.scalar_type()), at::full_like(value, kNan)), member}));
  sink.objects({"yolov5.pairs", "Pairs", "anchors", "Anchors at which the object is learnt.", kRule},
               good.sum(2));
  sink.objects({kStarvedColumn, "Starved", "", "1 when no base anchor's sides are like the object's.", kOurs},
               good.any(2).logical_not());
}

}  // namespace

AssignerEntry yolov5RatioAssigner() {
  AssignerEntry entry;
  entry.name = "yolov5_ratio";
  entry.title = "YOLOv5's ratio rule";
  entry.description =
      "An object is learnt, on every level, at the base anchors whose width and height differ from its own "
      "by less than a "
      "factor, in the cell of its centre and in the neighbours nearest to it. An anchor may learn several "
      "objects.";
  entry.source = kRule;
  entry.orderOfObjects = "An anchor learns of every object that lists it; the first of them is shown.";
  entry.params = yoloCellParams();
  entry.params.push_back(ignoreIofParam());
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) {
    return yoloCellConflicts("YOLOv5's ratio rule", heads);
  };
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Assigner>> {
    return std::unique_ptr<Assigner>(
        std::make_unique<Yolov5Ratio>(yoloCellOptions(params), params.getFloat("ignore_iof_thr")));
  };
  return entry;
}

}  // namespace anchorscope
