// When a step measures what its curves alone need.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/dense_scene.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;

constexpr const char* kStatistic = "musu.mean_bag_size";

bool holds(const StepReport& report, const std::string& name) {
  return std::any_of(report.scalars.begin(), report.scalars.end(),
                     [&](const ScalarValue& scalar) { return scalar.name == name; });
}

std::vector<std::int64_t> stepsWith(const std::vector<StepReport>& reports, const std::string& name) {
  std::vector<std::int64_t> steps;
  for (const StepReport& report : reports)
    if (holds(report, name)) steps.push_back(report.step);
  return steps;
}

RunConfig everySteps(const char* count, const char* accumulate = "1") {
  RunConfig config = smallConfig("musu");
  set(config, "train.statistics_every", count);
  set(config, "train.accumulate", accumulate);
  return config;
}

TEST(Statistics, AreMeasuredInTheFirstStepAndEverySoMany) {
  for (const char* accumulate : {"1", "2"}) {
    const auto trainer = prepareOrFail(everySteps("3", accumulate));
    ASSERT_TRUE(trainer);
    const std::vector<StepReport> reports = train(*trainer, 7);
    EXPECT_THAT(stepsWith(reports, kStatistic), ElementsAre(1, 3, 6));
    EXPECT_THAT(stepsWith(reports, "musu.starved_objects"), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  }
}

TEST(Statistics, AreMeasuredWheneverSomebodyLooks) {
  const auto trainer = prepareOrFail(everySteps("100", "2"));
  ASSERT_TRUE(trainer);
  train(*trainer, 1);
  RecordingSink sink;
  LastBatch watch({&sink});
  ASSERT_TRUE(trainer->step(&watch).ok());
  ASSERT_TRUE(trainer->step().ok());
  EXPECT_THAT(stepsWith(trainer->takeReports(/*all=*/true), kStatistic), ElementsAre(2));
}

TEST(Statistics, ChangeNothingOfTheTraining) {
  const auto often = prepareOrFail(everySteps("1")), seldom = prepareOrFail(everySteps("100"));
  ASSERT_TRUE(often && seldom);
  const auto wanted = train(*often, 4), got = train(*seldom, 4);
  for (std::size_t step = 0; step < wanted.size(); ++step)
    EXPECT_EQ(valueOf(got[step].scalars, "loss.total"), valueOf(wanted[step].scalars, "loss.total"));
}

TEST(Statistics, TheirDescriptionsTellTheRule) {
  const auto trainer = prepareOrFail(everySteps("3"));
  ASSERT_TRUE(trainer);
  const std::vector<StepReport> reports = train(*trainer, 2);
  for (const ScalarSpec& spec : trainer->facts().declaration.scalars)
    if (spec.name.starts_with("musu.")) {
      EXPECT_EQ(spec.description.ends_with("Measured every train.statistics_every steps."),
                holds(reports[0], spec.name) && !holds(reports[1], spec.name))
          << spec.name;
    }
}

}  // namespace
}  // namespace anchorscope::testing
