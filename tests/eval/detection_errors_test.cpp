// What detections get wrong: each kind by hand, and the average precision against COCO's.

#include "core/eval/detection_errors.h"

#include <gtest/gtest.h>

#include <random>

namespace anchorscope {
namespace {

enum Kind : std::size_t { kLoc, kCls, kDupe, kBkg, kBoth, kMiss };
using Counts = std::array<std::int64_t, 6>;

EvalObject object(std::int64_t image, int classIndex, double x, bool crowd = false) {
  return {image, classIndex, x, 0, 10, 10, 100, crowd};
}
EvalDetection detection(std::int64_t image, int classIndex, double x, double score, double width = 10) {
  return {image, classIndex, x, 0, width, 10, score};
}

TEST(DetectionErrors, OfDetectionsThatAreRightThereAreNone) {
  const DetectionErrors errors = detectionErrors(1, 1, {object(0, 0, 0), object(0, 0, 50)},
                                                 {detection(0, 0, 0, 0.9), detection(0, 0, 50, 0.8)});
  EXPECT_DOUBLE_EQ(errors.ap50, 1);
  EXPECT_EQ(errors.counts, Counts{});
  for (const double lost : errors.lost)
    EXPECT_EQ(lost, 0);
  EXPECT_EQ(detectionErrors(1, 1, {}, {detection(0, 0, 0, 1)}).ap50, -1);
  EXPECT_EQ(detectionErrors(1, 1, {}, {detection(0, 0, 0, 1)}).lost[kBkg], -1);
}

TEST(DetectionErrors, EachKindIsToldAndPuttingItRightMakesUpForIt) {
  // One object of class 0; beside it one of class 1, which is found.
  const std::vector<EvalObject> objects{object(0, 0, 0), object(0, 1, 100)};
  const EvalDetection right = detection(0, 1, 100, 0.99);
  const auto of = [&](std::vector<EvalDetection> more) {
    more.push_back(right);
    return detectionErrors(1, 2, objects, more);
  };
  const auto only = [](std::size_t kind, std::int64_t missed) {
    Counts counts{};
    counts[kind] += 1;
    counts[kMiss] += missed;
    return counts;
  };
  // Shifted by 5 of 10: overlap 1/3.
  const DetectionErrors loc = of({detection(0, 0, 5, 0.5)});
  EXPECT_EQ(loc.counts, only(kLoc, 0));
  EXPECT_DOUBLE_EQ(loc.ap50, 0.5);
  EXPECT_DOUBLE_EQ(loc.lost[kLoc], 0.5);
  EXPECT_EQ(loc.lost[kMiss], 0) << "an object that is met is not missed";
  const DetectionErrors cls = of({detection(0, 1, 0, 0.5)});
  EXPECT_EQ(cls.counts, only(kCls, 0));
  EXPECT_DOUBLE_EQ(cls.lost[kCls], 0.5);
  const DetectionErrors dupe = of({detection(0, 0, 0, 0.5), detection(0, 0, 0, 0.7)});
  EXPECT_EQ(dupe.counts, only(kDupe, 0));
  EXPECT_DOUBLE_EQ(dupe.ap50, 1) << "after all that could be found";
  const DetectionErrors bkg = of({detection(0, 0, 60, 0.9), detection(0, 0, 0, 0.5)});
  EXPECT_EQ(bkg.counts, only(kBkg, 0));
  EXPECT_DOUBLE_EQ(bkg.lost[kBkg], 0.25) << "of class 0 every second detection is right";
  const DetectionErrors both = of({detection(0, 1, 5, 0.5)});
  EXPECT_EQ(both.counts, only(kBoth, 1));
  const DetectionErrors miss = of({});
  EXPECT_EQ(miss.counts, only(kMiss, 0));
  EXPECT_DOUBLE_EQ(miss.ap50, 0.5);
  EXPECT_DOUBLE_EQ(miss.lost[kMiss], 0.5) << "without what was missed the other class is all there is";
  // Of a class that was missed, whose detections are wrong, these stay wrong.
  const DetectionErrors wrong = of({detection(0, 0, 60, 0.9)});
  EXPECT_EQ(wrong.counts, only(kBkg, 1));
  EXPECT_DOUBLE_EQ(wrong.lost[kMiss], 0);
}

TEST(DetectionErrors, WhereNothingIsFoundWhatIsMissedCostsAll) {
  const DetectionErrors errors = detectionErrors(1, 2, {object(0, 0, 0), object(0, 1, 50)}, {});
  EXPECT_DOUBLE_EQ(errors.ap50, 0);
  EXPECT_DOUBLE_EQ(errors.lost[kMiss], 1);
  EXPECT_EQ(errors.counts[kMiss], 2);
  EXPECT_DOUBLE_EQ(errors.lost[kBkg], 0);
}

TEST(DetectionErrors, OnlyTheBestThatErrsAboutAnObjectFindsItAndNoneAnObjectThatIsFound) {
  // Two err about the place of one object; a third is right about it in the second image.
  const std::vector<EvalObject> objects{object(0, 0, 0), object(1, 0, 0)};
  const DetectionErrors errors = detectionErrors(
      2, 1, objects,
      {detection(0, 0, 5, 0.9), detection(0, 0, -5, 0.8), detection(1, 0, 0, 0.7), detection(1, 0, 5, 0.6)});
  EXPECT_EQ(errors.counts[kLoc], 3);
  EXPECT_DOUBLE_EQ(errors.ap50 + errors.lost[kLoc], 1) << "one finds the first object, the others go";
}

TEST(DetectionErrors, ADetectionInACrowdIsNone) {
  const DetectionErrors errors = detectionErrors(1, 1, {object(0, 0, 0), object(0, 0, 50, true)},
                                                 {detection(0, 0, 0, 0.5), detection(0, 0, 52, 0.9, 4)});
  EXPECT_EQ(errors.counts, Counts{});
  EXPECT_DOUBLE_EQ(errors.ap50, 1);
}

TEST(DetectionErrors, HaveTheAveragePrecisionOfCoco) {
  std::mt19937 random(5);
  const auto number = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int round = 0; round < 30; ++round) {
    constexpr int kImages = 6, kClasses = 3;
    std::vector<EvalObject> objects;
    std::vector<EvalDetection> detections;
    for (int i = 0; i < 40; ++i) {
      const auto image = static_cast<std::int64_t>(random() % kImages);
      const auto classIndex = static_cast<int>(random() % kClasses);
      const double x = number(0, 100), y = number(0, 100), w = number(5, 60), h = number(5, 60);
      objects.push_back({image, classIndex, x, y, w, h, w * h, random() % 8 == 0});
      for (std::uint32_t d = random() % 4; d > 0; --d)
        detections.push_back({image, random() % 5 == 0 ? (classIndex + 1) % kClasses : classIndex,
                              x + number(-12, 12), y + number(-12, 12), w, h,
                              static_cast<double>(random() % 20) / 20});
    }
    const DetectionErrors errors = detectionErrors(kImages, kClasses, objects, detections);
    EXPECT_NEAR(errors.ap50, evaluateCocoAp(kImages, kClasses, objects, detections).stats[1], 1e-12) << round;
    for (const double lost : errors.lost)
      EXPECT_GE(lost, -1e-12);
    std::int64_t wrong = 0;
    for (std::size_t kind = 0; kind < kMiss; ++kind)
      wrong += errors.counts[kind];
    EXPECT_LE(wrong, static_cast<std::int64_t>(detections.size()));
  }
}

}  // namespace
}  // namespace anchorscope
