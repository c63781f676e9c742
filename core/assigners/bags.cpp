// Bags for losses that weigh candidates themselves: the anchors that overlap an object most (FreeAnchor), or
// all points inside it (AutoAssign, dual weighting). A candidate may be in several bags and learns of each;
// as its object the one is shown that it overlaps most, or the smallest.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {
namespace {

constexpr const char* kOurs = "Ours";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// How the bags of one kind are told of.
struct Story {
  const char* prefix;   ///< Of names: "iou_bag".
  const char* rule;     ///< The source.
  const char* measure;  ///< The column by which pairs compete.
  ColumnSpec column;    ///< That column,
  Order order;          ///< of which this end is shown and wins.
  TestSpec member;      ///< What a candidate must pass to be in the bag; reads "in_bag".
  const char* absentReason;
};

class BagAssigner : public Assigner {
 public:
  BagAssigner(Story story, double ignoreIof) : story_(std::move(story)), ignoreIof_(ignoreIof) {}

  EvidenceDeclaration declaration() const override {
    const std::string prefix = story_.prefix;
    EvidenceDeclaration all;
    all.channels = {bagsSpec()};
    all.pairTables = {pairSpec()};
    DecisionSpec decision;
    decision.pairTable = prefix + ".pairs";
    decision.absentReason = story_.absentReason;
    decision.tests = {
        story_.member,
        conflict(testOfColumn("shown for",
                              "Is it the object that the anchor is shown for? It learns of all whose bag it "
                              "is in.",
                              story_.measure, story_.order == Order::kDescending ? ">=" : "<=", "best",
                              "is_best"))};
    decision.outcomes = {{"classification", kClsObjectChannel, "", ""},
                         {"regression", kRegObjectChannel, "", ""}};
    all.decisions = {std::move(decision)};
    all.objectColumns = {sizeSpec(), starvedSpec()};
    all.scalars = {scalarOf(prefix + ".starved_objects", "Starved objects", "objects",
                            "Objects of the batch whose bag is empty.", kOurs),
                   scalarOf(prefix + ".shared", "Anchors in several bags", "anchors",
                            "Anchors of the batch that are in more than one bag.", kOurs)};
    return all;
  }

  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override {
    const c10::NoGradGuard noGrad;
    const DenseTargets targets = withPadding(inputs.targets);
    const at::Tensor boxes = targets.boxes.to(inputs.anchors.boxes.scalar_type());
    const IgnoredRegions ignored =
        ignoredRegions(inputs.anchors, targets, ignoreIof_, /*wrtCandidates=*/true, /*shown=*/false);
    Bags bags = fill(inputs.anchors, boxes, targets.valid);
    bags.in = bags.in & targets.valid.unsqueeze(2);
    if (ignored.inside.defined()) bags.in = bags.in & ignored.inside.logical_not().unsqueeze(1);

    const bool largest = story_.order == Order::kDescending;
    const at::Tensor none = at::full({}, largest ? -kInfinity : kInfinity, bags.measure.options());
    const at::Tensor compared = at::where(bags.in, bags.measure, none);
    const auto [best, first] = largest ? compared.max(1) : compared.min(1);  // the first of equals
    const at::Tensor count = bags.in.sum(1);
    Assignment assignment;
    at::Tensor object = at::where(count > 0, first, -1);
    if (ignored.inside.defined()) object = at::where(ignored.inside, -2, object);
    assignment.clsObject = assignment.regObject = object;
    assignment.regWeight = object.ge(0).to(boxes.scalar_type());
    assignment.pairs = LearntPairs{pairsWhere(bags.in), {}, {}};
    const at::Tensor size = bags.in.sum(2);
    assignment.scalars = {
        {std::string(story_.prefix) + ".starved_objects", (targets.valid & (size == 0)).sum()},
        {std::string(story_.prefix) + ".shared", (count > 1).sum()}};
    if (step.sink) {
      const at::Tensor isBest =
          first.unsqueeze(1) == at::arange(boxes.size(1), object.options()).view({1, -1, 1});
      const PairIndex rows = pairIndex(bags.in);
      const at::Tensor own = rows.pick(bags.measure);
      step.sink->channel(bagsSpec(), count);
      step.sink->pairs(pairSpec(),
                       rows.withColumns({own, rows.pickAnchor(best), at::ones_like(rows.object),
                                         rows.pick(isBest), rows.pickAnchor(object) == rows.object}));
      step.sink->objects(sizeSpec(), size);
      step.sink->objects(starvedSpec(), size == 0);
    }
    return assignment;
  }

 protected:
  struct Bags {
    at::Tensor in;       ///< [B,G,N] bool
    at::Tensor measure;  ///< [B,G,N] or broadcasting: what objects compete with.
  };
  /// valid: [B,G], of boxes [B,G,4].
  virtual Bags fill(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor& valid) const = 0;

 private:
  ChannelSpec bagsSpec() const {
    return channelOf(std::string(story_.prefix) + ".bags", "Bags", "", "Number of bags the anchor is in.",
                     kOurs, ColorScale::kSequential, 0.f);
  }
  ObjectColumnSpec sizeSpec() const {
    return {std::string(story_.prefix) + ".bag_size", "Bag size", "anchors", "Anchors in the object's bag.",
            story_.rule};
  }
  ObjectColumnSpec starvedSpec() const {
    return {kStarvedColumn, "Starved", "", "1 when the object's bag is empty.", kOurs};
  }
  PairTableSpec pairSpec() const {
    PairTableSpec spec;
    spec.name = std::string(story_.prefix) + ".pairs";
    spec.title = "Bags";
    spec.description = "The anchors in each object's bag.";
    spec.source = story_.rule;
    spec.columns = {story_.column,
                    realColumn("best", "Of the anchor's object", story_.column.unit,
                               "The same of the object it is shown for."),
                    wholeColumn("in_bag", "In the bag", "1: all pairs of this table are."),
                    wholeColumn("is_best", "Shown for it",
                                "1 when no other object whose bag the anchor is in comes before."),
                    memberColumn("anchor")};
    showMembersFirst(spec, story_.measure, story_.order);
    return spec;
  }

  Story story_;
  double ignoreIof_;
};

class IouBag final : public BagAssigner {
 public:
  IouBag(std::int64_t size, double ignoreIof)
      : BagAssigner({"iou_bag", "FreeAnchor (NeurIPS 2019); mmdet 3.3.0 FreeAnchorRetinaHead", "iou",
                     realColumn("iou", "IoU", "1", "IoU of the anchor with the object."), Order::kDescending,
                     testOfColumn("in the bag", "Is the anchor among those that overlap the object most?", "",
                                  "", "", "in_bag"),
                     "others overlap the object more"},
                    ignoreIof),
        size_(size) {}

 protected:
  Bags fill(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor&) const override {
    Bags bags;
    bags.measure = pairwiseIou(boxes, anchors.boxes);
    const at::Tensor taken = std::get<1>(bags.measure.topk(std::min(size_, anchors.count()), 2));
    bags.in = at::zeros_like(bags.measure, at::kBool).scatter_(2, taken, true) & (bags.measure > 0);
    return bags;
  }

 private:
  std::int64_t size_;
};

class InsideBag final : public BagAssigner {
 public:
  explicit InsideBag(double ignoreIof)
      : BagAssigner({"inside", "AutoAssign (2020), DW (CVPR 2022); mmdet 3.3.0 AutoAssignHead", "area",
                     realColumn("area", "Area", "px^2", "The object's area."), Order::kAscending,
                     testOfColumn("in the bag", "Does the anchor's centre lie inside the object?", "", "", "",
                                  "in_bag"),
                     "outside: the anchor's centre does not lie inside the object"},
                    ignoreIof) {}

 protected:
  Bags fill(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor&) const override {
    Bags bags;
    bags.in =
        sideDistances(middle(anchors.boxes, 0), middle(anchors.boxes, 1), boxes.unsqueeze(2)).smallest() > 0;
    const at::Tensor area =
        (boxes.select(2, 2) - boxes.select(2, 0)) * (boxes.select(2, 3) - boxes.select(2, 1));
    bags.measure = area.unsqueeze(2).expand_as(bags.in);
    return bags;
  }
};

}  // namespace

AssignerEntry iouBagAssigner() {
  AssignerEntry entry;
  entry.name = "iou_bag";
  entry.title = "Bag by IoU";
  entry.description =
      "An object's bag holds the anchors that overlap it most, for a loss that weighs them. Ours: none that "
      "does "
      "not overlap it (mmdet fills up the bag).";
  entry.source = "FreeAnchor (NeurIPS 2019); mmdet 3.3.0 FreeAnchorRetinaHead";
  entry.listsPairs = true;
  entry.params = {intParam("bag_size", 50, 1, 10000, "anchors", "Anchors in a bag.", entry.source),
                  ignoreIofParam()};
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points) return {};
    return {{"assigner", "Bags by IoU are of anchor boxes, and the model has points without boxes",
             "Choose another assigner, or a model with anchor boxes"}};
  };
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Assigner>> {
    return std::unique_ptr<Assigner>(
        std::make_unique<IouBag>(params.getInt("bag_size"), params.getFloat("ignore_iof_thr")));
  };
  return entry;
}

AssignerEntry insideBagAssigner() {
  AssignerEntry entry;
  entry.name = "inside";
  entry.title = "All inside";
  entry.description = "An object's bag holds every anchor, of all levels, whose centre lies inside it.";
  entry.source = "AutoAssign (Zhu et al., 2020); mmdet 3.3.0 AutoAssignHead";
  entry.listsPairs = true;
  entry.params = {ignoreIofParam()};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Assigner>> {
    return std::unique_ptr<Assigner>(std::make_unique<InsideBag>(params.getFloat("ignore_iof_thr")));
  };
  return entry;
}

}  // namespace anchorscope
