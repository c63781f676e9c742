// Levels without positives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

/// Ten objects, each learnt at an anchor of the fine level; of the first three those of the coarse one fit
/// best.
MadeStage fineAlone() {
  MadeStage stage("a.png", 100, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    stage.objects[i].boxInImage = i < 3 ? Box{8, 8, 40, 40} : Box{12, 12, 28, 28};
    stage.learn(i, static_cast<float>(i));
  }
  return stage;
}

TEST(SilentLevels, SpeaksOfALevelThatLearnsNothingAndWhomItWouldFit) {
  const auto found = findingsOf("silent_levels", {fineAlone().frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("P4 (stride 16 px)"));
  EXPECT_EQ(found[0].objects, 3);
  EXPECT_EQ(found[0].who.back(), (ObjectRef{"a.png", 2}));
}

TEST(SilentLevels, IsSilentAsSoonAsAnyFrameShowsAPositive) {
  MadeStage later = fineAlone();
  later.evidence.step = 200;
  later.learn(64, 1);
  EXPECT_TRUE(findingsOf("silent_levels", {fineAlone().frame(), later.frame()}).empty());
}

TEST(SilentLevels, PointsFitNoObjectBetterThanOthers) {
  MadeStage stage = fineAlone();
  auto points = std::make_shared<CandidateSet>(twoLevels());
  for (Box& box : points->boxesInInput) {
    const float quarter = box.width() / 4;  // sides of one stride
    box = {box.x1 + quarter, box.y1 + quarter, box.x2 - quarter, box.y2 - quarter};
  }
  stage.evidence.candidates = points;
  for (ObjectRecord& object : stage.objects)
    object.boxInImage = {0, 0, 16, 16};
  const auto found = findingsOf("silent_levels", {stage.frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].objects, 0);
}

TEST(SilentLevels, IsSilentAboutAFewObjects) {
  MadeStage stage("a.png", 100, 9);
  stage.learn(1, 0);
  EXPECT_TRUE(findingsOf("silent_levels", {stage.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
