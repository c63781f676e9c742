// The journal: options that change while a run trains, the checkpoints before them, and what of it holds when
// the run goes on.

#include "core/session/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/session/replay.h"
#include "core/session/run_tree.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/schema.h"
#include "core/trainer/checkpoint.h"
#include "tests/session/session_watch.h"
#include "tests/trainer/trainer_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    config_.out = (folder_ / "run").string();
    set(config_, "train.steps", "0");
    set(config_, "train.checkpoint_every", "0");
    set(config_, "train.record_every", "0");
  }

  /// A session that stands at its beginning, or at the checkpoint that it goes on from.
  void open(SessionOptions options = {}) {
    options.startPaused = true;
    options.captureLive = false;
    session_ = startSession(config_, std::move(options));
    watch_ = std::make_unique<SessionWatch>(*session_);
    watch_->waitForState(TrainerState::kPaused);
  }
  /// In its own folder, or as a fork of another.
  void goOn(std::int64_t step = -1, std::vector<std::pair<std::string, std::string>> settings = {},
            const std::string& parent = {}) {
    SessionOptions options;
    options.resumeFolder = parent.empty() ? config_.out : parent;
    if (!parent.empty()) options.resumeInto = config_.out;
    options.resumeStep = step;
    options.resumeSettings = std::move(settings);
    open(std::move(options));
  }
  AcknowledgedEvent post(Command command) {
    return watch_->waitForAcknowledgement(session_->post(std::move(command)));
  }
  void train(std::int64_t steps) {
    post(StepCommand{steps});
    watch_->waitForState(TrainerState::kPaused);
  }
  void change(const std::string& key, const std::string& value, const std::string& cause = {}) {
    EXPECT_FALSE(post(SetParamCommand{key, value, cause}).error) << key;
  }
  void close() {
    session_->post(StopCommand{});
    watch_->finish();
    watch_.reset();
    session_.reset();
  }
  std::vector<ParameterChange> changes() const { return *(*openRun(config_.out))->changes(); }
  std::vector<double> scalar(const std::string& name) const {
    return (*openRun(config_.out))->scalar(name)->values;
  }
  std::vector<std::int64_t> checkpointSteps() const {
    std::vector<std::int64_t> steps;
    for (const std::string& path : listCheckpoints(config_.out))
      steps.push_back(checkpointStep(path));
    return steps;
  }

  const TemporaryFolder folder_;
  RunConfig config_ = smallConfig();
  std::unique_ptr<TrainingSession> session_;
  std::unique_ptr<SessionWatch> watch_;
};

TEST_F(JournalTest, AChangeNamesTheCheckpointBeforeIt) {
  open();
  train(3);
  change("lr", "0.125");
  change("method.beta", "0.5");
  train(2);
  change("train.capture_budget", "0.5");  // no part in training: nothing to go back to
  change("train.lr", "0.001", "undone");
  EXPECT_TRUE(post(SetParamCommand{"train.lr", "-1"}).error);
  change("train.lr", "0.001");  // as it is
  close();
  const std::string three = "step-00000003.ckpt", five = "step-00000005.ckpt";
  const std::string beta = toText(smallConfig().methodParams.get("beta"));
  EXPECT_THAT(changes(), ElementsAre(ParameterChange{3, "train.lr", "0.001", "0.125", three},
                                     ParameterChange{3, "method.beta", beta, "0.5", three},
                                     ParameterChange{5, "train.capture_budget", "0.03", "0.5"},
                                     ParameterChange{5, "train.lr", "0.125", "0.001", five, "undone"}));
  const auto facts = readCheckpointFacts(checkpointPath(config_.out, 3));
  ASSERT_TRUE(facts);
  EXPECT_EQ(configOf(*facts, "it")->train.getFloat("lr"), 0.001) << "written before the change";
  EXPECT_THAT(checkpointSteps(), ElementsAre(3, 5));
}

TEST_F(JournalTest, TheCheckpointBeforeAChangeCanBeSwitchedOff) {
  set(config_, "train.checkpoint_before_change", "false");
  open();
  train(3);
  change("lr", "0.125");
  train(1);
  close();
  EXPECT_THAT(changes(), ElementsAre(ParameterChange{3, "train.lr", "0.001", "0.125"}));
  EXPECT_THAT(checkpointSteps(), ElementsAre(4));
}

TEST_F(JournalTest, WhatWasChangedLastHoldsWhenTheRunGoesOn) {
  open();
  train(3);
  change("lr", "0.125");
  close();  // the checkpoint of this step was written before the change
  goOn();
  EXPECT_EQ(session_->facts()->config.train.getFloat("lr"), 0.125);
  close();
}

TEST_F(JournalTest, GoingBackToACheckpointTakesTheChangesOfItsStepAlong) {
  set(config_, "train.warmup_steps", "0");
  open();
  train(3);
  change("lr", "0.125");
  train(2);
  const std::vector<double> straight = (close(), scalar("loss.total"));
  goOn(3);
  train(2);
  close();
  EXPECT_EQ(scalar("loss.total"), straight) << "and not those of the rate that the checkpoint holds";
  goOn(3, {{"lr", "0.001"}});
  train(1);
  close();
  EXPECT_THAT(changes(), ElementsAre(ParameterChange{3, "train.lr", "0.001", "0.125", "step-00000003.ckpt"},
                                     ParameterChange{3, "train.lr", "0.125", "0.001", "step-00000003.ckpt",
                                                     "continued"}));
  EXPECT_EQ(scalar("train.lr").back(), 0.001);
}

TEST_F(JournalTest, CheckpointsBeforeChangesAndTheOthersDoNotDriveEachOtherOut) {
  set(config_, "train.keep_checkpoints", "1");
  set(config_, "train.checkpoint_every", "4");
  open();
  for (int step = 1; step <= 12; ++step) {
    train(1);
    if (step == 2 || step == 5 || step == 10 || step == 11) change("lr", step % 2 == 0 ? "0.002" : "0.003");
  }
  close();
  EXPECT_THAT(checkpointSteps(), ElementsAre(8, 11, 12));
  goOn();
  train(4);
  close();
  EXPECT_THAT(checkpointSteps(), ElementsAre(11, 12, 16)) << "which is which is known from the journal";
}

TEST_F(JournalTest, AForkBeginsWithItsChangesAndItsParentStaysAsItWas) {
  open();
  train(4);
  close();
  const std::vector<double> before = scalar("loss.total");
  const std::string parent = config_.out, id = (*openRun(parent))->header().id;
  config_.out = (folder_ / "fork").string();
  goOn(-1, {{"lr", "0.5"}}, parent);
  train(1);
  close();
  const auto fork = *openRun(config_.out);
  EXPECT_EQ(fork->header().parent, (RunParent{parent, id, 4}));
  EXPECT_THAT(changes(),
              ElementsAre(ParameterChange{4, "train.lr", "0.001", "0.5", "step-00000004.ckpt", "forked"}));
  config_.out = parent;
  EXPECT_EQ(scalar("loss.total"), before);
  EXPECT_THAT(changes(), IsEmpty());
}

/// Everything that was measured, and the state at the end.
void expectSameRun(const std::string& one, const std::string& other, std::int64_t lastStep) {
  const auto a = *openRun(one), b = *openRun(other);
  const auto comparison = compareRuns(*a, *b, 1, lastStep);
  ASSERT_TRUE(comparison);
  EXPECT_TRUE(comparison->identical()) << verdictText(*comparison);
  EXPECT_GT(comparison->scalars, 10 * lastStep);
  EXPECT_EQ(comparison->onlyExpected + comparison->onlyGot, 0);
  auto first = readCheckpoint(checkpointPath(one, lastStep)),
       second = readCheckpoint(checkpointPath(other, lastStep));
  ASSERT_TRUE(first && second);
  ASSERT_EQ(first->tensors.size(), second->tensors.size());
  for (std::size_t i = 0; i < first->tensors.size(); ++i) {
    EXPECT_EQ(first->tensors[i].name, second->tensors[i].name);
    EXPECT_TRUE(at::equal(first->tensors[i].tensor, second->tensors[i].tensor)) << first->tensors[i].name;
  }
}

TEST_F(JournalTest, MadeAgainFromTheStartItGivesTheSameRun) {
  set(config_, "train.warmup_steps", "0");
  open();
  change("train.weight_decay", "0.01");
  train(6);
  change("lr", "0.01");
  change("method.beta", "0.5");
  EXPECT_FALSE(post(EvaluateCommand{}).error);
  train(5);
  post(SetProbesCommand{{session_->facts()->imageNames[3]}});
  change("clip_grad", "0.1");
  train(4);
  change("clip_grad", "10", "undone");
  close();
  goOn(-1, {{"lr", "0.003"}});  // and an interruption
  train(5);
  close();
  const std::string original = config_.out;

  const auto journal = readJournal(**openRun(original));
  ASSERT_TRUE(journal) << journal.error().text();
  EXPECT_EQ(journal->lastStep, 20);
  EXPECT_EQ(journal->configAt(20)->train.getFloat("lr"), 0.003);
  EXPECT_EQ(journal->configAt(6)->train.getFloat("lr"), 0.01);
  EXPECT_EQ(journal->configAt(5)->train.getFloat("lr"), 0.001);
  EXPECT_EQ(journal->configOfEvidence(6)->train.getFloat("lr"), 0.001) << "recorded before it was changed";
  EXPECT_EQ(journal->configOfEvidence(7)->train.getFloat("lr"), 0.01);
  RunConfig again = journal->first;
  again.out = (folder_ / "again").string();
  const std::vector<ReplayPart> parts = replayParts(*journal);
  ASSERT_THAT(parts, SizeIs(2)) << "it was interrupted once";
  for (SessionOptions options : {parts[0].options, parts[1].options}) {
    if (options.resumeStep >= 0) options.resumeFolder = again.out;
    options.captureLive = false;
    const auto session = startSession(again, options);
    session->wait();
    EXPECT_EQ(session->state(), TrainerState::kStopped);
  }
  expectSameRun(original, again.out, 20);
  EXPECT_EQ((*(*openRun(again.out))->changes()).size(), journal->changes.size());

  // And all of it in one session, without the interruption.
  again.out = (folder_ / "at once").string();
  SessionOptions options;
  options.captureLive = false;
  options.script = journal->changes;
  options.stopAtStep = journal->lastStep;
  startSession(again, options)->wait();
  expectSameRun(original, again.out, 20);
}

TEST_F(JournalTest, WhatOfItIsDamagedIsToldWhereverItIsRead) {
  open();
  train(2);
  change("lr", "0.25");
  change("clip_grad", "3");
  train(1);
  close();
  ASSERT_TRUE((*openTrace(tracePath(config_.out), TraceAccess::kWrite))
                  ->execute("UPDATE parameter_change SET new_value='9' WHERE key='train.lr'"));
  {
    const auto run = *openRun(config_.out);
    const auto journal = journalOf(*run);
    ASSERT_TRUE(journal) << journal.error().text();
    EXPECT_EQ(journal->configAt(3)->train.getFloat("clip_grad"), 3);
    EXPECT_EQ(journal->configAt(3)->train.getFloat("lr"), 0.001);
    EXPECT_THAT(run->takeProblems(), ElementsAre(HasSubstr("of the journal is damaged")));
  }
  const auto whole = readJournal(**openRun(config_.out));
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, ErrorCode::kBadData);
  goOn();
  std::vector<std::string> warnings;
  for (const NoteEvent& note : watch_->all<NoteEvent>())
    if (note.event.kind == "warning") warnings.push_back(note.event.text);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("of the journal is damaged")));
  close();
}

TEST_F(JournalTest, PlannedChangesAreMadeOnceAtTheirStep) {
  set(config_, "train.planned_changes", "2 lr=0.25 clip_grad=3; 5 lr=0.5");
  open();
  train(3);
  change("lr", "0.125");  // stays, though the plan has said otherwise
  train(1);
  post(SaveCheckpointCommand{});
  close();
  goOn();
  train(2);
  close();
  const auto planned = [](std::int64_t step, const char* key, const char* before, const char* after) {
    return ::testing::AllOf(
        ::testing::Field(&ParameterChange::step, step), ::testing::Field(&ParameterChange::key, key),
        ::testing::Field(&ParameterChange::before, before), ::testing::Field(&ParameterChange::after, after));
  };
  const std::string clip = toText(smallConfig().train.get("clip_grad"));
  EXPECT_THAT(
      changes(),
      ElementsAre(planned(2, "train.lr", "0.001", "0.25"), planned(2, "train.clip_grad", clip.c_str(), "3"),
                  planned(3, "train.lr", "0.25", "0.125"), planned(5, "train.lr", "0.125", "0.5")));
  EXPECT_EQ(changes()[0].cause, "planned");
  EXPECT_EQ(changes()[2].cause, "");
}

TEST_F(JournalTest, PlannedStepsAreThoseOfTheLastChange) {
  set(config_, "train.steps", "9");
  open();
  EXPECT_EQ(plannedSteps(**openRun(config_.out)), 9);
  train(2);
  change("train.steps", "2e");
  const std::int64_t epochs = session_->facts()->config.train.getInt("steps");
  EXPECT_GT(epochs, 9);
  close();
  EXPECT_EQ(plannedSteps(**openRun(config_.out)), epochs);
  const auto tree = readRunTree(config_.out);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->runs.at(0).plannedSteps, epochs);
}

TEST_F(JournalTest, AForkOfAForkHasItsOwnChangesAlone) {
  open();
  train(3);
  close();
  const std::string first = config_.out, second = (folder_ / "second").string();
  config_.out = second;
  goOn(-1, {{"lr", "0.5"}}, first);
  close();
  config_.out = (folder_ / "third").string();
  goOn(-1, {{"clip_grad", "2"}}, second);
  train(1);
  change("lr", "0.25");
  close();
  const auto tree = readRunTree(folder_.path().string());
  ASSERT_TRUE(tree) << tree.error().text();
  ASSERT_THAT(tree->runs, SizeIs(3));
  const auto keys = [&](std::size_t i) {
    std::vector<std::string> out;
    for (const ParameterChange& change : tree->runs[i].forkChanges)
      out.push_back(change.key);
    return out;
  };
  EXPECT_THAT(keys(0), IsEmpty());
  EXPECT_THAT(keys(1), ElementsAre("train.lr"));
  EXPECT_THAT(keys(2), ElementsAre("train.clip_grad"));
  EXPECT_EQ(tree->runs[2].laterChanges, 1);
}

TEST_F(JournalTest, WhatIsSaidToHaveNoPartInTrainingHasNone) {
  RunConfig other = config_;
  int changed = 0;
  for (const ParamSpec& spec : other.train.specs()) {
    if (changesTraining("train." + spec.name)) continue;
    ++changed;
    switch (spec.type) {
      case ParamType::kBool:
        set(other, "train." + spec.name, other.train.getBool(spec.name) ? "false" : "true");
        break;
      case ParamType::kChoice:
        set(other, "train." + spec.name, spec.choices.back());
        break;
      case ParamType::kText:
        set(other, "train." + spec.name, spec.name == "variants" ? "atss" : "");
        break;
      default:
        set(other, "train." + spec.name, spec.max && *spec.max <= 1 ? "0.4" : "2");
    }
  }
  EXPECT_GT(changed, 15);
  EXPECT_TRUE(changesTraining("train.lr") && changesTraining("method.beta") && changesTraining("run.data"));
  const auto plain = prepareOrFail(config_), watched = prepareOrFail(other);
  ASSERT_TRUE(plain && watched);
  testing::train(*plain, 6);
  testing::train(*watched, 6);
  const std::vector<NamedTensor> a = plain->copyState().tensors, b = watched->copyState().tensors;
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(at::equal(a[i].tensor, b[i].tensor)) << a[i].name;
}

}  // namespace
}  // namespace anchorscope::testing
