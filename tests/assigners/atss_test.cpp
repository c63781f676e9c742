// Worked examples and a brute-force oracle of ATSS's assignment.

#include <algorithm>
#include <cmath>

#include "core/base/box_math.h"
#include "tests/assigners/assigner_testing.h"
#include "tests/assigners/atss_oracle.h"

namespace anchorscope {
namespace {

using testing::Changes;
using testing::DenseScene;
using testing::DenseSceneOptions;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::objectsOf;
using testing::RecordingSink;
using testing::verdicts;

ParamSet options(const Changes& changes) {
  return testing::assignerOptions("atss", changes);
}

Assignment run(const DenseScene& scene, const ParamSet& set, EvidenceSink* sink = nullptr) {
  return testing::runAssigner("atss", scene, set, sink);
}

Decision tell(const DenseScene& scene, const Changes& changes, int anchor, int object) {
  return testing::decide("atss", scene, options(changes), anchor, object);
}

/// Anchors of 10 x 10 px, shifted by s px: IoU (10 - s) / (10 + s) with shifted(0).
Box shifted(float x) {
  return {x, 0, x + 10, 10};
}

TEST(Atss, TheThresholdIsMeanPlusUnbiasedDeviation) {
  // IoU 1, 2/3, 3/7, 0.25: mean .586, deviation .324, so only the first.
  const DenseScene scene =
      makeWorkedScene({shifted(0), shifted(2), shifted(4), shifted(6)}, {shifted(0)}, {1}, 3);
  RecordingSink sink;
  EXPECT_EQ(objectsOf(run(scene, options({}), &sink)), (std::vector<std::int64_t>{0, -1, -1, -1}));
  const double iou[4] = {1, 2.0 / 3, 3.0 / 7, 0.25};
  double mean = 0, squares = 0;
  for (const double value : iou)
    mean += value / 4;
  for (const double value : iou)
    squares += (value - mean) * (value - mean);
  EXPECT_NEAR(sink.objectValues.at("atss.mean").item<double>(), mean, 1e-6);
  EXPECT_NEAR(sink.objectValues.at("atss.deviation").item<double>(), std::sqrt(squares / 3), 1e-6);
  EXPECT_NEAR(sink.objectValues.at("atss.threshold").item<double>(), mean + std::sqrt(squares / 3), 1e-6);
  EXPECT_EQ(sink.objectValues.at("atss.candidates").item<std::int64_t>(), 4);
}

TEST(Atss, OnlyTheNearestOfALevelAreCandidates) {
  // Of the two nearest (IoU 1 and 2/3) the mean is 5/6, the deviation 0.236: no anchor but the exact one
  // could pass, and with three candidates none of IoU 2/3 does.
  const DenseScene scene = makeWorkedScene({shifted(6), shifted(0), shifted(2)}, {shifted(0)}, {0}, 1);
  RecordingSink sink;
  run(scene, options({{"topk", "2"}}), &sink);
  EXPECT_EQ(sink.objectValues.at("atss.candidates").item<std::int64_t>(), 2);
  EXPECT_NEAR(sink.objectValues.at("atss.mean").item<double>(), 5.0 / 6, 1e-6);
  EXPECT_TRUE(sink.channelValues.at("atss.margin").isnan()[0][0].item<bool>())
      << "the far one is no candidate";
}

TEST(Atss, EqualDistancesGoToTheFirstAnchor) {
  const DenseScene scene =
      makeWorkedScene({shifted(-3), shifted(3), shifted(-3), shifted(3)}, {shifted(0)}, {0}, 1);
  RecordingSink sink;
  run(scene, options({{"topk", "2"}}), &sink);
  const PairRows& rows = sink.pairRows.at("atss.pairs");
  EXPECT_TRUE(at::equal(rows.anchor,
                        at::tensor(std::vector<std::int64_t>{0, 1}, at::TensorOptions().dtype(at::kLong))));
}

TEST(Atss, ACentreOnTheEdgeIsOutside) {
  // Two wide anchors of IoU 1/2 each; the second one's centre lies on the object's right side.
  const DenseScene scene = makeWorkedScene({{-5, 0, 10, 10}, {5, 0, 15, 10}}, {{0, 0, 10, 10}}, {0}, 1);
  const Decision decision = tell(scene, {}, 1, 0);
  EXPECT_EQ(decision.rows[2].verdict, TestVerdict::kFailed);
  EXPECT_EQ(decision.rows[2].value, 0);
}

TEST(Atss, AnAnchorThatSeveralWantGoesToTheHighestIou) {
  // One level of two anchors: both objects have both as candidates and want the first.
  const std::vector<Box> anchors = {shifted(0), shifted(40)};
  const DenseScene scene = makeWorkedScene(anchors, {shifted(2), shifted(1)}, {0, 1}, 2);
  RecordingSink sink;
  const Assignment assignment = run(scene, options({{"topk", "2"}}), &sink);
  // mean + deviation of (x, 0) is x/2 + x/sqrt(2) > x: nothing passes.
  EXPECT_EQ(objectsOf(assignment), (std::vector<std::int64_t>{-1, -1}));
  const std::vector<Box> more = {shifted(0), shifted(40), shifted(41), shifted(42)};
  const DenseScene enough = makeWorkedScene(more, {shifted(2), shifted(1)}, {0, 1}, 2);
  // of (x, 0, 0, 0): x/4 + x/2 < x
  const Assignment second = run(enough, options({}));
  EXPECT_EQ(objectsOf(second), (std::vector<std::int64_t>{1, -1, -1, -1}));
  const Decision lost = tell(enough, {}, 0, 0);
  EXPECT_EQ(verdicts(lost), (std::vector<TestVerdict>{TestVerdict::kPassed, TestVerdict::kPassed,
                                                      TestVerdict::kPassed, TestVerdict::kFailed}));
  EXPECT_EQ(lost.outcomes[0].kind, DecisionOutcome::Kind::kLost);
  EXPECT_EQ(lost.outcomes[0].winner, 1);
  EXPECT_NEAR(lost.rows[3].value, 8.0 / 12, 1e-6);
  EXPECT_NEAR(lost.rows[3].bound, 9.0 / 11, 1e-6);
  for (const NamedScalar& scalar : second.scalars) {
    if (scalar.name == "atss.contested" || scalar.name == "atss.starved_objects") {
      EXPECT_EQ(scalar.value.item<std::int64_t>(), 1) << scalar.name;
    }
  }
}

TEST(Atss, ASingleCandidateHasNoThresholdAndBecomesNoPositive) {
  const DenseScene scene = makeWorkedScene({shifted(0)}, {shifted(0)}, {0}, 1);
  RecordingSink sink;
  const Assignment assignment = run(scene, options({}), &sink);
  EXPECT_EQ(objectsOf(assignment), (std::vector<std::int64_t>{-1}));
  EXPECT_TRUE(sink.objectValues.at("atss.threshold").isnan().item<bool>());
  EXPECT_TRUE(sink.objectValues.at(kStarvedColumn).item<bool>());
  const Decision decision = tell(scene, {}, 0, 0);
  EXPECT_EQ(decision.rows[1].verdict, TestVerdict::kFailed);
  EXPECT_NE(decision.rows[1].note.find("single candidate"), std::string::npos);
  for (const NamedScalar& scalar : assignment.scalars) {
    if (scalar.name == "atss.without_threshold") {
      EXPECT_EQ(scalar.value.item<std::int64_t>(), 1);
    } else if (scalar.name == "atss.mean_threshold") {
      EXPECT_EQ(scalar.value.item<double>(), 0);
    }
  }
}

TEST(Atss, AnchorsInCrowdsAreIgnoredAndNoCandidates) {
  DenseScene scene =
      makeWorkedScene({shifted(0), shifted(20), shifted(22), shifted(40)}, {shifted(20)}, {0}, 1);
  scene.targets.ignoreBoxes = at::tensor({0.f, 0.f, 10.f, 10.f}).view({1, 1, 4});
  EXPECT_EQ(objectsOf(run(scene, options({})))[0], -1) << "off unless asked for";
  RecordingSink sink;
  EXPECT_EQ(objectsOf(run(scene, options({{"ignore_iof_thr", "0.5"}}), &sink))[0], -2);
  EXPECT_EQ(sink.objectValues.at("atss.candidates").item<std::int64_t>(), 3);
}

/// The rule, object by object, in float64.
std::vector<std::int64_t> oracle(const DenseScene& scene, std::int64_t image, std::size_t perLevel) {
  return testing::atssOracle(scene, image, perLevel, [&](std::int64_t anchor, std::int64_t object) {
    const auto a = testing::boxOf(scene.anchors.boxes[anchor]),
               o = testing::boxOf(scene.targets.boxes[image][object]);
    return boxmath::iou(a[0], a[1], a[2], a[3], o[0], o[1], o[2], o[3]);
  });
}

TEST(Atss, AgreesWithTheRuleObjectByObject) {
  std::int64_t positives = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    for (const std::size_t topk : {1u, 4u, 9u, 50u}) {
      DenseSceneOptions made;
      made.batch = 3;
      made.objects = {6, 0, 2};
      made.padTo = 7;
      made.seed = seed;
      made.dtype = at::kDouble;
      const DenseScene scene = makeDenseScene(made);
      const Assignment assignment = run(scene, options({{"topk", std::to_string(topk)}}));
      for (std::int64_t image = 0; image < 3; ++image) {
        const auto expected = oracle(scene, image, topk);
        EXPECT_EQ(objectsOf(assignment, image), expected)
            << "seed " << seed << ", image " << image << ", topk " << topk;
        positives +=
            static_cast<std::int64_t>(expected.size()) - std::count(expected.begin(), expected.end(), -1);
      }
    }
  EXPECT_GT(positives, 100);
}

TEST(Atss, ManyAnchorsInTilesGiveTheSame) {
  // More pairs than are looked at together; each object's nearest anchors are at other ends.
  std::vector<Box> anchors;
  for (int i = 0; i < 50000; ++i)
    anchors.push_back(shifted(static_cast<float>(i)));
  std::vector<Box> objects;
  for (int g = 0; g < 60; ++g)
    objects.push_back(shifted(static_cast<float>(833 * g)));
  const DenseScene scene = makeWorkedScene(anchors, objects, std::vector<std::int64_t>(60, 0), 1);
  const Assignment assignment = run(scene, options({}));
  const auto got = objectsOf(assignment);
  for (int g = 0; g < 60; ++g)
    EXPECT_EQ(got[static_cast<std::size_t>(833 * g)], g);
}

TEST(Atss, CenternessWeighsTheBoxLoss) {
  const std::vector<Box> anchors = {{2, 0, 12, 10}, shifted(40), shifted(41), shifted(42)};
  const Assignment assignment = run(makeWorkedScene(anchors, {{0, 0, 10, 10}}, {0}, 1), options({}));
  // The centre (7, 5) has l 7, r 3, t 5, b 5.
  EXPECT_FLOAT_EQ(assignment.regWeight[0][0].item<float>(), std::sqrt(3.f / 7));
  EXPECT_TRUE(at::equal(assignment.regWeight, assignment.quality.at(0).target));
}

TEST(Atss, PointsAreAConflictWithAMessage) {
  const AssignerEntry& entry = **findNamed(assignerEntries(), "atss", "assigner");
  EXPECT_TRUE(entry.conflicts(options({}), {false, 9}).empty());
  const auto conflicts = entry.conflicts(options({}), {true, 1, {kCenternessOutput}});
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_NE(conflicts[0].message.find("anchor boxes"), std::string::npos);
  EXPECT_NE(conflicts[0].action.find("fcos"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
