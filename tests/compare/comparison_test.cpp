// Whole comparisons of tiny trainings.
#include "core/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::SizeIs;

/// Two presets and two seeds of 6 steps on the demo.
ComparisonOptions tinyComparison(const TemporaryFolder& folder) {
  ComparisonOptions options;
  options.folder = (folder / "compared").string();
  options.data = "demo";
  options.seeds = 2;
  options.budget = *parseComparisonBudget("6");
  options.threads = 1;
  options.device = "cpu";
  for (const char* text : {"demo", "iou=bccd-max-iou"})
    options.methods.push_back(*parseComparisonMethod(text));
  options.settings = {{"size", "64"},
                      {"batch", "2"},
                      {"eval_max_images", "4"},
                      {"probe_count", "2"},
                      {"deterministic", "true"},
                      {"fpn_channels", "16"},
                      {"checkpoint_every", "2"}};
  return options;
}

/// Hooks that remember what was said and how many steps were trained.
struct Watched {
  std::vector<std::string> said;
  std::map<std::string, std::vector<std::int64_t>> steps;  ///< By "label, seed".
  std::function<bool()> cancelled;

  ComparisonHooks hooks() {
    ComparisonHooks out;
    out.say = [this](const std::string& text) { said.push_back(text); };
    out.progress = [this](const ComparisonProgress& progress) {
      if (progress.of.what.empty())
        steps[progress.label + ", " + std::to_string(progress.seed)].push_back(progress.of.step);
    };
    out.cancelled = [this] { return cancelled && cancelled(); };
    return out;
  }
};

ComparisonEnd compared(const ComparisonOptions& options, Watched& watched,
                       StartOver startOver = StartOver::kNo) {
  auto end = runComparison(options, "the command", startOver, watched.hooks());
  EXPECT_TRUE(end.ok()) << end.error().text();
  return end ? *std::move(end) : ComparisonEnd{};
}

std::string writtenTable(const ComparisonOptions& options) {
  return readFile(std::filesystem::path(options.folder) / "comparison.md");
}

TEST(Comparison, TrainsEveryMethodWithEverySeedAndWritesATable) {
  const TemporaryFolder folder;
  const ComparisonOptions options = tinyComparison(folder);
  Watched watched;
  const ComparisonEnd end = compared(options, watched);
  ASSERT_THAT(end.results, SizeIs(4));
  EXPECT_THAT(end.results, Each(Field(&ComparisonResult::outcome, RunOutcome::kFinished)));
  for (const ComparisonResult& result : end.results) {
    EXPECT_EQ(result.step, 6);
    for (const char* key :
         {"ap", "ap50", "ap75", "steps_per_second", "positives_cls_per_object", "positives_reg_per_object"})
      EXPECT_THAT(result.numbers, Contains(Key(key))) << result.label;
    EXPECT_GT(result.numbers.at("positives_cls_per_object"), 0);
  }
  EXPECT_FALSE(end.cancelled);
  EXPECT_THAT(watched.steps, SizeIs(4));
  EXPECT_EQ(writtenTable(options), end.markdown);
  EXPECT_THAT(end.markdown, HasSubstr("\n| demo | 2 | "));
  EXPECT_THAT(end.markdown, HasSubstr("\n| iou | 2 | "));
  EXPECT_THAT(end.markdown, HasSubstr("trained on demo, "));
  EXPECT_THAT(end.markdown, HasSubstr("evaluated on demo#val, "));
  EXPECT_THAT(end.markdown, HasSubstr("`the command`"));
  const std::filesystem::path out = options.folder;
  const std::string csv = readFile(out / "comparison.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  const std::string summary = readFile(out / "comparison_summary.csv");
  EXPECT_EQ(std::count(summary.begin(), summary.end(), '\n'), 3);
  // Each run is a recorded one that the window opens.
  auto run = openRun((out / "iou" / "seed-1").string());
  ASSERT_TRUE(run.ok());
  EXPECT_EQ((*run)->lastStep(), 6);
  EXPECT_THAT((*run)->probeNames(), SizeIs(2));
}

TEST(Comparison, PositivesPerObjectAreThoseOfTheLastQuarter) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.methods.pop_back();
  options.seeds = 1;
  options.budget = *parseComparisonBudget("8");
  Watched watched;
  const ComparisonEnd end = compared(options, watched);
  ASSERT_THAT(end.results, SizeIs(1));
  auto run = openRun((std::filesystem::path(options.folder) / "demo" / "seed-0").string());
  ASSERT_TRUE(run.ok());
  const auto positives = (*run)->scalar("positives.cls"), objects = (*run)->scalar("objects");
  ASSERT_THAT(positives->values, SizeIs(8));
  EXPECT_DOUBLE_EQ(end.results[0].numbers.at("positives_cls_per_object"),
                   (positives->values[6] + positives->values[7]) / (objects->values[6] + objects->values[7]));
}

TEST(Comparison, WhatIsDoneIsNotTrainedAgain) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.methods.pop_back();
  Watched first, second, more;
  const ComparisonEnd before = compared(options, first);
  const ComparisonEnd after = compared(options, second);
  EXPECT_THAT(second.steps, IsEmpty());
  EXPECT_THAT(second.said, Contains(HasSubstr("done before")));
  EXPECT_EQ(after.markdown, before.markdown);
  // A third seed is all that is new.
  options.seeds = 3;
  EXPECT_THAT(compared(options, more).results, SizeIs(3));
  EXPECT_THAT(more.steps, SizeIs(1));
}

TEST(Comparison, AnInterruptedRunGoesOnAsIfNothingHadHappened) {
  const TemporaryFolder folder, straightFolder;
  ComparisonOptions options = tinyComparison(folder), straight = tinyComparison(straightFolder);
  for (ComparisonOptions* each : {&options, &straight}) {
    each->seeds = 1;
    each->budget = *parseComparisonBudget("40");
  }
  Watched undisturbed, stopped, continued;
  const ComparisonEnd wanted = compared(straight, undisturbed);
  stopped.cancelled = [&] { return !stopped.steps["iou, 0"].empty(); };
  const ComparisonEnd half = compared(options, stopped);
  ASSERT_TRUE(half.cancelled);
  EXPECT_THAT(half.results, SizeIs(1));
  EXPECT_THAT(writtenTable(options), HasSubstr("1 run to do"));
  const std::int64_t reached = stopped.steps.at("iou, 0").back();

  const ComparisonEnd whole = compared(options, continued);
  EXPECT_THAT(continued.said, Contains(HasSubstr("continuing after step")));
  EXPECT_THAT(continued.steps, SizeIs(1));
  EXPECT_GE(continued.steps.at("iou, 0").front(), reached);
  ASSERT_THAT(whole.results, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i)
    for (const char* key : {"ap", "positives_cls_per_object", "positives_reg_per_object"})
      EXPECT_EQ(whole.results[i].numbers.at(key), wanted.results[i].numbers.at(key)) << key;
}

TEST(Comparison, ARecordWithoutItsResultIsTakenAsItIs) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.methods.pop_back();
  options.seeds = 1;
  Watched first, second;
  const ComparisonEnd before = compared(options, first);
  const std::filesystem::path run = std::filesystem::path(options.folder) / "demo" / "seed-0";
  ASSERT_TRUE(std::filesystem::remove(resultPath(run.string())));
  const ComparisonEnd after = compared(options, second);
  EXPECT_THAT(second.steps, IsEmpty());
  ASSERT_THAT(after.results, SizeIs(1));
  EXPECT_EQ(after.results[0].numbers.at("ap"), before.results[0].numbers.at("ap"));
}

TEST(Comparison, ARecordWithoutACheckpointIsStartedOver) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.methods.pop_back();
  options.seeds = 1;
  Watched first, second;
  compared(options, first);
  const std::string run = (std::filesystem::path(options.folder) / "demo" / "seed-0").string();
  std::filesystem::remove(resultPath(run));
  std::filesystem::remove_all(checkpointFolder(run));
  const ComparisonEnd after = compared(options, second);
  EXPECT_THAT(second.said, Contains(HasSubstr("starting over")));
  EXPECT_EQ(second.steps.at("demo, 0").front(), 1);
  EXPECT_THAT(after.results, SizeIs(1));
}

TEST(Comparison, AnotherSettingIsRefusedUnlessItMayStartOver) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.seeds = 1;
  Watched first, refused, fresh;
  compared(options, first);
  options.methods[1].settings.emplace_back("lr", "0.5");
  auto end = runComparison(options, "", StartOver::kNo, refused.hooks());
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, ErrorCode::kExists);
  EXPECT_THAT(end.error().text(), HasSubstr("iou/seed-0 has train.lr: 0.001, not 0.5"));
  EXPECT_THAT(end.error().text(), HasSubstr("--fresh"));
  EXPECT_EQ(end.error().text().find("demo/seed-0"), std::string::npos);
  compared(options, fresh, StartOver::kChanged);
  EXPECT_THAT(fresh.steps, SizeIs(1)) << "the other method stays as it is";
}

TEST(Comparison, ARunThatDivergesOrFailsIsAResultAndTheOthersGoOn) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.seeds = 1;
  options.methods = {
      *parseComparisonMethod("wild=demo+optimizer=sgd+lr=1e30+clip_grad=0+schedule=constant+warmup_steps=0"),
      *parseComparisonMethod("absent=demo+device=cuda:7"), *parseComparisonMethod("demo")};
  Watched first, second;
  const ComparisonEnd end = compared(options, first);
  ASSERT_THAT(end.results, SizeIs(3));
  EXPECT_EQ(end.results[0].outcome, RunOutcome::kDiverged);
  EXPECT_GT(end.results[0].step, 0);
  EXPECT_THAT(end.results[0].reason, HasSubstr("not finite"));
  EXPECT_EQ(end.results[1].outcome, RunOutcome::kFailed);
  EXPECT_THAT(end.results[1].reason, HasSubstr("cuda:7"));
  EXPECT_EQ(end.results[2].outcome, RunOutcome::kFinished);
  EXPECT_THAT(end.markdown, HasSubstr("seed 0 diverged at step"));
  EXPECT_THAT(end.markdown, HasSubstr("seed 0 failed"));
  // The same again: a divergence is final, a failure is tried again.
  compared(options, second);
  EXPECT_THAT(second.said, Contains(HasSubstr("absent, seed 0: failed before")));
  EXPECT_THAT(second.steps, IsEmpty());
}

TEST(Comparison, ABudgetInSecondsIsMeasuredOnceAndKept) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.seeds = 1;
  options.methods.pop_back();
  options.budget = *parseComparisonBudget("0.05s");
  auto unknown = listComparison(options);
  ASSERT_TRUE(unknown.ok()) << unknown.error().text();
  EXPECT_EQ(unknown->front().run.config.train.getInt("steps"), 0);
  Watched first, second;
  const ComparisonEnd end = compared(options, first);
  ASSERT_THAT(end.results, SizeIs(1));
  auto listed = listComparison(options);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->front().run.config.train.getInt("steps"), end.results[0].step);
  EXPECT_EQ(listed->front().standing.state, RunStanding::State::kDone);
  compared(options, second);
  EXPECT_THAT(second.steps, IsEmpty());
}

TEST(Comparison, ABudgetInEpochsCountsTheImages) {
  const TemporaryFolder folder;
  ComparisonOptions options = tinyComparison(folder);
  options.data = writeCocoSet(folder, {{{{4, 4, 20, 20}}}, {{{8, 8, 30, 30}}}, {{{2, 2, 9, 9}}}});
  options.validation = options.data;
  options.data += "#train";
  options.budget = *parseComparisonBudget("2e");
  auto listed = listComparison(options);
  ASSERT_TRUE(listed.ok()) << listed.error().text();
  const std::int64_t steps = listed->front().run.config.train.getInt("steps");
  EXPECT_GE(steps, 1);
  EXPECT_LE(steps, 3) << "at most 2 epochs of 3 images in batches of 2";
  EXPECT_THAT(listed->front().fromPreset, Contains(HasSubstr("train.size: 64, not 160")));
  EXPECT_FALSE(std::filesystem::exists(options.folder));
}

}  // namespace
}  // namespace anchorscope::testing
