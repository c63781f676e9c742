// ATSS (Zhang et al., CVPR 2020), as mmdet 3.3.0's ATSSAssigner: on every level the anchors nearest to an
// object's centre are its candidates; those whose IoU reaches the mean plus the standard deviation of the
// candidates' IoUs, and whose centre lies inside the object, learn it.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/ops/box_similarity.h"
#include "core/parts/evidence_specs.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "atss.pairs";
constexpr const char* kOurs = "Ours";
constexpr const char* kRule = "ATSS (CVPR 2020); mmdet 3.3.0 ATSSAssigner";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kCenterMarginPx = 0.01;  // mmdet
/// Pairs of anchor and object that are looked at together: bounds the memory, not the result.
constexpr std::int64_t kTilePairs = std::int64_t{1} << 21;

struct Options {
  std::int64_t perLevel = 9;
  double ignoreIof = -1;
};

/// An object's candidates, in K places: per level the nearest ones, nearest first.
struct Candidates {
  at::Tensor anchor;    ///< [B,G,K] int64
  at::Tensor distance;  ///< [B,G,K] px, of the centres.
  at::Tensor rank;      ///< [B,G,K] int64, on its level.
  at::Tensor present;   ///< [B,G,K] bool: of an object, and not in an ignored region.
};

/// Everything the rule computes.
struct Matching {
  Candidates candidates;
  at::Tensor iou, centerMargin;        ///< [B,G,K]; the margin: px from the centre to the nearest side.
  at::Tensor count;                    ///< [B,G] int64 candidates.
  at::Tensor mean, deviation, needed;  ///< [B,G]; needed: their sum. NaN for fewer than two candidates.
  at::Tensor reaches, inside;          ///< [B,G,K] bool
  at::Tensor wanted;                   ///< [B,G,K] bool: candidates that pass both.
  at::Tensor bestIou;                  ///< [B,N]: of the anchor with an object that wants it; -1: none.
  at::Tensor object;                   ///< [B,N] int64: -1 background, -2 ignored.
};

class AtssAssigner final : public Assigner {
 public:
  explicit AtssAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  std::vector<std::string> qualityOutputs() const override { return {kCenternessOutput}; }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  Matching match(const AnchorSet& anchors, const at::Tensor& boxes, const DenseTargets& targets) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
};

// ---- the rule --------------------------------------------------------------------------------------------

/// Squared distances with the anchor's place on its level as the last word, so that the k nearest are
/// the same on every device: the distances are float32 numbers, at least 2^-24 apart relative to their size,
/// and the places move them by less (for levels of up to 2^24 anchors). [B,G,T] float64.
at::Tensor orderedDistances(const at::Tensor& x, const at::Tensor& y, const at::Tensor& centerX,
                            const at::Tensor& centerY, const at::Tensor& place) {
  constexpr double kLeast = 1e-30, kStep = 0x1p-48;
  at::Tensor squared = (x - centerX).square_();
  squared.add_((y - centerY).square_());
  return squared.to(at::kFloat).to(at::kDouble).add_(kLeast).mul_(place.to(at::kDouble).mul_(kStep).add_(1));
}

/// The k anchors of one level nearest to each object's centre. out: [B,G,k] places on the level, nearest
/// first; those of `excluded` [B,N of the level] come last, with infinite distance.
std::pair<at::Tensor, at::Tensor> nearest(const at::Tensor& x, const at::Tensor& y, const at::Tensor& boxes,
                                          const at::Tensor& excluded, std::int64_t k) {
  const std::int64_t count = x.size(0), pairs = boxes.size(0) * boxes.size(1);
  const std::int64_t step = std::max(k, kTilePairs / pairs);
  const at::Tensor centerX = middle(boxes, 0).unsqueeze(2), centerY = middle(boxes, 1).unsqueeze(2);
  std::vector<at::Tensor> distances, places;
  for (std::int64_t begin = 0; begin < count; begin += step) {
    const std::int64_t end = std::min(begin + step, count);
    const at::Tensor place = at::arange(begin, end, boxes.options().dtype(at::kLong));
    at::Tensor ordered =
        orderedDistances(x.slice(0, begin, end), y.slice(0, begin, end), centerX, centerY, place);
    if (excluded.defined()) ordered.masked_fill_(excluded.slice(1, begin, end).unsqueeze(1), kInfinity);
    const auto [distance, at] = ordered.topk(std::min(k, end - begin), 2, /*largest=*/false);
    distances.push_back(distance);
    places.push_back(at + begin);
  }
  if (distances.size() == 1) return {distances[0], places[0]};
  const auto [distance, at] = at::cat(distances, 2).topk(k, 2, /*largest=*/false);
  return {distance, at::cat(places, 2).gather(2, at)};
}

Candidates candidatesOf(const AnchorSet& anchors, const at::Tensor& boxes, const at::Tensor& valid,
                        const at::Tensor& excluded, std::int64_t perLevel) {
  const at::Tensor x = middle(anchors.boxes, 0), y = middle(anchors.boxes, 1);
  const std::int64_t batch = boxes.size(0), objects = boxes.size(1);
  const auto index = valid.options().dtype(at::kLong);
  std::vector<at::Tensor> anchor = {at::zeros({batch, objects, 0}, index)}, rank = {at::zeros({0}, index)},
                          present = {at::zeros({batch, objects, 0}, valid.options())};
  for (const LevelLayout& level : anchors.levels) {
    const std::int64_t first = level.firstAnchor, count = level.anchorCount(), k = std::min(perLevel, count);
    if (k == 0) continue;
    const auto [distance, place] =
        nearest(x.slice(0, first, first + count), y.slice(0, first, first + count), boxes,
                excluded.defined() ? excluded.slice(1, first, first + count) : excluded, k);
    anchor.push_back(place + first);
    rank.push_back(at::arange(k, index));
    present.push_back(distance < kInfinity);
  }
  Candidates c;
  c.anchor = at::cat(anchor, 2);
  c.rank = at::cat(rank).expand_as(c.anchor);
  c.present = at::cat(present, 2) & valid.unsqueeze(2);
  const auto apart = [&](const at::Tensor& positions, int axis) {
    return positions.index({c.anchor}) - middle(boxes, axis).unsqueeze(2);
  };
  c.distance = at::hypot(apart(x, 0), apart(y, 1));
  return c;
}

/// For every anchor the object of the largest IoU among those that want it; ties: the smaller index.
void settle(Matching& m, std::int64_t anchors) {
  const std::int64_t batch = m.iou.size(0), objects = m.iou.size(1);
  const auto flat = [&](const at::Tensor& perCandidate) { return perCandidate.reshape({batch, -1}); };
  const at::Tensor anchor = flat(m.candidates.anchor), wanted = flat(m.wanted);
  const at::Tensor iou = flat(m.iou).masked_fill(wanted.logical_not(), -1);
  m.bestIou = at::full({batch, anchors}, -1, iou.options()).scatter_reduce(1, anchor, iou, "amax");
  const at::Tensor wins = wanted & (iou == m.bestIou.gather(1, anchor));
  const at::Tensor index =
      flat(at::arange(objects, anchor.options()).view({1, -1, 1}).expand_as(m.candidates.anchor));
  m.object = at::full({batch, anchors}, objects, anchor.options())
                 .scatter_reduce(1, anchor, at::where(wins, index, objects), "amin");
  m.object = m.object.masked_fill(m.object == objects, -1);
}

Matching AtssAssigner::match(const AnchorSet& anchors, const at::Tensor& boxes,
                             const DenseTargets& targets) const {
  Matching m;
  const at::Tensor excluded =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false).inside;
  m.candidates = candidatesOf(anchors, boxes, targets.valid, excluded, options_.perLevel);
  const at::Tensor& present = m.candidates.present;
  const at::Tensor candidateBoxes = anchors.boxes.index({m.candidates.anchor});  // [B,G,K,4]
  const at::Tensor objects = boxes.unsqueeze(2).expand_as(candidateBoxes);
  m.iou = elementwiseIou(candidateBoxes, objects.contiguous());

  // Mean and unbiased deviation of those that are present; 0 / 0 is NaN as it should.
  m.count = present.sum(2);
  const at::Tensor counted = m.iou.masked_fill(present.logical_not(), 0);
  m.mean = counted.sum(2) / m.count;
  const at::Tensor apart = (m.iou - m.mean.unsqueeze(2)).masked_fill(present.logical_not(), 0);
  m.deviation = (apart.square().sum(2) / (m.count - 1)).sqrt();
  m.needed = m.mean + m.deviation;

  m.centerMargin = sideDistances(middle(candidateBoxes, 0), middle(candidateBoxes, 1), objects).smallest();
  m.reaches = m.iou >= m.needed.unsqueeze(2);
  m.inside = m.centerMargin > kCenterMarginPx;
  m.wanted = present & m.reaches & m.inside;
  settle(m, anchors.count());
  if (excluded.defined()) m.object = at::where(excluded & (m.object < 0), -2, m.object);
  return m;
}

Assignment AtssAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const AnchorSet& anchors = inputs.anchors;
  const DenseTargets& given = inputs.targets;
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(given);
  const at::Tensor boxes = targets.boxes.to(anchors.boxes.scalar_type());
  const Matching m = match(anchors, boxes, targets);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  const at::Tensor found = m.object >= 0;
  const at::Tensor target = centerness(
      sideDistances(middle(anchors.boxes, 0), middle(anchors.boxes, 1), gatherObjects(boxes, m.object)),
      found);
  assignment.quality.push_back({kCenternessOutput, target, {}});
  assignment.regWeight = target;
  const at::Tensor wanting = at::zeros(m.object.sizes(), m.object.options())
                                 .scatter_add_(1, m.candidates.anchor.reshape({boxes.size(0), -1}),
                                               m.wanted.to(at::kLong).reshape({boxes.size(0), -1}));
  assignment.scalars = {
      {"atss.starved_objects", starvedCount(m.object, targets.valid)},
      {"atss.without_threshold", (targets.valid & m.needed.isnan()).sum()},
      {"atss.contested", (wanting > 1).sum()},
      {"atss.mean_threshold",
       m.needed.nan_to_num(0).sum() / (targets.valid & m.needed.isnan().logical_not()).sum().clamp_min(1)}};
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

// ---- evidence --------------------------------------------------------------------------------------------

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
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Candidates";
  spec.description = "On every level the anchors nearest to the object's centre.";
  spec.source = kRule;
  spec.columns = {
      realColumn("iou", "IoU", "1", "IoU of the anchor with the object.", ColorScale::kRegression),
      realColumn("mean", "Mean IoU", "1", "Mean IoU of the object's candidates."),
      realColumn("deviation", "Deviation", "1",
                 "Standard deviation (n - 1) of the candidates' IoUs; undefined for a single candidate."),
      realColumn("threshold", "Threshold", "1",
                 "IoU that a positive needs: mean + deviation; undefined for a single candidate."),
      realColumn("margin", "IoU - threshold", "1", "How far the IoU is above (or below) the threshold.",
                 ColorScale::kDiverging),
      realColumn("distance", "Distance", "px", "Distance of the anchor's centre to the object's."),
      wholeColumn("rank", "Rank by distance", "Rank by distance on the anchor's level, 0 nearest."),
      realColumn("center_margin", "Centre to side", "px",
                 "Distance of the anchor's centre to the nearest side of the object, below 0 outside."),
      realColumn("best_iou", "Anchor's best IoU", "1",
                 "Largest IoU of the anchor with an object that wants it; undefined (-1) without one."),
      wholeColumn("winner", "Goes to", "Index of the object that the anchor learns; -1: none."),
      wholeColumn("candidate", "Candidate", "1: all pairs of this table are."),
      wholeColumn("reaches", "Reaches the threshold", "1 when the IoU reaches the threshold."),
      wholeColumn("no_threshold", "No threshold",
                  "1 when a single candidate has no deviation, so that nothing reaches the threshold."),
      wholeColumn("inside", "Centre inside", "1 when the anchor's centre lies inside the object."),
      wholeColumn("is_best", "Is the anchor's best",
                  "1 when no other object that wants the anchor has a larger IoU; -1: the object does not "
                  "want it."),
      wholeColumn("member", "Positive", "1 when the anchor trains on this object."),
  };
  spec.memberColumn = "member";
  spec.sortColumn = "iou";
  spec.sortDescending = true;
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
  threshold.noteColumn = "no_threshold";
  threshold.note = "a single candidate has no deviation, so the object gets no positive";
  spec.tests = {testOfBound("candidate", "Is the anchor among the nearest of its level?", "rank", "<",
                            static_cast<double>(options.perLevel), "candidate"),
                threshold,
                testOfBound("centre inside", "Does the anchor's centre lie inside the object?",
                            "center_margin", ">", kCenterMarginPx, "inside"),
                testOfColumn("highest IoU", "Is the IoU the largest of the objects that want the anchor?",
                             "iou", ">=", "best_iou", "is_best")};
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

EvidenceDeclaration AtssAssigner::declaration() const {
  const Channels channels;
  const ObjectColumns columns;
  EvidenceDeclaration declaration;
  declaration.channels = {channels.iou, channels.candidacies, channels.margin};
  declaration.pairTables = {pairSpec()};
  declaration.decisions = {decisionSpec(options_)};
  declaration.objectColumns = {columns.candidates, columns.mean, columns.deviation,
                               columns.threshold,  columns.lost, columns.starved};
  declaration.scalars = {
      {"atss.starved_objects", "Starved objects", "objects",
       "Objects of the batch on which no anchor trains.", kOurs, ColorScale::kSequential},
      {"atss.without_threshold", "Objects without threshold", "objects",
       "Objects of the batch with fewer than two candidates, which therefore get no positive.", kOurs,
       ColorScale::kSequential},
      {"atss.contested", "Contested anchors", "anchors", "Anchors of the batch that several objects want.",
       kOurs, ColorScale::kSequential},
      {"atss.mean_threshold", "Mean threshold", "1",
       "Mean over the batch's objects of the IoU that a "
       "positive needs; 0 without objects.",
       kOurs, ColorScale::kSequential}};
  return declaration;
}

void AtssAssigner::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  const Candidates& c = m.candidates;
  const std::int64_t batch = m.object.size(0);
  const auto flat = [&](const at::Tensor& perCandidate) { return perCandidate.reshape({batch, -1}); };
  const at::Tensor unset = at::full_like(m.bestIou, -kInfinity);
  const at::Tensor margin = m.iou - m.needed.unsqueeze(2);
  const at::Tensor known = margin.masked_fill(c.present.logical_not() | margin.isnan(), -kInfinity);
  const at::Tensor largest = unset.scatter_reduce(1, flat(c.anchor), flat(known), "amax");
  const Channels channels;
  sink.channel(channels.iou, m.bestIou.masked_fill(m.object < 0, kNan));
  sink.channel(channels.candidacies,
               at::zeros_like(m.object).scatter_add_(1, flat(c.anchor), flat(c.present.to(at::kLong))));
  sink.channel(channels.margin, largest.masked_fill(largest.isinf(), kNan));

  // Rows in the order of anchors.
  const at::Tensor order = at::argsort(c.anchor, /*stable=*/true, /*dim=*/2, /*descending=*/false);
  const auto sorted = [&](const at::Tensor& perCandidate) { return perCandidate.gather(2, order); };
  const PairIndex places = pairIndex(sorted(c.present));
  const auto pick = [&](const at::Tensor& perCandidate) { return places.pick(sorted(perCandidate)); };
  const PairIndex rows{places.image, places.object, pick(c.anchor)};
  const at::Tensor iou = pick(m.iou), owner = rows.pickAnchor(m.object), needed = rows.pickObject(m.needed);
  const at::Tensor member = owner == rows.object, wanted = pick(m.wanted);
  const at::Tensor undefined = at::full_like(iou, kNan);
  const at::Tensor best = rows.pickAnchor(m.bestIou);
  sink.pairs(pairSpec(),
             rows.withColumns({iou, rows.pickObject(m.mean), rows.pickObject(m.deviation), needed,
                               iou - needed, pick(c.distance), pick(c.rank), pick(m.centerMargin),
                               at::where(best >= 0, best, undefined), owner.clamp_min(-1),
                               at::ones_like(owner), pick(m.reaches), needed.isnan(), pick(m.inside),
                               at::where(wanted, member.to(iou.scalar_type()), undefined), member}));

  const auto count = [&](const at::Tensor& which) {
    return at::zeros(valid.sizes(), owner.options())
        .index_put_({rows.image, rows.object}, which.to(at::kLong), /*accumulate=*/true);
  };
  const ObjectColumns columns;
  sink.objects(columns.candidates, m.count);
  sink.objects(columns.mean, m.mean);
  sink.objects(columns.deviation, m.deviation);
  sink.objects(columns.threshold, m.needed);
  sink.objects(columns.lost, count(wanted & member.logical_not()));
  sink.objects(columns.starved, count(member) == 0);
}

// ---- registration ----------------------------------------------------------------------------------------

Result<std::unique_ptr<Assigner>> makeAtss(const ParamSet& params) {
  return std::unique_ptr<Assigner>(
      std::make_unique<AtssAssigner>(Options{params.getInt("topk"), params.getFloat("ignore_iof_thr")}));
}

}  // namespace

AssignerEntry atssAssigner() {
  AssignerEntry entry;
  entry.name = "atss";
  entry.title = "ATSS: adaptive thresholds";
  entry.description =
      "On every level the anchors nearest to an object's centre are its candidates. Those whose IoU reaches "
      "the mean plus the standard deviation of the candidates' IoUs, with the centre inside the object, "
      "learn "
      "it; an anchor that several objects want goes to the one it overlaps most.";
  entry.source =
      std::string(kRule) +
      ". A single candidate has no deviation and becomes no positive, as there. Ours: of anchors at "
      "one distance the first is nearer; anchors in ignored regions are never candidates (mmdet "
      "takes them when a level has no others).";
  entry.params = {
      intParam("topk", 9, 1, 1000, "anchors",
               "Candidates of an object on each level; shorter levels give all.", "ATSS (CVPR 2020)"),
      ignoreIofParam(),
  };
  entry.conflicts = [](const ParamSet&, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points) return {};
    return {{"assigner", "ATSS measures the IoU of anchor boxes, and the model has points without boxes",
             "Choose one for points (assigner or method fcos, method musu), or a model with anchor boxes"}};
  };
  entry.make = makeAtss;
  return entry;
}

}  // namespace anchorscope
