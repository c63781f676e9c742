// Objects without positives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Starved, SpeaksOfObjectsThatNothingLearns) {
  MadeStage stage("a.png", 100, 4);
  stage.objects[1].classIndex = stage.objects[2].classIndex = 1;
  stage.learn(3, 0).learn(4, 3);
  Facts facts;
  facts.classNames = {"cell", "platelet"};
  const auto found = findingsOf("starved", {stage.frame()}, facts);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("2 of 4 objects"));
  EXPECT_THAT(found[0].title, HasSubstr("most of class platelet"));
  EXPECT_EQ(found[0].objects, 2);
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 1}, ObjectRef{"a.png", 2}));
}

TEST(Starved, TheLastRecordedStepCounts) {
  MadeStage before("a.png", 0, 1), after("a.png", 100, 1);
  after.learn(3, 0);
  EXPECT_TRUE(findingsOf("starved", {before.frame(), after.frame()}).empty());
  EXPECT_EQ(findingsOf("starved", {after.frame(), before.frame()}).size(), 1u);
}

TEST(Starved, IsSilentWhereEveryTrainedObjectHasAPositive) {
  MadeStage stage("a.png", 100, 2);
  stage.objects[1].ignored = true;
  stage.learn(70, 0);
  EXPECT_TRUE(findingsOf("starved", {stage.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
