// A run without a window: what is asked before it ends, where its recording goes, and that two of them do not
// meet.

#include "app/run/run_controller.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include "app/run/leftover_list.h"
#include "app/run/temporary_run.h"
#include "core/store/run_folder.h"
#include "core/trainer/run_config.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

using testing::FakeTrainer;

/// A run whose questions the test answers.
struct Played {
  explicit Played(Notifier& notifier, LeftoverList& leftovers)
      : run(trainer.factory(), notifier, leftovers,
            {[this](const Question& question) {
               asked << question.title;
               return answer;
             },
             [this] { return target; },
             [this](std::int64_t planned, std::int64_t) {
               plannedSteps = planned;
               return until;
             }}) {}

  bool start(const std::string& out = {}) {
    auto config = makeRunConfig("musu", "retina-small");
    config->data = "voc:/data/cells#train";
    config->out = out;
    return run.start(*config, {});
  }
  void train(std::int64_t step) {
    trainer.publishFacts({"a.jpg"});
    trainer.setState(TrainerState::kRunning);
    trainer.publish(step, {});
    ASSERT_TRUE(QTest::qWaitFor([&] { return run.bridge().snapshot() != nullptr; }));
  }
  void stop() {
    trainer.setState(TrainerState::kStopped, "stopped");
    ASSERT_TRUE(QTest::qWaitFor([&] { return run.isEnded(); }));
  }
  QString recordsInto() const { return QString::fromStdString(trainer.config.out); }

  FakeTrainer trainer;
  QStringList asked;
  Answer answer = Answer::kCancel;
  QString target;
  std::int64_t plannedSteps = 0;
  std::optional<std::int64_t> until;
  RunController run;
};

class RunControllerTest : public ::testing::Test {
 protected:
  QString newFolder(const char* name) const { return QString::fromStdString((folder / name).string()); }
  /// A checkpoint by its name alone.
  static void writeCheckpoint(const QString& run, std::int64_t step) {
    const QString path = QString::fromStdString(checkpointPath(run.toStdString(), step));
    ASSERT_TRUE(QDir().mkpath(QFileInfo(path).absolutePath()));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("not a real one");
  }

  const testing::TemporaryFolder folder;
  Notifier notifier;
  LeftoverList leftovers;
  Played one{notifier, leftovers};
};

TEST_F(RunControllerTest, ARunWithoutAFolderIsAskedForOnceItHasTrained) {
  QSignalSpy beginning(&one.run, &RunController::beginning), began(&one.run, &RunController::began);
  ASSERT_TRUE(one.start());
  EXPECT_EQ(beginning.count(), 1);
  EXPECT_EQ(beginning[0][0], "cells#train");
  EXPECT_EQ(began.count(), 1);
  EXPECT_TRUE(one.run.isLive());
  EXPECT_TRUE(one.run.isTemporary());
  const QString first = one.recordsInto();
  EXPECT_EQ(one.run.folder(), first);
  EXPECT_TRUE(QDir(first).exists());
  EXPECT_TRUE(one.run.asked().out.empty()) << "what was asked for names no folder";
  EXPECT_TRUE(one.run.confirmEnding());
  EXPECT_TRUE(one.asked.isEmpty()) << "nothing was trained yet";

  one.train(5);
  EXPECT_FALSE(one.start()) << "cancelled";
  EXPECT_EQ(one.asked, QStringList{"Keep this run?"});
  EXPECT_EQ(one.trainer.started, 1);
  EXPECT_EQ(one.run.folder(), first);

  one.answer = Answer::kGoAhead;
  ASSERT_TRUE(one.start());
  EXPECT_EQ(one.trainer.started, 2);
  EXPECT_NE(one.run.folder(), first);
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(first).exists(); })) << "discarded with its run";
}

TEST_F(RunControllerTest, ARunInAFolderOfItsOwnIsAskedForWhileItTrains) {
  ASSERT_TRUE(one.start(newFolder("own").toStdString()));
  EXPECT_FALSE(one.run.isTemporary());
  EXPECT_FALSE(one.run.canKeep());
  one.train(5);
  EXPECT_FALSE(one.run.confirmEnding());
  EXPECT_EQ(one.asked, QStringList{"End this run?"});
  EXPECT_TRUE(one.run.confirmStopping()) << "it can be gone on with";
  one.stop();
  EXPECT_TRUE(one.run.confirmEnding());
  EXPECT_EQ(one.asked.size(), 1);
}

TEST_F(RunControllerTest, KeepingLetsReadersGoAndAsksToLookThere) {
  QSignalSpy released(&one.run, &RunController::folderReleased), look(&one.run, &RunController::lookWanted),
      aside(&one.run, &RunController::keptAside);
  ASSERT_TRUE(one.start());
  one.train(5);
  const QString temporary = one.run.folder(), target = newFolder("kept");
  one.run.keep(target);
  EXPECT_TRUE(one.run.isLive()) << "not while it trains";
  one.stop();
  const auto before = released.count();
  one.run.keep(target);
  EXPECT_EQ(released.count(), before + 1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return look.count() == 1; }));
  EXPECT_EQ(look[0][0], target);
  EXPECT_TRUE(QDir(target).exists());
  EXPECT_FALSE(QDir(temporary).exists());
  EXPECT_EQ(notifier.pending(), QStringList{"The run is kept in " + target});
  EXPECT_EQ(aside.count(), 0);
}

TEST_F(RunControllerTest, WhatIsKeptAtTheEndDoesNotDisturbTheNextRun) {
  QSignalSpy look(&one.run, &RunController::lookWanted), aside(&one.run, &RunController::keptAside);
  ASSERT_TRUE(one.start());
  one.train(5);
  one.answer = Answer::kKeep;
  one.target = newFolder("kept");
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(QTest::qWaitFor([&] { return aside.count() == 1; }));
  EXPECT_EQ(aside[0][0], one.target);
  EXPECT_EQ(look.count(), 0);
  EXPECT_TRUE(one.run.isLive());
}

TEST_F(RunControllerTest, WhatCannotBeMovedIsLeftOverAndTold) {
  QSignalSpy look(&one.run, &RunController::lookWanted);
  folder.write("taken", "mine");
  ASSERT_TRUE(one.start());
  one.train(5);
  one.stop();
  const QString temporary = one.run.folder();
  one.run.keep(newFolder("taken"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !notifier.pending().isEmpty(); }));
  EXPECT_TRUE(notifier.pending().first().contains("exists already"));
  ASSERT_EQ(look.count(), 1);
  EXPECT_EQ(look[0][0], temporary) << "where it still is";
  ASSERT_NE(leftovers.find(temporary), nullptr);
  // Looked at, it is asked for as any other.
  one.run.lookAt(temporary, 5);
  EXPECT_EQ(leftovers.find(temporary), nullptr);
  EXPECT_TRUE(one.run.isTemporary());
  EXPECT_FALSE(one.run.confirmEnding());
  EXPECT_EQ(one.asked.last(), "Keep this run?");
  one.run.end();
  EXPECT_FALSE(QDir(temporary).exists());
}

TEST_F(RunControllerTest, GoesOnInTheSameFolderFromTheLastCheckpoint) {
  ASSERT_TRUE(one.start());
  one.train(7);
  const QString recording = one.run.folder();
  writeCheckpoint(recording, 5);
  EXPECT_TRUE(one.run.continuableFolder().isEmpty()) << "it still trains";
  one.stop();
  EXPECT_EQ(one.run.continuableFolder(), recording);
  EXPECT_FALSE(one.run.goOn());
  EXPECT_EQ(one.asked, QStringList{"Continue from step 5?"}) << "steps 6 and 7 are replaced";
  one.answer = Answer::kGoAhead;
  ASSERT_TRUE(one.run.goOn());
  EXPECT_TRUE(one.run.isContinued());
  EXPECT_TRUE(one.run.isTemporary()) << "the folder stays what it is";
  EXPECT_EQ(one.trainer.options.resumeFolder, recording.toStdString());
  EXPECT_TRUE(QDir(recording).exists());
}

TEST_F(RunControllerTest, ARecordedRunIsLeftWithoutAQuestionAndCanBeGoneOnWith) {
  const QString recorded = newFolder("recorded");
  writeCheckpoint(recorded, 40);
  one.run.lookAt(recorded, 40);
  EXPECT_TRUE(one.run.isRecorded());
  EXPECT_FALSE(one.run.isLive());
  EXPECT_TRUE(one.run.confirmEnding());
  ASSERT_TRUE(one.run.goOn());
  EXPECT_TRUE(one.asked.isEmpty());
  EXPECT_FALSE(one.run.isRecorded());
  EXPECT_FALSE(one.run.isTemporary());
  EXPECT_EQ(one.run.folder(), recorded);
}

TEST_F(RunControllerTest, TwoRunsAreTwoOfThem) {
  Played other{notifier, leftovers};
  ASSERT_TRUE(one.start());
  ASSERT_TRUE(other.start());
  one.train(5);
  other.train(9);
  EXPECT_NE(one.run.folder(), other.run.folder());
  other.run.end();
  EXPECT_TRUE(one.run.isLive());
  EXPECT_FALSE(other.run.isLive());
  EXPECT_TRUE(QDir(one.run.folder()).exists());
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(other.recordsInto()).exists(); }));
  EXPECT_EQ(one.run.bridge().snapshot()->status.step, 5);
}

}  // namespace
}  // namespace anchorscope
