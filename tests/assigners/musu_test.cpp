// MuSu's assigner against the specification read pair by pair, and what it shows on worked examples.

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/assigners/assigner.h"
#include "core/base/named_registry.h"
#include "core/evidence/decision.h"
#include "tests/assigners/musu_oracle.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::RecordingSink;

using Changes = std::vector<std::pair<std::string, std::string>>;

ParamSet options(const Changes& changes) {
  ParamSet set((*findNamed(assignerEntries(), "musu", "assigner"))->params);
  for (const auto& [name, value] : changes)
    EXPECT_TRUE(set.set(name, value).ok()) << name;
  return set;
}

std::unique_ptr<Assigner> make(const Changes& changes) {
  auto assigner = makeAssigner("musu", options(changes));
  EXPECT_TRUE(assigner.ok());
  return *std::move(assigner);
}

double value(const at::Tensor& tensor) {
  return tensor.item<double>();
}

struct Setting {
  const char* name;
  Changes changes;
  MusuOptions options;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  const auto add = [&](const char* name, Changes changes, const std::function<void(MusuOptions&)>& change) {
    all.push_back({name, std::move(changes), {}});
    change(all.back().options);
  };
  add("default", {}, [](MusuOptions&) {});
  add("center_in_gt", {{"eligibility", "center_in_gt"}, {"center_margin", "1.5"}}, [](MusuOptions& o) {
    o.eligibility = MusuOptions::Eligibility::kCenterInGt;
    o.centerMarginPx = 1.5;
  });
  add("center_radius", {{"eligibility", "center_radius"}, {"radius", "0.8"}}, [](MusuOptions& o) {
    o.eligibility = MusuOptions::Eligibility::kCenterRadius;
    o.radius = 0.8;
  });
  add("product", {{"joint", "product"}, {"beta", "0.4"}}, [](MusuOptions& o) {
    o.joint = MusuOptions::Joint::kProduct;
    o.beta = 0.4;
  });
  add("max_ratio", {{"threshold", "max_ratio"}, {"gamma", "0.7"}}, [](MusuOptions& o) {
    o.threshold = MusuOptions::Threshold::kMaxRatio;
    o.gamma = 0.7;
  });
  add("top_k", {{"threshold", "top_k"}, {"k", "6"}, {"max_bag", "4"}}, [](MusuOptions& o) {
    o.threshold = MusuOptions::Threshold::kTopK;
    o.k = 6;
    o.maxBag = 4;
  });
  add("absolute", {{"threshold", "absolute"}, {"t", "0.99"}}, [](MusuOptions& o) {
    o.threshold = MusuOptions::Threshold::kAbsolute;
    o.t = 0.99;
  });
  add("linear", {{"weighting", "linear"}, {"alpha", "0.1"}}, [](MusuOptions& o) {
    o.weighting = MusuOptions::Weighting::kLinear;
    o.alpha = 0.1;
  });
  add("hard_top_k", {{"weighting", "hard_top_k"}, {"k_weight", "2"}}, [](MusuOptions& o) {
    o.weighting = MusuOptions::Weighting::kHardTopK;
    o.kWeight = 2;
  });
  add("taus", {{"tau_cls", "1.5"}, {"tau_reg", "7"}}, [](MusuOptions& o) {
    o.tauCls = 1.5;
    o.tauReg = 7;
  });
  return all;
}

class MusuSettings : public ::testing::TestWithParam<Setting> {};

TEST_P(MusuSettings, AgreeWithTheSpecificationReadPairByPair) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    testing::DenseSceneOptions sceneOptions;
    sceneOptions.seed = seed;
    sceneOptions.batch = 3;
    sceneOptions.objects = {6, 0, 3};
    sceneOptions.dtype = at::kDouble;
    const DenseScene scene = makeDenseScene(sceneOptions);
    const MusuResult expected =
        oracleMusu({scene.anchors.boxes, scene.anchors.strides, scene.outputs.logits, scene.outputs.boxes,
                    scene.targets.boxes, scene.targets.labels, scene.targets.valid},
                   GetParam().options);
    RecordingSink sink;
    const Assignment got =
        make(GetParam().changes)->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
    EXPECT_TRUE(at::equal(got.clsObject, expected.winnerCls)) << "seed " << seed;
    EXPECT_TRUE(at::equal(got.regObject, expected.winnerReg)) << "seed " << seed;
    EXPECT_TRUE(at::allclose(got.clsTarget.to(at::kDouble), expected.weightCls, 1e-9, 1e-12));
    EXPECT_TRUE(at::allclose(got.regWeight.to(at::kDouble), expected.weightReg, 1e-9, 1e-12));

    const PairRows& rows = sink.pairRows.at("musu.pairs");
    const PairTableSpec& spec = sink.pairSpecs.at(0);
    const auto column = [&](const std::string& name) {
      for (std::size_t i = 0; i < spec.columns.size(); ++i)
        if (spec.columns[i].name == name) return rows.columns[i].to(at::kDouble);
      ADD_FAILURE() << "no column " << name;
      return at::Tensor();
    };
    // The table also holds overlapping pairs that are not eligible; the eligible ones are the oracle's.
    const at::Tensor eligible = column("joint").isnan().logical_not();
    const MusuPairs& pairs = *expected.pairs;
    ASSERT_TRUE(at::equal(rows.anchor.index({eligible}), pairs.anchor));
    ASSERT_TRUE(at::equal(rows.object.index({eligible}), pairs.object));
    ASSERT_TRUE(at::equal(rows.image.index({eligible}), pairs.image));
    const auto same = [&](const std::string& name, const at::Tensor& wanted) {
      EXPECT_TRUE(at::allclose(column(name).index({eligible}), wanted.to(at::kDouble), 1e-6, 1e-7)) << name;
    };
    same("p", pairs.p);
    same("q", pairs.q);
    same("joint", pairs.joint);
    same("threshold", pairs.threshold);
    same("s_cls", pairs.sCls);
    same("s_reg", pairs.sReg);
    same("rank_cls", pairs.rankCls);
    same("rank_reg", pairs.rankReg);
    same("w_cls", pairs.wCls);
    same("w_reg", pairs.wReg);
    same("in_bag", pairs.inBag);
    same("fallback", pairs.fallback);
    same("reaches", pairs.belowThreshold.logical_not());
    if (GetParam().options.maxBag > 0) same("kept", pairs.cutByMaxBag.logical_not());
    const auto sameObjects = [&](const std::string& name, const at::Tensor& wanted) {
      const at::Tensor values = sink.objectValues.at(name).to(at::kDouble).index({scene.targets.valid});
      EXPECT_TRUE(at::allclose(values, wanted.to(at::kDouble).index({scene.targets.valid}), 1e-6, 1e-9, true))
          << name;
    };
    sameObjects("musu.bag_size", expected.bagSize);
    sameObjects("musu.eligible", expected.eligible);
    sameObjects("musu.threshold", expected.threshold);
    sameObjects("musu.entropy_cls", expected.statistic(MusuStatistic::kEntropyCls));
    sameObjects("musu.entropy_reg", expected.statistic(MusuStatistic::kEntropyReg));
    sameObjects("musu.best_joint", expected.bestJoint);
    sameObjects("musu.best_p", expected.bestP);
    sameObjects("musu.best_q", expected.bestQ);
    sameObjects(kStarvedColumn, expected.starved);
  }
}

INSTANTIATE_TEST_SUITE_P(Options, MusuSettings, ::testing::ValuesIn(settings()),
                         [](const auto& tested) { return std::string(tested.param.name); });

/// Three anchors on one object of 10 x 10 px: shifted by 0, 1 and 2 px (q = 1, 9/11, 8/12), scores chosen so
/// that the classification order is the reverse; a fourth anchor away from it.
DenseScene reversedScene() {
  DenseScene scene = makeWorkedScene({{0, 0, 10, 10}, {1, 0, 11, 10}, {2, 0, 12, 10}, {40, 0, 50, 10}},
                                     {{0, 0, 10, 10}}, {1}, 2);
  const float logits[4] = {-1, 0, 1, 3};
  for (int i = 0; i < 4; ++i)
    scene.outputs.logits[0][i][1] = logits[i];
  return scene;
}

TEST(Musu, RegionsToIgnoreTakeOutWhatNoBagChose) {
  std::int64_t ignored = 0, kept = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    testing::DenseSceneOptions made;
    made.seed = seed;
    made.ignoreRegions = 2;
    const DenseScene scene = makeDenseScene(made);
    const Assignment off = make({})->assign({scene.anchors, scene.outputs, scene.targets}, nullptr);
    EXPECT_FALSE(off.clsWeight.defined());
    RecordingSink sink;
    const Assignment on =
        make({{"ignore_iof_thr", "0.4"}})->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
    EXPECT_TRUE(at::equal(on.clsTarget, off.clsTarget));
    EXPECT_TRUE(at::equal(on.regWeight, off.regWeight));
    for (std::int64_t image = 0; image < 2; ++image) {
      const std::vector<double> shares = testing::sharesInIgnored(scene, image);
      for (std::size_t i = 0; i < shares.size(); ++i) {
        const auto anchor = static_cast<std::int64_t>(i);
        const auto expected = [&](const at::Tensor& before) {
          const auto object = before[image][anchor].item<std::int64_t>();
          return object < 0 && shares[i] > 0.4 ? -2 : object;
        };
        const auto cls = expected(off.clsObject);
        EXPECT_EQ(on.clsObject[image][anchor].item<std::int64_t>(), cls) << i;
        EXPECT_EQ(on.regObject[image][anchor].item<std::int64_t>(), expected(off.regObject)) << i;
        EXPECT_EQ(on.clsWeight[image][anchor].item<double>(), cls == -2 ? 0 : 1) << i;
        ignored += cls == -2 ? 1 : 0;
        kept += cls >= 0 && shares[i] > 0.4 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(ignored, 50);
  EXPECT_GT(kept, 0) << "of those inside a region";
}

TEST(Musu, EachHeadIsTaughtByTheOther) {
  const DenseScene scene = reversedScene();
  RecordingSink sink;
  const auto assigner = make({{"threshold", "top_k"}, {"k", "3"}, {"alpha", "0"}});
  const Assignment got = assigner->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  // Regression: ranked by p, so the last anchor is first; classification: by q, so the first one is.
  const double e = std::exp(-1.0 / 3), e2 = std::exp(-2.0 / 3);
  const double wantedReg[4] = {e2, e, 1, 0}, wantedCls[4] = {1, e, e2, 0};
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(value(got.regWeight[0][i]), wantedReg[i], 1e-6);
    EXPECT_NEAR(value(got.clsTarget[0][i][1]), wantedCls[i], 1e-6);
    EXPECT_EQ(value(got.clsTarget[0][i][0]), 0);
  }
  EXPECT_NEAR(value(sink.objectValues.at("musu.rank_correlation")[0][0]), -1, 1e-9);
  EXPECT_NEAR(value(sink.objectValues.at("musu.spearman_pq")[0][0]), -1, 1e-9);
  EXPECT_NEAR(value(sink.objectValues.at("musu.rank_disagreement")[0][0]), 2.0 / 3, 1e-9);
  EXPECT_NEAR(value(sink.objectValues.at("musu.best_pq_distance")[0][0]), 2, 1e-6);
  EXPECT_NEAR(value(sink.objectValues.at("musu.best_pq_distance_relative")[0][0]), 0.2, 1e-6);
  EXPECT_NEAR(value(sink.objectValues.at("musu.best_joint_q_distance")[0][0]), 1, 1e-6);
  EXPECT_EQ(value(sink.channelValues.at("musu.rank_cls")[0][2]), 2);
  EXPECT_EQ(value(sink.channelValues.at("musu.rank_reg")[0][2]), 0);
  EXPECT_TRUE(std::isnan(value(sink.channelValues.at("musu.rank_reg")[0][3])));
  EXPECT_TRUE(std::isnan(value(sink.channelValues.at("musu.joint")[0][3])));
  EXPECT_NEAR(value(sink.channelValues.at("musu.q")[0][1]), 9.0 / 11, 1e-6);
  EXPECT_NEAR(value(sink.channelValues.at("musu.p")[0][1]), 0.5, 1e-6);
  EXPECT_EQ(value(sink.channelValues.at("musu.bags")[0][1]), 1);
}

Decision decide(const DenseScene& scene, const Changes& changes, int anchor, int object) {
  RecordingSink sink;
  const auto assigner = make(changes);
  const Assignment got = assigner->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
  ChannelSpec winner;
  winner.name = kClsObjectChannel;
  sink.channel(winner, got.clsObject, -1);
  winner.name = kRegObjectChannel;
  sink.channel(winner, got.regObject, -1);
  return explain(sink.frame(scene, 0, assigner->declaration().decisions), anchor, object);
}

std::vector<TestVerdict> verdicts(const Decision& decision) {
  std::vector<TestVerdict> all;
  for (const DecisionRow& row : decision.rows)
    all.push_back(row.verdict);
  return all;
}

constexpr auto kPassed = TestVerdict::kPassed;
constexpr auto kFailed = TestVerdict::kFailed;
constexpr auto kNotReached = TestVerdict::kNotReached;

TEST(MusuDecision, AMemberIsTakenByBothHeads) {
  const Decision decision =
      decide(reversedScene(), {{"threshold", "top_k"}, {"k", "3"}, {"alpha", "0"}}, 1, 0);
  EXPECT_EQ(verdicts(decision), std::vector<TestVerdict>(6, kPassed));
  ASSERT_EQ(decision.outcomes.size(), 2u);
  for (const DecisionOutcome& outcome : decision.outcomes) {
    EXPECT_EQ(outcome.kind, DecisionOutcome::Kind::kTaken);
    EXPECT_EQ(outcome.rank, 1);
    EXPECT_EQ(outcome.bagSize, 3);
    EXPECT_NEAR(outcome.weight, std::exp(-1.0 / 3), 1e-6);
  }
}

TEST(MusuDecision, ARegionToIgnoreIsToldAndTakesNoMember) {
  DenseScene scene = reversedScene();
  scene.targets.ignoreBoxes =
      at::tensor({-99.f, -99.f, 99.f, 99.f}, scene.anchors.boxes.options()).view({1, 1, 4});
  int taken = 0, ignored = 0;
  for (const int anchor : {0, 1, 2}) {
    const Decision decision =
        decide(scene, {{"threshold", "top_k"}, {"k", "1"}, {"ignore_iof_thr", "0.5"}}, anchor, 0);
    ASSERT_GE(decision.rows.size(), 3u);
    EXPECT_EQ(decision.rows[1].name, "ignored region");
    EXPECT_EQ(decision.rows[1].verdict, kFailed);
    EXPECT_NE(decision.rows[2].verdict, kNotReached) << "a bag may choose it all the same";
    for (const DecisionOutcome& outcome : decision.outcomes) {
      taken += outcome.kind == DecisionOutcome::Kind::kTaken ? 1 : 0;
      ignored += outcome.kind == DecisionOutcome::Kind::kIgnored ? 1 : 0;
    }
  }
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(ignored, 4);
}

TEST(MusuDecision, NoOverlap) {
  const Decision decision = decide(reversedScene(), {}, 3, 0);
  EXPECT_FALSE(decision.considered);
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{kFailed}));
}

TEST(MusuDecision, BelowTheThresholdAndByHowMuch) {
  const Decision decision = decide(reversedScene(), {{"threshold", "max_ratio"}, {"gamma", "1"}}, 0, 0);
  EXPECT_EQ(verdicts(decision),
            (std::vector<TestVerdict>{kPassed, kFailed, kNotReached, kNotReached, kNotReached, kNotReached}));
  ASSERT_EQ(decision.rows.size(), 6u);
  EXPECT_NEAR(decision.rows[1].value, std::pow(1 / (1 + std::exp(1.0)), 0.25), 1e-6);
  EXPECT_GT(decision.rows[1].bound, decision.rows[1].value);
}

TEST(MusuDecision, CentreOutside) {
  DenseScene scene = reversedScene();
  scene.outputs.boxes[0][3] = at::tensor({0.f, 0.f, 10.f, 10.f});  // predicts well from afar
  const Decision decision = decide(scene, {{"eligibility", "center_in_gt"}}, 3, 0);
  EXPECT_TRUE(decision.considered);
  ASSERT_EQ(decision.rows.size(), 7u);
  EXPECT_EQ(decision.rows[1].name, "centre");
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{kPassed, kFailed, kNotReached, kNotReached,
                                                          kNotReached, kNotReached, kNotReached}));
}

TEST(MusuDecision, BestOfAnEmptyBag) {
  const Changes changes = {{"threshold", "absolute"}, {"t", "1"}};
  DenseScene scene = reversedScene();
  // Joint scores .720, .723, .682: anchor 1 is the best.
  const Decision best = decide(scene, changes, 1, 0);
  ASSERT_EQ(best.rows.size(), 6u);
  EXPECT_EQ(best.rows[1].verdict, kPassed);
  EXPECT_EQ(best.rows[1].note, "best of an empty bag");
  EXPECT_LT(best.rows[1].value, best.rows[1].bound);
  EXPECT_EQ(decide(scene, changes, 2, 0).rows[1].verdict, kFailed);
}

TEST(MusuDecision, CutByTheBagsLimit) {
  const Changes changes = {{"threshold", "top_k"}, {"k", "3"}, {"max_bag", "1"}};
  const Decision decision = decide(reversedScene(), changes, 2, 0);
  ASSERT_EQ(decision.rows.size(), 7u);
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{kPassed, kPassed, kFailed, kNotReached, kNotReached,
                                                          kNotReached, kNotReached}));
  EXPECT_EQ(decision.rows[2].value, 2);  // rank by P
  EXPECT_EQ(decision.rows[2].bound, 1);
}

TEST(MusuDecision, ARankWithoutAWeightIsBackground) {
  const Changes changes = {
      {"threshold", "top_k"}, {"k", "3"}, {"alpha", "0"}, {"weighting", "hard_top_k"}, {"k_weight", "1"}};
  const Decision decision =
      decide(reversedScene(), changes, 0, 0);  // first for classification, last for regression
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kPassed, kFailed,
                                                          TestVerdict::kNotApplicable}));
  EXPECT_EQ(decision.outcomes[0].kind, DecisionOutcome::Kind::kTaken);
  EXPECT_EQ(decision.outcomes[1].kind, DecisionOutcome::Kind::kDropped);
}

/// MuSu must hold for heads with any number of anchors per location and for points: of the anchors' boxes it
/// may use no more than their centres.
TEST(Musu, AsksAnchorsForNothingButTheirCentres) {
  for (const char* eligibility : {"overlap", "center_in_gt", "center_radius"}) {
    SCOPED_TRACE(eligibility);
    const auto assigner = make({{"eligibility", eligibility}});
    DenseScene scene = makeDenseScene();
    const at::Tensor center = (scene.anchors.boxes.slice(1, 0, 2) + scene.anchors.boxes.slice(1, 2, 4)) / 2;
    RecordingSink ofBoxes, ofPoints;
    const Assignment boxes = assigner->assign({scene.anchors, scene.outputs, scene.targets}, &ofBoxes);
    const at::Tensor half = scene.anchors.strides.unsqueeze(1) / 2;
    scene.anchors.boxes = at::cat({center - half, center + half}, 1);  // as makePoints has them
    const Assignment points = assigner->assign({scene.anchors, scene.outputs, scene.targets}, &ofPoints);
    EXPECT_TRUE(at::equal(boxes.clsObject, points.clsObject));
    EXPECT_TRUE(at::equal(boxes.regObject, points.regObject));
    EXPECT_TRUE(at::equal(boxes.clsTarget, points.clsTarget));
    EXPECT_TRUE(at::equal(boxes.regWeight, points.regWeight));
    EXPECT_GT(boxes.regWeight.gt(0).sum().item<std::int64_t>(), 0);
    ASSERT_EQ(boxes.scalars.size(), points.scalars.size());
    for (std::size_t k = 0; k < boxes.scalars.size(); ++k) {
      EXPECT_TRUE(at::allclose(boxes.scalars[k].value.to(at::kDouble),
                               points.scalars[k].value.to(at::kDouble), 1e-6, 1e-9, /*equal_nan=*/true))
          << boxes.scalars[k].name;
    }
    for (const auto& [name, values] : ofBoxes.objectValues) {
      EXPECT_TRUE(at::allclose(values.to(at::kDouble), ofPoints.objectValues.at(name).to(at::kDouble), 1e-6,
                               1e-5, /*equal_nan=*/true))
          << name;
    }
  }
}

/// The spread of centres decides eligibility, whatever the anchor's size.
TEST(Musu, CentresDecideEligibility) {
  // A large anchor centred in the object, a small one inside it, a large one centred outside: all predict
  // well.
  DenseScene scene =
      makeWorkedScene({{-45, -45, 55, 55}, {1, 1, 3, 3}, {8, 0, 16, 10}}, {{0, 0, 10, 10}}, {0}, 1);
  scene.outputs.boxes.copy_(at::tensor({0.f, 0.f, 10.f, 10.f}).expand({1, 3, 4}));
  scene.anchors.strides.fill_(2);
  const auto eligibleWith = [&](const char* eligibility) {
    RecordingSink sink;
    make({{"eligibility", eligibility}})->assign({scene.anchors, scene.outputs, scene.targets}, &sink);
    return value(sink.objectValues.at("musu.eligible")[0][0]);
  };
  EXPECT_EQ(eligibleWith("overlap"), 3);
  EXPECT_EQ(eligibleWith("center_in_gt"), 2);
  EXPECT_EQ(eligibleWith("center_radius"), 2);  // centres (5, 5) and (2, 2), at most 3 px from (5, 5)
  scene.anchors.strides.fill_(1);
  EXPECT_EQ(eligibleWith("center_radius"), 1);
}

std::map<std::string, double> scalarsOf(const Assignment& assignment) {
  std::map<std::string, double> all;
  for (const NamedScalar& scalar : assignment.scalars)
    all[scalar.name] = value(scalar.value);
  return all;
}

TEST(Musu, StarvedObjectsAreCounted) {
  const DenseScene scene = makeWorkedScene({{0, 0, 10, 10}}, {{0, 0, 10, 10}, {30, 30, 40, 40}}, {0, 0}, 1);
  const auto scalars = scalarsOf(make({})->assign({scene.anchors, scene.outputs, scene.targets}, nullptr));
  EXPECT_EQ(scalars.at("musu.starved_objects"), 1);
  EXPECT_EQ(scalars.at("musu.mean_bag_size"), 1);
  EXPECT_EQ(scalars.at("musu.min_bag_size"), 1);
  EXPECT_EQ(scalars.at("musu.max_bag_size"), 1);
  EXPECT_EQ(scalars.at("musu.rank_disagreement"), 0);
  EXPECT_TRUE(std::isnan(scalars.at("musu.spearman_pq"))) << "no bag of three";
}

TEST(Musu, StatisticsOfAStepAreMeansOverTheObjectsThatHaveThem) {
  // The object of reversedScene, bag of three; another with a bag of one; a starved one.
  DenseScene scene = makeWorkedScene({{0, 0, 10, 10}, {1, 0, 11, 10}, {2, 0, 12, 10}, {40, 0, 50, 10}},
                                     {{0, 0, 10, 10}, {40, 0, 50, 10}, {80, 80, 90, 90}}, {1, 0, 1}, 2);
  const float logits[4] = {-1, 0, 1, 3};
  for (int i = 0; i < 4; ++i)
    scene.outputs.logits[0][i][1] = logits[i];
  const auto scalars = scalarsOf(make({{"threshold", "top_k"}, {"k", "3"}, {"alpha", "0"}})
                                     ->assign({scene.anchors, scene.outputs, scene.targets}, nullptr));
  EXPECT_NEAR(scalars.at("musu.spearman_pq"), -1, 1e-12);
  EXPECT_NEAR(scalars.at("musu.rank_disagreement"), (2.0 / 3 + 0) / 2, 1e-12);
  EXPECT_NEAR(scalars.at("musu.best_pq_distance"), (2 + 0) / 2.0, 1e-6);
  EXPECT_NEAR(scalars.at("musu.best_pq_distance_relative"), (0.2 + 0) / 2, 1e-6);
  EXPECT_EQ(scalars.at("musu.mean_bag_size"), 2);
  EXPECT_EQ(scalars.at("musu.min_bag_size"), 1);
  EXPECT_EQ(scalars.at("musu.max_bag_size"), 3);
  EXPECT_EQ(scalars.at("musu.starved_objects"), 1);
  const double e = std::exp(-1.0 / 3), e2 = std::exp(-2.0 / 3), sum = 1 + e + e2;
  const double entropy = std::log(sum) + (e / 3 + e2 * 2 / 3) / sum;
  EXPECT_NEAR(scalars.at("musu.entropy_cls"), entropy / 2, 1e-7);
  EXPECT_NEAR(scalars.at("musu.entropy_reg"), entropy / 2, 1e-7);
}

TEST(Musu, WithoutObjectsMeansAreUndefined) {
  const DenseScene scene = makeWorkedScene({{0, 0, 10, 10}}, {}, {}, 1);
  const auto scalars = scalarsOf(make({})->assign({scene.anchors, scene.outputs, scene.targets}, nullptr));
  EXPECT_EQ(scalars.at("musu.starved_objects"), 0);
  for (const char* name : {"musu.mean_bag_size", "musu.min_bag_size", "musu.max_bag_size", "musu.spearman_pq",
                           "musu.rank_disagreement", "musu.best_pq_distance", "musu.entropy_cls"}) {
    EXPECT_TRUE(std::isnan(scalars.at(name))) << name;
  }
}

TEST(Musu, ASoftmaxIsAssignedByItsScoresAsSigmoidsOfTheSameScoresAre) {
  DenseScene scene = makeDenseScene();
  HeadOutputs softmax = scene.outputs;
  softmax.activation = ScoreActivation::kSoftmaxWithBackground;
  softmax.logits = at::cat({scene.outputs.logits, scene.outputs.logits.amax(2, true) * 0.5}, 2);
  HeadOutputs sigmoids = scene.outputs;
  const at::Tensor scores = softmax.logits.softmax(2).narrow(2, 0, scene.outputs.logits.size(2));
  sigmoids.logits = at::logit(scores);
  const auto assigner = make({});
  const Assignment got = assigner->assign({scene.anchors, softmax, scene.targets}, StepContext()),
                   expected = assigner->assign({scene.anchors, sigmoids, scene.targets}, StepContext());
  EXPECT_TRUE(got.clsObject.ge(0).any().item<bool>());
  EXPECT_TRUE(got.clsObject.equal(expected.clsObject));
  EXPECT_TRUE(got.regObject.equal(expected.regObject));
  EXPECT_EQ(got.clsTarget.size(2), scene.outputs.logits.size(2));
  EXPECT_TRUE(at::allclose(got.clsTarget, expected.clsTarget, 1e-4, 1e-5));
}

}  // namespace
}  // namespace anchorscope
