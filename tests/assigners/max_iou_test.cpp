// Worked examples and a brute-force oracle of maximum-IoU assignment.

#include <gtest/gtest.h>

#include "core/base/box_math.h"
#include "tests/assigners/assigner_testing.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeDenseScene;
using testing::makeWorkedScene;
using testing::objectsOf;
using testing::RecordingSink;
using testing::verdicts;

ParamSet options(const testing::Changes& changes) {
  return testing::assignerOptions("max_iou", changes);
}

Assignment run(const DenseScene& scene, const ParamSet& set, EvidenceSink* sink = nullptr) {
  return testing::runAssigner("max_iou", scene, set, sink);
}

Decision decide(const DenseScene& scene, const ParamSet& set, int anchor, int object) {
  return testing::decide("max_iou", scene, set, anchor, object);
}

/// Anchors of 10 x 10 px against objects of the same size, shifted: a shift of s px gives IoU (10 - s) / (10
/// + s).
Box shifted(float x) {
  return {x, 0, x + 10, 10};
}

TEST(MaxIou, ThresholdsSplitPositivesIgnoredAndBackground) {
  // IoU 1, 7/13 = .538, 6/14 = .4286, 5/15 = .333, 0
  const DenseScene scene =
      makeWorkedScene({shifted(0), shifted(3), shifted(4), shifted(5), shifted(50)}, {shifted(0)}, {1}, 3);
  EXPECT_EQ(objectsOf(run(scene, options({}))), (std::vector<std::int64_t>{0, 0, -2, -1, -1}));
}

TEST(MaxIou, ThresholdsAreInclusiveForPositivesOnly) {
  // Shift 6 of 18: IoU 12/24 = 0.5 exactly; and a quarter: 0.25 exactly.
  const std::vector<Box> anchors = {{0, 0, 18, 10}, {6, 0, 24, 10}, {0, 0, 4.5f, 10}};
  const DenseScene scene = makeWorkedScene(anchors, {{0, 0, 18, 10}}, {0}, 1);
  EXPECT_EQ(objectsOf(run(scene, options({{"pos_iou_thr", "0.5"}, {"neg_iou_thr", "0.25"}}))),
            (std::vector<std::int64_t>{0, 0, -2}));  // 0.25 is not below 0.25
}

TEST(MaxIou, TheTwoConventionsGiveARescuedAnchorToDifferentObjects) {
  // The anchor overlaps object 0 more (2/3 against 1/4), yet it is object 1's best anchor.
  const std::vector<Box> anchors = {shifted(2), shifted(0)};
  const std::vector<Box> objects = {shifted(0), shifted(8)};
  const DenseScene scene = makeWorkedScene(anchors, objects, {0, 1}, 2);
  EXPECT_EQ(objectsOf(run(scene, options({{"convention", "mmdet"}}))), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(objectsOf(run(scene, options({{"convention", "torchvision"}}))),
            (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(objectsOf(run(scene, options({{"low_quality", "false"}}))), (std::vector<std::int64_t>{0, 0}));
}

TEST(MaxIou, MinPosIouLimitsTheRescueUnderMmdetOnly) {
  const DenseScene scene = makeWorkedScene({shifted(8)}, {shifted(0)}, {0}, 1);  // IoU 1/9
  EXPECT_EQ(objectsOf(run(scene, options({{"convention", "mmdet"}, {"min_pos_iou", "0.1"}}))),
            (std::vector<std::int64_t>{0}));
  EXPECT_EQ(objectsOf(run(scene, options({{"convention", "mmdet"}, {"min_pos_iou", "0.2"}}))),
            (std::vector<std::int64_t>{-1}));
  EXPECT_EQ(objectsOf(run(scene, options({{"min_pos_iou", "0.2"}}))), (std::vector<std::int64_t>{0}));
}

TEST(MaxIou, AnUnreachableObjectClaimsEveryAnchorItDoesNotTouch) {
  // Both references do so at min_pos_iou 0; mmdet hands the anchors over, torchvision only lifts them.
  const DenseScene scene = makeWorkedScene({shifted(0), shifted(20)}, {shifted(0), shifted(80)}, {0, 0}, 1);
  EXPECT_EQ(objectsOf(run(scene, options({{"convention", "mmdet"}}))), (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(objectsOf(run(scene, options({}))), (std::vector<std::int64_t>{0, 0}));
}

TEST(MaxIou, CrowdRegionsTakeAnchorsOut) {
  DenseScene scene = makeWorkedScene({shifted(0), shifted(20), shifted(26)}, {shifted(0)}, {0}, 1);
  scene.targets.ignoreBoxes = at::tensor({20.f, 0.f, 30.f, 10.f, 0.f, 0.f, 0.f, 0.f}).view({1, 2, 4});
  // Share of the anchor: 0, 1, 0.4
  EXPECT_EQ(objectsOf(run(scene, options({}))), (std::vector<std::int64_t>{0, -1, -1}));
  EXPECT_EQ(objectsOf(run(scene, options({{"ignore_iof_thr", "0.5"}}))),
            (std::vector<std::int64_t>{0, -2, -1}));
  EXPECT_EQ(objectsOf(run(scene, options({{"ignore_iof_thr", "0.3"}}))),
            (std::vector<std::int64_t>{0, -2, -2}));
  scene.targets.ignoreBoxes =
      at::tensor({20.f, 0.f, 60.f, 10.f}).view({1, 1, 4});  // share of the region: 0, 1/4, 1/4
  EXPECT_EQ(objectsOf(run(scene, options({{"ignore_iof_thr", "0.3"}, {"ignore_wrt_candidates", "false"}}))),
            (std::vector<std::int64_t>{0, -1, -1}));
}

TEST(MaxIou, ContradictingThresholdsAreAUsageError) {
  const auto assigner = makeAssigner("max_iou", options({{"neg_iou_thr", "0.6"}}));
  ASSERT_FALSE(assigner.ok());
  EXPECT_EQ(assigner.error().code, ErrorCode::kUsage);
  EXPECT_NE(assigner.error().message.find("neg_iou_thr"), std::string::npos);
}

/// The rule read one anchor and one object at a time.
std::vector<std::int64_t> oracle(const DenseScene& scene, std::int64_t image, bool mmdet, bool lowQuality) {
  const at::Tensor anchors = scene.anchors.boxes.contiguous(),
                   objects = scene.targets.boxes[image].contiguous();
  std::vector<std::int64_t> valid;
  for (std::int64_t g = 0; g < objects.size(0); ++g)
    if (scene.targets.valid[image][g].item<bool>()) valid.push_back(g);
  const auto overlap = [&](std::int64_t n, std::int64_t g) {
    const float *a = anchors.data_ptr<float>() + 4 * n, *o = objects.data_ptr<float>() + 4 * g;
    return boxmath::iou(o[0], o[1], o[2], o[3], a[0], a[1], a[2], a[3]);
  };
  std::vector<std::int64_t> result, best;
  for (std::int64_t n = 0; n < anchors.size(0); ++n) {
    float largest = 0;
    std::int64_t arg = valid.empty() ? -1 : valid.front();
    for (const std::int64_t g : valid)
      if (overlap(n, g) > largest) {
        largest = overlap(n, g);
        arg = g;
      }
    best.push_back(arg);
    result.push_back(largest >= 0.5f && arg >= 0 ? arg : largest < 0.4f ? -1 : -2);
  }
  const std::vector<std::int64_t> before = result;
  for (const std::int64_t g : lowQuality ? valid : std::vector<std::int64_t>{}) {
    float top = 0;
    for (std::int64_t n = 0; n < anchors.size(0); ++n)
      top = std::max(top, overlap(n, g));
    for (std::int64_t n = 0; n < anchors.size(0); ++n)
      if (overlap(n, g) == top)
        result[static_cast<std::size_t>(n)] = mmdet ? g : best[static_cast<std::size_t>(n)];
  }
  return result;
}

TEST(MaxIou, AgreesWithTheRuleReadPairByPair) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    testing::DenseSceneOptions scene;
    scene.seed = seed;
    scene.objects = {5, 0, 2};
    scene.batch = 3;
    const DenseScene made = makeDenseScene(scene);
    for (const bool mmdet : {false, true})
      for (const bool lowQuality : {false, true}) {
        const Assignment assignment = run(made, options({{"convention", mmdet ? "mmdet" : "torchvision"},
                                                         {"low_quality", lowQuality ? "true" : "false"}}));
        for (std::int64_t image = 0; image < 3; ++image)
          EXPECT_EQ(objectsOf(assignment, image), oracle(made, image, mmdet, lowQuality))
              << "seed " << seed << " image " << image;
      }
  }
}

TEST(MaxIou, ShowsBestAndSecondBestAndWhoWasRescued) {
  const DenseScene scene =
      makeWorkedScene({shifted(2), shifted(0), shifted(50)}, {shifted(0), shifted(8)}, {0, 1}, 2);
  RecordingSink sink;
  run(scene, options({{"convention", "mmdet"}}), &sink);
  const at::Tensor second = sink.channelValues.at("max_iou.second_iou")[0];
  EXPECT_FLOAT_EQ(second[0].item<float>(), 0.25f);
  EXPECT_NEAR(second[1].item<float>(), 1.f / 9, 1e-6);
  EXPECT_EQ(second[2].item<float>(), 0.f);
  EXPECT_NEAR(sink.channelValues.at("max_iou.margin")[0][0].item<float>(), 8.f / 12 - 0.5f, 1e-6);
  EXPECT_EQ(sink.channelValues.at("max_iou.rescued")[0][0].item<double>(), 2);  // taken from object 0
  EXPECT_EQ(sink.channelValues.at("max_iou.rescued")[0][1].item<double>(), 0);
  EXPECT_FLOAT_EQ(sink.objectValues.at("max_iou.best_iou")[0][1].item<float>(), 0.25f);
}

/// Verdicts are of overlap, rescue, positive threshold and best object.
constexpr auto kPassed = TestVerdict::kPassed;
constexpr auto kFailed = TestVerdict::kFailed;
constexpr auto kNotApplicable = TestVerdict::kNotApplicable;
using Kind = DecisionOutcome::Kind;

TEST(MaxIouDecision, RegularPositivesNeedNoRescue) {
  const DenseScene scene = makeWorkedScene({shifted(0), shifted(3)}, {shifted(0)}, {0}, 1);
  const Decision decision = decide(scene, options({}), 1, 0);
  EXPECT_EQ(verdicts(decision), (std::vector<TestVerdict>{kPassed, kNotApplicable, kPassed, kPassed}));
  EXPECT_EQ(decision.rows[2].note, "");
  EXPECT_NEAR(decision.rows[2].value, 7.0 / 13, 1e-6);
  EXPECT_EQ(decision.rows[2].bound, 0.5f);
  for (const DecisionOutcome& outcome : decision.outcomes)
    EXPECT_EQ(outcome.kind, Kind::kTaken);
}

TEST(MaxIouDecision, ARescuedAnchorIsTakenByTheRescueAlone) {
  const DenseScene scene = makeWorkedScene({shifted(8), shifted(9)}, {shifted(0)}, {0}, 1);
  const Decision taken = decide(scene, options({}), 0, 0);
  EXPECT_EQ(verdicts(taken), (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kPassed}));
  EXPECT_EQ(taken.outcomes[0].kind, Kind::kTaken);
  EXPECT_EQ(taken.rows[1].value, taken.rows[1].bound);
  EXPECT_LT(taken.rows[2].value, taken.rows[2].bound);
  EXPECT_EQ(taken.rows[2].note, "below it: taken as the best anchor of an object");
  const Decision other = decide(scene, options({}), 1, 0);
  EXPECT_EQ(verdicts(other), (std::vector<TestVerdict>{kPassed, kFailed, kFailed, kPassed}));
  EXPECT_EQ(other.outcomes[0].kind, Kind::kDropped);
}

TEST(MaxIouDecision, BothSidesOfAContestedAnchorAreTold) {
  const DenseScene scene = makeWorkedScene({shifted(2), shifted(0)}, {shifted(0), shifted(8)}, {0, 1}, 2);
  const ParamSet mmdet = options({{"convention", "mmdet"}});
  const Decision winner =
      decide(scene, mmdet, 0, 1);  // not its best object, below the threshold, yet claimed
  EXPECT_EQ(verdicts(winner), (std::vector<TestVerdict>{kPassed, kPassed, kPassed, kPassed}));
  EXPECT_LT(winner.rows[3].margin, 0);
  EXPECT_EQ(winner.rows[3].note, "the object's best anchor: of several such objects the last one has it");
  EXPECT_EQ(winner.outcomes[0].kind, Kind::kTaken);
  const Decision loser = decide(scene, mmdet, 0, 0);
  EXPECT_EQ(verdicts(loser), (std::vector<TestVerdict>{kPassed, kNotApplicable, kPassed, kFailed}));
  EXPECT_EQ(loser.outcomes[0].kind, Kind::kLost);
  EXPECT_EQ(loser.outcomes[0].winner, 1);
}

TEST(MaxIouDecision, IgnoredForTheThresholdsOrForACrowd) {
  DenseScene scene = makeWorkedScene({shifted(0), shifted(4), shifted(5)}, {shifted(0)}, {0}, 1);
  EXPECT_EQ(decide(scene, options({}), 1, 0).outcomes[0].kind, Kind::kIgnored);
  scene.targets.ignoreBoxes = at::tensor({0.f, 0.f, 10.f, 10.f}).view({1, 1, 4});
  const Decision crowd = decide(scene, options({{"ignore_iof_thr", "0.4"}}), 2, 0);
  ASSERT_EQ(crowd.rows.size(), 5u);
  EXPECT_EQ(crowd.rows[1].name, "ignored region");
  EXPECT_EQ(crowd.rows[1].verdict, kFailed);
  EXPECT_EQ(crowd.rows[1].value, 0.5f);
  EXPECT_EQ(crowd.rows[2].verdict, TestVerdict::kNotReached);
  EXPECT_EQ(crowd.outcomes[0].kind, Kind::kIgnored);
}

TEST(MaxIou, CountsStarvedObjects) {
  const DenseScene scene = makeWorkedScene({shifted(0)}, {shifted(0), shifted(4)}, {0, 1}, 2);
  RecordingSink sink;
  const Assignment assignment = run(scene, options({{"low_quality", "false"}}), &sink);
  EXPECT_EQ(sink.objectValues.at(kStarvedColumn)[0][0].item<bool>(), false);
  EXPECT_EQ(sink.objectValues.at(kStarvedColumn)[0][1].item<bool>(), true);
  ASSERT_EQ(assignment.scalars.size(), 1u);
  EXPECT_EQ(assignment.scalars[0].value.item<std::int64_t>(), 1);
}

}  // namespace
}  // namespace anchorscope
