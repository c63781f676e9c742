// What SimOTA shows: its declaration and the filling of it.

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/pair_rows.h"
#include "core/assigners/sim_ota.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope::sim_ota {
namespace {

constexpr const char* kPairs = "simota.pairs";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

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
      memberColumn("anchor"),
  };
  showMembersFirst(spec, "cost", Order::kAscending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no candidate: the anchor's centre is neither in the object nor near its centre";
  TestSpec rank = testOfColumn("cheap enough", "Is the anchor among those that cost the object least?",
                               "rank", "<", "needed", "wanted");
  spec.tests = {information(testOfBound("near the centre",
                                        "Is its centre near the object's, in strides? Else, or outside "
                                        "the box, a penalty is added.",
                                        "off_centre", "<", options.radius, "both")),
                rank,
                conflict(testOfColumn("cheapest object", "Does the anchor cost no other object less?", "cost",
                                      "<=", "cheapest", "is_cheapest"))};
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

}  // namespace

EvidenceDeclaration declaration(const Options& options) {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {channels.candidate, channels.cost, channels.wishes};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = {columns.needed, columns.lost, columns.starved};
  all.scalars = {scalarOf("simota.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs),
                 scalarOf("simota.needed", "Anchors that objects take", "anchors",
                          "Sum of what the batch's objects take.", kRule),
                 scalarOf("simota.contested", "Contested anchors", "anchors",
                          "Anchors that more than one object wants.", kOurs)};
  return all;
}

void publish(const Matching& m, const Options& options, const at::Tensor& valid, EvidenceSink& sink) {
  const Channels channels;
  const ObjectColumns columns;
  const std::int64_t objects = valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const at::Tensor member = m.object.unsqueeze(1) == indices;
  const at::Tensor wishes = m.wanted.sum(1);
  sink.channel(channels.candidate, m.candidate);
  sink.channel(channels.cost, m.cheapest.masked_fill(m.candidate.logical_not(), kNan));
  sink.channel(channels.wishes, wishes);

  const at::Tensor near = m.offCentre < options.radius;
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

}  // namespace anchorscope::sim_ota
