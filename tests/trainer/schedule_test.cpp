#include "core/trainer/schedule.h"

#include <gtest/gtest.h>

#include "core/trainer/run_config.h"

namespace anchorscope {
namespace {

ParamSet options(const std::vector<std::pair<std::string, std::string>>& settings) {
  ParamSet params(trainParams());
  for (const auto& [name, value] : settings)
    EXPECT_TRUE(params.set(name, value).ok()) << name;
  return params;
}

TEST(Schedule, WarmsUpLinearly) {
  const ParamSet train = options({{"lr", "1"},
                                  {"schedule", "constant"},
                                  {"warmup_steps", "10"},
                                  {"warmup_factor", "0.1"},
                                  {"steps", "100"}});
  EXPECT_DOUBLE_EQ(learningRate(train, 0), 0.1);
  EXPECT_DOUBLE_EQ(learningRate(train, 5), 0.55);
  EXPECT_DOUBLE_EQ(learningRate(train, 10), 1);
  EXPECT_DOUBLE_EQ(learningRate(train, 99), 1);
}

TEST(Schedule, CosineEndsAtItsFloor) {
  const ParamSet train = options(
      {{"lr", "2"}, {"schedule", "cosine"}, {"warmup_steps", "0"}, {"lr_final", "0.1"}, {"steps", "101"}});
  EXPECT_DOUBLE_EQ(learningRate(train, 0), 2);
  EXPECT_NEAR(learningRate(train, 50), 2 * 0.55, 1e-12);
  EXPECT_NEAR(learningRate(train, 100), 0.2, 1e-12);
  EXPECT_NEAR(learningRate(train, 1000), 0.2, 1e-12);
}

TEST(Schedule, FallsAtSharesAndAtStepNumbers) {
  const ParamSet train = options({{"lr", "1"},
                                  {"schedule", "step"},
                                  {"warmup_steps", "0"},
                                  {"lr_steps", "0.5, 80"},
                                  {"lr_gamma", "0.1"},
                                  {"steps", "100"}});
  EXPECT_DOUBLE_EQ(learningRate(train, 49), 1);
  EXPECT_DOUBLE_EQ(learningRate(train, 50), 0.1);
  EXPECT_NEAR(learningRate(train, 80), 0.01, 1e-15);
}

TEST(Schedule, WithoutAnEndStaysConstant) {
  const ParamSet cosine =
      options({{"lr", "1"}, {"schedule", "cosine"}, {"warmup_steps", "0"}, {"steps", "0"}});
  EXPECT_DOUBLE_EQ(learningRate(cosine, 1000000), 1);
  const ParamSet step = options(
      {{"lr", "1"}, {"schedule", "step"}, {"warmup_steps", "0"}, {"lr_steps", "0.5"}, {"steps", "0"}});
  EXPECT_DOUBLE_EQ(learningRate(step, 1000000), 1);
}

TEST(Schedule, RefusesAListThatIsNone) {
  EXPECT_TRUE(checkSchedule(options({{"lr_steps", ""}})).ok());
  for (const char* list : {"a", "0.5;0.7", "-3", "0"}) {
    const Status status = checkSchedule(options({{"lr_steps", list}}));
    ASSERT_FALSE(status.ok()) << list;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  }
}

TEST(StretchSchedule, KeepsTheShapeOfTheRun) {
  ParamSet train = options({{"steps", "1000"}, {"warmup_steps", "100"}, {"lr_steps", "0.5, 800"}});
  ASSERT_TRUE(stretchSchedule(train, 50).ok());
  EXPECT_EQ(train.getInt("steps"), 50);
  EXPECT_EQ(train.getInt("warmup_steps"), 5);
  EXPECT_EQ(train.getText("lr_steps"), "0.5,40");
  ASSERT_TRUE(train.set("planned_changes", "0.5 lr=1; 40 lr=2 method.t=0.1").ok());
  ASSERT_TRUE(stretchSchedule(train, 25).ok());
  EXPECT_EQ(train.getText("planned_changes"), "0.5 lr=1; 20 lr=2 method.t=0.1");
  ASSERT_TRUE(stretchSchedule(train, 2).ok());
  EXPECT_EQ(train.getInt("warmup_steps"), 1) << "a warm-up stays one";
}

TEST(StretchSchedule, HasNothingToStretchWithoutAnEndOrAWarmUp) {
  ParamSet endless = options({{"steps", "0"}, {"warmup_steps", "100"}});
  ASSERT_TRUE(stretchSchedule(endless, 30).ok());
  EXPECT_EQ(endless.getInt("warmup_steps"), 30);
  ParamSet cold = options({{"steps", "10"}, {"warmup_steps", "0"}});
  ASSERT_TRUE(stretchSchedule(cold, 100).ok());
  EXPECT_EQ(cold.getInt("warmup_steps"), 0);
  ParamSet wrong = options({{"lr_steps", "a"}});
  EXPECT_EQ(stretchSchedule(wrong, 100).error().code, ErrorCode::kUsage);
}

TEST(Schedule, EpochsAreStepsOnceTheirSizeIsKnown) {
  ParamSet train = options({{"lr", "1"},
                            {"schedule", "step"},
                            {"warmup_steps", "0.1e"},
                            {"warmup_factor", "0"},
                            {"lr_steps", "8e, 11e"},
                            {"lr_gamma", "0.5"},
                            {"steps", "12e"}});
  EXPECT_FALSE(train.knowsSteps("steps"));
  train.setStepsPerEpoch(117'266 / 16.0);
  EXPECT_EQ(train.getInt("steps"), 87'950) << "87,949.5, rounded up";
  EXPECT_EQ(train.getInt("warmup_steps"), 733);
  EXPECT_DOUBLE_EQ(learningRate(train, 733), 1);
  EXPECT_DOUBLE_EQ(learningRate(train, 58'632), 1);
  EXPECT_DOUBLE_EQ(learningRate(train, 58'633), 0.5) << "8 epochs are exactly so many";
  EXPECT_DOUBLE_EQ(learningRate(train, 80'620), 0.5);
  EXPECT_DOUBLE_EQ(learningRate(train, 80'621), 0.25) << "80,620.4, rounded up";
}

TEST(Schedule, EpochsOfUnknownSizeStretchToTheNewLength) {
  ParamSet train = options({{"steps", "12e"}, {"warmup_steps", "0.6e"}, {"lr_steps", "0.5, 8e, 30"}});
  ASSERT_TRUE(stretchSchedule(train, 240).ok());
  EXPECT_EQ(train.getInt("steps"), 240);
  EXPECT_EQ(train.getInt("warmup_steps"), 12) << "0.6 of 12 epochs";
  EXPECT_EQ(train.getText("lr_steps"), "0.5,160,30");
  ParamSet mixed = options({{"steps", "1000"}, {"warmup_steps", "1e"}, {"lr_steps", "2e,500"}});
  ASSERT_TRUE(stretchSchedule(mixed, 100).ok());
  EXPECT_EQ(mixed.getText("warmup_steps"), "1e") << "stays, as it is not known how long it is";
  EXPECT_EQ(mixed.getText("lr_steps"), "2e,50");
}

}  // namespace
}  // namespace anchorscope
