// That a run goes on bit by bit is found where it does, for several methods and optimizers over a hundred
// steps, and found missing where a checkpoint is not what the run was.

#include "core/session/verify_resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/session/session.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/schema.h"
#include "core/trainer/checkpoint.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class VerifyResume : public ::testing::Test {
 protected:
  VerifyResume() { config_.out = (folder_ / "run").string(); }

  void record(const std::string& steps, std::vector<ParameterChange> script = {}) {
    set(config_, "train.steps", steps);
    set(config_, "train.record_every", "0");
    set(config_, "train.checkpoint_before_change", "false");
    set(config_, "train.eval_max_images", "1");
    SessionOptions options;
    options.captureLive = false;
    options.script = std::move(script);
    const auto session = startSession(config_, options);
    session->wait();
    ASSERT_EQ(session->state(), TrainerState::kStopped);
  }
  ResumeVerification verify(std::int64_t steps, std::int64_t from = -1) const {
    auto verification = verifyResume({config_.out, from, steps, {}});
    if (!verification) throw std::runtime_error(verification.error().text());
    return *std::move(verification);
  }
  /// Puts something else in place of tensors of a checkpoint.
  void corrupt(std::int64_t step, const std::function<void(NamedTensor&)>& change) const {
    auto checkpoint = readCheckpoint(checkpointPath(config_.out, step));
    ASSERT_TRUE(checkpoint);
    for (NamedTensor& tensor : checkpoint->tensors)
      change(tensor);
    ASSERT_TRUE(writeCheckpoint(checkpointPath(config_.out, step), checkpoint->facts, checkpoint->tensors,
                                Overwrite::kYes)
                    .ok());
  }

  const TemporaryFolder folder_;
  RunConfig config_ = smallConfig();
};

class VerifyResumeOf : public VerifyResume,
                       public ::testing::WithParamInterface<std::tuple<const char*, const char*>> {};

TEST_P(VerifyResumeOf, AHundredRecordedStepsAreTheSame) {
  const auto [method, optimizer] = GetParam();
  const std::string out = config_.out;
  config_ = smallConfig(method);
  config_.out = out;
  set(config_, "train.optimizer", optimizer);
  set(config_, "train.checkpoint_every", "20");
  set(config_, "train.keep_checkpoints", "0");
  record("125", {{30, "train.lr", {}, "0.002"}, {70, "train.weight_decay", {}, "0.01"}});
  const ResumeVerification got = verify(100);
  EXPECT_EQ(got.step, 20) << "the newest that a hundred steps follow";
  EXPECT_EQ(got.recordedSteps, 100);
  ASSERT_THAT(got.comparisons, SizeIs(2));
  const CourseComparison& comparison = got.comparisons.front();
  EXPECT_EQ(comparison.stateStep, 120);
  EXPECT_GT(comparison.tensors, 10);
  EXPECT_EQ(comparison.firstStep, 21);
  EXPECT_EQ(comparison.lastStep, 120);
  EXPECT_GT(comparison.scalars, 500);
  EXPECT_FALSE(comparison.first) << comparison.first->step << ' ' << comparison.first->name;
  EXPECT_EQ(comparison.onlyExpected + comparison.onlyGot, 0);
  EXPECT_EQ(got.comparisons.back().stateStep, 130) << "interrupted once more";
  EXPECT_GT(got.comparisons.back().tensors, 10);
  EXPECT_TRUE(got.identical());
  EXPECT_THAT(got.notes, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(, VerifyResumeOf,
                         ::testing::Values(std::tuple("musu", "adamw"), std::tuple("max_iou", "sgd"),
                                           std::tuple("harmonic", "sgd"),
                                           std::tuple("sampling_free", "adamw")),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param)) + "_" +
                                  std::get<1>(parameter.param);
                         });

TEST_F(VerifyResume, WhereNothingIsRecordedItInterruptsItself) {
  set(config_, "train.checkpoint_every", "0");
  record("12");
  const ResumeVerification got = verify(15);
  EXPECT_EQ(got.step, 12);
  ASSERT_THAT(got.comparisons, SizeIs(1));
  EXPECT_EQ(got.comparisons.front().firstStep, 23);
  EXPECT_EQ(got.comparisons.front().lastStep, 37);
  EXPECT_GT(got.comparisons.front().tensors, 10);
  EXPECT_TRUE(got.identical());
  EXPECT_EQ(got.recordedSteps, 0);
  EXPECT_THAT(got.notes, Contains(StartsWith("The run recorded nothing after step 12")));
  EXPECT_EQ((*openRun(config_.out))->lastStep(), 12) << "the run is only read";
}

TEST_F(VerifyResume, AnotherStateOfTheOptimizerIsFound) {
  set(config_, "train.checkpoint_every", "4");
  record("12");
  ASSERT_TRUE(verify(8, 4).identical());
  int changed = 0;
  corrupt(4, [&](NamedTensor& tensor) {
    if (!tensor.name.starts_with("optimizer.first.")) return;
    tensor.tensor.mul_(1.5);
    ++changed;
  });
  ASSERT_GT(changed, 0);
  const ResumeVerification got = verify(8, 4);
  EXPECT_FALSE(got.identical());
  const auto& first = got.comparisons.front().first;
  ASSERT_TRUE(first);
  EXPECT_EQ(first->step, 6) << "the step after the first update with it";
  EXPECT_NE(first->expected, first->got);
  EXPECT_GT(got.comparisons.front().differences, 1);
}

TEST_F(VerifyResume, WhatNoScalarTellsIsFoundInTheState) {
  set(config_, "train.checkpoint_every", "4");
  set(config_, "train.ema_decay", "0.9");
  record("12");
  ASSERT_TRUE(verify(8, 4).identical());
  // An average has no part in what is trained.
  int changed = 0;
  corrupt(4, [&](NamedTensor& tensor) {
    if (!tensor.name.starts_with("ema.")) return;
    tensor.tensor.mul_(1.5);
    ++changed;
  });
  ASSERT_GT(changed, 0);
  const ResumeVerification got = verify(8, 4);
  EXPECT_FALSE(got.identical());
  ASSERT_TRUE(got.comparisons.front().first);
  EXPECT_THAT(got.comparisons.front().first->name, StartsWith("ema."));
  EXPECT_EQ(got.comparisons.front().first->step, 12);
}

TEST_F(VerifyResume, OfOneStepTheOptimizersStateIsComparedToo) {
  set(config_, "train.checkpoint_every", "1");
  set(config_, "train.keep_checkpoints", "0");
  record("6");
  ASSERT_TRUE(verify(1, 5).identical());
  corrupt(5, [](NamedTensor& tensor) {
    if (tensor.name.starts_with("optimizer.first.")) tensor.tensor.mul_(1.5);
  });
  EXPECT_FALSE(verify(1, 5).identical());
}

TEST_F(VerifyResume, AnotherSeedIsFoundAtTheFirstStep) {
  set(config_, "train.checkpoint_every", "4");
  record("12");
  auto checkpoint = readCheckpoint(checkpointPath(config_.out, 8));
  ASSERT_TRUE(checkpoint);
  RunConfig other = *configOf(checkpoint->facts, "it");
  set(other, "train.seed", "7");
  checkpoint->facts.configToml = toToml(other);
  ASSERT_TRUE(
      writeCheckpoint(checkpointPath(config_.out, 8), checkpoint->facts, checkpoint->tensors, Overwrite::kYes)
          .ok());
  const ResumeVerification got = verify(4);
  EXPECT_EQ(got.step, 8);
  EXPECT_FALSE(got.identical());
  EXPECT_EQ(got.comparisons.front().first->step, 9);
}

TEST_F(VerifyResume, AChangeThatTheJournalHasLostIsFound) {
  set(config_, "train.checkpoint_every", "4");
  record("12", {{6, "train.lr", {}, "0.01"}});
  ASSERT_TRUE(verify(8, 4).identical());
  ASSERT_TRUE(
      (*openTrace(tracePath(config_.out), TraceAccess::kWrite))->execute("DELETE FROM parameter_change"));
  const ResumeVerification got = verify(8, 4);
  EXPECT_FALSE(got.identical());
  EXPECT_EQ(got.comparisons.front().first->step, 7);
  EXPECT_EQ(got.comparisons.front().first->name, "train.lr");
}

TEST_F(VerifyResume, SaysWhatItCannotCompare) {
  EXPECT_EQ(verifyResume({config_.out, -1, 5, {}}).error().code, ErrorCode::kNotFound);
  set(config_, "train.checkpoint_every", "4");
  record("8");
  EXPECT_EQ(verifyResume({config_.out, 5, 5, {}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(verifyResume({config_.out, 4, 0, {}}).error().code, ErrorCode::kUsage);
  auto checkpoint = readCheckpoint(checkpointPath(config_.out, 4));
  ASSERT_TRUE(checkpoint);
  checkpoint->facts.device = "cuda:0";
  ASSERT_TRUE(
      writeCheckpoint(checkpointPath(config_.out, 4), checkpoint->facts, checkpoint->tensors, Overwrite::kYes)
          .ok());
  const ResumeVerification got = verify(4, 4);
  EXPECT_THAT(got.notes, Contains(HasSubstr("written on cuda:0, this is cpu")));
  ASSERT_THAT(got.comparisons, SizeIs(1));
  EXPECT_GT(got.comparisons.front().tensors, 0) << "interrupted, not against the record";
  EXPECT_EQ(got.recordedSteps, 0);
  EXPECT_TRUE(got.identical());
  int calls = 0;
  const auto cancelled =
      verifyResume({config_.out, 4, 4, [&](const std::string&, double) { return ++calls < 2; }});
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace anchorscope::testing
