#include "core/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "core/store/run_reader.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::map<CommandId, int> acknowledgements(SessionWatch& watch) {
  std::map<CommandId, int> out;
  for (const AcknowledgedEvent& event : watch.all<AcknowledgedEvent>())
    ++out[event.id];
  return out;
}

TEST(Session, RunsToItsPlannedEnd) {
  const auto session = startSession(smallConfig());
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_THAT(watch.states(), ElementsAre(TrainerState::kPreparing, TrainerState::kRunning,
                                          TrainerState::kStopping, TrainerState::kStopped));
  const auto steps = watch.all<StepEvent>();
  ASSERT_THAT(steps, SizeIs(12));
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(steps[i].step, static_cast<std::int64_t>(i) + 1);
  EXPECT_THAT(watch.all<EvaluationEvent>(), SizeIs(1)) << "the end is evaluated";
  EXPECT_THAT(watch.all<FailedEvent>(), IsEmpty());
  const auto snapshot = session->latestSnapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->status.step, 12);
  ASSERT_THAT(snapshot->probes, SizeIs(2));
  EXPECT_EQ(snapshot->probes.front()->step, 12);
}

TEST(Session, ShowsStepZeroBeforeAnyTraining) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto snapshot = session->latestSnapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->status.step, 0);
  ASSERT_THAT(snapshot->probes, SizeIs(2));
  EXPECT_EQ(snapshot->probes.front()->step, 0);
  EXPECT_THAT(watch.all<StepEvent>(), IsEmpty());
  ASSERT_TRUE(session->facts());
  EXPECT_GT(session->facts()->parameterCount, 0);
  EXPECT_FALSE(session->facts()->imageNames.empty());
}

TEST(Session, StepsExactlyAndPausesWithAFreshSnapshot) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(StepCommand{3}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_THAT(watch.all<StepEvent>(), SizeIs(3));
  const auto snapshot = session->latestSnapshot();
  EXPECT_EQ(snapshot->status.step, 3);
  EXPECT_EQ(snapshot->probes.front()->step, 3);
}

TEST(Session, RunsUntilAStepAndUntilAScalar) {
  RunConfig config = smallConfig();
  set(config, "train.steps", "200");
  const auto session = startSession(config, paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(RunUntilStepCommand{5}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 5);
  watch.waitForAcknowledgement(session->post(RunUntilConditionCommand{"loss.total > 0"}));
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 6);
  const auto past = watch.waitForAcknowledgement(session->post(RunUntilStepCommand{2}));
  ASSERT_TRUE(past.error);
  EXPECT_EQ(past.error->code, ErrorCode::kUsage);
  const auto unknown = watch.waitForAcknowledgement(session->post(RunUntilConditionCommand{"loss.clss < 1"}));
  ASSERT_TRUE(unknown.error);
  EXPECT_THAT(unknown.error->text(), HasSubstr("loss.cls"));
}

TEST(Session, AppliesTheNewestOfSeveralProbeCommands) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto& names = session->facts()->imageNames;
  std::vector<CommandId> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(session->post(SetProbesCommand{{names[static_cast<std::size_t>(i)]}}));
  const auto last = watch.waitForAcknowledgement(ids.back());
  EXPECT_FALSE(last.error);
  EXPECT_FALSE(last.coalesced);
  ASSERT_THAT(session->latestSnapshot()->probes, SizeIs(1));
  EXPECT_EQ(session->latestSnapshot()->probes.front()->image->name, names[5]);
  const auto counts = acknowledgements(watch);
  for (const CommandId id : ids)
    EXPECT_EQ(counts.at(id), 1);
}

TEST(Session, LiveOptionsAreJournaled) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(SetParamCommand{"lr", "0.125"})).error);
  EXPECT_TRUE(watch.waitForAcknowledgement(session->post(SetParamCommand{"train.batch", "8"})).error);
  std::vector<std::string> parameters;
  for (const NoteEvent& note : watch.all<NoteEvent>())
    if (note.event.kind == "parameter") parameters.push_back(note.event.text);
  EXPECT_THAT(parameters, ElementsAre("train.lr = 0.125 (was 0.001)"));
  EXPECT_EQ(session->facts()->config.train.getFloat("lr"), 0.125);
}

TEST(Session, TellsAfterWhichStepACommandWasApplied) {
  RunConfig config = smallConfig();
  set(config, "train.schedule", "constant");
  set(config, "train.warmup_steps", "0");
  const auto session = startSession(config, paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.waitForAcknowledgement(session->post(StepCommand{3})).appliedAtStep, 0);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_EQ(watch.waitForAcknowledgement(session->post(SetParamCommand{"lr", "0.125"})).appliedAtStep, 3);
  watch.waitForAcknowledgement(session->post(StepCommand{1}));
  watch.waitForState(TrainerState::kPaused);
  std::vector<double> rates;
  for (const StepEvent& step : watch.all<StepEvent>())
    for (const ScalarValue& scalar : step.scalars)
      if (scalar.name == "train.lr") rates.push_back(scalar.value);
  ASSERT_THAT(rates, SizeIs(4));
  EXPECT_NE(rates[2], 0.125);
  EXPECT_EQ(rates[3], 0.125) << "the first step after it";
}

TEST(Session, EveryCommandIsAcknowledgedOnceWhateverTheEnd) {
  RunConfig config = smallConfig();
  set(config, "train.steps", "0");
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kRunning);
  std::vector<CommandId> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(session->post(CaptureCommand{}));
    ids.push_back(session->post(SetParamCommand{"lr", std::to_string(0.001 * (i + 1))}));
  }
  ids.push_back(session->post(StopCommand{}));
  ids.push_back(session->post(ResumeCommand{}));
  watch.finish();
  ids.push_back(session->post(PauseCommand{}));
  const auto counts = acknowledgements(watch);
  for (const CommandId id : ids) {
    ASSERT_TRUE(counts.count(id)) << id;
    EXPECT_EQ(counts.at(id), 1) << id;
  }
}

/// Posts both while the trainer thread is busy waking this one, so that it takes them together; their ids go
/// to `posted`. `woken` (may be empty) is called at every wake.
void postTogether(TrainingSession& session, const Command& one, const Command& other,
                  std::promise<std::pair<CommandId, CommandId>>& posted,
                  const std::function<void()>& woken = {}) {
  session.setWake([&, woken, one, other, first = std::make_shared<std::atomic<bool>>(true)] {
    if (woken) woken();
    if (!first->exchange(false)) return;
    const CommandId id = session.post(one);
    posted.set_value({id, session.post(other)});
  });
  session.post(CaptureCommand{});
}

/// The same, and waits for the end of the session.
void postTogetherAndWait(TrainingSession& session, const Command& one, const Command& other) {
  std::promise<std::pair<CommandId, CommandId>> posted;
  postTogether(session, one, other, posted);
  session.wait();
  session.setWake({});
}

TEST(Session, AStopEndsTheEvaluationItWasPostedWith) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  postTogetherAndWait(*session, EvaluateCommand{}, StopCommand{});
  EXPECT_THAT(watch.all<EvaluationEvent>(), IsEmpty());
  EXPECT_EQ(session->state(), TrainerState::kStopped);
}

TEST(Session, AnEvaluationCanBeCancelledAndTrainingGoesOn) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch(*session).waitForState(TrainerState::kPaused);
  std::promise<std::pair<CommandId, CommandId>> posted;
  postTogether(*session, EvaluateCommand{}, CancelEvaluationCommand{}, posted);
  const auto [evaluation, cancel] = posted.get_future().get();
  SessionWatch watch(*session);
  watch.waitForAcknowledgement(cancel);
  const auto refused = watch.waitForAcknowledgement(evaluation).error;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kCancelled);
  EXPECT_THAT(watch.all<EvaluationEvent>(), IsEmpty());
  EXPECT_EQ(watch.all<ProgressEvent>().back().what, "") << "what was going on has ended";
  // It ends that one only, and not the run.
  watch.waitForAcknowledgement(session->post(StepCommand{2}));
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(EvaluateCommand{}));
  EXPECT_THAT(watch.all<EvaluationEvent>(), SizeIs(1));
  EXPECT_THAT(watch.all<StepEvent>(), SizeIs(2));
}

TEST(Session, TheStatusTellsUntilWhenTrainingGoesOn) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch(*session).waitForState(TrainerState::kPaused);
  std::mutex mutex;
  std::set<std::string> goals;
  std::promise<std::pair<CommandId, CommandId>> posted;
  postTogether(*session, RunUntilStepCommand{3}, CaptureCommand{}, posted, [&] {
    const std::lock_guard lock(mutex);
    goals.insert(session->latestSnapshot()->status.goal);
  });
  posted.get_future().wait();
  while (session->state() != TrainerState::kPaused || session->latestSnapshot()->status.step < 3)
    std::this_thread::yield();
  session->setWake({});
  EXPECT_THAT(goals, ElementsAre("", "step 3"));
  EXPECT_EQ(session->latestSnapshot()->status.goal, "") << "it is reached";
}

TEST(Session, NothingRunsOrPausesAfterAStop) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  postTogetherAndWait(*session, StopCommand{}, ResumeCommand{});
  EXPECT_THAT(watch.states(), ElementsAre(TrainerState::kPreparing, TrainerState::kPaused,
                                          TrainerState::kStopping, TrainerState::kStopped));
}

TEST(Session, DestroyingItInTheMiddleEndsCleanly) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.steps", "0");
  config.out = (folder / "run").string();
  {
    const auto session = startSession(config);
    SessionWatch watch(*session);
    watch.waitForAcknowledgement(session->post(RunUntilStepCommand{3}));
    watch.waitForState(TrainerState::kPaused);
    session->post(ResumeCommand{});
  }
  auto run = openRun(config.out);
  ASSERT_TRUE(run.ok()) << run.error().text();
  EXPECT_GE((*run)->lastStep(), 3);
  EXPECT_THAT((*run)->checkpoints(), SizeIs(1));
}

TEST(Session, DestroyingItWhilePreparingEndsCleanly) {
  for (int i = 0; i < 5; ++i)
    startSession(smallConfig());
}

TEST(Session, RecordsScalarsOfEveryStepAndEvidenceAtItsDistance) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.record_every", "5");
  config.out = (folder / "run").string();
  SessionOptions options;
  options.captureLive = false;
  const auto session = startSession(config, options);
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_THAT(watch.all<FailedEvent>(), IsEmpty());
  auto run = openRun(config.out);
  ASSERT_TRUE(run.ok()) << run.error().text();
  EXPECT_EQ((*run)->lastStep(), 12);
  EXPECT_THAT((*run)->recordedSteps((*run)->probeNames().front()), ElementsAre(0, 5, 10, 12));
  auto losses = (*run)->scalar("loss.total");
  ASSERT_TRUE(losses.ok());
  ASSERT_THAT(losses->values, SizeIs(12));
  const auto steps = watch.all<StepEvent>();
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(valueOf(steps[i].scalars, "loss.total"), losses->values[i]);
  auto ap = (*run)->scalar("eval.ap50");
  ASSERT_TRUE(ap.ok());
  EXPECT_THAT(ap->steps, ElementsAre(12));
  EXPECT_THAT((*run)->checkpoints(), SizeIs(1));
}

TEST(Session, AResumedRunIsTheRunThatWasNeverInterrupted) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.record_every", "5");
  SessionOptions options;
  options.captureLive = false;

  config.out = (folder / "straight").string();
  startSession(config, options)->wait();

  config.out = (folder / "interrupted").string();
  {
    options.startPaused = true;
    const auto session = startSession(config, options);
    SessionWatch watch(*session);
    watch.waitForAcknowledgement(session->post(StepCommand{7}));
    watch.waitForState(TrainerState::kPaused);
    session->post(StopCommand{});
    watch.finish();
  }
  SessionOptions resume;
  resume.captureLive = false;
  resume.resumeFolder = config.out;
  startSession(smallConfig(), resume)->wait();

  auto straight = openRun((folder / "straight").string()), resumed = openRun(config.out);
  ASSERT_TRUE(straight.ok() && resumed.ok());
  for (const std::string& name :
       {std::string("loss.total"), std::string("train.grad_norm"), std::string("eval.ap")}) {
    auto one = (*straight)->scalar(name), other = (*resumed)->scalar(name);
    ASSERT_TRUE(one.ok() && other.ok());
    EXPECT_EQ(one->steps, other->steps) << name;
    EXPECT_EQ(one->values, other->values) << name;
  }
  const std::string probe = (*straight)->probeNames().front();
  auto one = (*straight)->frame(probe, 12), other = (*resumed)->frame(probe, 12);
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ((*one)->stages.front()->channel("cls_score")->values,
            (*other)->stages.front()->channel("cls_score")->values);
}

RunConfig askingConfig(const TemporaryFolder& folder) {
  RunConfig config = smallConfig();
  set(config, "train.record_every", "5");
  set(config, "train.variants", "max_iou");
  config.out = (folder / "run").string();
  return config;
}

/// Of the first probe; every probe has as many.
std::vector<std::string> variantsShown(const TrainingSession& session) {
  std::vector<std::string> names;
  const auto snapshot = session.latestSnapshot();
  for (const auto& frame : snapshot->probes)
    EXPECT_FALSE(frame->variant);
  EXPECT_EQ(snapshot->variants.size() % snapshot->probes.size(), 0u) << "of every probe";
  for (const auto& frame : snapshot->variants)
    if (frame->image == snapshot->probes.front()->image) names.push_back(frame->variant->name);
  return names;
}

TEST(Session, VariantsAreShownAndRecordedBesideTheRunsOwnEvidence) {
  const TemporaryFolder folder;
  const RunConfig config = askingConfig(folder);
  const auto session = startSession(config, paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_THAT(variantsShown(*session), ElementsAre("max_iou"));
  const auto& change = session->latestSnapshot()->variants.front()->stages.front()->channel("difference.cls");
  ASSERT_NE(change, nullptr);
  EXPECT_TRUE(std::any_of(change->values.begin(), change->values.end(), [](float v) {
    return v == 1 || v == -1;
  })) << "the two methods decide the same";
  // Asked otherwise while it pauses, it is seen at once.
  EXPECT_FALSE(
      watch.waitForAcknowledgement(session->post(SetParamCommand{"train.variants", "t=0.2; tau_cls=1"}))
          .error);
  EXPECT_THAT(variantsShown(*session), ElementsAre("t = 0.2", "tau_cls = 1"));
  const auto refused = watch.waitForAcknowledgement(session->post(SetParamCommand{"train.variants", "muso"}));
  ASSERT_TRUE(refused.error);
  EXPECT_THAT(refused.error->text(),
              HasSubstr("train.variants: The variant 'muso': There is no method 'muso'"));
  session->post(ResumeCommand{});
  watch.finish();
  EXPECT_THAT(watch.all<FailedEvent>(), IsEmpty());
  auto run = openRun(config.out);
  ASSERT_TRUE(run.ok()) << run.error().text();
  const std::string probe = (*run)->probeNames().front();
  EXPECT_EQ((*run)->variants(probe, 0)->front().name, "max_iou");
  const auto last = (*run)->frame(probe, 12, "tau_cls = 1");
  ASSERT_TRUE(last) << last.error().text();
  EXPECT_NE((*last)->stages.front()->channel("difference.musu.w_cls"), nullptr);
}

TEST(Session, WhatIsAskedBesideARunIsShownAndNotRecorded) {
  const TemporaryFolder folder;
  const RunConfig config = askingConfig(folder);
  const auto session = startSession(config, paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  EXPECT_FALSE(watch.waitForAcknowledgement(session->post(AskCommand{"t=0.2"})).error);
  EXPECT_THAT(variantsShown(*session), ElementsAre("max_iou", "t = 0.2")) << "of the paused run at once";
  const auto refused = watch.waitForAcknowledgement(session->post(AskCommand{"muso"}));
  ASSERT_TRUE(refused.error);
  EXPECT_THAT(refused.error->text(), HasSubstr("There is no method 'muso'"));
  session->post(RunUntilStepCommand{10});
  watch.waitForState(TrainerState::kPaused);
  EXPECT_THAT(variantsShown(*session), ElementsAre("max_iou", "t = 0.2")) << "and of what is measured later";
  session->post(ResumeCommand{});
  watch.finish();
  for (const NoteEvent& note : watch.all<NoteEvent>())
    EXPECT_NE(note.event.kind, "parameter") << note.event.text;
  auto run = openRun(config.out);
  ASSERT_TRUE(run.ok()) << run.error().text();
  const std::string probe = (*run)->probeNames().front();
  for (const std::int64_t step : {0, 10}) {
    const auto recorded = (*run)->variants(probe, step);
    ASSERT_TRUE(recorded);
    ASSERT_EQ(recorded->size(), 1u) << step;
    EXPECT_EQ(recorded->front().name, "max_iou");
  }
}

TEST(Session, FailsWithOneClearErrorWhenItCannotStart) {
  RunConfig config = smallConfig();
  config.data = "voc:/nowhere/at/all";
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.finish();
  EXPECT_EQ(session->state(), TrainerState::kFailed);
  const auto failures = watch.all<FailedEvent>();
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_THAT(failures.front().error.text(), HasSubstr("/nowhere/at/all"));
}

TEST(Session, DoesNotOverwriteARunUnasked) {
  const TemporaryFolder folder;
  RunConfig config = smallConfig();
  set(config, "train.steps", "1");
  config.out = (folder / "run").string();
  startSession(config)->wait();
  const auto again = startSession(config);
  SessionWatch watch(*again);
  watch.finish();
  ASSERT_THAT(watch.all<FailedEvent>(), SizeIs(1));
  EXPECT_EQ(watch.all<FailedEvent>().front().error.code, ErrorCode::kExists);
}

TEST(Session, ANonFiniteLossPausesAndShowsItsImage) {
  RunConfig config = smallConfig();
  set(config, "train.steps", "100");
  set(config, "train.schedule", "constant");
  set(config, "train.warmup_steps", "0");
  set(config, "train.optimizer", "sgd");
  set(config, "train.clip_grad", "0");
  set(config, "train.lr", "1e30");
  const auto session = startSession(config);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto failures = watch.all<FailedEvent>();
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures.front().error.code, ErrorCode::kNumeric);
  EXPECT_FALSE(failures.front().culpritImage.empty());
  EXPECT_EQ(session->latestSnapshot()->probes.front()->image->name, failures.front().culpritImage);
  session->post(StopCommand{});
  watch.finish();
  EXPECT_EQ(session->state(), TrainerState::kStopped);
}

TEST(Session, AllPanelsGetTheSamePointers) {
  const auto session = startSession(smallConfig(), paused());
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  const auto before = session->latestSnapshot();
  EXPECT_EQ(before, session->latestSnapshot());
  watch.waitForAcknowledgement(session->post(StepCommand{1}));
  watch.waitForState(TrainerState::kPaused);
  const auto after = session->latestSnapshot();
  EXPECT_GT(after->sequence, before->sequence);
  EXPECT_EQ(after->probes.front()->image, before->probes.front()->image) << "pixels are shared between steps";
  EXPECT_EQ(after->probes.front()->stages.front()->candidates,
            before->probes.front()->stages.front()->candidates);
}

}  // namespace
}  // namespace anchorscope::testing
