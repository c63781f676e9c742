#include "core/watch/scalar_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ScalarCondition parsed(const std::string& text) {
  auto condition = ScalarCondition::parse(text);
  EXPECT_TRUE(condition) << condition.error().text();
  return *std::move(condition);
}

bool holds(const std::string& text, const std::vector<ScalarValue>& scalars) {
  ScalarCondition condition = parsed(text);
  condition.see(scalars);
  return condition.holds();
}

TEST(ScalarCondition, IsAnExpressionOverDottedNames) {
  EXPECT_TRUE(holds("loss.cls < 0.3 && train.grad_norm > 5", {{"loss.cls", 0.25}, {"train.grad_norm", 6}}));
  EXPECT_FALSE(holds("loss.cls < 0.3 && train.grad_norm > 5", {{"loss.cls", 0.25}, {"train.grad_norm", 4}}));
  EXPECT_TRUE(holds("loss.cls<0.3||train.grad_norm>5", {{"loss.cls", 0.5}, {"train.grad_norm", 6}}));
  EXPECT_TRUE(
      holds("rpn.loss.cls >= 2 * abs(roi.loss.loc - 1)", {{"rpn.loss.cls", 4}, {"roi.loss.loc", -1}}));
  EXPECT_TRUE(holds("!(eval.ap50 > .5)", {{"eval.ap50", 0.5}}));
  EXPECT_TRUE(holds("positives.cls == 3", {{"positives.cls", 3}}));
  EXPECT_TRUE(holds("positives.cls != 3", {{"positives.cls", 2}}));
  EXPECT_THAT(parsed("b.x > a.y && b.x < 2").names(), ElementsAre("a.y", "b.x"));
}

TEST(ScalarCondition, OfAScalarThatAStepLacksTheNewestCounts) {
  ScalarCondition condition = parsed("loss.cls < 1 && musu.bag > 2");
  EXPECT_TRUE(condition.see({{"loss.cls", 0.5}}));
  EXPECT_FALSE(condition.holds()) << "of the other one nothing is known";
  EXPECT_FALSE(condition.see({{"loss.loc", 0.5}})) << "it is not spoken of";
  EXPECT_TRUE(condition.see({{"musu.bag", 3}}));
  EXPECT_TRUE(condition.holds());
  EXPECT_TRUE(condition.see({{"loss.cls", 2}}));
  EXPECT_FALSE(condition.holds());
  EXPECT_EQ(condition.values(), "loss.cls is 2, musu.bag is 3");
}

TEST(ScalarCondition, TellsWhatIsNoNumber) {
  ScalarCondition condition = parsed("loss.cls < 1");
  condition.see({{"loss.cls", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_FALSE(condition.holds());
  EXPECT_EQ(condition.notFinite(), "loss.cls");
}

TEST(ScalarCondition, OfAnUnknownNameTheNearestAreTold) {
  const Status status = parsed("loss.clss < 1").check({"loss.cls", "loss.loc", "train.lr"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_THAT(status.error().text(), HasSubstr("no scalar 'loss.clss'"));
  EXPECT_THAT(status.error().text(), HasSubstr("loss.cls or"));
  EXPECT_TRUE(parsed("loss.cls < 1").check({"loss.cls"}));
}

TEST(ScalarCondition, WhatIsNoneIsSaidOnce) {
  for (const char* text :
       {"", "  ", "loss.cls <", "loss.cls = 3", "1 < 2", "loss.cls < 1, loss.loc < 1", "(loss.cls",
        "loss.cls ; 2", "\"text\"", "loss.cls < 1 &&", "nosuch(loss.cls) > 1", "a.b := 2"}) {
    const auto condition = ScalarCondition::parse(text);
    ASSERT_FALSE(condition) << text;
    EXPECT_EQ(condition.error().code, ErrorCode::kUsage) << text;
    EXPECT_FALSE(condition.error().action.empty()) << text;
  }
  EXPECT_THAT(ScalarCondition::parse("loss.cls = 3").error().text(), HasSubstr("write '=='"));
  EXPECT_FALSE(ScalarCondition::parse(std::string(100'000, '('))) << "whatever the length";
}

}  // namespace
}  // namespace anchorscope
