// A recorded step with its weights answers what the run would have been told, had it asked.

#include "core/session/frozen_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include <algorithm>

#include "core/session/session.h"
#include "core/store/run_reader.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

TEST(FrozenStep, AnswersWhatTheRunWouldHaveRecorded) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.record_every", "6");
  set(config, "train.variants", "tau_cls=1; max_iou");
  config.out = (folder / "run").string();
  {
    const auto session = startSession(config);
    SessionWatch watch(*session);
    watch.finish();
    ASSERT_TRUE(watch.all<FailedEvent>().empty());
  }
  auto run = openRun(config.out);
  ASSERT_TRUE(run) << run.error().text();
  const std::vector<std::string> probes = (*run)->probeNames();
  ASSERT_EQ(probes.size(), 2u);

  auto frozen = FrozenStep::open(config.out, 12, probes);
  ASSERT_TRUE(frozen) << frozen.error().text();
  EXPECT_EQ((*frozen)->step(), 12);
  ASSERT_TRUE((*frozen)->ask("t=0.5")) << "another question first: the answers must be of the same outputs";
  const auto frames = (*frozen)->ask("tau_cls=1; max_iou");
  ASSERT_TRUE(frames) << frames.error().text();
  ASSERT_EQ(frames->size(), 6u);
  for (const auto& frame : *frames) {
    const std::string variant = frame->variant ? frame->variant->name : "";
    const auto recorded = (*run)->frame(frame->image->name, 12, variant);
    ASSERT_TRUE(recorded) << recorded.error().text();
    EXPECT_EQ(frame->step, 12);
    const StageEvidence &got = *frame->stages[0], &expected = *(*recorded)->stages[0];
    for (const Channel& channel : expected.channels) {
      const Channel* its = got.channel(channel.spec.name);
      ASSERT_NE(its, nullptr) << channel.spec.name;
      ASSERT_EQ(its->values.size(), channel.values.size());
      // What is recorded is rounded as the store rounds.
      for (std::size_t i = 0; i < channel.values.size(); ++i)
        if (std::isnan(channel.values[i]))
          ASSERT_TRUE(std::isnan(its->values[i])) << channel.spec.name;
        else
          ASSERT_NEAR(its->values[i], channel.values[i], 2e-3 * (1 + std::abs(channel.values[i])))
              << channel.spec.name << ' ' << variant << ' ' << i;
    }
    for (const char* exact : {"assigned_cls", "assigned_reg"})
      EXPECT_EQ(got.channel(exact)->values, expected.channel(exact)->values);
    EXPECT_EQ(got.pairTables.size(), expected.pairTables.size());
  }
}

TEST(FrozenStep, DisturbsNoRunThatTrainsBesideIt) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.deterministic", "false");
  set(config, "train.seed", "5");
  config.out = (folder / "run").string();
  startSession(config)->wait();
  const auto beside = prepareOrFail(smallConfig());
  ASSERT_TRUE(beside);
  const int threads = at::get_num_threads();
  const std::vector<NamedTensor> before = beside->copyState().tensors;
  const auto frozen = FrozenStep::open(config.out, 12, {});
  ASSERT_TRUE(frozen) << frozen.error().text();
  ASSERT_TRUE((*frozen)->ask("max_iou"));
  EXPECT_TRUE(at::globalContext().deterministicAlgorithms());
  EXPECT_TRUE(at::globalContext().deterministicCuDNN());
  EXPECT_EQ(at::get_num_threads(), threads);
  const std::vector<NamedTensor> after = beside->copyState().tensors;
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor)) << before[i].name;
}

TEST(FrozenStep, LooksAtNoOtherImagesThanThoseAskedFor) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  config.out = (folder / "run").string();
  startSession(config)->wait();
  const auto gone = FrozenStep::open(config.out, 12, {"gone.png"});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(gone.error().text(), HasSubstr("gone.png"));
  const std::string there = (*openRun(config.out))->probeNames().back();
  auto rest = FrozenStep::open(config.out, 12, {"gone.png", there});
  ASSERT_TRUE(rest) << rest.error().text();
  const auto frames = (*rest)->ask("");
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 1u);
  EXPECT_EQ(frames->front()->image->name, there);
}

TEST(FrozenStep, WhatIsNotThereIsTold) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  config.out = (folder / "run").string();
  {
    const auto session = startSession(config);
    SessionWatch watch(*session);
    watch.finish();
  }
  const auto other = FrozenStep::open(config.out, 5, {});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(other.error().text(), HasSubstr("holds no checkpoint of step 5"));
  auto frozen = FrozenStep::open(config.out, 12, {});
  ASSERT_TRUE(frozen) << frozen.error().text();
  EXPECT_EQ((*frozen)->ask("muso").error().code, ErrorCode::kUsage);
  EXPECT_TRUE((*frozen)->ask("max_iou")) << "it goes on answering";
}

}  // namespace
}  // namespace anchorscope::testing
