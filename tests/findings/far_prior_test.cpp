// A prior far from the counted one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/findings/made_evidence.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

/// Scores at this step; 10 of 1000 anchors learn one of two classes: 0.005 each.
std::vector<Finding> ofScores(float score, std::int64_t step = 0) {
  MadeStage stage("a.png", step, 1);
  std::vector<float>& scores = stage.channel("cls_score").values;
  scores.assign(scores.size(), score);
  Facts facts;
  facts.classNames = {"cell", "platelet"};
  for (std::int64_t i = 1; i <= 5; ++i) {
    for (const char* name : {"positives.cls", "background"})
      facts.scalars[name].steps.push_back(i);
    facts.scalars["positives.cls"].values.push_back(10);
    facts.scalars["background"].values.push_back(990);
  }
  return findingsOf("far_prior", {stage.frame()}, facts);
}

TEST(FarPrior, SpeaksTenTimesAboveAndBelow) {
  const auto above = ofScores(0.06f);
  ASSERT_EQ(above.size(), 1u);
  EXPECT_THAT(above[0].advice, HasSubstr("model.prior=0.005"));
  EXPECT_EQ(ofScores(0.0004f).size(), 1u);
}

TEST(FarPrior, IsSilentNearItAndAboutScoresThatAreTrained) {
  EXPECT_TRUE(ofScores(0.01f).empty());
  EXPECT_TRUE(ofScores(0.06f, 10).empty());
}

}  // namespace
}  // namespace anchorscope::testing
