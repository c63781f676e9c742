// Duplicates among the labels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DuplicateLabels, SpeaksOfTheSecondOfTwoThatAreAlmostTheSame) {
  const auto found = findingsOfBoxes("duplicate_labels",
                                     {{30, 30, 60, 60}, {0, 0, 20, 20}, {0, 0, 20, 21}, {30, 30, 60, 59}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("2 pairs"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 2}, ObjectRef{"a.png", 3}));
  EXPECT_EQ(found[0].numbers[0].value, 2);
}

TEST(DuplicateLabels, IsSilentAboutNeighboursAndIgnoredRegions) {
  EXPECT_TRUE(findingsOfBoxes("duplicate_labels", {{0, 0, 20, 20}, {5, 0, 25, 20}}).empty());
  Facts facts;
  const auto data = placed({{0, 0, 20, 20}, {0, 0, 20, 20}});
  data->images[0].objects[1].ignored = true;
  facts.data = data;
  EXPECT_TRUE(findingsOf("duplicate_labels", {}, facts).empty());
}

}  // namespace
}  // namespace anchorscope::testing
