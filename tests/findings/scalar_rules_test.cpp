// Rules of scalars: a loss that diverges, gradients of the background.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

ScalarSeries series(const std::vector<double>& values) {
  ScalarSeries out;
  out.values = values;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.steps.push_back(static_cast<std::int64_t>(i + 1));
  return out;
}

std::vector<Finding> ofLoss(const std::vector<double>& values) {
  Facts facts;
  facts.scalars["loss.total"] = series(values);
  facts.scalars["train.lr"] = series({0.03});
  return findingsOf("diverging_loss", {MadeStage("a.png", 0, 3).frame()}, facts);
}

/// 100 values that fall from 4 to 1 and then grow to `end` in the last tenth.
std::vector<double> fallingThen(double end) {
  std::vector<double> values;
  for (int i = 0; i < 90; ++i)
    values.push_back(4 - i / 30.0);
  values.insert(values.end(), 10, end);
  return values;
}

TEST(DivergingLoss, SpeaksWhereTheEndIsTwiceTheLeast) {
  const auto found = ofLoss(fallingThen(3));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].objects, 3);
  EXPECT_EQ(found[0].images, 1);
  EXPECT_THAT(found[0].advice, HasSubstr("such as 0.01"));
}

TEST(DivergingLoss, NamesTheStepThatIsNoNumber) {
  std::vector<double> values = fallingThen(1);
  values[41] = NAN;
  EXPECT_THAT(ofLoss(values).at(0).title, HasSubstr("no number at step 42"));
}

TEST(DivergingLoss, IsSilentAboutALossThatFallsOrWobbles) {
  EXPECT_TRUE(ofLoss(fallingThen(1)).empty());
  std::vector<double> spike = fallingThen(1.1);
  spike[95] = 100;
  EXPECT_TRUE(ofLoss(spike).empty());
  EXPECT_TRUE(ofLoss({1, 9}).empty());
}

std::vector<Finding> ofGradients(double foreground, double background, std::size_t steps = 40) {
  Facts facts;
  facts.scalars["grad.cls_fg"] = series(std::vector<double>(steps, foreground));
  facts.scalars["grad.cls_bg"] = series(std::vector<double>(steps, background));
  return findingsOf("background_gradient", {MadeStage("a.png", 0, 3).frame()}, facts);
}

TEST(BackgroundGradient, SpeaksFromTenTimesThatOfObjects) {
  const auto found = ofGradients(0.5, 6);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("is 12 times that of objects"));
  EXPECT_EQ(found[0].objects, 3);
}

TEST(BackgroundGradient, IsSilentBelowThatWithoutABackwardPassAndAboutFewSteps) {
  EXPECT_TRUE(ofGradients(0.5, 4.9).empty());
  EXPECT_TRUE(ofGradients(0, 6).empty());
  EXPECT_TRUE(ofGradients(0.5, 6, 19).empty());
}

}  // namespace
}  // namespace anchorscope::testing
