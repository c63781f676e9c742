// Anchors of other sizes or ratios would reach more objects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(BetterAnchors, SpeaksOfTheOptionsAndWhomTheyWouldReach) {
  Facts facts;
  facts.data = placed({{8, 8, 16, 16}, {24, 32, 32, 40}});
  const auto found = findingsOf("better_anchors", {}, facts);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("100 % of 2 objects instead of 0.0 %"));
  EXPECT_EQ(found[0].advice, "Set model.anchor_scale=1 model.ratios=1");
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 0}, ObjectRef{"a.png", 1}));
}

TEST(BetterAnchors, IsSilentWhereEveryObjectIsReached) {
  Facts facts;
  facts.data = placed({{4, 4, 20, 20}});
  EXPECT_TRUE(findingsOf("better_anchors", {}, facts).empty());
}

}  // namespace
}  // namespace anchorscope::testing
