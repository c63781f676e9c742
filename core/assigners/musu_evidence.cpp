#include "core/assigners/musu_evidence.h"

#include <limits>

#include "core/assigners/assigner.h"
#include "core/assigners/pair_rows.h"
#include "core/base/check.h"
#include "core/evidence/spec_forms.h"
#include "core/ops/box_similarity.h"
#include "core/ops/scalars_scope.h"

namespace anchorscope {
namespace {

constexpr const char* kStarvedScalar = "musu.starved_objects";
constexpr const char* kPairs = "musu.pairs";
constexpr const char* kPaper = "Paper: the quantity; formula ours";
constexpr const char* kOurs = "Ours";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool testsCenter(const MusuOptions& options) {
  return options.eligibility != MusuOptions::Eligibility::kOverlap;
}

// ---- declaration -----------------------------------------------------------------------------------------

ChannelSpec channelSpec(std::string name, std::string title, std::string description, ColorScale scale,
                        std::optional<float> max, Sense sense) {
  return channelOf(std::move(name), std::move(title), "1", std::move(description), kPaper, scale, 0.f, max,
                   sense);
}

// An anchor may be in several bags; its channels tell of one object each, named in the description.
struct Channels {
  ChannelSpec joint = channelSpec("musu.joint", "Joint score P",
                                  "Largest joint score the anchor has with any object it is eligible for.",
                                  ColorScale::kSequential, 1.f, Sense::kHigherIsBetter);
  ChannelSpec p = channelSpec("musu.p", "Class score p",
                              "Score of the object's class, for the object of the largest joint score.",
                              ColorScale::kClassification, 1.f, Sense::kHigherIsBetter);
  ChannelSpec q =
      channelSpec("musu.q", "Predicted IoU q",
                  "IoU of the predicted box with the object, for the object of the largest joint score.",
                  ColorScale::kRegression, 1.f, Sense::kHigherIsBetter);
  ChannelSpec rankCls = channelSpec("musu.rank_cls", "Rank, classification head",
                                    "Rank in the bag of the classification winner; 0 is best.",
                                    ColorScale::kClassification, std::nullopt, Sense::kLowerIsBetter);
  ChannelSpec rankReg = channelSpec("musu.rank_reg", "Rank, regression head",
                                    "Rank in the bag of the regression winner; 0 is best.",
                                    ColorScale::kRegression, std::nullopt, Sense::kLowerIsBetter);
  ChannelSpec wCls = channelSpec("musu.w_cls", "Weight, classification head",
                                 "Largest classification weight any object gives the anchor.",
                                 ColorScale::kClassification, 1.f, Sense::kHigherIsBetter);
  ChannelSpec wReg = channelSpec("musu.w_reg", "Weight, regression head",
                                 "Largest regression weight any object gives the anchor.",
                                 ColorScale::kRegression, 1.f, Sense::kHigherIsBetter);
  ChannelSpec bags =
      channelSpec("musu.bags", "Bags", "Number of bags the anchor is in; above 1 it is contested.",
                  ColorScale::kSequential, std::nullopt, Sense::kNeutral);

  Channels() { bags.source = kOurs; }
};

PairTableSpec pairSpec(double ignoreIof) {
  const auto cls = ColorScale::kClassification;
  const auto reg = ColorScale::kRegression;
  PairTableSpec spec;
  spec.name = kPairs;
  spec.title = "Candidates and bag";
  spec.description =
      "Every pair whose predicted box overlaps the object, with the reason it is in the bag or not.";
  spec.source = kPaper;
  spec.columns = {
      realColumn("p", "p", "1", "Score of the object's class.", cls),
      realColumn("q", "q", "1", "IoU of the predicted box with the object.", reg),
      realColumn("joint", "P", "1", "Joint score of p and q, which decides membership."),
      realColumn("threshold", "t", "1", "Joint score that a member of this object's bag needs."),
      realColumn("margin", "P - t", "1", "How far the joint score is above (or below) the threshold.",
                 ColorScale::kDiverging),
      wholeColumn("rank_cls", "Rank cls", "Rank for the classification head, 0 best; -1 outside the bag.",
                  cls),
      wholeColumn("rank_reg", "Rank reg", "Rank for the regression head, 0 best; -1 outside the bag.", reg),
      realColumn("w_cls", "w cls", "1", "Weight for the classification head.", cls),
      realColumn("w_reg", "w reg", "1", "Weight for the regression head.", reg),
      realColumn("s_cls", "s cls", "1", "Criterion of the classification ranking; 0 outside the bag.", cls),
      realColumn("s_reg", "s reg", "1", "Criterion of the regression ranking; 0 outside the bag.", reg),
      wholeColumn("in_bag", "In bag", "1 for members of the bag."),
      wholeColumn("overlaps", "Overlaps", "1 when the predicted box overlaps the object."),
      wholeColumn("centered", "Centred",
                  "1 when the anchor's centre is where eligibility wants it; -1: not asked."),
      wholeColumn("reaches", "Reaches t",
                  "1 when the threshold keeps the pair (also the best of an empty bag)."),
      wholeColumn("fallback", "Fallback", "1 for the best of an empty bag."),
      wholeColumn("kept", "Kept by max_bag",
                  "1 when the limit on the bag's size leaves the pair in; -1: there is no limit."),
      wholeColumn("joint_rank", "Rank by P",
                  "Rank by joint score among the object's eligible anchors; -1 when not eligible."),
      wholeColumn("weighs_cls", "Has a cls weight", "1 when the classification weight is above 0."),
      wholeColumn("weighs_reg", "Has a reg weight", "1 when the regression weight is above 0."),
      realColumn("best_cls", "Best w cls", "1",
                 "Classification weight that the anchor's classification winner gives it.", cls),
      realColumn("best_reg", "Best w reg", "1",
                 "Regression weight that the anchor's regression winner gives it.", reg),
      wholeColumn("wins_cls", "Wins cls",
                  "1 when this object is the anchor's classification winner; -1: no weight to win with."),
      wholeColumn("wins_reg", "Wins reg",
                  "1 when this object is the anchor's regression winner; -1: no weight to win with."),
  };
  if (ignoreIof > 0) {
    spec.columns.push_back(ignoredShareColumn());
    spec.columns.push_back(outsideIgnoredColumn());
  }
  spec.memberColumn = "in_bag";
  spec.sortColumn = "joint";
  spec.sortDescending = true;
  return spec;
}

DecisionSpec decisionSpec(const MusuOptions& options, double ignoreIof) {
  DecisionSpec spec;
  spec.pairTable = kPairs;
  spec.absentReason = "not eligible, no overlap: the predicted box does not touch the object";
  spec.tests.push_back(
      gate(testOfBound("overlap", "Does the predicted box overlap the object?", "q", ">", 0, "overlaps")));
  if (ignoreIof > 0) {
    TestSpec ignored = ignoredRegionTest(ignoreIof);
    ignored.description += " Inside, it is no background where no bag wants it.";
    ignored.gate = false;
    spec.tests.push_back(information(std::move(ignored)));
  }
  if (testsCenter(options))
    spec.tests.push_back(
        gate(testOfColumn("centre",
                          options.eligibility == MusuOptions::Eligibility::kCenterInGt
                              ? "Is the anchor's centre inside the object's box?"
                              : "Is the anchor's centre inside the object's box and near its centre?",
                          "", "", "", "centered")));
  TestSpec joint = gate(testOfColumn("joint score", "Does the joint score reach the object's threshold?",
                                     "joint", ">=", "threshold", "reaches"));
  joint.noteColumn = "fallback";
  joint.note = "best of an empty bag";
  spec.tests.push_back(joint);
  if (options.maxBag > 0)
    spec.tests.push_back(gate(testOfBound("bag size", "Is the pair among the best that max_bag lets stay?",
                                          "joint_rank", "<", static_cast<double>(options.maxBag), "kept")));
  for (const bool cls : {true, false}) {
    TestSpec weight = testOfBound(cls ? "classification weight" : "regression weight",
                                  cls ? "Does its rank for the classification head give it a weight?"
                                      : "Does its rank for the regression head give it a weight?",
                                  cls ? "w_cls" : "w_reg", ">", 0, cls ? "weighs_cls" : "weighs_reg");
    weight.head = cls ? "classification" : "regression";
    spec.tests.push_back(std::move(weight));
    TestSpec largest = conflict(testOfColumn(
        cls ? "largest classification weight" : "largest regression weight",
        "Does no other object give the anchor more? Of equal weights the larger joint score wins, "
        "then the smaller index.",
        cls ? "w_cls" : "w_reg", ">=", cls ? "best_cls" : "best_reg", cls ? "wins_cls" : "wins_reg"));
    largest.head = cls ? "classification" : "regression";
    spec.tests.push_back(std::move(largest));
  }
  spec.outcomes = {{"classification", kClsObjectChannel, "w_cls", "rank_cls"},
                   {"regression", kRegObjectChannel, "w_reg", "rank_reg"}};
  return spec;
}

struct ObjectColumns {
  ObjectColumnSpec bagSize{"musu.bag_size", "Bag size", "anchors", "Anchors in the object's bag.", kPaper};
  ObjectColumnSpec eligible{"musu.eligible", "Eligible", "anchors", "Anchors that may enter the bag.",
                            kPaper};
  ObjectColumnSpec threshold{"musu.threshold", "Threshold t", "1",
                             "Joint score that a member needs; undefined when starved.", kPaper};
  ObjectColumnSpec entropyCls{"musu.entropy_cls", "Entropy of w_cls", "nat",
                              "Entropy of the bag's classification weights: 0 when one anchor has them all.",
                              kOurs};
  ObjectColumnSpec entropyReg{"musu.entropy_reg", "Entropy of w_reg", "nat",
                              "Entropy of the bag's regression weights: 0 when one anchor has them all.",
                              kOurs};
  ObjectColumnSpec bestJoint{"musu.best_joint", "Anchor of best P", "",
                             "Eligible anchor of the largest joint score.", kOurs};
  ObjectColumnSpec bestP{"musu.best_p", "Anchor of best p", "", "Eligible anchor of the largest class score.",
                         kOurs};
  ObjectColumnSpec bestQ{"musu.best_q", "Anchor of best q", "",
                         "Eligible anchor of the largest predicted IoU.", kOurs};
  ObjectColumnSpec bestPqDistance{
      "musu.best_pq_distance", "Best p to best q", "px",
      "Distance of the centres of the best-p and best-q anchors: how far the heads disagree.", kOurs};
  ObjectColumnSpec bestPqDistanceRelative{"musu.best_pq_distance_relative", "Best p to best q, relative", "1",
                                          "The same divided by the square root of the object's area.", kOurs};
  ObjectColumnSpec distanceJointP{"musu.best_joint_p_distance", "Best P to best p", "px",
                                  "Distance of the centres of the best-P and best-p anchors.", kOurs};
  ObjectColumnSpec distanceJointQ{"musu.best_joint_q_distance", "Best P to best q", "px",
                                  "Distance of the centres of the best-P and best-q anchors.", kOurs};
  ObjectColumnSpec disagreement{
      "musu.rank_disagreement", "Rank disagreement", "1",
      "Mean absolute difference of a member's two ranks, divided by bag size - 1: 0 "
      "where the rankings agree.",
      kOurs};
  ObjectColumnSpec rankCorrelation{
      "musu.rank_correlation", "Correlation of the rankings", "1",
      "Spearman correlation of the two rankings in the bag; undefined below two members.", kOurs};
  ObjectColumnSpec spearmanPq{"musu.spearman_pq", "Correlation of p and q", "1",
                              "Spearman correlation of class score and predicted IoU in the bag (equal "
                              "values share their mean rank); "
                              "undefined below three members and where all scores or all IoUs are equal.",
                              kOurs};
  ObjectColumnSpec starved{kStarvedColumn, "Starved", "", "1 when no anchor is eligible for the object.",
                           kPaper};
};

std::vector<ScalarSpec> scalarSpecs() {
  std::vector<ScalarSpec> specs = {
      scalarOf(kStarvedScalar, "Starved objects", "objects", "Objects of the batch with no eligible anchor.",
               kPaper),
      scalarOf("musu.mean_bag_size", "Mean bag size", "anchors",
               "Mean size of the batch's bags, starved objects left out.", kPaper),
      scalarOf("musu.min_bag_size", "Smallest bag", "anchors",
               "Size of the batch's smallest bag, starved objects left out.", kOurs),
      scalarOf("musu.max_bag_size", "Largest bag", "anchors", "Size of the batch's largest bag.", kOurs),
      scalarOf("musu.mean_threshold", "Mean threshold", "1", "Mean of the bags' thresholds t.", kPaper),
      scalarOf("musu.rank_disagreement", "Rank disagreement", "1",
               "How far a member's two ranks lie apart, of the bag's length: mean |rank reg - rank cls| / "
               "(bag size "
               "- 1) "
               "in a bag, then over objects. 0: the rankings agree.",
               kOurs),
      scalarOf("musu.spearman_pq", "Correlation of p and q", "1",
               "Spearman correlation of class score and predicted IoU in a bag (equal values share their "
               "mean rank), "
               "mean "
               "over objects with a bag of at least three.",
               kOurs, ColorScale::kDiverging),
      scalarOf("musu.best_pq_distance", "Best p to best q", "px",
               "Distance of the centres of an object's best-p and best-q anchors, mean over objects.", kOurs),
      scalarOf("musu.best_pq_distance_relative", "Best p to best q, relative", "1",
               "The same divided by the square root of the object's area.", kOurs),
      scalarOf("musu.entropy_cls", "Entropy of w_cls", "nat",
               "Entropy of a bag's classification weights, mean over objects.", kOurs,
               ColorScale::kClassification),
      scalarOf("musu.entropy_reg", "Entropy of w_reg", "nat",
               "Entropy of a bag's regression weights, mean over objects.", kOurs, ColorScale::kRegression),
      scalarOf(
          "musu.split_anchors", "Anchors the heads share out differently", "anchors",
          "Anchors of the batch whose two heads belong to different objects, or only one of them to any.",
          kOurs),
  };
  for (ScalarSpec& spec : specs)
    if (spec.name != kStarvedScalar) spec.description += kStatisticsRule;
  return specs;
}

// ---- filling ---------------------------------------------------------------------------------------------

/// [B,G,N] bool: the anchor's centre is where the options want it.
at::Tensor centered(const MusuInputs& in, const MusuOptions& options) {
  const auto x = [](const at::Tensor& boxes, int i) { return boxes.select(-1, i); };
  const at::Tensor cx = ((x(in.anchors, 0) + x(in.anchors, 2)) * 0.5).view({1, 1, -1});
  const at::Tensor cy = ((x(in.anchors, 1) + x(in.anchors, 3)) * 0.5).view({1, 1, -1});
  const at::Tensor gt = in.gtBoxes.unsqueeze(2);  // [B,G,1,4]
  const double margin = options.centerMarginPx;
  at::Tensor inside = (cx - x(gt, 0) > margin) & (cy - x(gt, 1) > margin) & (x(gt, 2) - cx > margin) &
                      (x(gt, 3) - cy > margin);
  if (options.eligibility == MusuOptions::Eligibility::kCenterRadius) {
    const at::Tensor reach = in.strides.view({1, 1, -1}) * options.radius;
    inside = inside & ((cx - (x(gt, 0) + x(gt, 2)) * 0.5).abs() <= reach) &
             ((cy - (x(gt, 1) + x(gt, 3)) * 0.5).abs() <= reach);
  }
  return inside;
}

/// Position of each of the assignment's (eligible) pairs among the table's rows, which hold them all.
at::Tensor positionsOf(const MusuPairs& pairs, const PairIndex& rows, std::int64_t objects,
                       std::int64_t anchors) {
  const auto key = [&](const at::Tensor& image, const at::Tensor& object, const at::Tensor& anchor) {
    return (image * objects + object) * anchors + anchor;
  };
  return at::searchsorted(key(rows.image, rows.object, rows.anchor),
                          key(pairs.image, pairs.object, pairs.anchor));
}

/// Rank of each row by falling value among the rows of its group; ties: the earlier row. [R] int64
at::Tensor ranksWithin(const at::Tensor& group, const at::Tensor& values) {
  const at::Tensor byValue = at::argsort(values, /*stable=*/true, /*dim=*/0, /*descending=*/true);
  const at::Tensor order = byValue.index({at::argsort(group.index({byValue}), /*stable=*/true, 0, false)});
  const at::Tensor sortedGroup = group.index({order});
  const at::Tensor position = at::arange(order.size(0), order.options());
  const at::Tensor rank = position - at::searchsorted(sortedGroup, sortedGroup);
  return at::empty_like(rank).index_put_({order}, rank);
}

void publishPairs(const MusuInputs& in, const MusuOptions& options, const MusuResult& result,
                  const IgnoredRegions& ignored, double ignoreIof, EvidenceSink& sink) {
  const MusuPairs& pairs = *result.pairs;
  const std::int64_t batch = in.gtBoxes.size(0), objects = in.gtBoxes.size(1), anchors = in.anchors.size(0);
  const at::Tensor overlaps = pairwiseIou(in.gtBoxes, in.boxes);  // [B,G,N]
  at::Tensor considered = (overlaps > 0) & in.gtValid.unsqueeze(2);
  considered.index_put_({pairs.image, pairs.object, pairs.anchor}, at::ones({}, considered.options()));
  const PairIndex rows = pairIndex(considered);
  const at::Tensor at = positionsOf(pairs, rows, objects, anchors);
  const auto spread = [&](const at::Tensor& column, double otherwise) {
    const auto type = column.is_floating_point() ? column.scalar_type() : at::kFloat;
    return at::full(rows.image.sizes(), otherwise, column.options().dtype(type))
        .index_put_({at}, column.to(type));
  };
  const at::Tensor labels = rows.pickObject(in.gtLabels.clamp_min(0));
  const at::Tensor p = in.logits.index({rows.image, rows.anchor, labels}).sigmoid();
  const at::Tensor q = rows.pick(overlaps);
  const at::Tensor one = at::ones_like(pairs.p);
  const at::Tensor none = at::full(rows.image.sizes(), kNan, p.options());
  const at::Tensor center =
      testsCenter(options) ? rows.pick(centered(in, options)).to(p.scalar_type()) : none;
  const at::Tensor reaches = spread(pairs.belowThreshold.logical_not(), kNan);
  const at::Tensor kept = options.maxBag > 0 ? spread(pairs.cutByMaxBag.logical_not(), kNan) : none;
  const at::Tensor weighsCls =
      spread(at::where(pairs.inBag, (pairs.wCls > 0).to(one.scalar_type()), one * kNan), kNan);
  const at::Tensor weighsReg =
      spread(at::where(pairs.inBag, (pairs.wReg > 0).to(one.scalar_type()), one * kNan), kNan);
  // What the winner of each row's anchor gives it, and whether the row is the winner's.
  const auto contest = [&](const at::Tensor& winner, const at::Tensor& weight) {
    const at::Tensor flat = pairs.image * anchors + pairs.anchor;
    const at::Tensor wins = (winner.reshape({-1}).index({flat}) == pairs.object).to(weight.dtype());
    const at::Tensor best =
        at::zeros({batch * anchors}, weight.options()).scatter_reduce_(0, flat, wins * weight, "amax");
    return std::pair(best.index({rows.image * anchors + rows.anchor}),
                     spread(wins.masked_fill(weight <= 0, kNan), kNan));
  };
  const auto [bestCls, winsCls] = contest(result.winnerCls, pairs.wCls);
  const auto [bestReg, winsReg] = contest(result.winnerReg, pairs.wReg);
  std::vector<at::Tensor> columns = {
      p,
      q,
      spread(pairs.joint, kNan),
      spread(pairs.threshold, kNan),
      spread(pairs.joint - pairs.threshold, kNan),
      spread(pairs.rankCls, -1),
      spread(pairs.rankReg, -1),
      spread(pairs.wCls, 0),
      spread(pairs.wReg, 0),
      spread(pairs.sCls, 0),
      spread(pairs.sReg, 0),
      spread(pairs.inBag, 0),
      q > 0,
      center,
      reaches,
      spread(pairs.fallback, 0),
      kept,
      spread(ranksWithin(pairs.image * objects + pairs.object, pairs.joint), -1),
      weighsCls,
      weighsReg,
      bestCls,
      bestReg,
      winsCls,
      winsReg};
  if (ignoreIof > 0) {
    columns.push_back(rows.pickAnchor(ignored.share));
    columns.push_back(rows.pickAnchor(ignored.inside).logical_not());
  }
  sink.pairs(pairSpec(ignoreIof), rows.withColumns(std::move(columns)));
}

void publishChannels(const MusuInputs& in, const MusuResult& result, EvidenceSink& sink) {
  const MusuPairs& pairs = *result.pairs;
  const std::int64_t batch = in.logits.size(0), anchors = in.anchors.size(0);
  const Channels channels;
  const at::Tensor flat = pairs.image * anchors + pairs.anchor;  // [R] into [B*N]
  const auto options = pairs.joint.options();
  const auto shaped = [&](const at::Tensor& values) { return values.view({batch, anchors}); };

  at::Tensor joint = at::full({batch * anchors}, -1, options);
  joint.scatter_reduce_(0, flat, pairs.joint, "amax");
  // The pair that holds the anchor's largest joint score; ties: the last in row order, the larger object.
  const at::Tensor rowIndex = at::arange(flat.size(0), flat.options());
  const at::Tensor holds = pairs.joint == joint.index({flat});
  at::Tensor bestRow = at::full({batch * anchors}, -1, flat.options());
  bestRow.scatter_reduce_(0, flat, at::where(holds, rowIndex, -1), "amax");
  const auto ofBest = [&](const at::Tensor& column) {
    at::Tensor values = at::full({batch * anchors}, kNan, options);
    if (column.size(0) > 0) values = at::where(bestRow >= 0, column.index({bestRow.clamp_min(0)}), values);
    return shaped(values);
  };
  sink.channel(channels.joint, ofBest(pairs.joint));
  sink.channel(channels.p, ofBest(pairs.p));
  sink.channel(channels.q, ofBest(pairs.q));

  const auto ofWinner = [&](const at::Tensor& winner, const at::Tensor& column) {
    const at::Tensor wins = winner.reshape({-1}).index({flat}) == pairs.object;
    at::Tensor values = at::full({batch * anchors}, -1, options);
    values.scatter_reduce_(0, flat, at::where(wins, column.to(options.dtype()), at::full({}, -1, options)),
                           "amax");
    return shaped(values.masked_fill(values < 0, kNan));
  };
  sink.channel(channels.rankCls, ofWinner(result.winnerCls, pairs.rankCls));
  sink.channel(channels.rankReg, ofWinner(result.winnerReg, pairs.rankReg));
  sink.channel(channels.wCls, result.weightCls.amax(2));
  sink.channel(channels.wReg, result.weightReg);
  at::Tensor bags = at::zeros({batch * anchors}, options);
  bags.scatter_add_(0, flat, pairs.inBag.to(options.dtype()));
  sink.channel(channels.bags, shaped(bags));
}

void publishObjects(const MusuInputs& in, const MusuResult& result, EvidenceSink& sink) {
  const std::int64_t batch = in.gtBoxes.size(0), objects = in.gtBoxes.size(1);
  const ObjectColumns columns;
  sink.objects(columns.bagSize, result.bagSize);
  sink.objects(columns.eligible, result.eligible);
  sink.objects(columns.threshold, result.threshold);
  sink.objects(columns.bestJoint, result.bestJoint);
  sink.objects(columns.bestP, result.bestP);
  sink.objects(columns.bestQ, result.bestQ);
  sink.objects(columns.starved, result.starved);
  const auto publish = [&](const ObjectColumnSpec& column, MusuStatistic which) {
    sink.objects(column, result.statistic(which));
  };
  publish(columns.entropyCls, MusuStatistic::kEntropyCls);
  publish(columns.entropyReg, MusuStatistic::kEntropyReg);
  publish(columns.disagreement, MusuStatistic::kRankDisagreement);
  publish(columns.rankCorrelation, MusuStatistic::kRankCorrelation);
  publish(columns.spearmanPq, MusuStatistic::kSpearmanPq);
  publish(columns.bestPqDistance, MusuStatistic::kBestPqDistance);
  publish(columns.bestPqDistanceRelative, MusuStatistic::kBestPqDistanceRelative);

  const at::Tensor centers = (in.anchors.slice(1, 0, 2) + in.anchors.slice(1, 2, 4)) * 0.5;  // [N,2]
  const auto distance = [&](const at::Tensor& a, const at::Tensor& b) {
    if (centers.size(0) == 0) return at::full({batch, objects}, kNan, centers.options());
    const at::Tensor between =
        (centers.index({a.clamp_min(0)}) - centers.index({b.clamp_min(0)})).square().sum(-1).sqrt();
    return between.masked_fill((a < 0) | (b < 0), kNan);
  };
  sink.objects(columns.distanceJointP, distance(result.bestJoint, result.bestP));
  sink.objects(columns.distanceJointQ, distance(result.bestJoint, result.bestQ));
}

}  // namespace

EvidenceDeclaration musuDeclaration(const MusuOptions& options, double ignoreIof) {
  const Channels c;
  const ObjectColumns o;
  EvidenceDeclaration declaration;
  declaration.channels = {c.joint, c.p, c.q, c.rankCls, c.rankReg, c.wCls, c.wReg, c.bags};
  declaration.pairTables = {pairSpec(ignoreIof)};
  declaration.decisions = {decisionSpec(options, ignoreIof)};
  declaration.objectColumns = {
      o.bagSize,        o.eligible,       o.threshold,    o.entropyCls,      o.entropyReg,
      o.bestJoint,      o.bestP,          o.bestQ,        o.bestPqDistance,  o.bestPqDistanceRelative,
      o.distanceJointP, o.distanceJointQ, o.disagreement, o.rankCorrelation, o.spearmanPq,
      o.starved};
  declaration.scalars = scalarSpecs();
  return declaration;
}

std::vector<NamedScalar> musuScalars(const MusuResult& result) {
  RECORD_USER_SCOPE(kScalarsScope);
  if (!result.statistics.defined()) return {{kStarvedScalar, result.starved.sum()}};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const at::Tensor hasBag = result.bagSize > 0;
  const at::Tensor sizes = result.bagSize.to(at::kDouble).masked_fill(hasBag.logical_not(), kNan);
  // One mean over the batch's objects for all rows; NaN where an object has no value, or none has.
  const at::Tensor perObject =
      at::cat({result.statistics, sizes.unsqueeze(0), result.threshold.to(at::kDouble).unsqueeze(0)});
  const at::Tensor means = perObject.flatten(1).nanmean(1);
  const auto mean = [&](MusuStatistic which) { return means[static_cast<int>(which)]; };
  // A column for no object at all, so that there is always something to take the smallest of.
  const at::Tensor known = at::constant_pad_nd(sizes.flatten(), {0, 1}, kNan);
  const auto orNan = [&](const at::Tensor& value) { return value.masked_fill(value.isinf(), kNan); };
  return {{kStarvedScalar, result.starved.sum()},
          {"musu.mean_bag_size", means[kMusuStatistics]},
          {"musu.min_bag_size", orNan(known.nan_to_num(kInfinity).amin())},
          {"musu.max_bag_size", orNan(known.nan_to_num(-kInfinity).amax())},
          {"musu.mean_threshold", means[kMusuStatistics + 1]},
          {"musu.rank_disagreement", mean(MusuStatistic::kRankDisagreement)},
          {"musu.spearman_pq", mean(MusuStatistic::kSpearmanPq)},
          {"musu.best_pq_distance", mean(MusuStatistic::kBestPqDistance)},
          {"musu.best_pq_distance_relative", mean(MusuStatistic::kBestPqDistanceRelative)},
          {"musu.entropy_cls", mean(MusuStatistic::kEntropyCls)},
          {"musu.entropy_reg", mean(MusuStatistic::kEntropyReg)},
          {"musu.split_anchors", (result.winnerCls != result.winnerReg).sum()}};
}

void publishMusu(const MusuInputs& inputs, const MusuOptions& options, const MusuResult& result,
                 const IgnoredRegions& ignored, double ignoreIof, EvidenceSink& sink) {
  ANCHORSCOPE_CHECK(result.pairs.has_value(), "MuSu's evidence needs its pairs");
  publishChannels(inputs, result, sink);
  publishPairs(inputs, options, result, ignored, ignoreIof, sink);
  publishObjects(inputs, result, sink);
}

}  // namespace anchorscope
