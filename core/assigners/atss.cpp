// ATSS (Zhang et al., CVPR 2020), as mmdet 3.3.0's ATSSAssigner: on every level the anchors nearest to an
// object's centre are its candidates; those whose IoU reaches the mean plus the standard deviation of the
// candidates' IoUs, and whose centre lies inside the object, learn it.

#include <c10/core/GradMode.h>

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/atss.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/base/check.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {
namespace atss {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Pairs of anchor and object that are looked at together: bounds the memory, not the result.
constexpr std::int64_t kTilePairs = std::int64_t{1} << 21;

class AtssAssigner final : public Assigner {
 public:
  explicit AtssAssigner(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override { return atss::declaration(options_); }
  std::vector<std::string> qualityOutputs() const override { return {kCenternessOutput}; }
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts* costs) override;

 private:
  Options options_;
};

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

/// For every anchor the object of the largest measure among those that want it.
void settle(const Candidates& candidates, Selection& s, std::int64_t anchors) {
  const std::int64_t batch = s.measure.size(0), objects = s.measure.size(1);
  const auto flat = [&](const at::Tensor& perCandidate) { return perCandidate.reshape({batch, -1}); };
  const at::Tensor anchor = flat(candidates.anchor), wanted = flat(s.wanted);
  const at::Tensor measure = flat(s.measure).masked_fill(wanted.logical_not(), -1);
  s.best = at::full({batch, anchors}, -1, measure.options()).scatter_reduce(1, anchor, measure, "amax");
  const at::Tensor wins = wanted & (measure == s.best.gather(1, anchor));
  const at::Tensor index =
      flat(at::arange(objects, anchor.options()).view({1, -1, 1}).expand_as(candidates.anchor));
  s.object = at::full({batch, anchors}, objects, anchor.options())
                 .scatter_reduce(1, anchor, at::where(wins, index, objects), "amin");
  s.object = s.object.masked_fill(s.object == objects, -1);
}

}  // namespace

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
  c.centerMargin = sideDistances(x.index({c.anchor}), y.index({c.anchor}), boxes.unsqueeze(2)).smallest();
  c.inside = c.centerMargin > kCenterMarginPx;
  return c;
}

Selection selectionOf(const Candidates& candidates, const at::Tensor& measure, std::int64_t anchors,
                      const at::Tensor& excluded) {
  const at::Tensor absent = candidates.present.logical_not(), count = candidates.count();
  Selection s;
  s.measure = measure;
  // Mean and unbiased deviation of those that are present; 0 / 0 is NaN as it should.
  s.mean = measure.masked_fill(absent, 0).sum(2) / count;
  const at::Tensor apart = (measure - s.mean.unsqueeze(2)).masked_fill(absent, 0);
  s.deviation = (apart.square().sum(2) / (count - 1)).sqrt();
  s.needed = s.mean + s.deviation;
  s.reaches = measure >= s.needed.unsqueeze(2);
  s.wanted = candidates.present & s.reaches & candidates.inside;
  settle(candidates, s, anchors);
  if (excluded.defined()) s.object = at::where(excluded & (s.object < 0), -2, s.object);
  return s;
}

at::Tensor Selection::wishes(const Candidates& candidates) const {
  const std::int64_t batch = object.size(0);
  return at::zeros(object.sizes(), object.options())
      .scatter_add_(1, candidates.anchor.reshape({batch, -1}), wanted.to(at::kLong).reshape({batch, -1}));
}

at::Tensor Selection::meanNeeded(const at::Tensor& valid) const {
  return needed.nan_to_num(0).sum() / (valid & needed.isnan().logical_not()).sum().clamp_min(1);
}

ParamSpec perLevelParam() {
  return intParam("topk", 9, 1, 1000, "anchors",
                  "Candidates of an object on each level; shorter levels give all.", "ATSS (CVPR 2020)");
}

namespace {

/// Square anchors around points, which have cells alone.
AnchorSet withAnchors(AnchorSet points, double scale) {
  const at::Tensor centre = (points.boxes.slice(1, 0, 2) + points.boxes.slice(1, 2, 4)) / 2;
  const at::Tensor half = (points.strides.to(centre.scalar_type()) * (scale / 2)).unsqueeze(1);
  points.boxes = at::cat({centre - half, centre + half}, 1);
  return points;
}

Assignment AtssAssigner::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const at::Tensor boxes = targets.boxes.to(inputs.anchors.boxes.scalar_type());
  const at::Tensor excluded =
      ignoredRegions(inputs.anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false)
          .inside;
  const AnchorSet anchors = inputs.anchors.offsets == BoxOffsets::kSideDistances
                                ? withAnchors(inputs.anchors, options_.pointScale)
                                : inputs.anchors;
  const Candidates candidates = candidatesOf(anchors, boxes, targets.valid, excluded, options_.perLevel);
  const at::Tensor candidateBoxes = anchors.boxes.index({candidates.anchor});  // [B,G,K,4]
  const at::Tensor iou =
      elementwiseIou(candidateBoxes, boxes.unsqueeze(2).expand_as(candidateBoxes).contiguous());
  const Selection selected = selectionOf(candidates, iou, anchors.count(), excluded);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = selected.object;
  const at::Tensor target =
      centerness(sideDistances(middle(inputs.anchors.boxes, 0), middle(inputs.anchors.boxes, 1),
                               gatherObjects(boxes, selected.object)),
                 selected.object >= 0);
  assignment.quality.push_back({kCenternessOutput, target, {}});
  assignment.regWeight = target;
  assignment.scalars = {{"atss.starved_objects", starvedCount(selected.object, targets.valid)},
                        {"atss.without_threshold", (targets.valid & selected.needed.isnan()).sum()},
                        {"atss.contested", (selected.wishes(candidates) > 1).sum()},
                        {"atss.mean_threshold", selected.meanNeeded(targets.valid)}};
  if (step.sink) publish(candidates, selected, targets.valid, *step.sink);
  return assignment;
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  return std::unique_ptr<Assigner>(std::make_unique<AtssAssigner>(
      Options{params.getInt("topk"), params.getFloat("point_scale"), params.getFloat("ignore_iof_thr")}));
}

}  // namespace
}  // namespace atss

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
      concat(atss::kRule,
             ". A single candidate has no deviation and becomes no positive, as there. Ours: of anchors at "
             "one distance the first is nearer; anchors in ignored regions are never candidates (mmdet "
             "takes them when a level has no others).");
  entry.params = {
      atss::perLevelParam(),
      floatParam(
          "point_scale", 0, 0, 64, "strides",
          "Side of the square anchor that stands for a point where the model has points: their IoU is asked. "
          "0: none "
          "does, and points are refused.",
          "GFL (NeurIPS 2020), mmdet 3.3.0: square anchors of 8 strides, boxes as distances from their "
          "centres"),
      ignoreIofParam(),
  };
  entry.conflicts = [](const ParamSet& params, const HeadTraits& heads) -> std::vector<OptionConflict> {
    if (!heads.points || params.getFloat("point_scale") > 0) return {};
    return {
        {"assigner", "ATSS measures the IoU of anchor boxes, and the model has points without boxes",
         "Choose one for points (assigner or method fcos, method musu), a model with anchor boxes, or square "
         "anchors for the points (point_scale 8)"}};
  };
  entry.make = atss::make;
  return entry;
}

}  // namespace anchorscope
