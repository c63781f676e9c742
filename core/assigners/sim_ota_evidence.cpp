// What SimOTA shows: its declaration and the filling of it.

#include "core/assigners/assigner.h"
#include "core/assigners/pair_rows.h"
#include "core/assigners/sim_ota.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope::sim_ota {
namespace {

constexpr const char* kPairs = "simota.pairs";

const ChannelSpec& candidateSpec() {
  static const ChannelSpec spec =
      channelOf("simota.candidate", "Candidate", "",
                "1 where the anchor's centre lies in a box or near the centre of an object.", kRule,
                ColorScale::kSequential, 0.f, 1.f);
  return spec;
}

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
  EvidenceDeclaration all;
  all.channels = dynamicKChannels(kPrefix, kRule);
  all.channels.insert(all.channels.begin(), candidateSpec());
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = dynamicKObjectColumns(kPrefix, kRule);
  all.scalars = dynamicKScalars(kPrefix, kRule);
  return all;
}

void publish(const Matching& m, const Options& options, const at::Tensor& valid, EvidenceSink& sink) {
  sink.channel(candidateSpec(), m.candidate);
  const at::Tensor near = m.offCentre < options.radius;
  const at::Tensor own = (m.inBox() | near) & m.candidate.unsqueeze(1) & valid.unsqueeze(2);
  const PairIndex rows = dynamicKRows(own, m.choice, m.object);
  std::vector<at::Tensor> columns = {rows.pick(m.clsCost), rows.pick(m.iou), rows.pick(m.side),
                                     rows.pick(m.offCentre), rows.pick(m.inBox() & near)};
  for (at::Tensor& column : dynamicKValues(rows, m.choice, m.cost, m.object))
    columns.push_back(std::move(column));
  sink.pairs(pairSpec(), rows.withColumns(std::move(columns)));
  publishDynamicK(m.choice, m.candidate, m.object, valid, kPrefix, kRule, sink);
}

}  // namespace anchorscope::sim_ota
