// Objects that no anchor reaches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Unreachable, SpeaksOfWhatNoAnchorOverlapsByHalf) {
  // An anchor's own box, one of 3 px, and a strip.
  const auto found =
      findingsOfBoxes("unreachable", {{4, 4, 20, 20}, {10, 10, 13, 13}, {11, 11, 14, 14}, {2, 30, 62, 34}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].objects, 3);
  EXPECT_EQ(found[0].images, 1);
  EXPECT_THAT(found[0].title, HasSubstr("3 of 4 objects"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 1}, ObjectRef{"a.png", 2}, ObjectRef{"a.png", 3}));
  EXPECT_THAT(found[0].advice, HasSubstr("smaller than any anchor"));
  EXPECT_EQ(found[0].numbers.front().value, 0.25);
}

TEST(Unreachable, TellsWhyAnchorsMiss) {
  EXPECT_THAT(findingsOfBoxes("unreachable", {{2, 28, 62, 36}}).at(0).advice,
              HasSubstr("a shape that no anchor has"));
  // Wider and higher than the largest anchor of 32 px.
  EXPECT_THAT(findingsOfBoxes("unreachable", {{0, 0, 64, 64}}).at(0).advice,
              HasSubstr("larger than any anchor"));
}

TEST(Unreachable, IsSilentWhereEveryObjectIsReached) {
  EXPECT_TRUE(findingsOfBoxes("unreachable", {{4, 4, 20, 20}, {8, 8, 40, 40}}).empty());
}

TEST(Unreachable, LooksForLocationsWhereThereAreNoAnchors) {
  Facts facts;
  const auto data = placed({{10, 10, 26, 26}, {13, 13, 15, 15}});
  data->points = true;
  facts.data = data;
  const auto found = findingsOf("unreachable", {}, facts);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("1 of 2 objects hold no location"));
}

TEST(Unreachable, PassesOverIgnoredObjects) {
  Facts facts;
  const auto data = placed({{10, 10, 13, 13}});
  data->images[0].objects[0].ignored = true;
  facts.data = data;
  EXPECT_TRUE(findingsOf("unreachable", {}, facts).empty());
}

}  // namespace
}  // namespace anchorscope::testing
