// Ignored regions that swallow what should learn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A crowd over the upper half of the image, in which every anchor is ignored, and an object of 16 px in it.
MadeStage crowd(float bottom) {
  MadeStage stage("a.png", 100, 2);
  stage.objects[0] = {{0, 0, 64, bottom}, 0, true};
  for (std::size_t i = 0; i < stage.evidence.candidates->count(); ++i)
    if (stage.evidence.candidates->boxesInInput[i].centerY() < bottom) stage.learn(i, -2);
  return stage;
}

TEST(Swallowed, SpeaksOfTheObjectInsideAndOfTheShareOfAnchors) {
  const auto found = findingsOf("swallowed", {crowd(32).frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("1 object and up to 50 %"));
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", 1}));
}

TEST(Swallowed, SpeaksOfTheImageWhereNoObjectIsLost) {
  MadeStage stage = crowd(32);
  const auto found = findingsOf("swallowed", {stage.learn(70, 1).frame()});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].objects, 0);
  EXPECT_EQ(found[0].images, 1);
  EXPECT_THAT(found[0].who, ElementsAre(ObjectRef{"a.png", -1}));
}

TEST(Swallowed, IsSilentAboutASmallRegionBesideTheObjectAndAnchorsIgnoredElsewhere) {
  MadeStage stage = crowd(12);  // an eighth of the anchors; of the object 2 px of 16
  EXPECT_TRUE(findingsOf("swallowed", {stage.frame()}).empty());
  MadeStage without("b.png", 100, 1);
  for (std::size_t i = 0; i < without.evidence.candidates->count(); ++i)
    without.learn(i, -2);
  EXPECT_TRUE(findingsOf("swallowed", {without.frame()}).empty());
}

}  // namespace
}  // namespace anchorscope::testing
