// OTA (Ge et al., CVPR 2021): objects and the background supply anchors with labels, at the least cost
// altogether. As the authors' code, whose windows and penalties these are.

#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/ignored_regions.h"
#include "core/assigners/locations.h"
#include "core/assigners/pair_rows.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/class_boxes.h"
#include "core/ops/scores.h"
#include "core/ops/sinkhorn.h"

namespace anchorscope {
namespace {

constexpr const char* kPairs = "ota.pairs";
constexpr const char* kRule = "OTA (CVPR 2021); the authors' code (Megvii-BaseDetection/OTA)";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMarginPx = 0.01;
constexpr double kPenalty = 1e6;
constexpr double kLeastIou = 1.1920928955078125e-07;

struct Options {
  double radius = 2.5, regWeight = 1.5, epsilon = 0.1;
  std::int64_t topK = 20, rounds = 50;
  double alpha = 0.25, gamma = 2;
  double ignoreIof = -1;
};

/// [B,G,N] unless said otherwise.
struct Matching {
  at::Tensor iou, clsCost, boxCost, cost;
  at::Tensor background;       ///< [B,N] cost of the background.
  at::Tensor near;             ///< In the box and near its centre.
  at::Tensor needed;           ///< [B,G] int64
  at::Tensor plan;             ///< What the object ships to the anchor, units.
  at::Tensor share;            ///< The same over the object's largest: what anchors choose by.
  at::Tensor backgroundShare;  ///< [B,N]
  at::Tensor object;           ///< [B,N]
};

class Ota final : public Assigner {
 public:
  explicit Ota(const Options& options) : options_(options) {}

  EvidenceDeclaration declaration() const override;
  Assignment assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) override;

 private:
  Matching match(const StageInputs& inputs, const DenseTargets& targets) const;
  at::Tensor focal(const at::Tensor& logits, bool positive) const;
  void publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const;

  Options options_;
};

/// Focal loss of each element with target 1 or 0.
at::Tensor Ota::focal(const at::Tensor& logits, bool positive) const {
  const at::Tensor z = positive ? logits : -logits;
  const at::Tensor missed = (-z).sigmoid();
  return missed.pow(options_.gamma) * at::softplus(-z) * (positive ? options_.alpha : 1 - options_.alpha);
}

Matching Ota::match(const StageInputs& inputs, const DenseTargets& targets) const {
  const auto& [anchors, outputs, given] = inputs;
  const at::Tensor boxes = targets.boxes.to(outputs.boxes.scalar_type());
  const at::Tensor valid = targets.valid.unsqueeze(2);
  const at::Tensor x = middle(anchors.boxes, 0), y = middle(anchors.boxes, 1),
                   reach = anchors.strides * options_.radius;
  Matching m;
  const SideDistances sides = sideDistances(x, y, boxes.unsqueeze(2));
  const at::Tensor dx = (x - middle(boxes, 0).unsqueeze(2)).abs(),
                   dy = (y - middle(boxes, 1).unsqueeze(2)).abs();
  m.near = (sides.smallest() > kMarginPx) & (at::maximum(dx, dy) < reach - kMarginPx) & valid;

  m.iou = predictedIou(outputs, boxes, targets.labels);
  const at::Tensor logits = logOdds(outputs).detach();
  const at::Tensor ifNot = focal(logits, false);
  m.background = ifNot.sum(2);
  m.clsCost = m.background.unsqueeze(1) + ofClasses(focal(logits, true) - ifNot, targets.labels.clamp_min(0));
  m.boxCost = m.iou.clamp_min(kLeastIou).log() * -options_.regWeight;
  m.cost = m.clsCost + m.boxCost + kPenalty * m.near.logical_not();

  const std::int64_t most = std::min(options_.topK, anchors.count()), objects = targets.maxObjects();
  m.needed = std::get<0>((m.iou * m.near).topk(most, 2))
                 .sum(2)
                 .to(at::kLong)
                 .clamp_min(1)
                 .masked_fill(targets.valid.logical_not(), 0);
  const at::Tensor rest = (anchors.count() - m.needed.sum(1, true)).clamp_min(0);
  const at::Tensor always = at::ones_like(rest, at::kBool);
  const at::Tensor plan =
      transportPlan(at::cat({m.cost, m.background.unsqueeze(1)}, 1), at::cat({m.needed, rest}, 1),
                    at::cat({targets.valid, always}, 1), options_.epsilon, options_.rounds);
  m.plan = plan.narrow(1, 0, objects);
  const at::Tensor largest =
      anchors.count() > 0 ? plan.amax(2, true) : at::ones({plan.size(0), plan.size(1), 1}, plan.options());
  const at::Tensor share = plan / largest;
  // Outputs that are no numbers leave background.
  m.share = share.narrow(1, 0, objects).nan_to_num(-1).masked_fill(valid.logical_not(), -1);
  m.backgroundShare = share.select(1, objects).nan_to_num(0);
  const auto [best, winner] = m.share.max(1);  // the first of equals
  m.object = at::where(best >= m.backgroundShare, winner, -1);
  const IgnoredRegions ignored =
      ignoredRegions(anchors, targets, options_.ignoreIof, /*wrtCandidates=*/true, /*shown=*/false);
  // What predictions have chosen stays; the background of regions whose objects are unlabelled is none.
  if (ignored.inside.defined()) m.object = at::where(ignored.inside & (m.object < 0), -2, m.object);
  return m;
}

Assignment Ota::assign(const StageInputs& inputs, const StepContext& step, const LossCosts*) {
  const c10::NoGradGuard noGrad;
  const DenseTargets targets = withPadding(inputs.targets);
  const Matching m = match(inputs, targets);
  Assignment assignment;
  assignment.clsObject = assignment.regObject = m.object;
  assignment.regWeight = m.object.ge(0).to(m.iou.scalar_type());
  assignment.scalars = {{"ota.starved_objects", starvedCount(m.object, targets.valid)},
                        {"ota.needed", m.needed.sum()}};
  if (step.sink) publish(m, targets.valid, *step.sink);
  return assignment;
}

// ---- what it shows ---------------------------------------------------------------------------------------

const ChannelSpec& marginSpec() {
  static const ChannelSpec spec =
      channelOf("ota.margin", "Margin over background", "1",
                "Largest share of any object at the anchor minus the background's: above 0 it is positive.",
                kOurs, ColorScale::kDiverging, -1.f, 1.f, Sense::kNeutral);
  return spec;
}

const ChannelSpec& backgroundSpec() {
  static const ChannelSpec spec =
      channelOf("ota.background", "Cost of the background", "nat",
                "Focal loss of the anchor, if it were background.", kRule, ColorScale::kSequential, 0.f);
  return spec;
}

PairTableSpec pairSpec() {
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "What objects ship";
  spec.description = "Anchors in the object's box and near its centre, and all to which it ships most.";
  spec.source = kRule;
  spec.columns = {
      realColumn("cost", "Cost", "nat", "Class and box cost, and a penalty of 1,000,000 off the centre."),
      realColumn("cls_cost", "Class cost", "nat", "Focal loss, if the anchor learned the object's class."),
      realColumn("box_cost", "Box cost", "nat", "reg_weight times -ln of the predicted IoU."),
      realColumn("iou", "Predicted IoU", "1", "IoU of the anchor's predicted box with the object."),
      realColumn("plan", "Ships", "anchors", "What the object ships to the anchor in the plan."),
      realColumn("share", "Share", "1", "The same over the most that it ships to any anchor."),
      realColumn("background_share", "Background's share", "1", "The same of the background at this anchor."),
      realColumn("best_share", "Best share", "1", "Largest share of any object at the anchor."),
      wholeColumn("near", "Near the centre",
                  "1 when the anchor lies in the box and near its centre; else the penalty."),
      wholeColumn("beats_background", "Beats the background", "1 when no more comes from the background."),
      wholeColumn("is_best", "Beats other objects", "1 when no other object has a larger share."),
      memberColumn("anchor")};
  showMembersFirst(spec, "share", Order::kDescending);
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec needed{"ota.needed", "Supplies", "anchors",
                          "Sum of the largest predicted IoUs near the centre, rounded down, at least 1.",
                          kRule};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no anchor trains on the object.", kOurs};
};

EvidenceDeclaration Ota::declaration() const {
  const ObjectColumns columns;
  EvidenceDeclaration all;
  all.channels = {marginSpec(), backgroundSpec()};
  all.pairTables = {pairSpec()};
  DecisionSpec decision;
  decision.pairTable = kPairs;
  decision.absentReason =
      "the anchor is not in the object's box near its centre, and the object ships more elsewhere";
  decision.tests = {
      information(testOfColumn("near the centre", "Does the anchor lie in the box and near its centre?", "",
                               "", "", "near")),
      testOfColumn("against background", "Does the object ship a larger share than the background?", "share",
                   ">=", "background_share", "beats_background"),
      conflict(testOfColumn("against objects", "Does no other object ship a larger share?", "share",
                            ">=", "best_share", "is_best"))};
  decision.outcomes = {{"classification", kClsObjectChannel, "share", ""},
                       {"regression", kRegObjectChannel, "share", ""}};
  all.decisions = {std::move(decision)};
  all.objectColumns = {columns.needed, columns.starved};
  all.scalars = {scalarOf("ota.starved_objects", "Starved objects", "objects",
                          "Objects of the batch on which no anchor trains.", kOurs),
                 scalarOf("ota.needed", "Anchors that objects supply", "anchors",
                          "Sum of what the batch's objects supply.", kRule)};
  return all;
}

void Ota::publish(const Matching& m, const at::Tensor& valid, EvidenceSink& sink) const {
  const std::int64_t objects = valid.size(1);
  const at::Tensor indices = at::arange(objects, m.object.options()).view({1, objects, 1});
  const at::Tensor member = m.object.unsqueeze(1) == indices;
  const auto [best, first] = m.share.max(1);
  sink.channel(marginSpec(), (best - m.backgroundShare).clamp(-1, 1));
  sink.channel(backgroundSpec(), m.background);
  const PairIndex rows = pairIndex((m.near | member) & valid.unsqueeze(2));
  const at::Tensor share = rows.pick(m.share), background = rows.pickAnchor(m.backgroundShare),
                   own = rows.pick(member);
  // Of equal shares the object of the smaller index has the anchor, and any object before the background.
  const at::Tensor isBest = (m.share == best.unsqueeze(1)) & (first.unsqueeze(1) == indices);
  sink.pairs(pairSpec(),
             rows.withColumns({rows.pick(m.cost), rows.pick(m.clsCost), rows.pick(m.boxCost),
                               rows.pick(m.iou), rows.pick(m.plan), share, background, rows.pickAnchor(best),
                               rows.pick(m.near), share >= background, rows.pick(isBest), own}));
  const ObjectColumns columns;
  sink.objects(columns.needed, m.needed);
  sink.objects(columns.starved, member.any(2).logical_not());
}

Result<std::unique_ptr<Assigner>> make(const ParamSet& params) {
  Options options;
  options.radius = params.getFloat("ota_center_radius");
  options.regWeight = params.getFloat("ota_reg_weight");
  options.epsilon = params.getFloat("sinkhorn_eps");
  options.rounds = params.getInt("sinkhorn_iter");
  options.topK = params.getInt("ota_topk");
  options.alpha = params.getFloat("ota_focal_alpha");
  options.gamma = params.getFloat("ota_focal_gamma");
  options.ignoreIof = params.getFloat("ignore_iof_thr");
  return std::unique_ptr<Assigner>(std::make_unique<Ota>(options));
}

}  // namespace

AssignerEntry otaAssigner() {
  AssignerEntry entry;
  entry.name = "ota";
  entry.title = "OTA";
  entry.description =
      "Assignment as optimal transport: every object supplies as many labels as its best boxes are good, the "
      "background "
      "the rest, every anchor takes one, and a Sinkhorn iteration finds the plan of least cost: focal loss "
      "plus reg_weight "
      "times -ln IoU.";
  entry.source = kRule;
  entry.usesPredictions = entry.boxPerClass = true;
  entry.params = {
      floatParam("ota_center_radius", 2.5, 1e-6, 1e4, "strides",
                 "How near to the object's centre an anchor's must be on each axis; others pay the penalty.",
                 kRule),
      floatParam("ota_reg_weight", 1.5, 0, 1e4, "1", "Weight of the box in the cost.", kRule),
      intParam("ota_topk", 20, 1, 1000, "anchors",
               "Of so many largest IoUs the sum says how many labels an object supplies.", kRule),
      floatParam("sinkhorn_eps", 0.1, 1e-4, 100, "nat",
                 "Regularisation of the transport: the smaller, the harder the plan.", kRule),
      intParam("sinkhorn_iter", 50, 1, 1000, "rounds", "Rounds of rescaling.", kRule),
      floatParam("ota_focal_alpha", 0.25, 0, 1, "1", "Weight of positive elements in the class cost.", kRule),
      floatParam("ota_focal_gamma", 2, 0, 10, "1", "Exponent of the modulating factor in the class cost.",
                 kRule),
      ignoreIofParam()};
  entry.make = make;
  return entry;
}

}  // namespace anchorscope
