#include "core/session/record_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The steps that a run records whose moments take so many bytes each.
std::vector<std::int64_t> recorded(RecordPlan& plan, std::int64_t steps, std::int64_t bytesPerMoment) {
  std::vector<std::int64_t> out{0};
  plan.measured(1, bytesPerMoment, 0);
  for (std::int64_t step = 1; step <= steps; ++step) {
    if (!plan.due(step)) continue;
    out.push_back(step);
    const auto count = static_cast<std::int64_t>(out.size());
    plan.measured(count, count * bytesPerMoment, step);
  }
  return out;
}

TEST(RecordPlan, RecordsAtItsDistanceWhileThatFits) {
  RecordPlan plan;
  plan.setLimits(10, 50, 1000);
  EXPECT_THAT(recorded(plan, 50, 100), ElementsAre(0, 10, 20, 30, 40, 50));
  plan.setLimits(10, 50, 0);  // no limit
  EXPECT_THAT(recorded(plan, 50, 1'000'000), ElementsAre(0, 10, 20, 30, 40, 50));
  plan.setLimits(0, 50, 0);
  EXPECT_THAT(recorded(plan, 50, 1), ElementsAre(0));
}

TEST(RecordPlan, ThinsOutLogarithmicallyWithinTheBudget) {
  RecordPlan plan;
  plan.setLimits(10, 100'000, 100'000);  // 100 moments of the 10,001 that were asked for
  const std::vector<std::int64_t> steps = recorded(plan, 100'000, 1000);
  EXPECT_LE(steps.size(), 100U);
  EXPECT_GE(steps.size(), 80U) << "the budget is there to be used";
  // Dense at first; then each distance is about the same share of its step; the end is reached.
  EXPECT_EQ(steps[1], 10);
  EXPECT_EQ(steps[2], 20);
  EXPECT_GE(steps.back(), 80'000);
  std::vector<double> shares;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i] % 10, 0);
    if (steps[i] > 1000)
      shares.push_back(static_cast<double>(steps[i] - steps[i - 1]) / static_cast<double>(steps[i]));
  }
  EXPECT_LT(*std::max_element(shares.begin(), shares.end()),
            1.6 * *std::min_element(shares.begin(), shares.end()));
}

TEST(RecordPlan, NeverGoesBeyondTheBudgetWhenMomentsGrow) {
  RecordPlan plan;
  plan.setLimits(1, 10'000, 50'000);
  plan.measured(1, 10, 0);
  std::int64_t bytes = 10, count = 1;
  for (std::int64_t step = 1; step <= 10'000; ++step)
    if (plan.due(step)) {
      bytes += 10 + step;  // nothing of it can be known at the beginning
      plan.measured(++count, bytes, step);
    }
  // At most by the last moment, whose size is known only afterwards.
  EXPECT_LE(bytes, 50'000 + 10'010);
  EXPECT_GT(count, 50);
}

TEST(RecordPlan, RunsWithoutAnEndAreReckonedWithToo) {
  RecordPlan plan;
  plan.setLimits(50, 0, 1'000'000);
  const std::vector<std::int64_t> steps = recorded(plan, 1'000'000, 10'000);
  EXPECT_LE(steps.size(), 100U);
  EXPECT_GE(steps.back(), 500'000);
}

TEST(RecordPlan, SaysBeforehandWhatARunWillTake) {
  RecordPlan plan;
  plan.setLimits(50, 9000, 4'000'000'000);
  plan.measured(1, 6'700'000, 0);
  EXPECT_EQ(plan.forecastText(4), "4 probes × 181 steps ≈ 1.2 GB");
  EXPECT_FALSE(plan.forecast().thinned);
  plan.setLimits(50, 9000, 400'000'000);
  EXPECT_TRUE(plan.forecast().thinned);
  EXPECT_LE(plan.forecast().bytes, 400'000'000);
  EXPECT_THAT(plan.forecastText(1), HasSubstr("instead of 181 steps ≈ 1.2 GB: record_budget is 400 MB"));
  plan.measured(60, 402'000'000, 3000);
  EXPECT_TRUE(plan.forecast().exhausted);
  EXPECT_FALSE(plan.due(3050));
}

TEST(RecordPlan, WritesBytesForPeople) {
  EXPECT_EQ(byteText(0), "0 B");
  EXPECT_EQ(byteText(999), "999 B");
  EXPECT_EQ(byteText(1'000), "1.0 kB");
  EXPECT_EQ(byteText(999'949), "1.0 MB");
  EXPECT_EQ(byteText(340'000'000), "340 MB");
  EXPECT_EQ(byteText(1'234'000'000), "1.2 GB");
}

}  // namespace
}  // namespace anchorscope
