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
  Matching match(const AnchorSet& anchors, const at::Tensor& boxes, const DenseTargets& targets) const;

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

/// Square anchors around points, which have cells alone.
AnchorSet withAnchors(AnchorSet points, double scale) {
  const at::Tensor centre = (points.boxes.slice(1, 0, 2) + points.boxes.slice(1, 2, 4)) / 2;
  const at::Tensor half = (points.strides.to(centre.scalar_type()) * (scale / 2)).unsqueeze(1);
  points.boxes = at::cat({centre - half, centre + half}, 1);
  return points;
}

Matching AtssAssigner::match(const AnchorSet& given, const at::Tensor& boxes,
                             const DenseTargets& targets) const {
  Matching m;
  const at::Tensor excluded =
      ignoredRegions(given, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false).inside;
  const AnchorSet anchors =
      given.offsets == BoxOffsets::kSideDistances ? withAnchors(given, options_.pointScale) : given;
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
      intParam("topk", 9, 1, 1000, "anchors",
               "Candidates of an object on each level; shorter levels give all.", "ATSS (CVPR 2020)"),
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
