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
      realColumn("cls_cost", "Class cost", "nat",
                 "Binary cross entropy of the anchor's scores, if it learned the object's class."),
      realColumn("iou", "Predicted IoU", "1", "IoU of the anchor's predicted box with the object.",
                 ColorScale::kRegression),
      realColumn("side", "Centre to side", "px",
                 "Distance of the anchor's centre to the nearest side of the object, below 0 outside."),
      realColumn("off_centre", "Off centre", "strides",
                 "Larger of the distances to the object's centre on both axes."),
      wholeColumn(
          "both", "In box and near centre",
          "1 when the centre lies in the box and near its centre; else a penalty of 100,000 is added."),
  };
  for (ColumnSpec& column : dynamicKColumns())
    spec.columns.push_back(std::move(column));
  showMembersFirst(spec, "cost", Order::kAscending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no candidate: the anchor's centre is neither in the object nor near its centre";
  spec.tests = dynamicKTests();
  spec.tests.insert(spec.tests.begin(),
                    information(testOfBound(
                        "near the centre",
                        "Is its centre near the object's, in strides? Else, or outside the box, a penalty is "
                        "added.",
                        "off_centre", "<", options.radius, "both")));
  spec.outcomes = dynamicKOutcomes();
  return spec;
}

}  // namespace

EvidenceDeclaration declaration(const Options& options) {
  const Channels channels;
  EvidenceDeclaration all;
  all.channels = {channels.candidate, channels.cost, channels.wishes};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = dynamicKObjectColumns(kPrefix, kRule);
  all.scalars = dynamicKScalars(kPrefix, kRule);
  return all;
}

void publish(const Matching& m, const Options& options, const at::Tensor& valid, EvidenceSink& sink) {
  const Channels channels;
  const at::Tensor wishes = m.choice.wanted.sum(1);
  sink.channel(channels.candidate, m.candidate);
  sink.channel(channels.cost, m.choice.cheapest.masked_fill(m.candidate.logical_not(), kNan));
  sink.channel(channels.wishes, wishes);

  const at::Tensor near = m.offCentre < options.radius;
  const at::Tensor own = (m.inBox() | near) & m.candidate.unsqueeze(1) & valid.unsqueeze(2);
  const std::int64_t objects = valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const PairIndex rows = pairIndex(own | m.choice.wanted | (m.object.unsqueeze(1) == indices));
  std::vector<at::Tensor> columns = {rows.pick(m.clsCost), rows.pick(m.iou), rows.pick(m.side),
                                     rows.pick(m.offCentre), rows.pick(m.inBox() & near)};
  for (at::Tensor& column : dynamicKValues(rows, m.choice, m.cost, m.object))
    columns.push_back(std::move(column));
  sink.pairs(pairSpec(), rows.withColumns(std::move(columns)));
  publishDynamicKObjects(m.choice, m.object, valid, kPrefix, kRule, sink);
}

}  // namespace anchorscope::sim_ota
