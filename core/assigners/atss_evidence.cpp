// What ATSS shows: its declaration and the filling of it.

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/atss.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"

namespace anchorscope::atss {
namespace {

constexpr const char* kPairs = "atss.pairs";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Channels {
  ChannelSpec iou = channelOf("atss.iou", "IoU with its object", "1",
                              "IoU of the anchor with the object it learns; undefined for background.", kRule,
                              ColorScale::kRegression, 0.f, 1.f, Sense::kHigherIsBetter);
  ChannelSpec candidacies =
      channelOf("atss.candidacies", "Objects it is near to", "objects",
                "Objects of which the anchor is a candidate: among the nearest of its level.", kRule,
                ColorScale::kSequential, 0.f);
  ChannelSpec margin =
      channelOf("atss.margin", "Distance to the threshold", "1",
                "IoU minus the object's threshold, for the object where it is largest; undefined where the "
                "anchor is no candidate.",
                kOurs, ColorScale::kDiverging, {}, {}, Sense::kHigherIsBetter);
};

PairTableSpec pairSpec() {
  const CandidateTable table(kPairs, kRule, 0);
  PairTableSpec spec = table.spec;
  spec.columns = {
      realColumn("iou", "IoU", "1", "IoU of the anchor with the object.", ColorScale::kRegression),
      realColumn("mean", "Mean IoU", "1", "Mean IoU of the object's candidates."),
      realColumn("deviation", "Deviation", "1",
                 "Standard deviation (n - 1) of the candidates' IoUs; undefined for a single candidate."),
      realColumn("threshold", "Threshold", "1",
                 "IoU that a positive needs: mean + deviation; undefined for a single candidate."),
      realColumn("margin", "IoU - threshold", "1", "How far the IoU is above (or below) the threshold.",
                 ColorScale::kDiverging),
      table.distance,
      table.rank,
      table.centerMargin,
      realColumn("best_iou", "Anchor's best IoU", "1",
                 "Largest IoU of the anchor with an object that wants it; undefined (-1) without one."),
      wholeColumn("winner", "Goes to", "Index of the object that the anchor learns; -1: none."),
      table.candidate,
      wholeColumn("reaches", "Reaches the threshold", "1 when the IoU reaches the threshold."),
      table.noThreshold,
      table.inside,
      wholeColumn("is_best", "Is the anchor's best",
                  "1 when no other object that wants the anchor has a larger IoU; -1: the object does not "
                  "want it."),
      memberColumn("anchor"),
  };
  showMembersFirst(spec, "iou", Order::kDescending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason =
      options.ignoreIof > 0
          ? "no candidate: other anchors of its level are nearer to the object, or it is in a crowd region"
          : "no candidate: other anchors of its level are nearer to the object";
  TestSpec threshold =
      testOfColumn("IoU threshold", "Does the IoU reach the mean plus the deviation of the candidates' IoUs?",
                   "iou", ">=", "threshold", "reaches");
  CandidateTable::noteSingle(threshold);
  const CandidateTable table(kPairs, kRule, options.perLevel);
  spec.tests = {
      table.isCandidate, threshold, table.isInside,
      conflict(testOfColumn("highest IoU", "Is the IoU the largest of the objects that want the anchor?",
                            "iou", ">=", "best_iou", "is_best"))};
  spec.outcomes = {{"classification", kClsObjectChannel, "iou", ""},
                   {"regression", kRegObjectChannel, "iou", ""}};
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec candidates{"atss.candidates", "Candidates", "anchors", "Candidates of the object.", kRule};
  ObjectColumnSpec mean{"atss.mean", "Mean IoU", "1", "Mean IoU of the object's candidates.", kRule};
  ObjectColumnSpec deviation{"atss.deviation", "Deviation of the IoU", "1",
                             "Standard deviation (n - 1) of the candidates' IoUs; undefined for a single "
                             "candidate.",
                             kRule};
  ObjectColumnSpec threshold{"atss.threshold", "Threshold", "1",
                             "IoU that a positive needs; undefined for a single candidate.", kRule};
  ObjectColumnSpec lost{"atss.lost", "Lost to other objects", "anchors",
                        "Anchors that pass the object's tests and overlap another one more.", kOurs};
  ObjectColumnSpec starved{
      kStarvedColumn, "Starved", "",
      "1 when no anchor trains on the object: none passes, others took them, or it has one candidate only.",
      kOurs};
};

}  // namespace

CandidateTable::CandidateTable(const char* name, const char* source, std::int64_t perLevel)
    : distance(realColumn("distance", "Distance", "px", "Distance of the anchor's centre to the object's.")),
      rank(wholeColumn("rank", "Rank by distance", "Rank by distance on the anchor's level, 0 nearest.")),
      centerMargin(
          realColumn("center_margin", "Centre to side", "px",
                     "Distance of the anchor's centre to the nearest side of the object, below 0 outside.")),
      candidate(wholeColumn("candidate", "Candidate", "1: all pairs of this table are.")),
      noThreshold(
          wholeColumn("no_threshold", "No threshold",
                      "1 when a single candidate has no deviation, so that nothing reaches the threshold.")),
      inside(wholeColumn("inside", "Centre inside", "1 when the anchor's centre lies inside the object.")),
      isCandidate(testOfBound("candidate", "Is the anchor among the nearest of its level?", "rank", "<",
                              static_cast<double>(perLevel), "candidate")),
      isInside(testOfBound("centre inside", "Does the anchor's centre lie inside the object?",
                           "center_margin", ">", kCenterMarginPx, "inside")) {
  spec.name = name;
  spec.title = "Candidates";
  spec.description = "On every level the anchors nearest to the object's centre.";
  spec.source = source;
}

void CandidateTable::noteSingle(TestSpec& threshold) {
  threshold.noteColumn = "no_threshold";
  threshold.note = "a single candidate has no deviation, so the object gets no positive";
}

EvidenceDeclaration declaration(const Options& options) {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {channels.iou, channels.candidacies, channels.margin};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options)};
  all.objectColumns = {columns.candidates, columns.mean, columns.deviation,
                       columns.threshold,  columns.lost, columns.starved};
  all.scalars = {
      scalarOf("atss.starved_objects", "Starved objects", "objects",
               "Objects of the batch on which no anchor trains.", kOurs),
      scalarOf("atss.without_threshold", "Objects without threshold", "objects",
               "Objects of the batch with fewer than two candidates, which therefore get no positive.",
               kOurs),
      scalarOf("atss.contested", "Contested anchors", "anchors",
               "Anchors of the batch that several objects want.", kOurs),
      scalarOf("atss.mean_threshold", "Mean threshold", "1",
               "Mean over the batch's objects of the IoU that a "
               "positive needs; 0 without objects.",
               kOurs)};
  return all;
}

void publish(const Candidates& c, const Selection& m, const at::Tensor& valid, EvidenceSink& sink) {
  const std::int64_t batch = m.object.size(0);
  const auto flat = [&](const at::Tensor& perCandidate) { return perCandidate.reshape({batch, -1}); };
  const at::Tensor unset = at::full_like(m.best, -kInfinity);
  const at::Tensor margin = m.measure - m.needed.unsqueeze(2);
  const at::Tensor known = margin.masked_fill(c.present.logical_not() | margin.isnan(), -kInfinity);
  const at::Tensor largest = unset.scatter_reduce(1, flat(c.anchor), flat(known), "amax");
  const Channels channels;
  sink.channel(channels.iou, m.best.masked_fill(m.object < 0, kNan));
  sink.channel(channels.candidacies,
               at::zeros_like(m.object).scatter_add_(1, flat(c.anchor), flat(c.present.to(at::kLong))));
  sink.channel(channels.margin, largest.masked_fill(largest.isinf(), kNan));

  // Rows in the order of anchors.
  const at::Tensor order = at::argsort(c.anchor, /*stable=*/true, /*dim=*/2, /*descending=*/false);
  const auto sorted = [&](const at::Tensor& perCandidate) { return perCandidate.gather(2, order); };
  const PairIndex places = pairIndex(sorted(c.present));
  const auto pick = [&](const at::Tensor& perCandidate) { return places.pick(sorted(perCandidate)); };
  const PairIndex rows{places.image, places.object, pick(c.anchor)};
  const at::Tensor iou = pick(m.measure), owner = rows.pickAnchor(m.object),
                   needed = rows.pickObject(m.needed);
  const at::Tensor member = owner == rows.object, wanted = pick(m.wanted);
  const at::Tensor undefined = at::full_like(iou, kNan);
  const at::Tensor best = rows.pickAnchor(m.best);
  sink.pairs(pairSpec(),
             rows.withColumns({iou, rows.pickObject(m.mean), rows.pickObject(m.deviation), needed,
                               iou - needed, pick(c.distance), pick(c.rank), pick(c.centerMargin),
                               at::where(best >= 0, best, undefined), owner.clamp_min(-1),
                               at::ones_like(owner), pick(m.reaches), needed.isnan(), pick(c.inside),
                               at::where(wanted, member.to(iou.scalar_type()), undefined), member}));

  const auto count = [&](const at::Tensor& which) {
    return at::zeros(valid.sizes(), owner.options())
        .index_put_({rows.image, rows.object}, which.to(at::kLong), /*accumulate=*/true);
  };
  const ObjectColumns columns;
  sink.objects(columns.candidates, c.count());
  sink.objects(columns.mean, m.mean);
  sink.objects(columns.deviation, m.deviation);
  sink.objects(columns.threshold, m.needed);
  sink.objects(columns.lost, count(wanted & member.logical_not()));
  sink.objects(columns.starved, count(member) == 0);
}

}  // namespace anchorscope::atss
