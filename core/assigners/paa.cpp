// PAA (Kim and Lee, ECCV 2020): an object's candidates are told apart by what they cost it, and a mixture of
// two Gaussians says where the cheap ones end. In the conventions of mmdet 3.3.0 (PAAHead) and the authors'
// code, which differ in objects with few candidates and in what lies between.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/class_boxes.h"
#include "core/ops/gaussian_mixture.h"
#include "core/ops/ranks.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "paa.pairs";
constexpr const char* kRule = "PAA (ECCV 2020); mmdet 3.3.0 PAAHead";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Options {
  bool official = false;
  std::int64_t perLevel = 9;
  double boxWeight = 1.3;
  bool scaledCosts = false;
  double ignoreIof = -1;
};

/// An object's cheapest candidates of every level, cheapest first, in K places; [B,G,K] unless said
/// otherwise.
struct Matching {
  at::Tensor candidateOf;  ///< [B,N] int64 the object whose candidate the anchor is; negative: none.
  at::Tensor cost;         ///< [B,N] of that object; NaN for no candidate.
  at::Tensor anchor;       ///< int64
  at::Tensor costs;        ///< Ascending; infinite where absent.
  at::Tensor present;
  at::Tensor rank;   ///< int64 on its level.
  at::Tensor first;  ///< bool: of the cheap component.
  at::Tensor share, logLikelihood;
  at::Tensor positive;
  at::Tensor cut;             ///< [B,G] cost of the dearest positive; NaN without.
  at::Tensor means, spreads;  ///< [B,G,2] of the components.
  at::Tensor object;          ///< [B,N]
};

class Paa final : public Assigner {
 public:
  Paa(const Options& options, std::unique_ptr<Assigner> initial)
      : options_(options), initial_(std::move(initial)) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  at::Tensor costsOf(const StageInputs& inputs, const CandidatePairs& pairs, const LossCosts* costs) const;
  Matching match(const StageInputs& inputs, const DenseTargets& targets, const at::Tensor& initial,
                 const LossCosts* costs) const;
  void choose(Matching& m) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
  std::unique_ptr<Assigner> initial_;
};

/// Anchors with an object each, and on a CPU no others: what is computed for them alone need not be for all.
/// Elsewhere reading how many there are would wait for the device, and all anchors are listed.
CandidatePairs listed(const at::Tensor& candidateOf) {
  const std::int64_t anchors = candidateOf.size(1);
  at::Tensor place;  // image * anchors + anchor
  if (candidateOf.is_cpu()) {
    // Read where it lies, as nothing has to be waited for.
    const at::Tensor dense = candidateOf.contiguous();
    const std::int64_t* const object = dense.const_data_ptr<std::int64_t>();
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < dense.numel(); ++i)
      if (object[i] >= 0) places.push_back(i);
    place = at::tensor(places, candidateOf.options());
  } else {
    place = at::arange(candidateOf.numel(), candidateOf.options());
  }
  CandidatePairs pairs;
  pairs.image = place.div(std::max<std::int64_t>(anchors, 1), "floor");
  pairs.candidate = place - pairs.image * anchors;
  pairs.object = candidateOf.index({pairs.image, pairs.candidate});
  return pairs;
}

/// [R]: what each listed candidate costs its object; of no object: some number.
at::Tensor Paa::costsOf(const StageInputs& inputs, const CandidatePairs& pairs,
                        const LossCosts* costs) const {
  const CandidatePairs of{pairs.image, pairs.candidate, pairs.object.clamp_min(0)};
  const auto cost = [&](at::Tensor cls, const at::Tensor& loc) {
    if (options_.scaledCosts) {
      const at::Tensor none = pairs.object < 0;
      const at::Tensor sum = cls.masked_fill(none, 0).sum();
      cls = cls * (loc.masked_fill(none, 0).sum() / sum.masked_fill(sum <= 0, 1));
    }
    return (cls + options_.boxWeight * loc).detach();
  };
  if (costs != nullptr) return cost(costs->cls(inputs, of).detach(), costs->loc(inputs, of).detach());
  // Without a method's losses: the cross entropy of the object's score, and 1 - IoU.
  const auto& [anchors, outputs, targets] = inputs;
  const at::Tensor label = of.ofObjects(targets.labels).clamp_min(0);
  const at::Tensor iou = elementwiseIou(boxesAt(outputs, of.image, of.candidate, label).detach(),
                                        of.ofObjects(targets.boxes).to(outputs.boxes.scalar_type()));
  return cost(scoresAt(outputs, of.image, of.candidate, label).detach().clamp_min(1e-12).log().neg(),
              1 - iou);
}

Matching Paa::match(const StageInputs& inputs, const DenseTargets& targets, const at::Tensor& initial,
                    const LossCosts* costs) const {
  const AnchorSet& anchors = inputs.anchors;
  const std::int64_t batch = targets.batchSize(), objects = targets.maxObjects();
  Matching m;
  m.candidateOf = initial;
  const CandidatePairs pairs = listed(initial);
  const at::Tensor isCandidate = pairs.object >= 0;
  const at::Tensor cost =
      costsOf({anchors, inputs.outputs, targets}, pairs, costs).masked_fill(isCandidate.logical_not(), kNan);
  m.cost = at::full(initial.sizes(), kNan, cost.options()).index_put({pairs.image, pairs.candidate}, cost);

  // Of an object's places each level has its share; what is in none of them goes to one after the last.
  std::vector<std::int64_t> ends, firsts, shares;
  std::int64_t places = 0;
  for (const LevelLayout& level : anchors.levels) {
    ends.push_back(level.firstAnchor + level.anchorCount());
    firsts.push_back(places);
    shares.push_back(std::min(options_.perLevel, level.anchorCount()));
    places += shares.back();
  }
  const auto whole = initial.options();
  const auto onDevice = [&](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::kLong).to(whole.device(), /*non_blocking=*/true);
  };
  m.anchor = m.rank = at::zeros({batch, objects, places}, whole);
  m.costs = at::full({batch, objects, places}, kInfinity, cost.options());
  if (places > 0 && cost.size(0) > 0) {
    const auto levels = static_cast<std::int64_t>(ends.size());
    const at::Tensor level = at::bucketize(pairs.candidate, onDevice(ends), false, /*right=*/true);
    const at::Tensor owner = pairs.image * objects + pairs.object;
    const at::Tensor group = at::where(isCandidate, owner * levels + level, -1);
    // Costs that are no numbers come last, as those do that are infinite.
    const at::Tensor rank = rankWithin(-cost.nan_to_num(kInfinity, kInfinity), group);
    const at::Tensor kept = isCandidate & (rank < onDevice(shares).index_select(0, level));
    const at::Tensor place = at::where(kept, owner * places + onDevice(firsts).index_select(0, level) + rank,
                                       batch * objects * places);
    const auto placed = [&](const at::Tensor& values, const at::Scalar& absent) {
      return at::full({batch * objects * places + 1}, absent, values.options())
          .scatter_(0, place, values)
          .narrow(0, 0, batch * objects * places)
          .view({batch, objects, places});
    };
    m.anchor = placed(pairs.candidate, 0);
    m.rank = placed(rank, 0);
    m.costs = placed(cost.nan_to_num(kInfinity, kInfinity), kInfinity);
  }
  const at::Tensor indices = at::arange(objects, whole).view({1, objects, 1});
  const auto [sorted, order] = m.costs.sort(/*stable=*/true, 2, /*descending=*/false);
  m.costs = sorted;
  m.anchor = m.anchor.gather(2, order);
  m.rank = m.rank.gather(2, order);
  m.present = sorted.isfinite() & targets.valid.unsqueeze(2);
  choose(m);
  m.object = at::full({batch, anchors.count()}, -1, initial.options());
  const at::Tensor owner = indices.expand_as(m.anchor).masked_fill(m.positive.logical_not(), -1);
  m.object = m.object.scatter_reduce(1, m.anchor.reshape({batch, -1}), owner.reshape({batch, -1}), "amax");
  return m;
}

/// Which of an object's candidates are positive.
void Paa::choose(Matching& m) const {
  const std::int64_t batch = m.costs.size(0), objects = m.costs.size(1), places = m.costs.size(2);
  const auto rows = [&](const at::Tensor& values) { return values.reshape({batch * objects, places}); };
  const GaussianMixtures fit = fitTwoGaussians(rows(m.costs), rows(m.present));
  const auto back = [&](const at::Tensor& values) { return values.view({batch, objects, -1}); };
  m.first = back(fit.firstComponent);
  m.share = back(fit.share);
  m.logLikelihood = back(fit.logLikelihood);
  m.means = back(fit.means);
  m.spreads = back(fit.variances.sqrt());
  if (places == 0) {
    m.positive = m.present;
    m.cut = at::full({batch, objects}, kNan, m.costs.options());
    return;
  }
  // Among the cheap ones those up to the likeliest.
  const at::Tensor likeliness =
      m.logLikelihood.masked_fill(m.first.logical_not(), -kInfinity).nan_to_num(-kInfinity);
  const at::Tensor upTo =
      at::arange(places, m.anchor.options()).view({1, 1, places}) <= likeliness.argmax(2, true);
  const at::Tensor any = m.first.any(2, true);
  if (options_.official) {
    const at::Tensor fewOrAlike = (m.present.sum(2, true) < 2) | any.logical_not();
    m.positive = m.present & (upTo | fewOrAlike);
  } else {
    m.positive = m.first & upTo & any;
  }
  m.cut = m.costs.masked_fill(m.positive.logical_not(), -kInfinity).amax(2);
  m.cut = m.cut.masked_fill(m.cut.isinf(), kNan);
}

Assignment Paa::assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  StepContext quiet = step;
  quiet.sink = nullptr;
  const at::Tensor initial = initial_->assign({inputs.anchors, inputs.outputs, targets}, quiet).clsObject;
  Matching m = match(inputs, targets, initial, costs);
  const IgnoredRegions ignored =
      ignoredRegions(inputs.anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (ignored.inside.defined()) m.object = at::where(ignored.inside & (m.object < 0), -2, m.object);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.regWeight =
      m.object.ge(0).to(inputs.outputs.boxes.defined() ? inputs.outputs.boxes.scalar_type()
                                                       : inputs.anchors.boxes.scalar_type());
  assignment.scalars = {{"paa.starved_objects", starvedCount(m.object, targets.valid)},
                        {"paa.candidates", (m.candidateOf >= 0).sum()}};
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

// ---- what it shows ---------------------------------------------------------------------------------------

const ChannelSpec& costSpec() {
  static const ChannelSpec spec = channelOf(
      "paa.cost", "Cost", "nat",
      "Class loss plus weighted box loss of the anchor for the object whose candidate it is; undefined for "
      "others.",
      kRule, ColorScale::kSequential, 0.f, {}, Sense::kLowerIsBetter);
  return spec;
}

const ChannelSpec& candidateSpec() {
  static const ChannelSpec spec =
      channelOf("paa.candidate_of", "Candidate of", "",
                "The object whose candidate the anchor is; -1: none, -2: ignored.", kRule,
                ColorScale::kSequential, -2.f);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Cheapest candidates";
  spec.description = "The candidates of each level that cost the object least.";
  spec.source = kRule;
  spec.columns = {
      realColumn("cost", "Cost", "nat", "Class loss plus weighted box loss."),
      realColumn("cut", "Cut", "nat", "Cost of the object's dearest positive."),
      realColumn("share", "Share of the cheap component", "1",
                 "How likely the cost is of the component with the smaller start; undefined for a single "
                 "candidate."),
      realColumn("log_likelihood", "Log-likelihood", "nat", "Of the cost in the mixture of both components."),
      wholeColumn("rank", "Rank on its level",
                  "Rank by cost among the object's candidates of the level, 0 the cheapest."),
      wholeColumn("cheap", "Cheap component",
                  "1 when the cheap component is at least as likely; -1: no mixture."),
      wholeColumn("before_cut", "Up to the likeliest",
                  "1 when it costs no more than the likeliest of the cheap ones."),
      memberColumn("anchor")};
  showMembersFirst(spec, "cost", Order::kAscending);
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec candidates{"paa.kept", "Candidates", "anchors",
                              "Candidates that the mixture was fitted to.", kRule};
  ObjectColumnSpec cut{"paa.cut", "Cut", "nat", "Cost of the object's dearest positive; undefined without.",
                       kRule};
  ObjectColumnSpec cheap{"paa.mean_cheap", "Mean of the cheap", "nat", "Mean of the cheap component.", kRule};
  ObjectColumnSpec dear{"paa.mean_dear", "Mean of the dear", "nat", "Mean of the dear component.", kRule};
  ObjectColumnSpec spreadCheap{"paa.spread_cheap", "Deviation of the cheap", "nat",
                               "Standard deviation of the cheap component.", kRule};
  ObjectColumnSpec spreadDear{"paa.spread_dear", "Deviation of the dear", "nat",
                              "Standard deviation of the dear component.", kRule};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs};
};

EvidenceDeclaration Paa::declaration() const {
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {costSpec(), candidateSpec()};
  all.pairTables = {pairSpec()};
  DecisionSpec decision;
  decision.pairTable = kPairs;
  decision.absentReason =
      "no candidate: the anchor overlaps another object more, or none enough, or others of its level cost "
      "less";
  TestSpec cheap = testOfBound("cheap component", "Is its cost rather of the cheap component?", "share",
                               ">=", 0.5, "cheap");
  if (options_.official) cheap = information(std::move(cheap));
  decision.tests = {
      std::move(cheap),
      testOfColumn("up to the likeliest", "Does it cost no more than the likeliest of the cheap ones?",
                   "cost", "<=", "cut", "before_cut")};
  decision.outcomes = {{"classification", kClsObjectChannel, "", "rank"},
                       {"regression", kRegObjectChannel, "", "rank"}};
  all.decisions = {std::move(decision)};
  all.objectColumns = {columns.candidates,  columns.cut,        columns.cheap,  columns.dear,
                       columns.spreadCheap, columns.spreadDear, columns.starved};
  all.scalars = {scalarOf("paa.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs),
                 scalarOf("paa.candidates", "Candidates", "anchors",
                          "Anchors of the batch that are a candidate of some object.", kRule)};
  return all;
}

void Paa::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  sink.channel(costSpec(), m.cost);
  sink.channel(candidateSpec(), m.candidateOf);
  const at::Tensor order = at::argsort(m.anchor, /*stable=*/true, /*dim=*/2, /*descending=*/false);
  const auto sorted = [&](const at::Tensor& values) { return values.gather(2, order); };
  const PairIndex places = pairIndex(sorted(m.present));
  const auto pick = [&](const at::Tensor& values) { return places.pick(sorted(values)); };
  const PairIndex rows{places.image, places.object, pick(m.anchor)};
  const at::Tensor cost = pick(m.costs), positive = pick(m.positive), share = pick(m.share);
  const at::Tensor cheap = pick(m.first).to(cost.scalar_type()).masked_fill(share.isnan(), kNan);
  sink.pairs(pairSpec(),
             rows.withColumns({cost, rows.pickObject(m.cut), share, pick(m.logLikelihood), pick(m.rank),
                               cheap, positive, rows.pickAnchor(m.object) == rows.object}));
  const ObjectColumns columns;
  sink.objects(columns.candidates, m.present.sum(2));
  sink.objects(columns.cut, m.cut);
  sink.objects(columns.cheap, m.means.select(2, 0));
  sink.objects(columns.dear, m.means.select(2, 1));
  sink.objects(columns.spreadCheap, m.spreads.select(2, 0));
  sink.objects(columns.spreadDear, m.spreads.select(2, 1));
  const at::Tensor count = sumPerObject(m.object, at::ones_like(m.object), valid.size(1));
  sink.objects(columns.starved, count == 0);
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.official = params.getText("paa_convention") == "official";
  options.perLevel = params.getInt("paa_topk");
  options.boxWeight = params.getFloat("paa_box_weight");
  options.scaledCosts = params.getBool("paa_scaled_costs");
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  const auto entry = std::find_if(assignerEntries().begin(), assignerEntries().end(),
                                  [](const AssignerEntry& other) { return other.name == "max_iou"; });
  ParamSet initial(entry->params);
  const std::string threshold = toText(params.get("paa_iou_thr"));
  for (const auto& [option, value] : {std::pair<std::string, std::string>{"convention", "mmdet"},
                                      {"pos_iou_thr", threshold},
                                      {"neg_iou_thr", threshold},
                                      {"low_quality", "true"},
                                      {"min_pos_iou", "0"}})
    ANCHORSCOPE_TRY(initial.set(option, value));
  auto rule = entry->make(initial);
  if (!rule) return std::move(rule).error();
  return std::unique_ptr<Assigner>(std::make_unique<Paa>(options, *std::move(rule)));
}

}  // namespace

AssignerEntry paaAssigner() {
  AssignerEntry entry;
  entry.name = "paa";
  entry.title = "PAA";
  entry.description =
      "An anchor is a candidate of the object it overlaps most. By its class loss plus its box loss each "
      "object takes the "
      "cheapest of every level, fits a mixture of two Gaussians to their costs, and keeps those of the cheap "
      "component up "
      "to the likeliest one.";
  entry.source = kRule;
  entry.orderOfObjects = "Of two objects that choose an anchor the later one has it, as in mmdet.";
  entry.usesPredictions = true;
  entry.params = {
      choiceParam("paa_convention", "mmdet", {"mmdet", "official"},
                  "Whose rule: with mmdet an object of one candidate, or without a cheap one, has no "
                  "positive, and only "
                  "cheap ones are; the authors' code takes all of these, and all up to the likeliest.",
                  "mmdet 3.3.0 PAAHead; the authors' code (kkhoot/PAA)"),
      floatParam("paa_iou_thr", 0.1, 0, 1, "1",
                 "IoU from which on an anchor is a candidate of its best object.", kRule),
      intParam("paa_topk", 9, 1, 1000, "anchors", "Candidates of an object on each level.", kRule),
      floatParam("paa_box_weight", 1.3, 0, 1e4, "1", "Weight of the box loss in the cost.",
                 "mmdet 3.3.0: its box loss's weight, 1.3; the authors' code: 1"),
      boolParam("paa_scaled_costs", false,
                "In the cost bring the classification loss to the size of the box loss: times the sum of the "
                "candidates' box losses over that of their classification losses.",
                "Sampling-Free repository (2021) on PAA; over the batch's candidates: ours"),
      ignoreIofParam()};
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points) return {};
    return {{"assigner", "PAA's candidates are anchor boxes, and the model has points without boxes",
             "Choose another assigner, or a model with anchor boxes"}};
  };
  entry.make = make;
  return entry;
}

}  // namespace anchorscope
