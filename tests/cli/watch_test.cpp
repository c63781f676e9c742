// Conditions and watchpoints of a training without a window.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/run_reader.h"
#include "core/watch/watch_list.h"
#include "tests/cli/cli_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::int64_t kSteps = 8;

std::vector<RunEvent> hitsOf(const std::string& folder) {
  auto reader = openRun(folder);
  EXPECT_TRUE(reader) << reader.error().text();
  std::vector<RunEvent> hits;
  const auto events = (*reader)->events();
  EXPECT_TRUE(events);
  for (const RunEvent& event : *events)
    if (event.kind == kWatchEvent) hits.push_back(event);
  return hits;
}

std::int64_t lastStep(const std::string& folder) {
  auto reader = openRun(folder);
  return reader ? (*reader)->lastStep() : -1;
}

TEST(TrainUntil, EndsWhereTheConditionIsTrueWithACheckpoint) {
  const TemporaryFolder folder;
  const std::string out = folder / "run";
  const Outcome outcome =
      run(tinyTraining(out, kSteps, {"--until", "loss.total > 0 && train.grad_norm >= 0"}));
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              HasSubstr("Stopped as asked: loss.total > 0 && train.grad_norm >= 0: loss.total is"));
  EXPECT_EQ(lastStep(out), 1);
  auto reader = openRun(out);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->checkpoints().size(), 1u);
}

TEST(TrainUntil, AnUnknownScalarIsToldWithTheNearest) {
  const TemporaryFolder folder;
  const Outcome outcome = run(tinyTraining(folder / "run", kSteps, {"--until", "loss.totl < 1"}));
  EXPECT_EQ(outcome.exit, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("loss.total"));
}

TEST(Watchpoints, AreNotedAndTrainingGoesOn) {
  const TemporaryFolder folder;
  const std::string out = folder / "run";
  const Outcome outcome =
      run(tinyTraining(out, kSteps, {"--set", "train.watch=gradient_norm above=0; non_finite"}));
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("[step 1] watchpoint: gradient_norm above=0"));
  EXPECT_EQ(lastStep(out), kSteps);
  const auto hits = hitsOf(out);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].step, 1);
  EXPECT_FALSE(readWatchEvent(hits[0].text).hit.where.image.empty());
  auto reader = openRun(out);
  ASSERT_TRUE(reader);
  EXPECT_THAT(*(*reader)->recordedSteps(), Contains(1)) << "its evidence, though none was due";
}

TEST(Watchpoints, EndTheTrainingWhereThatIsAskedFor) {
  const TemporaryFolder folder;
  const std::string out = folder / "run";
  const Outcome outcome = run(tinyTraining(
      out, kSteps, {"--set", "train.watch=expression loss.total > 0", "--stop-at-watchpoint", "--quiet"}));
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("watchpoint: expression loss.total > 0"));
  EXPECT_EQ(lastStep(out), 1);
}

TEST(Watchpoints, WhatCannotBeReadIsSaidBeforeTheRun) {
  const TemporaryFolder folder;
  const Outcome outcome = run(tinyTraining(folder / "run", kSteps, {"--set", "train.watch=loss_spik"}));
  EXPECT_EQ(outcome.exit, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("loss_spike"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace anchorscope::testing
