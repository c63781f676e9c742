// Sessions: where a window was left is offered to the next one, however it ended, and is saved to files.

#include <gtest/gtest.h>

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QTest>
#include <csignal>
#include <filesystem>
#include <memory>

#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/app/recorded_run.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/session_card.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {
namespace {

constexpr int kPatienceMs = 60'000;

class WindowSessionTest : public ::testing::Test {
 protected:
  WindowSessionTest() {
    openSettings().clear();
    QFile::remove(SessionKeeper::filePath());
    testing::removeUnkeptRuns();
  }
  ~WindowSessionTest() override {
    window.reset();
    openSettings().clear();
    QFile::remove(SessionKeeper::filePath());
  }

  /// Evidence at every third step up to the 9th.
  void record() const {
    auto writer = createRun(recorded.toStdString(), testing::cellsHeader(), Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 10; ++step) {
      StepRecord made{step, {{"loss.cls", 1.0}}, {}};
      if (step % 3 == 0) made.frames = {testing::makeSyntheticFrame({.step = step})};
      (*writer)->record(std::move(made));
    }
    ASSERT_TRUE((*writer)->flush());
  }
  void openWindow() {
    window.reset();
    window = std::make_unique<MainWindow>(trainer.factory());
    window->run().setAsk([](const Question&) { return Answer::kGoAhead; });
    window->resize(1280, 800);
    window->show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
  }
  bool isShown(std::int64_t step) const {
    const CanvasModel& active = window->workspace().active();
    return window->runView().recordedRun() && active.frame() && active.frame()->step == step;
  }
  void waitFor(std::int64_t step) {
    ASSERT_TRUE(QTest::qWaitFor([&] { return isShown(step); }))
        << window->notifier().pending().join(" / ").toStdString();
  }
  /// The recorded run, two canvases, one of them elsewhere, layers, a selection, a pin and a part of the
  /// image.
  void lookAround() {
    openWindow();
    window->runView().open(recorded);
    waitFor(9);
    Workspace& workspace = window->workspace();
    workspace.setCanvasCount(2);
    workspace.time().pin(3);
    waitFor(3);
    workspace.canvas(1).setOwnTime(true);
    workspace.canvas(1).time().pin(6);
    workspace.canvas(1).layers().setVisible("predictions", true);
    workspace.active().selectPair(2, -1);
    window->page().canvas().setZoom(5, {200, 200});
    workspace.readOut().add({workspace.active().probeName(), "dense", 4, -1, {}, {}});
  }
  void expectWhereItWas() {
    waitFor(3);
    Workspace& workspace = window->workspace();
    ASSERT_EQ(workspace.canvasCount(), 2);
    EXPECT_TRUE(workspace.canvas(1).hasOwnTime());
    EXPECT_TRUE(QTest::qWaitFor([&] { return workspace.canvas(1).frame()->step == 6; }));
    EXPECT_TRUE(workspace.canvas(1).layers().find("predictions")->visible);
    EXPECT_FALSE(workspace.canvas(0).layers().find("predictions")->visible);
    EXPECT_EQ(workspace.active().selectedObject(), 2);
    EXPECT_DOUBLE_EQ(window->page().canvas().zoom(), 5);
    ASSERT_EQ(workspace.readOut().pins().size(), 1);
    EXPECT_EQ(workspace.readOut().pins()[0].object, 4);
    EXPECT_FALSE(workspace.undoStack().canUndo()) << "it is nobody's change";
  }
  SessionCard& card() { return window->startPage().sessionCard(); }
  QPushButton* button(const char* name) { return card().findChild<QPushButton*>(name); }
  QString cardText() { return card().findChild<QLabel*>("sessionText")->text(); }
  void drop(const QString& path) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({600, 400}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window.get(), &enter);
    QDropEvent event({600, 400}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window.get(), &event);
  }

  const testing::TemporaryFolder folder;
  const QString recorded = QString::fromStdString((folder / "run").string());
  testing::FakeTrainer trainer;
  std::unique_ptr<MainWindow> window;
};

TEST_F(WindowSessionTest, WhereAWindowWasLeftIsOneClickAway) {
  record();
  openWindow();
  EXPECT_FALSE(card().isVisible()) << "there was nothing";
  lookAround();
  window->close();
  openWindow();
  ASSERT_TRUE(card().isVisible());
  EXPECT_TRUE(cardText().startsWith("Left on")) << cardText().toStdString();
  testing::keepPicture(window->grab().toImage(), "session_offer");
  QTest::mouseClick(button("openSession"), Qt::LeftButton);
  expectWhereItWas();
  // Left from its first page, the window after that still offers it.
  window->showStartPage();
  window->close();
  openWindow();
  ASSERT_TRUE(card().isVisible());
  QTest::mouseClick(button("forgetSession"), Qt::LeftButton);
  EXPECT_FALSE(card().isVisible());
  window->close();
  openWindow();
  EXPECT_FALSE(card().isVisible());
}

TEST_F(WindowSessionTest, RunsBesideTheFirstComeBackAlsoWhereAllWereMoved) {
  const QString beside = testing::recordRun(folder / "beside", {.every = 4});
  testing::recordRun(folder / "run");
  openWindow();
  window->runView().open(recorded);
  waitFor(9);
  window->runView().beside().open(beside);
  const auto isBeside = [&] {
    Workspace& workspace = window->workspace();
    return workspace.canvasCount() == 2 && workspace.canvas(1).run() == "beside" &&
           workspace.canvas(1).frame() && workspace.canvas(1).frame()->step == 8;
  };
  ASSERT_TRUE(QTest::qWaitFor(isBeside));
  const QString file = QString::fromStdString((folder / "session.json").string());
  window->sessions().save(file);
  window->close();
  openWindow();
  QTest::mouseClick(button("openSession"), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor(isBeside)) << window->notifier().pending().join(" / ").toStdString();
  EXPECT_EQ(window->workspace().canvas(0).run(), "");
  ASSERT_EQ(window->workspace().runs().size(), 2U);
  window.reset();
  const std::filesystem::path elsewhere = folder / "elsewhere";
  std::filesystem::create_directory(elsewhere);
  for (const char* name : {"run", "beside", "session.json"})
    std::filesystem::rename(folder / name, elsewhere / name);
  openWindow();
  window->sessions().open(QString::fromStdString((elsewhere / "session.json").string()));
  ASSERT_TRUE(QTest::qWaitFor(isBeside)) << window->notifier().pending().join(" / ").toStdString();
  EXPECT_TRUE(window->workspace().runs()[1].source->folder().contains("elsewhere"));
}

TEST_F(WindowSessionTest, ASessionWhoseRunIsNotOpenedLeavesTheOneThatIsShownToBeSaved) {
  record();
  lookAround();
  const QString file = QString::fromStdString((folder / "session.json").string());
  window->sessions().save(file);
  ASSERT_TRUE(window->sessions().present());
  // Its run cannot be read any more.
  std::filesystem::rename(folder / "run", folder / "other");
  std::filesystem::create_directory(folder / "run");
  {
    QFile broken(recorded + "/trace.sqlite");
    ASSERT_TRUE(broken.open(QIODevice::WriteOnly));
    broken.write("no trace");
  }
  window->runView().open(QString::fromStdString((folder / "other").string()));
  ASSERT_TRUE(QTest::qWaitFor([&] {
    return window->runView().recordedRun() && window->runView().recordedRun()->folder().endsWith("other");
  }));
  window->notifier().dismissAll();
  window->sessions().open(file);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window->notifier().pending().isEmpty(); }));
  ASSERT_TRUE(window->sessions().present());
  EXPECT_TRUE(window->sessions().present()->folder.endsWith("other"));
}

TEST_F(WindowSessionTest, ASessionThatIsNotGoneToAfterAllLeavesTheRunThatTrainsToBeSaved) {
  record();
  lookAround();
  const QString file = QString::fromStdString((folder / "session.json").string());
  window->sessions().save(file);
  testing::startRun(*window, trainer, "voc:/data/cells#train");
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(5, {testing::makeSyntheticFrame({.step = 5})});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window->workspace().active().frame() != nullptr; }));
  int asked = 0;
  window->run().setAsk([&asked](const Question&) {
    ++asked;
    return Answer::kCancel;
  });
  window->sessions().open(file);
  ASSERT_TRUE(QTest::qWaitFor([&] { return asked == 1; }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window->sessions().present().has_value(); }));
  EXPECT_NE(window->sessions().present()->folder, recorded);
  window->run().setAsk([](const Question&) { return Answer::kGoAhead; });
}

TEST_F(WindowSessionTest, ARunThatIsNotThereAnyMoreIsTold) {
  record();
  lookAround();
  const QString file = QString::fromStdString((folder / "session.json").string());
  window->sessions().save(file);
  window->close();
  std::filesystem::rename(recorded.toStdString(), (folder / "moved").string());
  openWindow();
  ASSERT_TRUE(card().isVisible());
  EXPECT_EQ(cardText(), QStringLiteral("Its run is not in %1 any more.").arg(recorded));
  EXPECT_FALSE(button("openSession")->isEnabled());
  window->sessions().open(file);
  ASSERT_EQ(window->notifier().pending().size(), 1);
  EXPECT_TRUE(window->notifier().pending().front().contains(recorded));
  EXPECT_TRUE(window->onStartPage());
}

TEST_F(WindowSessionTest, ASessionIsSavedOpenedAndDroppedAlsoWhereBothWereMoved) {
  record();
  lookAround();
  const QString file = QString::fromStdString((folder / "session.json").string());
  testing::nameFile(file);
  window->actions().find("file.saveSession")->trigger();
  window->close();
  openWindow();
  drop(file);
  expectWhereItWas();
  // Moved together: the folder is found from the file.
  const QString elsewhere = QString::fromStdString((folder / "elsewhere").string());
  std::filesystem::create_directory(elsewhere.toStdString());
  window.reset();
  std::filesystem::rename(recorded.toStdString(), (folder / "elsewhere" / "run").string());
  std::filesystem::rename(file.toStdString(), (folder / "elsewhere" / "session.json").string());
  openWindow();
  window->sessions().open(elsewhere + "/session.json");
  expectWhereItWas();
}

TEST_F(WindowSessionTest, WhatIsNoSessionIsToldOnceWithWhatItIs) {
  openWindow();
  const QString file = QString::fromStdString((folder / "other.json").string());
  const auto write = [&](const QByteArray& bytes) {
    QFile out(file);
    ASSERT_TRUE(out.open(QIODevice::WriteOnly));
    out.write(bytes);
  };
  const auto said = [&] {
    window->notifier().dismissAll();
    window->sessions().open(file);
    const QStringList pending = window->notifier().pending();
    return pending.size() == 1 ? pending.front() : pending.join(" / ") + " (not one message)";
  };
  EXPECT_TRUE(said().contains("other.json")) << said().toStdString();
  write("{\"a\": ");
  EXPECT_TRUE(said().contains("no JSON")) << said().toStdString();
  write("{\"images\": []}");
  EXPECT_TRUE(said().contains("no session")) << said().toStdString();
  write("{\"_kind\": \"anchorscope session\", \"looked\": {\"version\": 99}}");
  EXPECT_TRUE(said().contains("another version")) << said().toStdString();
  write("{\"_kind\": \"anchorscope session\", \"folder\": 7, \"looked\": [1], \"when\": {}}");
  EXPECT_TRUE(said().contains("another version")) << said().toStdString();
  EXPECT_TRUE(window->onStartPage());
}

TEST_F(WindowSessionTest, ADroppedImageOfTheRunIsGoneTo) {
  openWindow();
  auto config = makeRunConfig("musu", "retina-small");
  ASSERT_TRUE(config);
  config->data = "voc:/data/cells#train";
  window->run().start(*config);
  trainer.publishFacts({"a.jpg", "train/b.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(1, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] {
    return window->workspace().active().frame() != nullptr &&
           window->run().bridge().state() == TrainerState::kRunning;
  }));
  trainer.takeCommands();
  drop("/data/cells/train/b.jpg");
  bool asked = false;
  for (const Command& command : trainer.takeCommands())
    if (const auto* probes = std::get_if<SetProbesCommand>(&command))
      asked = probes->imageNames.back() == "train/b.jpg";
  EXPECT_TRUE(asked);
  EXPECT_FALSE(window->onStartPage());
}

/// The program itself, killed as the kernel or a power cut does it.
TEST_F(WindowSessionTest, AfterACrashTheSessionIsOfferedAndEverythingRecordedIsThere) {
  const QString run = QString::fromStdString((folder / "live").string());
  QProcess program;
  program.start(ANCHORSCOPE_PROGRAM, {"--preset", "demo", "--data", "demo#train", "--size", "64", "--batch",
                                      "2", "--threads", "1", "--record-every", "2", "--out", run});
  ASSERT_TRUE(program.waitForStarted(kPatienceMs));
  const auto framesRecorded = [&] {
    const auto reader = openRun(run.toStdString());
    return reader ? (*reader)->recordedSteps()->size() : std::size_t{0};
  };
  const auto kept = [] { return QFile::exists(SessionKeeper::filePath()); };
  ASSERT_TRUE(QTest::qWaitFor([&] { return kept() && framesRecorded() >= 3; }, kPatienceMs));
  const std::size_t recordedBefore = framesRecorded();
  ::kill(static_cast<pid_t>(program.processId()), SIGKILL);
  ASSERT_TRUE(program.waitForFinished(kPatienceMs));
  EXPECT_EQ(program.exitStatus(), QProcess::CrashExit);

  openWindow();
  ASSERT_TRUE(card().isVisible());
  EXPECT_TRUE(cardText().startsWith("Everything that was recorded is there")) << cardText().toStdString();
  testing::keepPicture(window->grab().toImage(), "session_after_crash");
  QTest::mouseClick(button("openSession"), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window->workspace().active().frame() != nullptr; }, kPatienceMs));
  EXPECT_GE(framesRecorded(), recordedBefore);
  EXPECT_TRUE(window->workspace().active().time().followsLive() == false);
  EXPECT_TRUE(window->notifier().pending().isEmpty())
      << window->notifier().pending().join(" / ").toStdString();
}

}  // namespace
}  // namespace anchorscope
