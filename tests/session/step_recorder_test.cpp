#include "core/session/step_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Keeps what it is given; its state is the test's.
class KeptRun final : public RunWriter {
 public:
  std::string folder() const override { return state_.folder; }
  void record(StepRecord record) override { records.push_back(std::move(record)); }
  void recordEvent(RunEvent) override {}
  void recordChange(ParameterChange) override {}
  RecordingState state() const override { return state_; }
  Status flush() override { return {}; }

  std::vector<std::int64_t> steps() const {
    std::vector<std::int64_t> out;
    for (const StepRecord& record : records)
      out.push_back(record.step);
    return out;
  }
  std::vector<StepRecord> records;
  RecordingState state_;
};

struct StepRecorderTest : ::testing::Test {
  StepRecorderTest() {
    run->state_.folder = "/runs/a";
    recorder = std::make_unique<StepRecorder>(
        run,
        [this](const std::string& kind, const std::string& text) { notes.push_back(kind + ": " + text); },
        [this](const std::string& kind, const std::string& text) { told.push_back(kind + ": " + text); });
    recorder->plan(10, 1000, 0, -1, 2);
  }
  static std::vector<std::shared_ptr<const ProbeFrame>> evidence(std::int64_t step) {
    auto frame = std::make_shared<ProbeFrame>();
    frame->step = step;
    return {frame};
  }

  std::shared_ptr<KeptRun> run = std::make_shared<KeptRun>();
  std::vector<std::string> notes, told;
  std::unique_ptr<StepRecorder> recorder;
};

using Waits = StepRecorder::Waits;

TEST_F(StepRecorderTest, AStepIsHandedOverWhenItHasWhatItWaitsForAndNotBeforeTheOnesBefore) {
  recorder->open(1, Waits::kForScalars);
  recorder->open(2, Waits::kForBoth);
  recorder->open(3, Waits::kForScalars);
  recorder->addScalars(3, {{"loss", 3}});
  recorder->handOver();
  EXPECT_THAT(run->steps(), IsEmpty());
  recorder->addScalars(1, {{"loss", 1}});
  recorder->addScalars(2, {{"loss", 2}});
  recorder->handOver();
  EXPECT_THAT(run->steps(), ElementsAre(1));
  recorder->addEvidence(2, evidence(2));
  EXPECT_EQ(recorder->newestEvidence(), 2);
  recorder->handOver();
  EXPECT_THAT(run->steps(), ElementsAre(1, 2, 3));
  EXPECT_EQ(run->records[1].frames.size(), 1u);
  EXPECT_EQ(run->records[1].scalars.front().value, 2);
  EXPECT_FALSE(recorder->waits());
}

TEST_F(StepRecorderTest, EvidenceThatNobodyWaitsForIsNotRecorded) {
  recorder->open(1, Waits::kForScalars);
  recorder->addEvidence(1, evidence(1));
  recorder->addEvidence(7, evidence(7));
  recorder->addScalars(1, {});
  recorder->handOver();
  ASSERT_THAT(run->steps(), ElementsAre(1));
  EXPECT_THAT(run->records.front().frames, IsEmpty());
  EXPECT_EQ(recorder->newestEvidence(), -1);
}

TEST_F(StepRecorderTest, WithoutEvidenceTheScalarsAreRecordedAllTheSame) {
  recorder->open(1, Waits::kForBoth);
  recorder->addScalars(1, {{"loss", 1}});
  recorder->giveUpEvidence();
  recorder->handOver();
  EXPECT_THAT(run->steps(), ElementsAre(1));
}

TEST_F(StepRecorderTest, WhatIsMeasuredLaterBelongsToItsStep) {
  recorder->open(1, Waits::kForScalars);
  recorder->addLater(1, {{"eval.ap", 0.5}});
  recorder->addScalars(1, {{"loss", 1}});
  recorder->handOver();
  recorder->addLater(1, {{"eval.ap50", 0.7}});
  ASSERT_THAT(run->steps(), ElementsAre(1, 1));
  EXPECT_EQ(run->records[0].scalars.size(), 2u);
  EXPECT_EQ(run->records[1].scalars.front().name, "eval.ap50");
}

TEST_F(StepRecorderTest, AtTheEndWhatWasMeasuredIsKeptAndWhatWasNotIsNot) {
  recorder->open(1, Waits::kForBoth);
  recorder->open(2, Waits::kForScalars);
  recorder->open(3, Waits::kForScalars);
  recorder->addScalars(1, {{"loss", 1}});
  recorder->addScalars(3, {{"loss", 3}});
  recorder->handOverRest();
  EXPECT_THAT(run->steps(), ElementsAre(1, 3));
  EXPECT_FALSE(recorder->waits());
}

TEST_F(StepRecorderTest, TheBudgetThinsOutAndIsToldOnce) {
  run->state_.evidenceSteps = 1;
  run->state_.evidenceBytes = 1'000'000;
  recorder->plan(1, 1000, 20'000'000, -1, 2);  // twenty moments of a thousand
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes.front(),
              HasSubstr("thinned: evidence is recorded at distances that grow with the step: 2 probes"));
  int taken = 0;
  for (std::int64_t step = 1; step <= 1000; ++step) {
    if (!recorder->takesEvidence(step)) continue;
    ++taken;
    run->state_.evidenceSteps += 1;
    run->state_.evidenceBytes += 1'000'000;
    recorder->watch(2);
  }
  EXPECT_GT(taken, 10);
  EXPECT_LE(taken, 20);
  EXPECT_EQ(
      std::count_if(notes.begin(), notes.end(),
                    [](const std::string& note) { return note.find("distances") != std::string::npos; }),
      1);
}

TEST_F(StepRecorderTest, TellsOnceOfWhatGoesWrong) {
  recorder->watch(2);
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(told, IsEmpty());
  run->state_.folder = "/runs/b";
  run->state_.framesDropped = 3;
  for (int i = 0; i < 2; ++i)
    recorder->watch(2);
  EXPECT_THAT(notes,
              ElementsAre(HasSubstr("'/runs/a' was moved while training: the run goes on in '/runs/b'")));
  EXPECT_THAT(told, ElementsAre("thinned: 3 frames were not recorded: the disk is behind"));
  run->state_.failure = "No space left";
  run->state_.framesDropped = 90;
  for (int i = 0; i < 2; ++i)
    recorder->watch(2);
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(told.back(), "error: Recording has stopped: No space left");
}

TEST_F(StepRecorderTest, WithTheBudgetUsedUpNothingIsRecordedForAHitEither) {
  recorder->plan(10, 1000, 1'000'000, -1, 2);
  recorder->open(1, Waits::kForScalars);
  EXPECT_TRUE(recorder->wantEvidence(1));
  run->state_.evidenceSteps = 10;
  run->state_.evidenceBytes = 1'000'000;
  recorder->watch(2);
  recorder->open(2, Waits::kForScalars);
  EXPECT_TRUE(recorder->wantEvidence(1)) << "it waits for it already";
  EXPECT_FALSE(recorder->wantEvidence(2));
  for (const std::int64_t step : {1, 2}) {
    recorder->addScalars(step, {});
    recorder->addEvidence(step, evidence(step));
  }
  recorder->handOver();
  ASSERT_THAT(run->steps(), ElementsAre(1, 2));
  EXPECT_EQ(run->records[0].frames.size(), 1u);
  EXPECT_THAT(run->records[1].frames, IsEmpty());
  recorder->watch(2);
  ASSERT_EQ(notes.size(), 1u) << "once";
  EXPECT_THAT(notes[0], HasSubstr("record_budget is used up"));
}

}  // namespace
}  // namespace anchorscope
