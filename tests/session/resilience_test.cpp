// Runs that go on and lose nothing: work that fails beside training, steps that fail, checkpoints that are
// damaged, folders that go away, and what may change when a run goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <stdexcept>

#include "core/base/check.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/trainer/checkpoint.h"
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
namespace fs = std::filesystem;

class Resilience : public ::testing::Test {
 protected:
  Resilience() {
    config_.out = (folder_ / "run").string();
    options_.captureLive = false;
    options_.pauseWhenNotFinite = false;
  }

  /// Throws E whenever `work` is about to begin.
  template <typename E>
  void failAt(const char* work, int fromTime = 1) {
    options_.beforeWork = [this, work, fromTime](const char* now) {
      if (std::string(now) == work && ++times_ >= fromTime) throw E("it went wrong");
    };
  }

  /// Runs to the end and keeps what was told.
  TrainerState runSession(const RunConfig& config, const SessionOptions& options) {
    const auto session = startSession(config, options);
    SessionWatch watch(*session);
    watch.finish();
    notes_ = watch.all<NoteEvent>();
    failures_ = watch.all<FailedEvent>();
    evaluations_ = watch.all<EvaluationEvent>();
    return session->state();
  }
  TrainerState runSession() { return runSession(config_, options_); }

  TrainerState resume(std::vector<std::pair<std::string, std::string>> settings = {}) {
    SessionOptions options;
    options.captureLive = false;
    options.resumeFolder = config_.out;
    options.resumeSettings = std::move(settings);
    return runSession(RunConfig(), options);
  }

  std::vector<std::string> told(const std::string& kind) const {
    std::vector<std::string> texts;
    for (const NoteEvent& note : notes_)
      if (note.event.kind == kind) texts.push_back(note.event.text);
    return texts;
  }

  std::vector<double> losses(const std::string& folder) const {
    auto run = openRun(folder);
    if (!run) throw std::runtime_error(run.error().text());
    auto series = (*run)->scalar("loss.total");
    return series ? series->values : std::vector<double>{};
  }

  std::vector<std::int64_t> checkpointSteps() const {
    std::vector<std::int64_t> steps;
    for (const std::string& path : listCheckpoints(config_.out))
      steps.push_back(checkpointStep(path));
    return steps;
  }

  const TemporaryFolder folder_;
  RunConfig config_ = smallConfig();
  SessionOptions options_;
  std::vector<NoteEvent> notes_;
  std::vector<FailedEvent> failures_;
  std::vector<EvaluationEvent> evaluations_;
  int times_ = 0;
};

struct MemoryFull : std::bad_alloc {
  explicit MemoryFull(const char*) {}
};

TEST_F(Resilience, TrainingGoesOnWhenEvaluationFails) {
  set(config_, "train.eval_every", "4");
  for (const bool memory : {true, false}) {
    options_.overwrite = Overwrite::kYes;
    if (memory)
      failAt<MemoryFull>("evaluate");
    else
      failAt<CheckFailure>("evaluate");
    EXPECT_EQ(runSession(), TrainerState::kStopped);
    EXPECT_THAT(failures_, IsEmpty());
    EXPECT_THAT(evaluations_, IsEmpty());
    EXPECT_THAT(told("error"), SizeIs(3)) << "at steps 4, 8 and 12";
    EXPECT_THAT(told("error").front(), HasSubstr(memory ? "memory is full" : "it went wrong"));
    EXPECT_THAT(checkpointSteps(), ElementsAre(4, 8, 12)) << "one before each evaluation";
  }
}

TEST_F(Resilience, TrainingGoesOnWhenEvidenceCannotBeCaptured) {
  set(config_, "train.record_every", "3");
  failAt<MemoryFull>("capture", 2);  // that of step 0 is still made
  EXPECT_EQ(runSession(), TrainerState::kStopped);
  EXPECT_THAT(evaluations_, SizeIs(1));
  EXPECT_THAT(told("error"), ElementsAre(HasSubstr("Evidence could not be captured: The memory is full"),
                                         HasSubstr("4 captures of evidence failed and are missing")));
  EXPECT_THAT(losses(config_.out), SizeIs(12)) << "the scalars of those steps are there";
  auto run = openRun(config_.out);
  ASSERT_TRUE(run);
  EXPECT_THAT((*run)->recordedSteps((*run)->probeNames().front()), ElementsAre(0));
}

TEST_F(Resilience, AFailedStepKeepsItsRun) {
  config_.out = (folder_ / "straight").string();
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  const std::vector<double> expected = losses(config_.out);

  config_.out = (folder_ / "run").string();
  failAt<MemoryFull>("step", 6);
  EXPECT_EQ(runSession(), TrainerState::kFailed);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_.front().error.code, ErrorCode::kMemory);
  EXPECT_THAT(failures_.front().error.text(), HasSubstr("Kept: the checkpoint of step 5"));
  EXPECT_THAT(checkpointSteps(), ElementsAre(5));
  EXPECT_EQ(resume(), TrainerState::kStopped);
  EXPECT_EQ(losses(config_.out), expected);
}

/// Breaks a step off in the middle of the forward pass, after batch norms have moved.
class BreakingSink : public EvidenceSink {
 public:
  void channel(const ChannelSpec&, const at::Tensor&, int) override { throw std::bad_alloc(); }
  void pairs(const PairTableSpec&, const PairRows&) override { throw std::bad_alloc(); }
  void objects(const ObjectColumnSpec&, const at::Tensor&) override { throw std::bad_alloc(); }
};

TEST(Trainer, AStepThatIsBrokenOffChangesNothing) {
  RunConfig config = smallConfig("max_iou");
  set(config, "model.norm", "bn");
  const TemporaryFolder folder;
  const std::string path = folder / "state.ckpt";
  const auto broken = prepareOrFail(config), straight = prepareOrFail(config);
  ASSERT_TRUE(broken && straight);
  train(*broken, 3);
  train(*straight, 3);
  BreakingSink sink;
  LastBatch watch({&sink});
  EXPECT_THROW((void)broken->step(&watch), std::bad_alloc);
  EXPECT_TRUE(broken->sound());
  ASSERT_TRUE(broken->saveCheckpoint(path, Overwrite::kNo));
  const auto resumed = prepareOrFail(config, path);
  ASSERT_TRUE(resumed);
  const auto expected = train(*straight, 3), got = train(*resumed, 3);
  ASSERT_EQ(got.size(), 3U);
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(valueOf(got[i].scalars, "loss.total"), valueOf(expected[i].scalars, "loss.total")) << i;
}

TEST_F(Resilience, AGoalDoesNotCostTheEvaluationOfItsStep) {
  set(config_, "train.eval_every", "4");
  options_.startPaused = true;
  const auto session = startSession(config_, options_);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  watch.waitForAcknowledgement(session->post(RunUntilStepCommand{4}));
  watch.waitForState(TrainerState::kPaused);
  ASSERT_THAT(watch.all<EvaluationEvent>(), SizeIs(1));
  EXPECT_EQ(watch.all<EvaluationEvent>().front().step, 4);
  EXPECT_EQ(watch.all<StepEvent>().back().step, 4);
}

/// Every step fails: the first update makes all parameters infinite.
RunConfig divergingConfig(RunConfig config) {
  for (const auto& [key, value] : std::map<std::string, std::string>{{"train.steps", "100"},
                                                                     {"train.schedule", "constant"},
                                                                     {"train.warmup_steps", "0"},
                                                                     {"train.optimizer", "sgd"},
                                                                     {"train.clip_grad", "0"},
                                                                     {"train.lr", "1e30"}})
    set(config, key, value);
  return config;
}

TEST_F(Resilience, StepsThatAreNotFiniteAreSkippedUpToTheLimit) {
  RunConfig config = divergingConfig(config_);
  set(config, "train.max_skipped_steps", "3");
  const auto session = startSession(config, options_);
  SessionWatch watch(*session);
  watch.waitForState(TrainerState::kPaused);
  std::vector<std::string> skipped;
  for (const NoteEvent& note : watch.all<NoteEvent>())
    if (note.event.kind == "skipped") skipped.push_back(note.event.text);
  ASSERT_THAT(skipped, SizeIs(3));
  EXPECT_THAT(skipped.front(), HasSubstr("is not finite; image '"));
  ASSERT_THAT(watch.all<FailedEvent>(), SizeIs(1));
  EXPECT_THAT(watch.all<FailedEvent>().front().error.text(), HasSubstr("4 steps in a row"));
  EXPECT_EQ(valueOf(watch.all<StepEvent>().back().scalars, "train.skipped_steps"), 4);
}

TEST_F(Resilience, ProbesSetLiveStayWhenTheRunGoesOn) {
  options_.startPaused = true;
  std::string chosen;
  {
    const auto session = startSession(config_, options_);
    SessionWatch watch(*session);
    watch.waitForState(TrainerState::kPaused);
    chosen = session->facts()->imageNames.at(7);
    ASSERT_FALSE(watch.waitForAcknowledgement(session->post(SetProbesCommand{{chosen}})).error);
    watch.waitForAcknowledgement(session->post(StepCommand{2}));
    watch.waitForState(TrainerState::kPaused);
    session->post(StopCommand{});
    watch.finish();
  }
  SessionOptions options;
  options.resumeFolder = config_.out;
  const auto session = startSession(RunConfig(), options);
  SessionWatch watch(*session);
  watch.finish();
  ASSERT_THAT(session->latestSnapshot()->probes, SizeIs(1));
  EXPECT_EQ(session->latestSnapshot()->probes.front()->image->name, chosen);
}

TEST_F(Resilience, ADamagedCheckpointIsPassedOverAndKept) {
  set(config_, "train.checkpoint_every", "5");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  const std::vector<double> expected = losses(config_.out);
  ASSERT_THAT(checkpointSteps(), ElementsAre(5, 10, 12));
  const std::string newest = checkpointPath(config_.out, 12);
  fs::resize_file(newest, fs::file_size(newest) / 2);
  EXPECT_EQ(resume(), TrainerState::kStopped);
  EXPECT_THAT(told("warning"), Contains(HasSubstr("passed over: " + newest)));
  EXPECT_THAT(told("note"), Contains(HasSubstr("continued from step-00000010.ckpt")));
  EXPECT_TRUE(fs::exists(newest + ".damaged"));
  EXPECT_THAT(checkpointSteps(), ElementsAre(5, 10, 12));
  EXPECT_EQ(losses(config_.out), expected);

  for (const std::string& path : listCheckpoints(config_.out))
    fs::resize_file(path, 10);
  EXPECT_EQ(resume(), TrainerState::kFailed);
  EXPECT_EQ(failures_.front().error.code, ErrorCode::kBadData);
  EXPECT_THAT(checkpointSteps(), SizeIs(3)) << "nothing is touched when nothing can go on";
}

TEST_F(Resilience, ACheckpointUnderAnothersNameIsPassedOver) {
  set(config_, "train.checkpoint_every", "5");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  fs::copy_file(checkpointPath(config_.out, 5), checkpointPath(config_.out, 12),
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(resume(), TrainerState::kStopped);
  EXPECT_THAT(told("warning"), Contains(HasSubstr("holds step 5, which its name contradicts")));
  EXPECT_THAT(told("note"), Contains(HasSubstr("continued from step-00000010.ckpt")));
}

TEST_F(Resilience, DeviceThreadsAndDataMayChangeWhenARunGoesOn) {
  config_.data = writeCocoSet(folder_, {{{5, 5, 20, 20}}, {{10, 10, 30, 30}}, {{8, 2, 40, 40}}});
  set(config_, "train.steps", "4");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  const TemporaryFolder elsewhere;
  const std::string moved = writeCocoSet(elsewhere, {{{5, 5, 20, 20}}, {{10, 10, 30, 30}}});
  EXPECT_EQ(resume({{"run.data", moved}, {"train.threads", "2"}, {"train.device", "cpu"}, {"steps", "6"}}),
            TrainerState::kStopped);
  EXPECT_THAT(told("parameter"), ElementsAre(HasSubstr("run.data = " + moved), "train.threads = 2 (was 1)",
                                             "train.steps = 6 (was 4)"));
  EXPECT_THAT(told("warning"), Contains(HasSubstr("has 2 images with 2 objects now, 3 with 3 when")));
  auto run = openRun(config_.out);
  ASSERT_TRUE(run);
  EXPECT_EQ((*run)->lastStep(), 6);
  EXPECT_EQ((*run)->header().dataSpec, moved);
  EXPECT_EQ((*run)->header().plannedSteps, 6);

  EXPECT_EQ(resume({{"train.batch", "3"}}), TrainerState::kFailed);
  EXPECT_EQ(failures_.front().error.code, ErrorCode::kUsage);
  EXPECT_THAT(failures_.front().error.text(), HasSubstr("train.batch"));
}

TEST_F(Resilience, ARunCanGoOnInACopyFromAnyOfItsCheckpoints) {
  set(config_, "train.checkpoint_every", "4");
  set(config_, "train.record_every", "4");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  const std::vector<double> expected = losses(config_.out);
  SessionOptions options;
  options.captureLive = false;
  options.resumeFolder = config_.out;
  options.resumeStep = 8;
  options.resumeInto = (folder_ / "fork").string();
  ASSERT_EQ(runSession(RunConfig(), options), TrainerState::kStopped);
  EXPECT_EQ(losses(options.resumeInto), expected);
  EXPECT_EQ(losses(config_.out), expected);
  EXPECT_THAT(checkpointSteps(), ElementsAre(4, 8, 12)) << "the run copied from is as it was";
  auto fork = openRun(options.resumeInto);
  ASSERT_TRUE(fork);
  EXPECT_THAT((*fork)->recordedSteps((*fork)->probeNames().front()), ElementsAre(0, 4, 8, 12));

  EXPECT_EQ(runSession(RunConfig(), options), TrainerState::kFailed) << "the fork is there by now";
  EXPECT_EQ(failures_.front().error.code, ErrorCode::kExists);
  options.resumeInto = config_.out;
  EXPECT_EQ(runSession(RunConfig(), options), TrainerState::kFailed);
  EXPECT_EQ(losses(config_.out), expected);
  options.resumeStep = 7;
  EXPECT_EQ(runSession(RunConfig(), options), TrainerState::kFailed);
  EXPECT_THAT(failures_.front().error.text(), HasSubstr("4, 8, 12"));
}

TEST_F(Resilience, TheBestCheckpointIsKept) {
  set(config_, "train.eval_every", "2");
  set(config_, "train.lr", "0.01");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  double best = -1;
  std::int64_t bestStep = -1;
  for (const EvaluationEvent& evaluation : evaluations_)
    if (const double ap = valueOf(evaluation.metrics, "ap"); ap > best) {
      best = ap;
      bestStep = evaluation.step;
    }
  const auto facts = readCheckpointFacts(bestCheckpointPath(config_.out));
  ASSERT_TRUE(facts) << facts.error().text();
  EXPECT_EQ(facts->step, bestStep);
  ASSERT_TRUE(facts->ap);
  EXPECT_EQ(*facts->ap, best);
  EXPECT_EQ(checkpointStep(bestCheckpointPath(config_.out)), -1) << "it is not taken for the newest";
}

TEST_F(Resilience, KeepingAllCheckpointsThatANumberCanCountKeepsThemAll) {
  set(config_, "train.checkpoint_every", "3");
  const double largest = *config_.train.find("keep_checkpoints")->max;
  set(config_, "train.keep_checkpoints", std::to_string(static_cast<std::int64_t>(largest)));
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  EXPECT_THAT(checkpointSteps(), ElementsAre(3, 6, 9, 12));
}

TEST_F(Resilience, ARunFolderThatIsRenamedIsFollowed) {
  set(config_, "train.checkpoint_every", "3");
  set(config_, "train.record_every", "3");
  const std::string moved = (folder_ / "moved").string();
  int steps = 0;
  options_.beforeWork = [&](const char* work) {
    if (std::string(work) == "step" && ++steps == 5) fs::rename(config_.out, moved);
  };
  EXPECT_EQ(runSession(), TrainerState::kStopped);
  EXPECT_THAT(told("error"),
              ElementsAre(HasSubstr("was moved while training: the run goes on in '" + moved)));
  EXPECT_FALSE(fs::exists(config_.out));
  EXPECT_THAT(losses(moved), SizeIs(12));
  EXPECT_THAT(listCheckpoints(moved), SizeIs(4));
  EXPECT_FALSE(fs::exists(tracePath(moved) + "-wal")) << "a finished run is one plain file";
}

TEST_F(Resilience, ARunFolderThatIsRemovedIsToldAndTheWeightsKept) {
  set(config_, "train.checkpoint_every", "3");
  int steps = 0;
  options_.beforeWork = [&](const char* work) {
    if (std::string(work) == "step" && ++steps == 5) fs::remove_all(config_.out);
  };
  EXPECT_EQ(runSession(), TrainerState::kStopped);
  EXPECT_THAT(told("error"), ElementsAre(HasSubstr("was removed while training")));
  EXPECT_THAT(checkpointSteps(), Contains(12));
}

TEST_F(Resilience, EvidenceKeepsToItsBudget) {
  set(config_, "train.steps", "400");
  set(config_, "train.eval_max_images", "1");
  set(config_, "train.record_every", "1");
  set(config_, "train.record_budget", "0.002");  // 2 MB
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  EXPECT_THAT(told("recording"), ElementsAre(HasSubstr("record_budget is 2.0 MB")));
  EXPECT_THAT(told("thinned"), Not(IsEmpty()));
  EXPECT_THAT(told("thinned").front(), HasSubstr("grow with the step"));
  auto run = openRun(config_.out);
  ASSERT_TRUE(run);
  const auto steps = (*run)->recordedSteps((*run)->probeNames().front());
  EXPECT_GT(steps.size(), 10U);
  EXPECT_LT(steps.size(), 200U);
  EXPECT_EQ(steps.back(), 400);
  EXPECT_THAT(losses(config_.out), SizeIs(400)) << "scalars are never thinned";
}

TEST_F(Resilience, PairsAreBoundedToTheNearestMissesAndSayIt) {
  set(config_, "train.evidence_pairs", "3");
  set(config_, "train.steps", "1");
  set(config_, "train.record_every", "1");
  ASSERT_EQ(runSession(), TrainerState::kStopped);
  auto run = openRun(config_.out);
  ASSERT_TRUE(run);
  auto frame = (*run)->frame((*run)->probeNames().front(), 0);
  ASSERT_TRUE(frame) << frame.error().text();
  for (const PairTable& table : (*frame)->stages.front()->pairTables) {
    EXPECT_EQ(table.missesPerObject, 3);
    const auto& member =
        table.columns.at(static_cast<std::size_t>(table.columnIndex(table.spec.memberColumn)));
    for (std::size_t object = 0; object < (*frame)->image->objects.size(); ++object) {
      const auto [first, last] = table.rowsOfObject(static_cast<std::int32_t>(object));
      const auto misses =
          std::count_if(member.begin() + static_cast<std::ptrdiff_t>(first),
                        member.begin() + static_cast<std::ptrdiff_t>(last), [](float m) { return m <= 0; });
      EXPECT_LE(misses, 3);
      if (table.omittedOf(static_cast<std::int32_t>(object)) > 0) {
        EXPECT_EQ(misses, 3);
      }
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
