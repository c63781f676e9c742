// Bags of one or two members.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Object 0 has four members, object 1 two and object 2 none.
MadeStage bags() {
  MadeStage stage("a.png", 100, 3);
  stage.member(1, 0).member(2, 0).member(3, 0).member(4, 0).member(1, 1).member(9, 1);
  return stage;
}

TEST(SmallBags, SpeaksOfTwoMembersAndNotOfNone) {
  const auto found = findingsOf("small_bags", {bags().frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("1 of 2 bags"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 1}));
}

TEST(SmallBags, IsSilentAboutThreeMembers) {
  EXPECT_TRUE(findingsOf("small_bags", {bags().member(12, 1).frame()}).empty());
}

TEST(SmallBags, IsSilentWhereTheRuleGivesNoObjectMore) {
  MadeStage stage("a.png", 100, 2);
  stage.member(1, 0).member(2, 0).member(3, 1);
  EXPECT_TRUE(findingsOf("small_bags", {stage.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
