// Scores and boxes that disagree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Five anchors learn object 0, which is 16 px wide; the box of each is that of the object, moved by 0, 1 ..
/// 4 px.
std::shared_ptr<const ProbeFrame> moved(std::int64_t step, const std::vector<float>& scores) {
  MadeStage stage("a.png", step, 1);
  stage.evidence.predictedBoxesInInput.resize(stage.evidence.candidates->count());
  for (std::size_t i = 0; i < 5; ++i) {
    const auto by = static_cast<float>(i);
    stage.learn(i, 0).channel("cls_score_object").values[i] = scores[i];
    stage.evidence.predictedBoxesInInput[i] = {10 + by, 10, 26 + by, 26};
  }
  return stage.frame();
}

const std::vector<float> kRising{0.1f, 0.2f, 0.3f, 0.4f, 0.5f}, kFalling{0.5f, 0.4f, 0.3f, 0.2f, 0.1f};

TEST(Disagreement, SpeaksWhereTheWorseBoxesHaveTheHigherScoresAllAlong) {
  const auto found = findingsOf("disagreement", {moved(0, kRising), moved(10, kRising), moved(20, kRising)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("1 of 1 object"));
  EXPECT_EQ(found[0].numbers[0].value, -1);
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 0}));
}

TEST(Disagreement, IsSilentWhereOneStepAgrees) {
  EXPECT_TRUE(
      findingsOf("disagreement", {moved(0, kRising), moved(10, kRising), moved(20, kFalling)}).empty());
}

TEST(Disagreement, IsSilentAboutTwoSteps) {
  EXPECT_TRUE(findingsOf("disagreement", {moved(0, kRising), moved(10, kRising)}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
