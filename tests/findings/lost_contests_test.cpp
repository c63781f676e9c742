// Objects that lose every contested anchor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Object 0 wants anchors 1, 2 and 3, object 1 anchors 1 and 2, object 2 anchor 5.
MadeStage bags() {
  MadeStage stage("a.png", 100, 3);
  stage.member(1, 0).member(2, 0).member(3, 0).member(1, 1).member(2, 1).member(5, 2);
  return stage.learn(3, 0).learn(5, 2);
}

TEST(LostContests, SpeaksOfAnObjectThatWinsNone) {
  const auto found = findingsOf("lost_contests", {bags().learn(1, 0).learn(2, 0).frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("1 of 3 objects"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 1}));
}

TEST(LostContests, IsSilentWhereEachWinsOne) {
  EXPECT_TRUE(findingsOf("lost_contests", {bags().learn(1, 0).learn(2, 1).frame()}).empty());
}

TEST(LostContests, IsSilentWhereMostOfTheBagIsNotContested) {
  MadeStage stage("a.png", 100, 2);
  stage.member(1, 0).member(2, 0).member(3, 0).member(1, 1).learn(1, 1).learn(2, 0).learn(3, 0);
  EXPECT_TRUE(findingsOf("lost_contests", {stage.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
