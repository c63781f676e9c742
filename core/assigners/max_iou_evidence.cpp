// What maximum-IoU assignment shows: its declaration and the filling of it.

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/max_iou.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"

namespace anchorscope::max_iou {
namespace {

constexpr const char* kPairs = "max_iou.pairs";
constexpr const char* kOurs = "Ours";

struct Channels {
  ChannelSpec secondIou =
      channelOf("max_iou.second_iou", "Second best IoU", "1",
                "IoU of the anchor with its second best object; near the best one, the anchor is contested.",
                kOurs, ColorScale::kSequential, 0.f, 1.f);
  ChannelSpec margin = channelOf("max_iou.margin", "Distance to the positive threshold", "1",
                                 "Best IoU minus the positive threshold: 0 and above is a regular positive.",
                                 kOurs, ColorScale::kDiverging, {}, {}, Sense::kHigherIsBetter);
  ChannelSpec rescued =
      channelOf("max_iou.rescued", "Low-quality rescue", "1",
                "1: positive only because it is an object's best anchor; 2: taken from the object it had; "
                "0: not touched by the rescue.",
                kOurs, ColorScale::kSequential, 0.f, 2.f);
};

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Anchors that overlap an object";
  spec.description =
      "Every pair of anchor and object with an IoU above 0, and every anchor given to an object.";
  spec.source = kRule;
  spec.columns = {
      realColumn("iou", "IoU", "1", "IoU of the anchor with this object."),
      realColumn("best_iou", "Anchor's best IoU", "1", "IoU of the anchor with its best object."),
      wholeColumn("best_object", "Anchor's best object",
                  "Index of the object the anchor overlaps most (ties: smaller index)."),
      realColumn("object_best_iou", "Object's best IoU", "1", "Largest IoU any anchor has with this object."),
      ignoredShareColumn(),
      wholeColumn("overlaps", "Overlaps", "1 when the IoU is above 0."),
      outsideIgnoredColumn(),
      wholeColumn("is_best", "Is the anchor's best",
                  "1 when the anchor goes to this object of those that take it, or, where it does not, "
                  "overlaps no other more."),
      wholeColumn("above_positive", "Reaches the positive threshold",
                  "1 when the IoU reaches the positive threshold."),
      wholeColumn("claimed", "Claimed by the rescue",
                  "1 when the anchor ties this object's best IoU; -1: the rescue is not needed or off."),
      wholeColumn("positive", "Positive for it",
                  "1 when the IoU reaches the positive threshold or the rescue takes the anchor."),
      wholeColumn("rescued", "Below the threshold", "1 when it is positive without reaching the threshold."),
      memberColumn("anchor"),
  };
  showMembersFirst(spec, "iou", Order::kDescending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no overlap: the anchor does not touch the object";
  // An object that no anchor overlaps claims anchors that do not touch it.
  spec.tests.push_back(
      information(testOfBound("overlap", "Does the anchor overlap the object?", "iou", ">", 0, "overlaps")));
  if (options.ignoreIof > 0) spec.tests.push_back(ignoredRegionTest(options.ignoreIof));
  if (options.lowQuality)
    spec.tests.push_back(information(testOfColumn(
        "low-quality rescue",
        options.mmdet ? "Is the anchor the object's best one, so that the object takes it at any IoU?"
                      : "Is the anchor the object's best one, so that it is positive at any IoU (for the "
                        "object it overlaps most)?",
        "iou", "=", "object_best_iou", "claimed")));
  TestSpec threshold = testOfBound("positive threshold", "Does the IoU reach the positive threshold?", "iou",
                                   ">=", options.positive, "positive");
  threshold.noteColumn = "rescued";
  threshold.note = "below it: taken as the best anchor of an object";
  spec.tests.push_back(threshold);
  TestSpec best = conflict(testOfColumn("best object", "Is this the object the anchor overlaps most?", "iou",
                                        ">=", "best_iou", "is_best"));
  if (options.mmdet) {
    best.noteColumn = "claimed";
    best.note = "the object's best anchor: of several such objects the last one has it";
  }
  spec.tests.push_back(best);
  spec.outcomes = {{"classification", kClsObjectChannel, "iou", ""},
                   {"regression", kRegObjectChannel, "iou", ""}};
  return spec;
}

const ObjectColumnSpec kBestIouColumn{"max_iou.best_iou", "Best anchor IoU", "1",
                                      "Largest IoU any anchor has with the object.", kOurs};
const ObjectColumnSpec kStarvedSpec{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.",
                                    kOurs};

}  // namespace

EvidenceDeclaration declaration(const Options& options) {
  const Channels c;
  EvidenceDeclaration all;
  all.channels = {c.secondIou, c.margin, c.rescued};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = {kBestIouColumn, kStarvedSpec};
  all.scalars = {scalarOf("max_iou.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs)};
  return all;
}

void publish(const Matching& m, const Options& options, const AnchorSet& anchors, const DenseTargets& targets,
             EvidenceSink& sink) {
  const std::int64_t objects = m.valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const at::Tensor isBestObject = m.bestObject.unsqueeze(1) == indices;
  const Channels channels;
  sink.channel(channels.secondIou, m.overlaps.masked_fill(isBestObject, -1).amax(1).clamp_min(0));
  sink.channel(channels.margin, m.maxIou.clamp_min(0) - options.positive);
  const at::Tensor rescued = at::where(m.object == m.beforeRescue, 0, at::where(m.beforeRescue >= 0, 2, 1));
  sink.channel(channels.rescued, rescued);

  // The table also tells of anchors in ignored regions, with the IoU they would have had.
  const at::Tensor overlaps = options.ignoreIof > 0
                                  ? pairwiseIou(targets.boxes.to(anchors.boxes.scalar_type()), anchors.boxes)
                                        .masked_fill_(m.valid.logical_not().unsqueeze(2), -1)
                                  : m.overlaps;
  const auto [best, bestObject] = overlaps.max(1);
  const at::Tensor assigned = m.object.unsqueeze(1) == indices;
  const PairIndex rows = pairIndex(((overlaps > 0) | assigned) & m.valid.unsqueeze(2));
  const at::Tensor iou = rows.pick(overlaps), bestIou = rows.pickAnchor(best);
  const at::Tensor bestOfAnchor = rows.pickAnchor(bestObject);
  const at::Tensor above = iou >= options.positive;
  const at::Tensor ofBest = bestOfAnchor == rows.object, member = rows.pick(assigned);
  at::Tensor claimed = at::full_like(iou, std::numeric_limits<double>::quiet_NaN()), positive = above;
  if (options.lowQuality) {
    const at::Tensor claims = rows.pick(m.claims);
    claimed = at::where(above & ofBest, claimed, claims.to(iou.scalar_type()));
    // torchvision makes an anchor that any object claims positive for the one it overlaps most.
    positive = above | claims;
    if (!options.mmdet) positive = positive | (ofBest & rows.pickAnchor(m.claims.any(1)));
  }
  const at::Tensor isBest = options.mmdet ? at::where(positive, member, ofBest) : ofBest;
  const at::Tensor outsideIgnored =
      m.ignored.inside.defined() ? rows.pickAnchor(m.ignored.inside).logical_not() : at::ones_like(above);
  sink.pairs(pairSpec(),
             rows.withColumns({iou, bestIou, bestOfAnchor, rows.pickObject(m.objectBest),
                               rows.pickAnchor(m.ignored.share), iou > 0, outsideIgnored, isBest, above,
                               claimed, positive, positive & above.logical_not(), member}));
  sink.objects(kBestIouColumn, m.objectBest.clamp_min(0));
  sink.objects(kStarvedSpec, assigned.any(2).logical_not());
}

}  // namespace anchorscope::max_iou
