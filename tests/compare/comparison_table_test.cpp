#include "core/compare/comparison_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/trainer/presets.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MeanAndSpread, IsTheSampleStandardDeviation) {
  const MeanAndSpread three = meanAndSpread(std::vector<double>{1, 2, 6});
  EXPECT_EQ(three.count, 3u);
  EXPECT_DOUBLE_EQ(three.mean, 3);
  EXPECT_DOUBLE_EQ(three.deviation, std::sqrt((4 + 1 + 9) / 2.0));
  EXPECT_EQ(meanAndSpread(std::vector<double>{4}).deviation, 0);
  EXPECT_EQ(meanAndSpread({}).count, 0u);
}

PlannedRun planned(const std::string& label, std::int64_t seed) {
  PlannedRun run{label, "demo", seed, *presetConfig("demo")};
  EXPECT_TRUE(applySetting(run.config, "train.steps", "40").ok());
  return run;
}

ComparisonResult result(const std::string& label, std::int64_t seed, std::map<std::string, double> numbers) {
  ComparisonResult out;
  out.label = label;
  out.preset = "demo";
  out.seed = seed;
  out.step = 40;
  out.timedSteps = 39;
  out.seconds = 100;
  out.machine = "a machine";
  out.numbers = std::move(numbers);
  return out;
}

std::vector<PlannedRun> twoMethods() {
  return {planned("a", 0), planned("a", 1), planned("b|c", 0), planned("b|c", 1)};
}
const ComparisonNotes kNotes{"40", "somewhere", "anchorscope-cli compare"};

TEST(ComparisonResultFile, IsReadBackAndTakesNoNumberForAnother) {
  const testing::TemporaryFolder folder;
  ComparisonResult written = result("a", 3, {{"ap", 0.4}});
  written.badRecords = {{"box without area", 2}};
  ASSERT_TRUE(writeResult(folder.path().string(), written).ok());
  const auto again = readResult(folder.path().string());
  ASSERT_TRUE(again.ok() && again->has_value()) << (again.ok() ? "" : again.error().text());
  EXPECT_EQ((*again)->step, 40);
  EXPECT_EQ((*again)->badRecords, written.badRecords);

  const auto good = nlohmann::json::parse(testing::readFile(resultPath(folder.path().string())));
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {{"step", 1e300},
                                                                       {"step", 2.5},
                                                                       {"seed", -1e300},
                                                                       {"timed_steps", "three"},
                                                                       {"version", 1.5},
                                                                       {"bad_records", 7},
                                                                       {"bad_records", {{"x", 1e300}}}};
  for (const auto& [entry, value] : changes) {
    nlohmann::json changed = good;
    changed[entry] = value;
    folder.write("comparison_result.json", changed.dump());
    const auto read = readResult(folder.path().string());
    ASSERT_FALSE(read.ok()) << entry << " = " << value;
    EXPECT_EQ(read.error().code, ErrorCode::kBadData);
    EXPECT_THAT(read.error().text(), Not(HasSubstr("nlohmann"))) << entry;
  }
}

TEST(ComparisonMarkdown, GivesMeanAndSpreadPerMethod) {
  const std::string text =
      comparisonMarkdown(twoMethods(),
                         {result("a", 0, {{"ap", 0.4}, {"ap50", 0.7}, {"steps_per_second", 3}}),
                          result("a", 1, {{"ap", 0.5}, {"steps_per_second", 4}}),
                          result("b|c", 0, {{"ap", 0.25}}), result("b|c", 1, {{"ap", 0.25}})},
                         kNotes);
  EXPECT_THAT(text,
              HasSubstr("| method | n | AP | AP50 | AP75 | AP small | AP medium | AP large | steps/s |"));
  EXPECT_THAT(text, HasSubstr("| a | 2 | 0.450 ± 0.071 | 0.700 (n = 1) | — | — | — | — | 3.50 ± 0.71 |"));
  EXPECT_THAT(text, HasSubstr("| b\\|c | 2 | 0.250 ± 0.000 | — |"));
  EXPECT_THAT(text, Not(HasSubstr("not finished")));
  EXPECT_THAT(text, HasSubstr("Budget per run: 40 steps"));
  EXPECT_THAT(text, HasSubstr("a machine"));
  EXPECT_THAT(text, HasSubstr("a 3:20, b|c 3:20; together 6:40"));
  EXPECT_THAT(text, HasSubstr("`anchorscope-cli compare`"));
  EXPECT_THAT(text, HasSubstr("Seeds (weights, shuffling, augmentation): 0, 1."));
}

TEST(ComparisonMarkdown, SaysWhatDidNotFinishAndWhy) {
  ComparisonResult diverged = result("a", 0, {});
  diverged.outcome = RunOutcome::kDiverged;
  diverged.step = 14;
  diverged.reason = "The loss is nan";
  ComparisonResult failed = result("b|c", 1, {});
  failed.outcome = RunOutcome::kFailed;
  failed.reason = "The disk is full";
  ComparisonResult late = result("b|c", 0, {{"ap", 0.25}});
  late.timedSteps = 9;
  const std::string text = comparisonMarkdown(twoMethods(), {diverged, late, failed}, kNotes);
  EXPECT_THAT(text, HasSubstr("| seed 0 diverged at step 14, 1 run to do |\n"));
  EXPECT_THAT(text, HasSubstr("| b\\|c | 1 | 0.250 |"));
  EXPECT_THAT(text, HasSubstr("| seed 1 failed |\n"));
  EXPECT_THAT(text, HasSubstr("- a, seed 0 diverged at step 14: The loss is nan\n"));
  EXPECT_THAT(text, HasSubstr("The disk is full"));
  EXPECT_THAT(text, HasSubstr("seed 0 was interrupted: its steps/s and time are of the last 9 steps"));
}

TEST(ComparisonMarkdown, ListsTheOptionsInWhichMethodsDiffer) {
  std::vector<PlannedRun> plan = twoMethods();
  for (std::size_t i : {2U, 3U}) {
    ASSERT_TRUE(applySetting(plan[i].config, "train.lr", "0.5").ok());
    ASSERT_TRUE(applySetting(plan[i].config, "method.beta", "0.5").ok());
    // Without smooth L1 as box loss this changes nothing.
    ASSERT_TRUE(applySetting(plan[i].config, "method.smooth_l1_beta", "0.5").ok());
  }
  const std::string text = comparisonMarkdown(plan, {}, kNotes);
  EXPECT_THAT(text,
              HasSubstr("a: preset demo, method musu, model retina-small; train.lr = 0.003, method.beta ="));
  EXPECT_THAT(text, HasSubstr("train.lr = 0.5, method.beta = 0.5"));
  EXPECT_THAT(text, Not(HasSubstr("train.momentum")));
  EXPECT_THAT(text, Not(HasSubstr("smooth_l1_beta")));
}

TEST(ComparisonCsv, HasOneLinePerRunAndOnePerMethod) {
  ComparisonResult diverged = result("a, too", 1, {});
  diverged.outcome = RunOutcome::kDiverged;
  const std::string runs = comparisonCsv({result("a, too", 0, {{"ap", 0.5}}), diverged});
  EXPECT_THAT(runs, HasSubstr("method,preset,seed,outcome,step,ap,ap50,"));
  EXPECT_THAT(runs, HasSubstr("\r\n\"a, too\",demo,0,finished,40,0.5,,"));
  EXPECT_THAT(runs, HasSubstr("\r\n\"a, too\",demo,1,diverged,40,,,"));
  const std::string summary = comparisonSummaryCsv({planned("a, too", 0), planned("a, too", 1)},
                                                   {result("a, too", 0, {{"ap", 0.5}}), diverged});
  EXPECT_THAT(summary, HasSubstr("method,preset,planned,finished,ap_mean,ap_sd,ap_n,ap50_mean,"));
  EXPECT_THAT(summary, HasSubstr("\r\n\"a, too\",demo,2,1,0.5,,1,,,0,"));
}

}  // namespace
}  // namespace anchorscope
