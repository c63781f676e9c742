// Sizes and ratios that fit a data set better.
#include "core/findings/anchor_advice.h"

#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

/// What twoLevels() is made of, as placed() says: squares of 2 strides.
const AnchorOptions kNow{2, 1, {1}};

TEST(AnchorAdvice, FindsTheShapesThatBoxesHave) {
  std::vector<Box> boxes;
  for (int i = 0; i < 20; ++i) {
    const auto at = static_cast<float>(i);
    boxes.push_back({4 + at, 8, 14 + at, 28});   // 10 x 20
    boxes.push_back({2 + at, 10, 32 + at, 25});  // 30 x 15
  }
  const auto advice = adviseAnchors(*placed(boxes));
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->objects, 40);
  ASSERT_EQ(advice->clusters.size(), 2u);
  EXPECT_EQ(advice->clusters[0].shape, (AnchorShape{10, 20}));
  EXPECT_EQ(advice->clusters[1].shape, (AnchorShape{30, 15}));
  EXPECT_EQ(advice->clusters[0].share, 0.5);
  EXPECT_EQ(advice->clusters[0].stride, 8);
  EXPECT_GT(advice->withClusters.meanIou, advice->now.meanIou);
}

TEST(AnchorAdvice, OptionsAreTriedByTheRecallTheyBring) {
  // Squares of 8 px, for which anchors of 16 px have at most IoU 1/4; half the scale fits them.
  const auto advice = adviseAnchors(*placed({{8, 8, 16, 16}, {24, 32, 32, 40}, {0, 48, 8, 56}}));
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->now.recall, 0);
  EXPECT_EQ(advice->options.scale, 1);
  EXPECT_EQ(advice->options.ratios, kNow.ratios);
  EXPECT_EQ(advice->withOptions.recall, 1);
  EXPECT_NEAR(advice->withOptions.meanIou, 1, 1e-6);
}

TEST(AnchorAdvice, RatiosComeFromTheBoxesWhereSquaresDoNotReachThem) {
  const auto advice = adviseAnchors(*placed({{4, 0, 12, 32}, {20, 16, 28, 48}, {36, 32, 44, 64}}));
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->options.ratios, (std::vector<double>{4}));
  EXPECT_GT(advice->withOptions.recall, advice->now.recall);
}

TEST(AnchorAdvice, KeepsWhatFits) {
  const auto advice = adviseAnchors(*placed({{4, 4, 20, 20}, {8, 8, 40, 40}}));
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->options, kNow);
  EXPECT_EQ(advice->now.recall, 1);
  EXPECT_EQ(advice->withOptions.recall, 1);
}

TEST(AnchorAdvice, IsNoneForPointsAndWithoutObjects) {
  EXPECT_FALSE(adviseAnchors(*placed({})));
  const auto data = placed({{4, 4, 20, 20}});
  data->points = true;
  EXPECT_FALSE(adviseAnchors(*data));
}

}  // namespace
}  // namespace anchorscope::testing
