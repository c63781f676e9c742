// What becomes of runs: leaving one that was not kept, going on with one that has ended, and recordings that
// a killed window has left behind.

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QInputDialog>
#include <QLabel>
#include <QSpinBox>
#include <QToolButton>
#include <filesystem>

#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

using testing::answerWith;
using testing::FakeTrainer;
using testing::nameFile;
using testing::unkeptRuns;
using testing::whenAsked;

/// A recording of so many steps, with a checkpoint of the last one unless it is none.
void record(const QString& folder, std::int64_t steps, bool checkpoint = true, int moreScalars = 0) {
  RunHeader header;
  header.dataSpec = "voc:/data/cells#train";
  header.methodName = "musu";
  header.modelName = "retina-small";
  header.classNames = {"cell"};
  header.plannedSteps = 5000;
  auto writer = createRun(folder.toStdString(), header, Overwrite::kNo);
  ASSERT_TRUE(writer) << writer.error().text();
  for (std::int64_t step = 0; step <= steps; ++step) {
    std::vector<ScalarValue> scalars{{"loss.cls", 1.0 / double(step + 1)}};
    for (int i = 0; i < moreScalars; ++i)
      scalars.push_back({"diag.many" + std::to_string(i), double(step)});
    (*writer)->record({step, std::move(scalars), {}});
  }
  ASSERT_TRUE((*writer)->flush());
  if (!checkpoint) return;
  QFile file(QString::fromStdString(checkpointPath(folder.toStdString(), steps)));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("not a real one");
}

class WindowEndingTest : public testing::WindowFixture {
 protected:
  QString runFolder() const { return QString::fromStdString(trainer.config.out); }
  QString newFolder(const char* name) const { return QString::fromStdString((folder / name).string()); }
  std::vector<std::int64_t> curveSteps(const char* name) {
    std::vector<std::int64_t> steps;
    if (const CurveSeries* curve = window.page().curves().history().find(name))
      for (const CurvePoint& point : curve->points())
        steps.push_back(point.step);
    return steps;
  }
  QToolButton* runButton() { return window.page().transport().findChild<QToolButton*>("runButton"); }

  const testing::TemporaryFolder folder;
};

TEST_F(WindowEndingTest, ClosingOffersToKeepTheRecording) {
  run(40);
  const QString temporary = runFolder();
  answerWith("Cancel");
  EXPECT_FALSE(window.close());
  EXPECT_TRUE(window.run().bridge().hasSession());
  EXPECT_TRUE(QDir(temporary).exists());

  answerWith("Keep…");
  nameFile(newFolder("kept"));
  EXPECT_TRUE(window.close());
  EXPECT_TRUE(QTest::qWaitFor([&] { return QDir(newFolder("kept")).exists(); }));
  EXPECT_FALSE(QDir(temporary).exists());
}

TEST_F(WindowEndingTest, GivingUpToChooseAFolderEndsNothing) {
  run(40);
  answerWith("Keep…");
  whenAsked<QFileDialog>([](QFileDialog& dialog) { QTest::keyClick(&dialog, Qt::Key_Escape); });
  EXPECT_FALSE(window.close());
  EXPECT_TRUE(window.run().bridge().hasSession());
  EXPECT_TRUE(QDir(runFolder()).exists());
}

TEST_F(WindowEndingTest, ATakenNameIsToldAndNothingIsLost) {
  folder.write("taken", "mine");
  run(40);
  answerWith("Keep…");
  nameFile(newFolder("taken"));
  EXPECT_FALSE(window.close());
  EXPECT_TRUE(window.run().bridge().hasSession());
  EXPECT_TRUE(window.notifier().pending().first().contains("exists already"));
  EXPECT_TRUE(QDir(runFolder()).exists());
}

TEST_F(WindowEndingTest, DiscardingRemovesTheRecording) {
  run(40);
  const QString temporary = runFolder();
  answerWith("Discard");
  action("New run…")->trigger();
  EXPECT_TRUE(window.onStartPage());
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(temporary).exists(); }));
}

TEST_F(WindowEndingTest, AStoppedRunGoesOnInTheSameFolder) {
  run(5);
  EXPECT_EQ(runButton()->text(), "Pause");
  QTest::mouseClick(window.page().transport().findChild<QToolButton*>("stopButton"), Qt::LeftButton);
  EXPECT_TRUE(commanded<StopCommand>());
  const QString temporary = runFolder();
  record(temporary, 5);
  enter(TrainerState::kStopped, "stopped");
  ASSERT_TRUE(runButton()->isEnabled());
  EXPECT_EQ(runButton()->text(), "Continue");
  QTest::mouseClick(runButton(), Qt::LeftButton);
  EXPECT_EQ(trainer.started, 2);
  EXPECT_EQ(trainer.options.resumeFolder, temporary.toStdString());
  EXPECT_TRUE(QDir(temporary).exists()) << "it is still the run's";

  // The curves go on from what was recorded, each step once.
  trainer.config.out = temporary.toStdString();
  trainer.config.data = "voc:/data/cells#train";
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  for (std::int64_t step = 5; step <= 7; ++step)
    trainer.send(StepEvent{step, {{"loss.cls", 0.1}}});
  trainer.publish(7, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot() != nullptr; }));
  const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_TRUE(QTest::qWaitFor([&] { return curveSteps("loss.cls").size() >= all.size(); }));
  EXPECT_EQ(curveSteps("loss.cls"), all);

  answerWith("Discard");
  window.close();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(temporary).exists(); })) << "and goes with it";
}

TEST_F(WindowEndingTest, ALongRunGoesOnWhileItsCurvesAreRead) {
  run(5);
  QTest::mouseClick(window.page().transport().findChild<QToolButton*>("stopButton"), Qt::LeftButton);
  const QString temporary = runFolder();
  record(temporary, 2'200, true, 200);  // more than is read at once
  enter(TrainerState::kStopped, "stopped");
  QTest::mouseClick(runButton(), Qt::LeftButton);
  trainer.config.out = temporary.toStdString();
  trainer.config.data = "voc:/data/cells#train";
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  EvaluationEvent evaluation;
  evaluation.step = 2'201;
  evaluation.metrics = {{"ap", 0.25}, {"ap50", 0.5}};
  trainer.send(evaluation);
  std::int64_t last = 2'200;
  const auto goesOn = [&] {
    ++last;
    trainer.send(StepEvent{last, {{"loss.cls", 0.1}, {"diag.many199", 1}}});
    return curveSteps("diag.many199").size() > 2'220;
  };
  ASSERT_TRUE(QTest::qWaitFor(goesOn));
  ASSERT_TRUE(QTest::qWaitFor([&] { return curveSteps("loss.cls").size() == std::size_t(last) + 1; }));
  for (const char* name : {"loss.cls", "diag.many199"}) {
    const std::vector<std::int64_t> steps = curveSteps(name);
    ASSERT_EQ(steps.size(), std::size_t(last) + 1) << name;
    for (std::size_t i = 0; i < steps.size(); ++i)
      ASSERT_EQ(steps[i], static_cast<std::int64_t>(i)) << name;
  }
  EXPECT_EQ(curveSteps("eval.ap"), std::vector<std::int64_t>{2'201});
  trainer.publish(last, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot() != nullptr; }));
  answerWith("Discard");
  window.close();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(temporary).exists(); }));
}

TEST_F(WindowEndingTest, StoppingAsksOnlyWhereItIsForGood) {
  run(5);
  auto* stop = window.page().transport().findChild<QToolButton*>("stopButton");
  trainer.config.out.clear();  // as when no temporary folder could be made
  trainer.publishFacts({"a.jpg"});
  trainer.send(StepEvent{6, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().facts()->config.out.empty(); }));
  answerWith("Cancel");
  QTest::mouseClick(stop, Qt::LeftButton);
  EXPECT_FALSE(commanded<StopCommand>());
  answerWith("Stop");
  QTest::mouseClick(stop, Qt::LeftButton);
  EXPECT_TRUE(commanded<StopCommand>());
}

TEST_F(WindowEndingTest, ARunWithoutACheckpointCannotBeContinued) {
  run(5);
  record(runFolder(), 5, /*checkpoint=*/false);
  enter(TrainerState::kStopped, "stopped");
  EXPECT_FALSE(runButton()->isEnabled());
}

TEST_F(WindowEndingTest, WhatWasRecordedAfterTheLastCheckpointIsAskedFor) {
  const QString recorded = newFolder("run");
  record(recorded, 40, /*checkpoint=*/false);
  QFile file(QString::fromStdString(checkpointPath(recorded.toStdString(), 30)));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  window.runView().open(recorded);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() != nullptr; }));
  ASSERT_EQ(runButton()->text(), "Continue");
  QString asked;
  whenAsked<QMessageBox>([&](QMessageBox& box) {
    asked = box.informativeText();
    QTest::keyClick(&box, Qt::Key_Escape);
  });
  QTest::mouseClick(runButton(), Qt::LeftButton);
  EXPECT_TRUE(asked.contains("step 30") && asked.contains("step 40")) << asked.toStdString();
  EXPECT_EQ(trainer.started, 0);
  answerWith("Continue");
  QTest::mouseClick(runButton(), Qt::LeftButton);
  EXPECT_EQ(trainer.started, 1);
  EXPECT_EQ(trainer.options.resumeFolder, recorded.toStdString());
}

TEST_F(WindowEndingTest, AFolderThatHoldsARunIsOfferedToBeOpened) {
  const QString taken = newFolder("run");
  record(taken, 40);
  auto config = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(config);
  config->data = "voc:/data/cells#train";
  config->out = taken.toStdString();
  window.run().start(*config);
  trainer.send(FailedEvent{makeError(ErrorCode::kExists, "'run' holds a recorded run already",
                                     "Choose another folder, resume that run, or allow overwriting"),
                           ""});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.onStartPage(); }));
  const QString problem = window.findChild<QLabel*>("startProblem")->text();
  EXPECT_TRUE(problem.contains(taken)) << problem.toStdString();
  EXPECT_FALSE(problem.contains("overwrit")) << "the window cannot: " << problem.toStdString();
  QTest::mouseClick(window.findChild<QPushButton*>("startProblemLink"), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() != nullptr; }));
  EXPECT_EQ(window.runView().recordedRun()->folder(), taken);
}

// ---- what a killed window has left behind

class LeftoverTest : public ::testing::Test {
 protected:
  LeftoverTest() { testing::removeUnkeptRuns(); }

  /// As a window that was killed leaves it.
  QString leaveBehind(const QString& name, std::int64_t steps) {
    const QString left = unkeptRuns() + '/' + name;
    EXPECT_TRUE(QDir().mkpath(unkeptRuns()));
    record(left, steps);
    QFile lock(left + ".lock");
    EXPECT_TRUE(lock.open(QIODevice::WriteOnly));
    lock.write("999999999\nanchorscope\n" + QSysInfo::machineHostName().toUtf8() + "\n");
    return left;
  }

  /// A window, once it has looked for leftovers.
  std::unique_ptr<MainWindow> open(qsizetype expected) {
    auto window = std::make_unique<MainWindow>(trainer.factory());
    window->resize(1280, 800);
    window->show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(window.get()));
    EXPECT_TRUE(QTest::qWaitFor([&] { return rows(*window) == expected; })) << rows(*window);
    return window;
  }
  static qsizetype rows(const MainWindow& window) {
    qsizetype visible = 0;
    for (const QWidget* row : window.findChildren<QWidget*>("leftover"))
      visible += row->isVisible() ? 1 : 0;
    return visible;
  }
  static void click(MainWindow& window, const char* button) {
    for (auto* found : window.findChildren<QPushButton*>(button))
      if (found->isVisible()) {
        QTest::mouseClick(found, Qt::LeftButton);
        return;
      }
    ADD_FAILURE() << "no button " << button;
  }

  FakeTrainer trainer;
  const testing::TemporaryFolder folder;
};

TEST_F(LeftoverTest, AreOfferedUntilSomeoneDecides) {
  const QString first = leaveBehind("run-1", 340), second = leaveBehind("run-2", 12);
  leaveBehind("run-3", 0);  // nothing was trained
  open(2)->close();
  EXPECT_FALSE(QDir(unkeptRuns() + "/run-3").exists());
  EXPECT_TRUE(QDir(first).exists());
  auto window = open(2);
  testing::keepPicture(window->grab().toImage(), "start_leftovers");
  // Another window does not take them, too.
  open(0)->close();

  answerWith("Cancel");
  click(*window, "discardLeftover");
  EXPECT_TRUE(QDir(first).exists() && QDir(second).exists());
  answerWith("Discard");
  click(*window, "discardLeftover");
  EXPECT_TRUE(QTest::qWaitFor([&] { return rows(*window) == 1; }));
  EXPECT_NE(QDir(first).exists(), QDir(second).exists());

  const QString kept = QString::fromStdString((folder / "kept").string());
  nameFile(kept);
  click(*window, "keepLeftover");
  EXPECT_TRUE(QTest::qWaitFor([&] { return QDir(kept).exists(); }));
  EXPECT_EQ(rows(*window), 0);
  EXPECT_TRUE(QTest::qWaitFor([&] { return !window->notifier().pending().isEmpty(); }));
  window->close();
  open(0)->close();
}

TEST_F(LeftoverTest, AnOpenedOneIsAskedForWhenItIsLeftAndCanGoOn) {
  const QString left = leaveBehind("run-1", 340);
  auto window = open(1);
  click(*window, "openLeftover");
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return window->runView().recordedRun() && window->runView().recordedRun()->isRested(); }));
  EXPECT_EQ(window->runView().recordedRun()->folder(), left);
  EXPECT_EQ(window->page().curves().history().lastStep(), 340);
  answerWith("Cancel");
  EXPECT_FALSE(window->close());
  QTest::mouseClick(window->page().transport().findChild<QToolButton*>("runButton"), Qt::LeftButton);
  EXPECT_EQ(trainer.options.resumeFolder, left.toStdString());
  trainer.config.out = left.toStdString();
  trainer.config.data = "voc:/data/cells#train";
  trainer.publishFacts({"a.jpg"});
  trainer.publish(341, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window->run().bridge().snapshot() != nullptr; }));
  answerWith("Discard");
  EXPECT_TRUE(window->close());
  window.reset();
  EXPECT_FALSE(QDir(left).exists());
}

TEST_F(LeftoverTest, ADamagedOneIsToldAndCanStillBeKept) {
  const QString left = leaveBehind("run-1", 3);
  QFile trace(left + "/trace.sqlite");
  ASSERT_TRUE(trace.open(QIODevice::WriteOnly | QIODevice::Truncate));
  trace.write("no database");
  trace.close();
  auto window = open(1);
  EXPECT_FALSE(window->findChild<QPushButton*>("openLeftover")->isEnabled());
  EXPECT_TRUE(window->findChild<QPushButton*>("keepLeftover")->isEnabled());
  window->close();
  EXPECT_TRUE(QDir(left).exists());
}

TEST_F(LeftoverTest, AnInterruptedWindowLeavesItsRecordingForTheNextStart) {
  auto window = open(0);
  auto config = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(config);
  config->data = "voc:/data/cells#train";
  window->run().start(*config);
  record(QString::fromStdString(trainer.config.out), 20);
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(20, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window->run().bridge().snapshot() != nullptr; }));
  window->closeForGood();
  EXPECT_FALSE(window->isVisible());
  window.reset();
  open(1)->close();
}

}  // namespace
}  // namespace anchorscope
