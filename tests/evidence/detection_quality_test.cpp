#include "core/evidence/detection_quality.h"

#include <gtest/gtest.h>

#include <memory>

namespace anchorscope {
namespace {

constexpr Box kA{0, 0, 10, 10}, kB{20, 20, 40, 40}, kShiftedA{0, 0, 10, 8};  // IoU with kA: 0.8

float quality(std::vector<ObjectRecord> objects, std::vector<PredictionRecord> detections) {
  auto image = std::make_shared<ProbeImage>();
  image->objects = std::move(objects);
  StageEvidence frame;
  frame.image = image;
  frame.predictions = std::move(detections);
  return static_cast<float>(detectionQuality(frame, 0.3F));
}

TEST(DetectionQuality, IsOneWhereEveryObjectIsFoundExactlyAndNothingElse) {
  EXPECT_FLOAT_EQ(quality({{kA, 0}, {kB, 1}}, {{kA, 0, 0.9F}, {kB, 1, 0.8F}}), 1);
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kA, 0, 0.9F}, {kB, 0, 0.2F}}), 1) << "below the score";
}

TEST(DetectionQuality, LosesByMissesExtrasWrongClassesAndLooseBoxes) {
  EXPECT_FLOAT_EQ(quality({{kA, 0}, {kB, 1}}, {{kA, 0, 0.9F}}), 2.F / 3) << "one missed";
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kA, 0, 0.9F}, {kB, 0, 0.8F}}), 2.F / 3) << "one too many";
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kA, 0, 0.9F}, {kA, 0, 0.8F}}), 2.F / 3) << "an object counts once";
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kA, 1, 0.9F}}), 0) << "the wrong class";
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kShiftedA, 0, 0.9F}}), 0.8F) << "the overlap";
  EXPECT_FLOAT_EQ(quality({{kA, 0}}, {{kB, 0, 0.9F}}), 0);
  EXPECT_FLOAT_EQ(quality({}, {{kA, 0, 0.9F}}), 0) << "nothing to find";
}

TEST(DetectionQuality, IgnoredObjectsNeitherHelpNorHarm) {
  const ObjectRecord crowd{kB, 0, true};
  EXPECT_FLOAT_EQ(quality({{kA, 0}, crowd}, {{kA, 0, 0.9F}}), 1);
  EXPECT_FLOAT_EQ(quality({{kA, 0}, crowd}, {{kA, 0, 0.9F}, {kB, 0, 0.8F}, {kB, 0, 0.7F}}), 1);
}

}  // namespace
}  // namespace anchorscope
