// DDOD's assignment (Chen et al., ACM MM 2021), as mmdet 3.3.0's ATSSAssigner with alpha: ATSS's candidates
// and its adaptive threshold, by how well score and predicted box fit in place of the anchor's IoU, once for
// each head.

#include <c10/core/GradMode.h>

#include <array>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/atss.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kRule = "DDOD (ACM MM 2021); mmdet 3.3.0 ATSSAssigner with alpha";
constexpr const char* kPairs = "ddod.pairs";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Options {
  std::int64_t perLevel = 9;
  double alphaCls = 0.8, alphaReg = 0.5;
  double ignoreIof = -1;
};

/// What is measured of the candidates, and what each head makes of it.
struct Matching {
  atss::Candidates candidates;
  at::Tensor score, iou;  ///< [B,G,K] of the object's class, and of the predicted box.
  atss::Selection cls, reg;
};

class DdodAssigner final : public Assigner {
 public:
  explicit DdodAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;

  Options options_;
};

/// [B,G,K] score^(1 - alpha) IoU^alpha.
at::Tensor fit(const at::Tensor& score, const at::Tensor& iou, double alpha) {
  return score.pow(1 - alpha) * iou.pow(alpha);
}

Matching DdodAssigner::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const auto& [anchors, outputs, given] = inputs;
  Matching m;
  m.candidates = atss::candidatesOf(anchors, targets.boxes.to(anchors.boxes.scalar_type()), targets.valid, {},
                                    options_.perLevel);
  const at::Tensor& anchor = m.candidates.anchor;
  const at::Tensor image = at::arange(anchor.size(0), anchor.options()).view({-1, 1, 1});
  const at::Tensor label = targets.labels.clamp_min(0).unsqueeze(2);
  m.score = scoresOf(outputs).detach().index({image, anchor, label}).nan_to_num(0);
  const at::Tensor predicted = outputs.boxes.detach().index({image, anchor});  // [B,G,K,4]
  const at::Tensor objects = targets.boxes.to(predicted.scalar_type()).unsqueeze(2).expand_as(predicted);
  m.iou = elementwiseIou(predicted, objects.contiguous()).nan_to_num(0).clamp(0, 1);
  const at::Tensor ignored =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false).inside;
  m.cls = atss::selectionOf(m.candidates, fit(m.score, m.iou, options_.alphaCls), anchors.count(), ignored);
  m.reg = atss::selectionOf(m.candidates, fit(m.score, m.iou, options_.alphaReg), anchors.count(), ignored);
  return m;
}

// ---- what it shows ---------------------------------------------------------------------------------------

/// One of the two heads in names and texts.
struct Head {
  const char *suffix, *name, *adjective;
  ColorScale scale;
  const char* winnerChannel;
  double Options::*alpha;
  atss::Selection Matching::*selection;
};

const std::array<Head, 2>& heads() {
  static const std::array<Head, 2> both = {Head{"cls", "classification", "class", ColorScale::kClassification,
                                                kClsObjectChannel, &Options::alphaCls, &Matching::cls},
                                           Head{"reg", "regression", "box", ColorScale::kRegression,
                                                kRegObjectChannel, &Options::alphaReg, &Matching::reg}};
  return both;
}

std::string of(const char* what, const Head& head) {
  return concat(what, '_', head.suffix);
}

ChannelSpec candidaciesSpec() {
  return channelOf("ddod.candidacies", "Objects it is near to", "objects",
                   "Objects of which the anchor is a candidate: among the nearest of its level.", kRule,
                   ColorScale::kSequential, 0.f);
}

ChannelSpec fitSpec(const Head& head) {
  return channelOf(
      concat("ddod.", of("fit", head)), concat("Fit, ", head.name, " head"), "1",
      concat("How well score and predicted box fit, as the ", head.name,
             " head weighs them, for the object that it learns there; undefined for background."),
      kRule, head.scale, 0.f, 1.f, Sense::kHigherIsBetter);
}

ChannelSpec marginSpec(const Head& head) {
  return channelOf(
      concat("ddod.", of("margin", head)), concat("Distance to the threshold, ", head.name, " head"), "1",
      "Fit minus the object's threshold, for the object where that is largest; undefined where the "
      "anchor is no candidate.",
      kOurs, ColorScale::kDiverging, {}, {}, Sense::kHigherIsBetter);
}

PairTableSpec pairSpec() {
  const atss::CandidateTable table(kPairs, kRule, 0);
  PairTableSpec spec = table.spec;
  spec.columns = {
      realColumn("score", "Score", "1", "Score of the object's class.", ColorScale::kClassification),
      realColumn("predicted_iou", "Predicted IoU", "1", "IoU of the predicted box with the object.",
                 ColorScale::kRegression)};
  for (const Head& head : heads()) {
    const std::string name = concat(" ", head.suffix);
    for (ColumnSpec column :
         {realColumn(of("fit", head), concat("Fit", name), "1",
                     concat("Score and predicted IoU together, as the ", head.name, " head weighs them."),
                     head.scale),
          realColumn(of("threshold", head), concat("Threshold", name), "1",
                     "Fit that a positive needs: mean + deviation of the candidates'; undefined for a single "
                     "candidate."),
          realColumn(of("margin", head), concat("Fit - threshold", name), "1",
                     "How far the fit is above (or below) the threshold.", ColorScale::kDiverging),
          realColumn(of("best", head), concat("Anchor's best", name), "1",
                     "Largest fit of the anchor with an object whose head wants it; undefined without one.",
                     head.scale),
          wholeColumn(of("winner", head), concat("Goes to", name),
                      concat("Index of the object that the ", head.name, " head learns there; -1: none.")),
          wholeColumn(of("reaches", head), concat("Reaches", name), "1 when the fit reaches the threshold."),
          wholeColumn(of("is_best", head), concat("Is best", name),
                      "1 when no other object whose head wants the anchor fits it better; -1: not wanted."),
          wholeColumn(of("learns", head), concat("Learns", name),
                      concat("1 when the ", head.name, " head learns the object there."))})
      spec.columns.push_back(std::move(column));
  }
  for (ColumnSpec column :
       {table.distance, table.rank, table.centerMargin, table.candidate, table.noThreshold, table.inside,
        wholeColumn("member", "Positive", "1 when a head learns the object at the anchor.")})
    spec.columns.push_back(std::move(column));
  showMembersFirst(spec, "fit_cls", Order::kDescending);
  return spec;
}

DecisionSpec decisionSpec(const Options& options) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "no candidate: other anchors of its level are nearer to the object";
  const atss::CandidateTable table(kPairs, kRule, options.perLevel);
  spec.tests = {table.isCandidate, table.isInside};
  for (const Head& head : heads()) {
    TestSpec threshold = testOfColumn(
        concat(head.adjective, " threshold"),
        concat("Does score^(1 - ", toText(ParamValue(options.*head.alpha)), ") IoU^",
               toText(ParamValue(options.*head.alpha)),
               " reach the mean plus the deviation of the candidates', for the ", head.name, " head?"),
        of("fit", head), ">=", of("threshold", head), of("reaches", head));
    atss::CandidateTable::noteSingle(threshold);
    TestSpec best = conflict(testOfColumn(
        concat("best ", head.adjective, " fit"),
        concat("Does it fit no other object better whose ", head.name, " head wants the anchor?"),
        of("fit", head), ">=", of("best", head), of("is_best", head)));
    for (TestSpec* test : {&threshold, &best}) {
      test->head = head.name;
      spec.tests.push_back(*test);
    }
    spec.outcomes.push_back({head.name, head.winnerChannel, of("fit", head), ""});
  }
  return spec;
}

ObjectColumnSpec candidatesSpec() {
  return {"ddod.candidates", "Candidates", "anchors", "Candidates of the object.", kRule};
}

ObjectColumnSpec thresholdSpec(const Head& head) {
  return {concat("ddod.", of("threshold", head)), concat("Threshold, ", head.name, " head"), "1",
          concat("Fit that a positive of the ", head.name, " head needs; undefined for a single candidate."),
          kRule};
}

ObjectColumnSpec lostSpec(const Head& head) {
  return {concat("ddod.", of("lost", head)), concat("Lost to other objects, ", head.name, " head"), "anchors",
          concat("Anchors that pass the object's tests of the ", head.name,
                 " head and fit another object better."),
          kOurs};
}

ObjectColumnSpec starvedSpec() {
  return {
      kStarvedColumn, "Starved", "",
      "1 when no anchor trains on the object in either head: none passes, others took them, or it has one "
      "candidate only.",
      kOurs};
}

EvidenceDeclaration DdodAssigner::declaration() const {
  EvidenceDeclaration all;
  all.channels = {candidaciesSpec()};
  all.pairTables = {pairSpec()};
  all.decisions = {decisionSpec(options_)};
  all.objectColumns = {candidatesSpec(), starvedSpec()};
  all.scalars = {
      scalarOf("ddod.starved_objects", "Starved objects", "objects",
               "Objects of the batch on which no anchor trains, in either head.", kOurs),
      scalarOf("ddod.without_threshold", "Objects without threshold", "objects",
               "Objects of the batch with fewer than two candidates, which therefore get no positive.",
               kOurs),
      scalarOf("ddod.split_anchors", "Anchors the heads share out differently", "anchors",
               "Anchors of the batch whose two heads learn different objects, or of which only one "
               "learns any.",
               kOurs)};
  for (const Head& head : heads()) {
    all.channels.push_back(fitSpec(head));
    all.channels.push_back(marginSpec(head));
    all.objectColumns.push_back(thresholdSpec(head));
    all.objectColumns.push_back(lostSpec(head));
    all.scalars.push_back(scalarOf(
        concat("ddod.", of("contested", head)), concat("Contested anchors, ", head.name, " head"), "anchors",
        concat("Anchors of the batch that several objects' ", head.name, " heads want."), kOurs, head.scale));
    all.scalars.push_back(scalarOf(concat("ddod.", of("mean_threshold", head)),
                                   concat("Mean threshold, ", head.name, " head"), "1",
                                   concat("Mean over the batch's objects of the fit that a positive of the ",
                                          head.name, " head needs; 0 without objects."),
                                   kOurs, head.scale));
  }
  return all;
}

void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) {
  const atss::Candidates& c = m.candidates;
  const std::int64_t batch = c.anchor.size(0);
  const auto flat = [&](const at::Tensor& perCandidate) { return perCandidate.reshape({batch, -1}); };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  sink.channel(candidaciesSpec(),
               at::zeros_like(m.cls.object).scatter_add_(1, flat(c.anchor), flat(c.present.to(at::kLong))));

  // Rows in the order of anchors.
  const at::Tensor order = at::argsort(c.anchor, /*stable=*/true, /*dim=*/2, /*descending=*/false);
  const auto sorted = [&](const at::Tensor& perCandidate) { return perCandidate.gather(2, order); };
  const PairIndex places = pairIndex(sorted(c.present));
  const auto pick = [&](const at::Tensor& perCandidate) { return places.pick(sorted(perCandidate)); };
  const PairIndex rows{places.image, places.object, pick(c.anchor)};
  const auto count = [&](const at::Tensor& which) {
    return at::zeros(valid.sizes(), rows.object.options())
        .index_put_({rows.image, rows.object}, which.to(at::kLong), /*accumulate=*/true);
  };
  std::vector<at::Tensor> columns = {pick(m.score), pick(m.iou)};
  at::Tensor member = at::zeros_like(rows.object, at::kBool);
  for (const Head& head : heads()) {
    const atss::Selection& s = m.*head.selection;
    const at::Tensor known = (s.measure - s.needed.unsqueeze(2))
                                 .masked_fill(c.present.logical_not(), -kInfinity)
                                 .nan_to_num(-kInfinity, kInfinity, -kInfinity);
    const at::Tensor largest =
        at::full_like(s.best, -kInfinity).scatter_reduce(1, flat(c.anchor), flat(known), "amax");
    sink.channel(fitSpec(head), s.best.masked_fill(s.object < 0, kNan));
    sink.channel(marginSpec(head), largest.masked_fill(largest.isinf(), kNan));

    const at::Tensor measure = pick(s.measure), needed = rows.pickObject(s.needed);
    const at::Tensor owner = rows.pickAnchor(s.object), best = rows.pickAnchor(s.best),
                     wanted = pick(s.wanted);
    const at::Tensor learns = owner == rows.object, undefined = at::full_like(measure, kNan);
    for (const at::Tensor& column :
         {measure, needed, measure - needed, at::where(best >= 0, best, undefined), owner.clamp_min(-1),
          pick(s.reaches), at::where(wanted, learns.to(measure.scalar_type()), undefined), learns})
      columns.push_back(column);
    member = member.logical_or(learns);
    sink.objects(thresholdSpec(head), s.needed);
    sink.objects(lostSpec(head), count(wanted & learns.logical_not()));
  }
  for (const at::Tensor& column :
       {pick(c.distance), pick(c.rank), pick(c.centerMargin), at::ones_like(rows.object),
        rows.pickObject(m.cls.needed).isnan(), pick(c.inside), member})
    columns.push_back(column);
  sink.pairs(pairSpec(), rows.withColumns(std::move(columns)));
  sink.objects(candidatesSpec(), c.count());
  sink.objects(starvedSpec(), count(member) == 0);
}

Assignment DdodAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const Matching m = match(inputs, targets);
  Assignment assignment;
  assignment.clsObject = m.cls.object;
  assignment.regObject = m.reg.object;
  assignment.regWeight = m.reg.object.ge(0).to(m.iou.scalar_type());
  const auto learnt = [&](const at::Tensor& object) {
    return sumPerObject(object, at::ones_like(object), targets.maxObjects());
  };
  const at::Tensor starved = targets.valid & (learnt(m.cls.object) + learnt(m.reg.object) == 0);
  assignment.scalars = {{"ddod.starved_objects", starved.sum()},
                        {"ddod.without_threshold", (targets.valid & m.cls.needed.isnan()).sum()},
                        {"ddod.split_anchors", (m.cls.object != m.reg.object).sum()}};
  for (const Head& head : heads()) {
    const atss::Selection& s = m.*head.selection;
    assignment.scalars.push_back(
        {concat("ddod.", of("contested", head)), (s.wishes(m.candidates) > 1).sum()});
    assignment.scalars.push_back({concat("ddod.", of("mean_threshold", head)), s.meanNeeded(targets.valid)});
  }
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  return std::unique_ptr<Assigner>(std::make_unique<DdodAssigner>(
      Options{params.getInt("topk"), params.getFloat("alpha_cls"), params.getFloat("alpha_reg"),
              params.getFloat("ignore_iof_thr")}));
}

}  // namespace

AssignerEntry ddodAssigner() {
  AssignerEntry entry;
  entry.name = "ddod";
  entry.title = "DDOD: adaptive thresholds for each head";
  entry.description =
      "On every level the anchors nearest to an object's centre are its candidates. Those that fit it, "
      "score^(1 - alpha) times predicted IoU^alpha, as well as the mean plus the deviation of all of them "
      "learn "
      "it, if their centre lies inside. Each head has its own alpha and thereby its own positives; an anchor "
      "that several objects want goes to the one that it fits best.";
  entry.source =
      concat(kRule,
             ". A single candidate has no deviation and becomes no positive, as there. Ours: of "
             "anchors at one distance the first is nearer; points are assigned, too; what has been "
             "chosen in ignored regions stays (mmdet chooses nothing there)");
  entry.usesPredictions = true;
  entry.params = {
      atss::perLevelParam(),
      floatParam("alpha_cls", 0.8, 0, 1, "1",
                 "Exponent of the predicted IoU for the classification head's positives; the score's "
                 "is what is missing to 1.",
                 "mmdet 3.3.0 DDOD configuration"),
      floatParam("alpha_reg", 0.5, 0, 1, "1", "The same for the box head's positives.",
                 "mmdet 3.3.0 DDOD configuration"),
      ignoreIofParam()};
  entry.make = make;
  return entry;
}

}  // namespace anchorscope
