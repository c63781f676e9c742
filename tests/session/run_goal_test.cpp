#include "core/session/run_goal.h"

#include <gtest/gtest.h>

#include <limits>

namespace anchorscope {
namespace {

void runUntil(RunGoal& goal, const std::string& text) {
  auto condition = ScalarCondition::parse(text);
  ASSERT_TRUE(condition) << condition.error().text();
  goal.runUntil(*std::move(condition));
}

TEST(RunGoal, WithoutOneNothingIsReached) {
  RunGoal goal;
  EXPECT_FALSE(goal.active());
  EXPECT_EQ(goal.reached(1000, {{"loss.total", 0}}), "");
}

TEST(RunGoal, TellsUntilWhen) {
  RunGoal goal;
  EXPECT_EQ(goal.text(), "");
  goal.runToStep(500);
  EXPECT_EQ(goal.text(), "step 500");
  goal.addSteps(3, 10);
  EXPECT_EQ(goal.text(), "step 13");
  runUntil(goal, "loss.cls < 0.25");
  EXPECT_EQ(goal.text(), "loss.cls < 0.25");
  runUntil(goal, "eval.ap50 > 0.5");
  EXPECT_EQ(goal.text(), "eval.ap50 > 0.5");
  goal.clear();
  EXPECT_EQ(goal.text(), "");
}

TEST(RunGoal, StepsAddUp) {
  RunGoal goal;
  goal.addSteps(1, 10);
  goal.addSteps(1, 10);
  goal.addSteps(1, 10);
  EXPECT_EQ(goal.reached(12, {}), "");
  EXPECT_NE(goal.reached(13, {}), "");
}

TEST(RunGoal, StepsAfterAReachedGoalCountFromNow) {
  RunGoal goal;
  goal.addSteps(2, 0);
  goal.addSteps(1, 5);
  EXPECT_EQ(goal.reached(5, {}), "");
  EXPECT_NE(goal.reached(6, {}), "");
}

TEST(RunGoal, AStepToRunToIsNotAddedTo) {
  RunGoal goal;
  goal.runToStep(100);
  EXPECT_EQ(goal.reached(99, {}), "");
  EXPECT_NE(goal.reached(100, {}), "");
  goal.addSteps(1, 50);
  EXPECT_NE(goal.reached(51, {}), "");
}

TEST(RunGoal, ScalarBoundsAreStrict) {
  RunGoal goal;
  runUntil(goal, "loss.cls < 0.5");
  EXPECT_EQ(goal.reached(1, {{"loss.cls", 0.5}}), "");
  EXPECT_NE(goal.reached(1, {{"loss.cls", 0.499}}), "");
  runUntil(goal, "loss.cls > 0.5");
  EXPECT_EQ(goal.reached(1, {{"loss.cls", 0.5}}), "");
  EXPECT_NE(goal.reached(1, {{"loss.cls", 0.501}}), "");
  EXPECT_EQ(goal.reached(1, {{"loss.loc", 9}}), "");
}

TEST(RunGoal, ANonFiniteWatchedScalarAlwaysStops) {
  RunGoal goal;
  runUntil(goal, "loss.cls < 0.5");
  EXPECT_NE(goal.reached(1, {{"loss.cls", std::numeric_limits<double>::quiet_NaN()}}), "");
}

TEST(RunGoal, WhereNobodyLooksANonFiniteScalarIsNoReasonByItself) {
  RunGoal goal;
  goal.runUntil(*ScalarCondition::parse("loss.cls < 0.5 || loss.loc > 2"), RunGoal::NotFinite::kIsNoReason);
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(goal.reached(1, {{"loss.cls", none}, {"loss.loc", 1}}), "");
  EXPECT_NE(goal.reached(2, {{"loss.cls", none}, {"loss.loc", 3}}), "") << "what it says is so";
  EXPECT_EQ(goal.reached(3, {{"loss.cls", 0.6}, {"loss.loc", 1}}), "");
  EXPECT_NE(goal.reached(4, {{"loss.cls", 0.4}, {"loss.loc", 1}}), "");
}

}  // namespace
}  // namespace anchorscope
