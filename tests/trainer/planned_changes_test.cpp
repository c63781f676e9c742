// Plans of changes as text, and what is refused of them; that they are made is in tests/session.

#include "core/trainer/planned_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

RunConfig withPlan(const std::string& plan) {
  RunConfig config = *makeRunConfig("tood", "atss-small");
  EXPECT_TRUE(config.modelParams.set("centerness", "false").ok());
  EXPECT_TRUE(config.train.set("planned_changes", plan).ok());
  return config;
}

TEST(PlannedChanges, AreMomentsWithOptions) {
  const auto changes = plannedChanges(withPlan("4e  assigner=atss cls_loss=focal;; 0.5 train.lr=0.25;"));
  ASSERT_TRUE(changes) << changes.error().text();
  EXPECT_THAT(*changes, ElementsAre(PlannedChange{"4e", "method.assigner", "atss"},
                                    PlannedChange{"4e", "method.cls_loss", "focal"},
                                    PlannedChange{"0.5", "train.lr", "0.25"}));
}

TEST(PlannedChanges, WhatCannotBeIsSaid) {
  for (const char* plan :
       {"assigner=atss", "0 lr=1", "-3 lr=1", "2.5 lr=1", "0e lr=1", "10", "10 lr", "10 lr=-1",
        "10 nothing=1", "10 train.batch=3", "10 model.norm=group", "10 train.planned_changes=x"}) {
    const auto changes = plannedChanges(withPlan(plan));
    ASSERT_FALSE(changes) << plan;
    EXPECT_EQ(changes.error().code, ErrorCode::kUsage) << plan;
    const auto conflicts = conflictsOf(withPlan(plan));
    ASSERT_THAT(conflicts, SizeIs(1)) << plan;
    EXPECT_EQ(conflicts[0].option, "train.planned_changes");
  }
}

TEST(PlannedChanges, MayNotLeadToWhatDoesNotGoTogether) {
  EXPECT_TRUE(conflictsOf(withPlan("10 assigner=atss")).empty());
  RunConfig config = withPlan("10 assigner=task_aligned");
  EXPECT_TRUE(config.methodParams.set("assigner", "atss").ok());
  EXPECT_TRUE(config.methodParams.set("bias_init", "counted").ok());
  const auto conflicts = conflictsOf(config);  // counted where the boxes alone decide
  ASSERT_THAT(conflicts, SizeIs(1));
  EXPECT_EQ(conflicts[0].option, "train.planned_changes");
  EXPECT_THAT(conflicts[0].message, HasSubstr("10 method.assigner=task_aligned"));
}

TEST(PlannedChanges, MomentsAreSteps) {
  ParamSet train(trainParams());
  ASSERT_TRUE(train.set("steps", "1000").ok());
  const auto at = [&](const char* when) { return stepOf({when, "train.lr", "1"}, train); };
  EXPECT_EQ(at("30"), 30);
  EXPECT_EQ(at("0.25"), 250);
  EXPECT_EQ(at("2e"), std::nullopt) << "the size of an epoch is not known";
  train.setStepsPerEpoch(7.5);
  EXPECT_EQ(at("2e"), 15);
  ASSERT_TRUE(train.set("steps", "0").ok());
  EXPECT_EQ(at("0.25"), std::nullopt) << "a share of no end";
}

}  // namespace
}  // namespace anchorscope
