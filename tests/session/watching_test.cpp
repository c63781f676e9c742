// Watchpoints, the training batch, steps by phases and goals over evidence, in a running session.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "core/evidence/batch_name.h"
#include "core/findings/reading.h"
#include "core/session/session.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/watch/watch_list.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<RunEvent> notes(SessionWatch& watch, const std::string& kind) {
  std::vector<RunEvent> out;
  for (const NoteEvent& note : watch.all<NoteEvent>())
    if (note.event.kind == kind) out.push_back(note.event);
  return out;
}

std::vector<std::string> pauses(SessionWatch& watch) {
  std::vector<std::string> reasons;
  for (const StateChangedEvent& event : watch.all<StateChangedEvent>())
    if (event.state == TrainerState::kPaused) reasons.push_back(event.reason);
  return reasons;
}

std::vector<double> lossesOf(SessionWatch& watch) {
  std::vector<double> losses;
  for (const StepEvent& step : watch.all<StepEvent>())
    losses.push_back(valueOf(step.scalars, "loss.total"));
  return losses;
}

RunConfig watching(const std::string& text) {
  RunConfig config = smallConfig();
  set(config, "train.watch", text);
  return config;
}

TEST(Watchpoints, PauseWithTheCulpritsEvidenceWhichIsRecorded) {
  const TemporaryFolder folder;
  RunConfig config = watching("off non_finite; expression loss.total > 0");
  config.out = folder / "run";
  set(config, "train.record_every", "1000");
  const auto session = startSession(config, {});
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 1);
  const auto hits = notes(watch, kWatchEvent);
  ASSERT_THAT(hits, SizeIs(1));
  EXPECT_EQ(hits[0].step, 1);
  EXPECT_THAT(pauses(watch).back(), StartsWith("expression loss.total > 0: loss.total is "));
  const WatchReport report = readWatchEvent(hits[0].text);
  EXPECT_THAT(report.hit.where.image, StartsWith("batch "));
  EXPECT_FALSE(report.hit.where.candidates.empty());

  const auto snapshot = session->latestSnapshot();
  ASSERT_FALSE(snapshot->batch.empty());
  const auto culprit = std::max_element(snapshot->batch.begin(), snapshot->batch.end(),
                                        [](const auto& a, const auto& b) { return a.loss < b.loss; });
  EXPECT_EQ(report.hit.where.image, culprit->frame->image->name);
  const std::string image(imageOf(report.hit.where.image));
  std::vector<std::string> probes;
  for (const auto& probe : snapshot->probes) {
    EXPECT_EQ(probe->step, 1);
    probes.push_back(probe->image->name);
  }
  EXPECT_THAT(probes, Contains(image)) << "its image is a probe from now on";

  // It is told once while it stays so; what was looked at is gone with the next step.
  watch.waitForAcknowledgement(session->post(StepCommand{3}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 4);
  EXPECT_THAT(session->latestSnapshot()->batch, IsEmpty());
  session->post(StopCommand{});
  watch.finish();

  const auto reader = openRun(config.out);
  ASSERT_TRUE(reader) << reader.error().text();
  EXPECT_THAT(*(*reader)->recordedSteps(), Contains(1)) << "a hit can be gone back to";
  const auto events = (*reader)->events();
  ASSERT_TRUE(events);
  EXPECT_EQ(std::count_if(events->begin(), events->end(),
                          [](const RunEvent& event) { return event.kind == kWatchEvent; }),
            1);
}

TEST(Watchpoints, WithoutSomebodyToLookAreNotedAndChangeNothing) {
  const auto plain = startSession(smallConfig());
  SessionWatch plainWatch(*plain);
  plainWatch.finish();
  SessionOptions options;
  options.captureLive = options.pauseAtWatchpoints = false;
  const auto session = startSession(watching("gradient_norm above=0; unserved_object of=batch"), options);
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_THAT(pauses(watch), IsEmpty());
  EXPECT_THAT(notes(watch, kWatchEvent), Not(IsEmpty()));
  EXPECT_EQ(lossesOf(watch), lossesOf(plainWatch));
}

TEST(Watchpoints, WithoutAHitNothingIsPausedOrShown) {
  const auto session = startSession(watching("non_finite; loss_spike factor=1e6; positives_jump factor=1e6"));
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_THAT(pauses(watch), IsEmpty());
  EXPECT_THAT(notes(watch, kWatchEvent), IsEmpty());
  EXPECT_THAT(session->latestSnapshot()->batch, IsEmpty());
}

TEST(Watchpoints, AreALiveOption) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto unknown =
      watch.waitForAcknowledgement(session->post(SetParamCommand{"train.watch", "expression loss.clss > 1"}));
  ASSERT_TRUE(unknown.error);
  EXPECT_THAT(unknown.error->text(), HasSubstr("loss.cls"));
  EXPECT_EQ(session->facts()->config.train.getText("watch"), "");
  EXPECT_FALSE(
      watch.waitForAcknowledgement(session->post(SetParamCommand{"watch", "gradient_norm above=0"})).error);
  EXPECT_EQ(session->facts()->config.train.getText("watch"), "gradient_norm above=0");
  watch.waitForAcknowledgement(session->post(ResumeCommand{}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 1);
}

TEST(Watchpoints, AnUnknownScalarEndsPreparingWithOneMessage) {
  const auto session = startSession(watching("expression loss.clss > 1"));
  SessionWatch watch(*session);
  watch.finish();
  ASSERT_THAT(watch.all<FailedEvent>(), SizeIs(1));
  EXPECT_EQ(watch.all<FailedEvent>()[0].error.code, ErrorCode::kUsage);
  EXPECT_THAT(watch.all<FailedEvent>()[0].error.text(), HasSubstr("loss.cls"));
}

TEST(Watchpoints, LookAtEvaluationsToo) {
  RunConfig config = watching("expression eval.ap50 > -2");
  set(config, "train.eval_every", "2");
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 2);
  const auto hits = notes(watch, kWatchEvent);
  ASSERT_THAT(hits, SizeIs(1));
  EXPECT_EQ(hits[0].step, 2);
  EXPECT_THAT(hits[0].text, HasSubstr("eval.ap50 is "));
  // Nothing of it is left behind: training goes on to its end.
  session->post(ResumeCommand{});
  watch.finish();
  EXPECT_EQ(watch.all<StepEvent>().back().step, 12);
  EXPECT_THAT(notes(watch, kWatchEvent), SizeIs(1)) << "what goes on is told once";
}

TEST(Watchpoints, AHitOfAnEvaluationThatWasAskedForWhilePausedPausesNoFurtherStep) {
  const auto session = startSession(watching("expression eval.ap50 > -2"), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(EvaluateCommand{})).error);
  EXPECT_THAT(notes(watch, kWatchEvent), SizeIs(1));
  session->post(ResumeCommand{});
  watch.finish();
  EXPECT_EQ(watch.all<StepEvent>().back().step, 12);
  EXPECT_THAT(pauses(watch), ElementsAre(""));
}

TEST(Watchpoints, OnEvaluationsAreRefusedWhereThereIsNothingToEvaluateOn) {
  const TemporaryFolder folder;
  RunConfig config = watching("loss_spike scalar=eval.ap");
  config.data = writeCocoSet(folder, {{{4, 4, 20, 20}}, {{8, 8, 30, 30}}});
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.finish();
  ASSERT_THAT(watch.all<FailedEvent>(), SizeIs(1));
  EXPECT_THAT(watch.all<FailedEvent>()[0].error.text(), HasSubstr("'eval.ap'"));
}

TEST(Batch, IsShownWhileItIsAskedFor) {
  RunConfig config = smallConfig();
  set(config, "train.capture_budget", "1");
  const auto session = startSession(config, paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(ShowBatchCommand{true}));
  watch.waitForAcknowledgement(session->post(StepCommand{2}));
  watch.waitForState(TrainerState::kPaused);
  auto snapshot = session->latestSnapshot();
  EXPECT_TRUE(snapshot->batchShown);
  ASSERT_THAT(snapshot->batch, SizeIs(2));
  EXPECT_EQ(snapshot->batch[0].frame->step, 1) << "before the second update";
  EXPECT_GT(snapshot->batch[0].loss, 0);
  watch.waitForAcknowledgement(session->post(ShowBatchCommand{false}));
  snapshot = session->latestSnapshot();
  EXPECT_FALSE(snapshot->batchShown);
  EXPECT_THAT(snapshot->batch, IsEmpty());
}

TEST(Phases, AStepIsDonePartByPartAndIsTheSameStep) {
  const auto straight = startSession(smallConfig(), paused());
  SessionWatch straightWatch(*straight);
  straightWatch.waitForState(TrainerState::kPaused);
  straightWatch.waitForAcknowledgement(straight->post(StepCommand{2}));
  straightWatch.waitForState(TrainerState::kPaused);

  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  for (int i = 0; i < 10; ++i) {
    watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
    watch.waitForState(TrainerState::kPaused);
    const auto snapshot = session->latestSnapshot();
    EXPECT_EQ(snapshot->status.step, (i + 1) / 5);
    EXPECT_THAT(snapshot->batch, SizeIs(2)) << i;
    EXPECT_FALSE(snapshot->parts.empty());
    EXPECT_EQ(!snapshot->status.openStep, i % 5 == 4);
  }
  std::vector<std::string> reasons = pauses(watch);
  ASSERT_THAT(reasons, SizeIs(11));
  reasons.resize(7);
  EXPECT_THAT(reasons, ElementsAre("", "step 1 after forward", "step 1 after assign", "step 1 after loss",
                                   "step 1 after backward", "step 1 after update", "step 2 after forward"));
  EXPECT_EQ(lossesOf(watch), lossesOf(straightWatch));
}

TEST(Phases, AnOpenStepIsFinishedByWhateverGoesOn) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto openStep = [&] {
    watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
    watch.waitForState(TrainerState::kPaused);
    EXPECT_TRUE(session->latestSnapshot()->status.openStep);
  };
  openStep();
  watch.waitForAcknowledgement(session->post(StepCommand{1}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 1) << "the open one is the one";
  openStep();
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(PauseCommand{})).error);
  EXPECT_TRUE(session->latestSnapshot()->status.openStep) << "it pauses already";
  watch.waitForAcknowledgement(session->post(RunUntilStepCommand{4}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 4);
}

TEST(Phases, WhatNeedsABoundaryFinishesTheStepFirstAndTrainingStaysPaused) {
  const TemporaryFolder folder;
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
  watch.waitForState(TrainerState::kPaused);
  const auto saved = watch.waitForAcknowledgement(session->post(SaveCheckpointCommand{folder / "a.ckpt"}));
  EXPECT_FALSE(saved.error) << saved.error->text();
  EXPECT_EQ(saved.appliedAtStep, 1);
  EXPECT_EQ(session->state(), TrainerState::kPaused);
  EXPECT_THAT(notes(watch, "note").back().text, HasSubstr("Step 1 is finished first"));
  // Its parameters are those of a step that was done at once.
  RunConfig config = smallConfig();
  const auto direct = prepareOrFail(config), resumed = prepareOrFail(config, folder / "a.ckpt");
  ASSERT_TRUE(direct && resumed);
  train(*direct, 1);
  const auto wanted = direct->stateDict(), got = resumed->stateDict();
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_TRUE(at::equal(wanted[i].tensor, got[i].tensor)) << wanted[i].name;
  watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
  watch.waitForState(TrainerState::kPaused);
  session->post(StopCommand{});
  watch.finish();
  EXPECT_EQ(watch.all<StepEvent>().back().step, 2) << "stopping finishes the open step";
}

TEST(Phases, AQuestionIsAskedAtTheNextCaptureAndMeasuresNothingInTheMiddle) {
  std::atomic<int> captures = 0;
  SessionOptions options = paused();
  options.beforeWork = [&](const char* work) { captures += std::string(work) == "capture"; };
  const auto session = startSession(smallConfig(), options);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
  watch.waitForState(TrainerState::kPaused);
  const int before = captures;
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(AskCommand{"max_iou"})).error);
  EXPECT_TRUE(session->latestSnapshot()->status.openStep) << "the step stays open";
  EXPECT_EQ(captures, before);
  watch.waitForAcknowledgement(session->post(StepCommand{1}));
  watch.waitForState(TrainerState::kPaused);
  const auto snapshot = session->latestSnapshot();
  EXPECT_EQ(snapshot->status.step, 1);
  ASSERT_THAT(snapshot->variants, Not(IsEmpty()));
  EXPECT_EQ(snapshot->variants.front()->step, 1);
  EXPECT_EQ(snapshot->variants.front()->variant->name, "max_iou");
}

TEST(Phases, OfARunningTrainingAreRefused) {
  RunConfig config = smallConfig();
  set(config, "train.steps", "2000");
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kRunning);
  const auto answer = watch.waitForAcknowledgement(session->post(StepPhaseCommand{}));
  ASSERT_TRUE(answer.error);
  EXPECT_THAT(answer.error->text(), HasSubstr("Pause it first"));
}

/// Candidates of the first probe at which a head learns an object.
std::set<std::int64_t> chosen(const Snapshot& snapshot) {
  const StageEvidence& stage = *snapshot.probes.front()->stages.front();
  std::set<std::int64_t> out;
  for (const Winners& head : winnersOf(stage))
    for (std::size_t i = 0; i < stage.candidates->count(); ++i)
      if (head.at(i, stage.image->objects.size()) >= 0) out.insert(static_cast<std::int64_t>(i));
  return out;
}

TEST(EvidenceGoals, PauseAtTheStepAtWhichACandidateIsChosen) {
  const auto first = startSession(smallConfig(), paused());
  SessionWatch firstWatch(*first);
  firstWatch.waitForState(TrainerState::kPaused);
  const std::set<std::int64_t> before = chosen(*first->latestSnapshot());
  std::set<std::int64_t> ever = before;
  std::int64_t candidate = -1, step = 0;
  while (candidate < 0 && step < 12) {
    firstWatch.waitForAcknowledgement(first->post(StepCommand{1}));
    firstWatch.waitForState(TrainerState::kPaused);
    ++step;
    for (const std::int64_t now : chosen(*first->latestSnapshot()))
      if (!ever.contains(now) && step > 1) candidate = now;
    ever.merge(chosen(*first->latestSnapshot()));
  }
  ASSERT_GE(candidate, 0) << "this training must choose something new";

  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EvidenceCondition condition;
  condition.kind = EvidenceCondition::Kind::kChosen;
  condition.image = session->latestSnapshot()->probes.front()->image->name;
  condition.candidate = candidate;
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(RunUntilEvidenceCommand{condition})).error);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, step);
  EXPECT_THAT(pauses(watch).back(), HasSubstr("is chosen"));

  const auto again = watch.waitForAcknowledgement(session->post(RunUntilEvidenceCommand{condition}));
  ASSERT_TRUE(again.error);
  EXPECT_THAT(again.error->text(), HasSubstr("so already"));
  condition.image = "elsewhere.png";
  const auto unknown = watch.waitForAcknowledgement(session->post(RunUntilEvidenceCommand{condition}));
  ASSERT_TRUE(unknown.error);
  EXPECT_THAT(unknown.error->text(), HasSubstr("no probe"));
}

TEST(ScalarGoals, AreReachedByEvaluations) {
  RunConfig config = smallConfig();
  set(config, "train.eval_every", "3");
  SessionOptions options;
  options.until = "eval.ap50 > -2 && loss.total > 0";
  const auto session = startSession(config, options);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 3);
  EXPECT_THAT(pauses(watch).back(), HasSubstr("eval.ap50 is "));

  // One that is asked for while training goes on ends it at that step.
  const auto other = startSession(smallConfig(), paused());
  SessionWatch otherWatch(*other);
  otherWatch.waitForState(TrainerState::kPaused);
  otherWatch.waitForAcknowledgement(other->post(StepCommand{2}));
  otherWatch.waitForState(TrainerState::kPaused);
  other->post(RunUntilConditionCommand{"eval.ap > -2"});
  otherWatch.waitForAcknowledgement(other->post(EvaluateCommand{}));
  otherWatch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(otherWatch.all<EvaluationEvent>().front().step, otherWatch.all<StepEvent>().back().step);
}

TEST(ScalarGoals, CanBeGivenWithTheStart) {
  SessionOptions options;
  options.until = "loss.total > 0 && train.grad_norm > 0";
  const auto session = startSession(smallConfig(), options);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 1);
  options.until = "loss.totl > 0";
  const auto wrong = startSession(smallConfig(), options);
  SessionWatch wrongWatch(*wrong);
  wrongWatch.finish();
  ASSERT_THAT(wrongWatch.all<FailedEvent>(), SizeIs(1));
  EXPECT_THAT(wrongWatch.all<FailedEvent>()[0].error.text(), HasSubstr("loss.total"));
}

}  // namespace
}  // namespace anchorscope::testing
