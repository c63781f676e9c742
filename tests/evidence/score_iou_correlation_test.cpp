#include "core/evidence/score_iou_correlation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace anchorscope {
namespace {

std::optional<double> rho(const std::vector<double>& a, const std::vector<double>& b) {
  return spearman(a, b);
}

TEST(Spearman, IsTheCorrelationOfRanks) {
  EXPECT_DOUBLE_EQ(*rho({1, 2, 3, 4}, {10, 100, 1000, 10000}), 1);
  EXPECT_DOUBLE_EQ(*rho({1, 2, 3}, {3, 2, 1}), -1);
  // Ranks 3, 2, 4, 5, 1 of the second list: differences 2, 0, 1, 1, 4 and 1 - 6 * 22 / (5 * 24).
  EXPECT_NEAR(*rho({1, 2, 3, 4, 5}, {2, 1, 3, 6, 0.5}), -0.1, 1e-12);
}

TEST(Spearman, SharesTheRanksOfEqualValues) {
  // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, variances 1.5 and 2.
  EXPECT_DOUBLE_EQ(*rho({5, 5, 7}, {1, 2, 3}), 1.5 / std::sqrt(1.5 * 2));
}

TEST(Spearman, IsUndefinedForConstantsAndTooFew) {
  EXPECT_FALSE(rho({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(rho({1}, {1}));
  EXPECT_FALSE(rho({}, {}));
}

TEST(Spearman, IsUndefinedForWhatHasNoRank) {
  const double nan = std::nan(""), infinity = INFINITY;
  EXPECT_FALSE(rho({1, nan, 3}, {1, 2, 3}));
  EXPECT_FALSE(rho({1, 2, 3}, {nan, nan, nan}));
  EXPECT_DOUBLE_EQ(*rho({-infinity, 0, infinity}, {1, 2, 3}), 1);
}

/// One image whose input frame is twice the image; object 0 is [0,10]² of the image, object 1 [20,30]².
StageEvidence frameOf(const std::vector<float>& cls, const std::vector<float>& reg,
                      const std::vector<float>& scores, const std::vector<Box>& boxesInInput) {
  auto image = std::make_shared<ProbeImage>();
  image->inputFromImage = {2, 2, 0, 0};
  image->inputSize = {64, 64};
  image->objects = {{Box{0, 0, 10, 10}, 0, false}, {Box{20, 20, 30, 30}, 0, false}};
  StageEvidence frame;
  frame.image = image;
  frame.predictedBoxesInInput = boxesInInput;
  const auto add = [&](const char* name, const std::vector<float>& values) {
    Channel channel;
    channel.spec.name = name;
    channel.values = values;
    frame.channels.push_back(channel);
  };
  add("assigned_cls", cls);
  add("assigned_reg", reg);
  add("cls_score_object", scores);
  return frame;
}

std::optional<ScoreIouCorrelation> correlationOf(StageEvidence frame) {
  return scoreIouCorrelation({ProbeFrame::of(std::move(frame))});
}

// IoU with object 0 ([0,20]² of the input): 1, 0.5, 0.25.
const Box kWhole{0, 0, 20, 20}, kHalf{0, 0, 20, 10}, kQuarter{0, 0, 10, 10};

TEST(ScoreIouCorrelation, RanksTheObjectsOwnPositives) {
  // The fourth anchor is background, the fifth ignored; the third is a positive of the box head only.
  const auto agreeing =
      correlationOf(frameOf({0, 0, -1, -1, -2}, {-1, 0, 0, -1, -2}, {0.9f, 0.5f, 0.1f, 0.01f, 0.99f},
                            {kWhole, kHalf, kQuarter, kWhole, kQuarter}));
  ASSERT_TRUE(agreeing);
  EXPECT_DOUBLE_EQ(agreeing->mean, 1);
  EXPECT_EQ(agreeing->objects, 1);
  const auto opposed =
      correlationOf(frameOf({0, 0, 0}, {-1, -1, -1}, {0.1f, 0.5f, 0.9f}, {kWhole, kHalf, kQuarter}));
  EXPECT_DOUBLE_EQ(opposed->mean, -1);
}

TEST(ScoreIouCorrelation, AnAnchorThatTwoObjectsShareBelongsToTheClassificationHeads) {
  // Were the second anchor object 1's, object 0 would have two positives only.
  const auto shared =
      correlationOf(frameOf({0, 0, 0}, {0, 1, 0}, {0.9f, 0.5f, 0.1f}, {kWhole, kHalf, kQuarter}));
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->objects, 1);
  EXPECT_DOUBLE_EQ(shared->mean, 1);
}

TEST(ScoreIouCorrelation, AnObjectThatIsNotThereHasNoPositives) {
  const auto without = correlationOf(frameOf({0, 7, 0, 0}, {-1, -1, 1e9f, std::nanf("")},
                                             {0.9f, 0.99f, 0.5f, 0.1f}, {kWhole, kWhole, kHalf, kQuarter}));
  ASSERT_TRUE(without);
  EXPECT_EQ(without->objects, 1);
  EXPECT_DOUBLE_EQ(without->mean, 1);
}

TEST(ScoreIouCorrelation, MeansOverObjectsWithEnoughPositives) {
  const Box far{40, 40, 60, 60}, farHalf{40, 40, 60, 50}, farQuarter{40, 40, 50, 50};
  const auto both = correlationOf(frameOf({0, 0, 0, 1, 1, 1}, {-1, -1, -1, -1, -1, -1},
                                          {0.9f, 0.5f, 0.1f, 0.9f, 0.1f, 0.5f},
                                          {kWhole, kHalf, kQuarter, far, farHalf, farQuarter}));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->objects, 2);
  EXPECT_DOUBLE_EQ(both->mean, 0.5 * (1 + 0.5));
  EXPECT_FALSE(correlationOf(frameOf({0, 0}, {-1, -1}, {0.9f, 0.1f}, {kWhole, kHalf})));
}

TEST(ScoreIouCorrelation, IsMissingWithoutItsChannels) {
  StageEvidence frame = frameOf({0, 0, 0}, {0, 0, 0}, {0.9f, 0.5f, 0.1f}, {kWhole, kHalf, kQuarter});
  frame.channels.pop_back();
  EXPECT_FALSE(correlationOf(frame));
  EXPECT_FALSE(scoreIouCorrelation({}));
}

}  // namespace
}  // namespace anchorscope
