// Maximum-IoU assignment: an anchor learns the object it overlaps most, if it overlaps it enough.
// RetinaNet's rule (Lin et al., ICCV 2017) in the conventions of mmdet 3.3.0 (MaxIoUAssigner) and torchvision
// 0.26.0 (Matcher), which differ in what the low-quality rescue gives an anchor to.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/ops/box_similarity.h"
#include "core/parts/evidence_specs.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "max_iou.pairs";
constexpr const char* kOurs = "Ours";
constexpr const char* kRule = "RetinaNet (ICCV 2017); mmdet 3.3.0 MaxIoUAssigner, torchvision 0.26.0 Matcher";

struct Options {
  bool mmdet = false;
  bool lowQuality = true;
  double positive = 0.5, negative = 0.4, minPositive = 0;
  double ignoreIof = -1;
  bool ignoreWrtCandidates = true;
};

/// Everything the rule computes, dense over objects; the evidence reads it, training only the last three.
struct Matching {
  at::Tensor
      overlaps;      ///< [B,G,N] IoU of object and anchor; -1 for padding and for anchors in ignored regions.
  at::Tensor valid;  ///< [B,G] bool
  IgnoredRegions ignored;
  at::Tensor maxIou;        ///< [B,N]; 0 without objects, -1 in an ignored region.
  at::Tensor bestObject;    ///< [B,N] smallest index among the objects that reach maxIou.
  at::Tensor objectBest;    ///< [B,G] best IoU of the object over anchors.
  at::Tensor claims;        ///< [B,G,N] bool: low-quality claims.
  at::Tensor beforeRescue;  ///< [B,N] int64
  at::Tensor object;        ///< [B,N] int64: -1 background, -2 ignored.
};

class MaxIouAssigner final : public Assigner {
 public:
  explicit MaxIouAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  Matching match(const AnchorSet& anchors, const DenseTargets& targets, bool shown) const;
  void publish(const Matching& matching, const AnchorSet& anchors, const DenseTargets& targets,
               EvidenceSink& sink) const;

  Options options_;
};

Matching MaxIouAssigner::match(const AnchorSet& anchors, const DenseTargets& given, bool shown) const {
  const DenseTargets targets = withPadding(given);
  const std::int64_t objects = targets.maxObjects();
  Matching m;
  m.valid = targets.valid;
  m.overlaps = pairwiseIou(targets.boxes.to(anchors.boxes.scalar_type()), anchors.boxes)
                   .masked_fill_(targets.valid.logical_not().unsqueeze(2), -1);
  const at::Tensor anyObject = targets.valid.any(1, true);  // [B,1]

  m.ignored = ignoredRegions(anchors, targets, options_.ignoreIof, options_.ignoreWrtCandidates, shown);
  const at::Tensor& inIgnored = m.ignored.inside;
  if (inIgnored.defined()) m.overlaps.masked_fill_(inIgnored.unsqueeze(1), -1);

  const auto [best, bestObject] = m.overlaps.max(1);  // the first of equals
  m.bestObject = bestObject;
  m.maxIou = at::where(anyObject, best, at::zeros_like(best));
  if (inIgnored.defined()) m.maxIou.masked_fill_(inIgnored, -1);

  const at::Tensor background = at::full({}, -1, targets.labels.options());
  const at::Tensor ignored = at::full({}, -2, targets.labels.options());
  // Without objects all of an image is background, whatever the threshold.
  const at::Tensor isBackground =
      (m.maxIou >= 0) & ((m.maxIou < options_.negative) | anyObject.logical_not());
  const at::Tensor isPositive = (m.maxIou >= options_.positive) & anyObject;
  m.beforeRescue = at::where(isPositive, m.bestObject, at::where(isBackground, background, ignored));
  m.objectBest = anchors.count() > 0 ? m.overlaps.amax(2) : at::full_like(m.valid, -1, m.overlaps.options());
  m.object = m.beforeRescue;
  if (!options_.lowQuality) return m;

  // Every anchor tied at an object's best IoU is claimed, also at IoU 0: both references do so.
  constexpr double kUnreachable = 2;  // no IoU equals it
  const double least = options_.mmdet ? options_.minPositive : 0;
  m.claims = m.overlaps == m.objectBest.masked_fill(m.objectBest < least, kUnreachable).unsqueeze(2);
  if (options_.mmdet) {
    const auto [claimed, fromLast] = m.claims.flip(1).max(1);  // the later object wins
    m.object = at::where(claimed, objects - 1 - fromLast, m.beforeRescue);
  } else {
    m.object = at::where(m.claims.any(1), m.bestObject, m.beforeRescue);
  }
  return m;
}

Assignment MaxIouAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const AnchorSet& anchors = inputs.anchors;
  const DenseTargets& targets = inputs.targets;
  const c10::NoGradGuard noGrad;
  const Matching matching = match(anchors, targets, step.sink != nullptr);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = matching.object;
  assignment.regWeight = matching.object.ge(0).to(anchors.boxes.scalar_type());
  assignment.scalars.push_back({"max_iou.starved_objects", starvedCount(matching.object, matching.valid)});
  if (step.sink) publish(matching, anchors, withPadding(targets), *step.sink);
  return assignment;
}

// ---- evidence --------------------------------------------------------------------------------------------

ChannelSpec channelSpec(std::string name, std::string title, std::string description, Sense sense,
                        ColorScale scale = ColorScale::kSequential) {
  return channelOf(std::move(name), std::move(title), "1", std::move(description), kOurs, scale, {}, {},
                   sense);
}

ChannelSpec secondIouSpec() {
  ChannelSpec spec = channelSpec(
      "max_iou.second_iou", "Second best IoU",
      "IoU of the anchor with its second best object; near the best one, the anchor is contested.",
      Sense::kNeutral);
  spec.min = 0.f;
  spec.max = 1.f;
  return spec;
}

ChannelSpec marginSpec() {
  return channelSpec("max_iou.margin", "Distance to the positive threshold",
                     "Best IoU minus the positive threshold: 0 and above is a regular positive.",
                     Sense::kHigherIsBetter, ColorScale::kDiverging);
}

ChannelSpec rescuedSpec() {
  ChannelSpec spec =
      channelSpec("max_iou.rescued", "Low-quality rescue",
                  "1: positive only because it is an object's best anchor; 2: taken from the object it had; "
                  "0: not touched by the rescue.",
                  Sense::kNeutral);
  spec.min = 0.f;
  spec.max = 2.f;
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Anchors that overlap an object";
  spec.description =
      "Every pair of anchor and object with an IoU above 0, and every anchor given to an object.";
  spec.source = kRule;
  spec.columns = {
      {"iou", "IoU", "1", "IoU of the anchor with this object.", false, ColorScale::kSequential},
      {"best_iou", "Anchor's best IoU", "1", "IoU of the anchor with its best object.", false,
       ColorScale::kSequential},
      {"best_object", "Anchor's best object", "",
       "Index of the object the anchor overlaps most (ties: smaller index).", true, ColorScale::kSequential},
      {"object_best_iou", "Object's best IoU", "1", "Largest IoU any anchor has with this object.", false,
       ColorScale::kSequential},
      ignoredShareColumn(),
      {"overlaps", "Overlaps", "", "1 when the IoU is above 0.", true, ColorScale::kSequential},
      outsideIgnoredColumn(),
      {"is_best", "Is the anchor's best", "", "1 when no other object overlaps the anchor more.", true,
       ColorScale::kSequential},
      {"above_positive", "Reaches the positive threshold", "",
       "1 when the IoU reaches the positive threshold.", true, ColorScale::kSequential},
      {"claimed", "Claimed by the rescue", "",
       "1 when the anchor ties this object's best IoU; -1: the rescue is not needed or off.", true,
       ColorScale::kSequential},
      {"member", "Positive", "", "1 when the anchor trains on this object.", true, ColorScale::kSequential},
  };
  spec.memberColumn = "member";
  spec.sortColumn = "iou";
  spec.sortDescending = true;
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no overlap: the anchor does not touch the object";
  spec.tests.push_back(
      testOfBound("overlap", "Does the anchor overlap the object?", "iou", ">", 0, "overlaps"));
  if (options.ignoreIof > 0) spec.tests.push_back(ignoredRegionTest(options.ignoreIof));
  spec.tests.push_back(testOfColumn("best object", "Is this the object the anchor overlaps most?", "iou",
                                    ">=", "best_iou", "is_best"));
  spec.tests.push_back(testOfBound("positive threshold", "Does the IoU reach the positive threshold?", "iou",
                                   ">=", options.positive, "above_positive"));
  if (options.lowQuality)
    spec.tests.push_back(testOfColumn(
        "low-quality rescue",
        options.mmdet ? "Is the anchor the object's best one, so that the object takes it at any IoU?"
                      : "Is the anchor the object's best one, so that it is positive at any IoU (for the "
                        "object it overlaps most)?",
        "iou", "=", "object_best_iou", "claimed"));
  spec.outcomes = {{"classification", kClsObjectChannel, "iou", ""},
                   {"regression", kRegObjectChannel, "iou", ""}};
  return spec;
}

const ObjectColumnSpec kBestIouColumn{"max_iou.best_iou", "Best anchor IoU", "1",
                                      "Largest IoU any anchor has with the object.", kOurs};
const ObjectColumnSpec kStarvedSpec{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.",
                                    kOurs};

EvidenceDeclaration MaxIouAssigner::declaration() const {
  EvidenceDeclaration declaration;
  declaration.channels = {secondIouSpec(), marginSpec(), rescuedSpec()};
  declaration.pairTables = {pairSpec()};
  declaration.decisions = {decisionSpec(options_)};
  declaration.objectColumns = {kBestIouColumn, kStarvedSpec};
  declaration.scalars = {{"max_iou.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs, ColorScale::kSequential}};
  return declaration;
}

void MaxIouAssigner::publish(const Matching& m, const AnchorSet& anchors, const DenseTargets& targets,
                             EvidenceSink& sink) const {
  const std::int64_t objects = m.valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const at::Tensor isBestObject = m.bestObject.unsqueeze(1) == indices;
  sink.channel(secondIouSpec(), m.overlaps.masked_fill(isBestObject, -1).amax(1).clamp_min(0));
  sink.channel(marginSpec(), m.maxIou.clamp_min(0) - options_.positive);
  const at::Tensor rescued = at::where(m.object == m.beforeRescue, 0, at::where(m.beforeRescue >= 0, 2, 1));
  sink.channel(rescuedSpec(), rescued);

  // The table also tells of anchors in ignored regions, with the IoU they would have had.
  const at::Tensor overlaps = options_.ignoreIof > 0
                                  ? pairwiseIou(targets.boxes.to(anchors.boxes.scalar_type()), anchors.boxes)
                                        .masked_fill_(m.valid.logical_not().unsqueeze(2), -1)
                                  : m.overlaps;
  const auto [best, bestObject] = overlaps.max(1);
  const at::Tensor assigned = m.object.unsqueeze(1) == indices;
  const PairIndex rows = pairIndex(((overlaps > 0) | assigned) & m.valid.unsqueeze(2));
  const at::Tensor iou = rows.pick(overlaps), bestIou = rows.pickAnchor(best);
  const at::Tensor bestOfAnchor = rows.pickAnchor(bestObject);
  const at::Tensor above = iou >= options_.positive;
  at::Tensor claimed = at::full_like(iou, std::numeric_limits<double>::quiet_NaN());
  if (options_.lowQuality) {
    const at::Tensor regular = above & (bestOfAnchor == rows.object);
    claimed = at::where(regular, claimed, rows.pick(m.claims).to(iou.scalar_type()));
  }
  const at::Tensor outsideIgnored =
      m.ignored.inside.defined() ? rows.pickAnchor(m.ignored.inside).logical_not() : at::ones_like(above);
  sink.pairs(pairSpec(), rows.withColumns({iou, bestIou, bestOfAnchor, rows.pickObject(m.objectBest),
                                           rows.pickAnchor(m.ignored.share), iou > 0, outsideIgnored,
                                           iou >= bestIou, above, claimed, rows.pick(assigned)}));
  sink.objects(kBestIouColumn, m.objectBest.clamp_min(0));
  sink.objects(kStarvedSpec, assigned.any(2).logical_not());
}

Result<std::unique_ptr<Assigner>> makeMaxIou(const ParamSet& params) {
  Options options;
  options.mmdet = params.getText("convention") == "mmdet";
  options.lowQuality = params.getBool("low_quality");
  options.positive = params.getFloat("pos_iou_thr");
  options.negative = params.getFloat("neg_iou_thr");
  options.minPositive = params.getFloat("min_pos_iou");
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  options.ignoreWrtCandidates = params.getBool("ignore_wrt_candidates");
  if (options.negative > options.positive)
    return makeError(ErrorCode::kUsage,
                     concat("neg_iou_thr ", options.negative, " is above pos_iou_thr ", options.positive),
                     "Give a negative threshold that is not above the positive one");
  return std::unique_ptr<Assigner>(std::make_unique<MaxIouAssigner>(options));
}

}  // namespace

AssignerEntry maxIouAssigner() {
  AssignerEntry entry;
  entry.name = "max_iou";
  entry.title = "Maximum IoU";
  entry.description =
      "An anchor trains on the object it overlaps most: positive from pos_iou_thr on, background below "
      "neg_iou_thr, "
      "ignored in between. An object that no anchor reaches may still take its best anchors (low_quality).";
  entry.source = kRule;
  entry.params = {
      choiceParam("convention", "torchvision", {"torchvision", "mmdet"},
                  "Whose low-quality rule: mmdet gives an anchor that ties an object's best IoU to that "
                  "object (the later "
                  "object wins), torchvision makes it positive for the object it overlaps most.",
                  "torchvision 0.26.0 Matcher; mmdet 3.3.0 MaxIoUAssigner"),
      floatParam("pos_iou_thr", 0.5, 0, 1, "1", "An anchor is positive when its best IoU is at least this.",
                 "RetinaNet (ICCV 2017)"),
      floatParam("neg_iou_thr", 0.4, 0, 1, "1", "An anchor is background when its best IoU is below this.",
                 "RetinaNet (ICCV 2017)"),
      boolParam("low_quality", true,
                "Also make each object's best anchors positive, however small their IoU.",
                "torchvision and mmdet RetinaNet configurations"),
      floatParam("min_pos_iou", 0, 0, 1, "1",
                 "The rescue needs at least this IoU (convention mmdet only; at 0 an object that overlaps "
                 "nothing claims "
                 "every anchor that does not touch it).",
                 "mmdet 3.3.0 RetinaNet configuration"),
      ignoreIofParam(),
      boolParam("ignore_wrt_candidates", true,
                "Measure that share by the anchor's area; off: by the region's.",
                "mmdet 3.3.0 MaxIoUAssigner"),
  };
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points) return {};
    return {{"assigner", "Maximum IoU measures anchor boxes, and the model has points without boxes",
             "Choose one for points (assigner or method fcos, method musu), or a model with anchor boxes"}};
  };
  entry.make = makeMaxIou;
  return entry;
}

}  // namespace anchorscope
