// People's first minutes with the real trainer: demo, step 0, pause, step, select, export, go back, keep,
// open, close. Runs offscreen and in a real X server.

#include <gtest/gtest.h>

#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <filesystem>

#include "app/main_window.h"
#include "core/evidence/decision.h"
#include "core/trainer/presets.h"
#include "tests/app/training_window.h"
#include "tests/app/window_fixture.h"
#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/pair_table_model.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/decision_view.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

using testing::whenAsked;

constexpr int kPatienceMs = 120'000;

class WindowTrainingTest : public testing::TrainingWindow<kPatienceMs> {
 protected:
  std::int64_t step() const {
    const auto& snapshot = window.run().bridge().snapshot();
    return snapshot ? snapshot->status.step : -1;
  }
};

TEST_F(WindowTrainingTest, OneClickToBoxesLearningThenPauseStepSelectAndExport) {
  std::vector<std::int64_t> steps, shown;
  QObject::connect(&window.run().bridge(), &SessionBridge::stepsArrived,
                   [&](const std::vector<StepEvent>& arrived) {
                     for (const StepEvent& event : arrived)
                       steps.push_back(event.step);
                   });
  QObject::connect(
      &window.run().bridge(), &SessionBridge::snapshotArrived,
      [&](const std::shared_ptr<const Snapshot>& snapshot) { shown.push_back(snapshot->status.step); });
  ASSERT_TRUE(window.onStartPage());
  QTest::mouseClick(window.startPage().demoButton(), Qt::LeftButton);
  EXPECT_FALSE(window.onStartPage());
  ANCHORSCOPE_WAIT(window.workspace().active().frame() != nullptr);
  EXPECT_TRUE(window.page().canvas().isVisible());
  ANCHORSCOPE_WAIT(steps.size() >= 5);
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(steps[i], steps[0] + static_cast<std::int64_t>(i));  // none is left out

  window.page().canvas().setFocus();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Space);
  ANCHORSCOPE_WAIT(state() == TrainerState::kPaused);
  // What the window shows when paused is of the very last step.
  ANCHORSCOPE_WAIT(!steps.empty() && step() == steps.back());
  const std::int64_t before = step();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Period);
  ANCHORSCOPE_WAIT(step() == before + 1 && state() == TrainerState::kPaused);
  EXPECT_EQ(window.workspace().active().frame()->step, before + 1);

  // A click on an object's outline selects it, one inside it an anchor.
  CanvasView& canvas = window.page().canvas();
  const StageEvidence& frame = *window.workspace().active().evidence();
  ASSERT_FALSE(frame.image->objects.empty());
  const Box box = frame.image->objects[0].boxInImage;
  QTest::mouseClick(&canvas, Qt::LeftButton, Qt::ControlModifier,
                    canvas.toCanvas({(box.x1 + box.x2) / 2.0, (box.y1 + box.y2) / 2.0}).toPoint());
  ASSERT_GE(window.workspace().active().selectedObject(), 0);
  InspectorPanel& inspector = window.page().inspector();
  ANCHORSCOPE_WAIT(inspector.bagTable()->isVisible());
  QPointF inside(box.x1 + 0.3 * static_cast<double>(box.width()),
                 box.y1 + 0.3 * static_cast<double>(box.height()));
  window.workspace().active().layers().showOnly("channel:anchor_iou");
  window.workspace().active().layers().update("channel:anchor_iou", [](Layer& layer) { layer.fade = false; });
  QTest::mouseClick(&canvas, Qt::LeftButton, {}, canvas.toCanvas(inside).toPoint());
  const std::int64_t anchor = window.workspace().active().selectedAnchor();
  ASSERT_GE(anchor, 0);
  const int object = window.workspace().active().selectedObject();
  ASSERT_GE(object, 0);
  const Decision expected = explain(frame, static_cast<std::int32_t>(anchor), object);
  const Decision& told = inspector.decisionView()->decision();
  ASSERT_EQ(told.rows.size(), expected.rows.size());
  for (std::size_t i = 0; i < expected.rows.size(); ++i) {
    EXPECT_EQ(told.rows[i].name, expected.rows[i].name);
    EXPECT_EQ(told.rows[i].verdict, expected.rows[i].verdict);
  }
  EXPECT_EQ(inspector.summary().toStdString(), expected.summary);

  const testing::TemporaryFolder folder;
  const auto path = [&](const char* name) { return QString::fromStdString((folder / name).string()); };
  /// Whether it was written; else the window says why not.
  const auto exported = [&](bool curves, const char* name) {
    window.notifier().dismissAll();
    if (curves)
      window.page().exports().writeCurves(path(name));
    else
      window.page().exports().writeView(path(name));
    EXPECT_TRUE(window.page().exports().isBusy()) << "the window does not wait";
    EXPECT_TRUE(QTest::qWaitFor([&] { return !window.page().exports().isBusy(); }, 20'000));
    const auto& messages = window.notifier().messages();
    return std::none_of(messages.begin(), messages.end(), [](const Message& message) {
      return message.kind == MessageKind::kError && message.text.contains("exists");
    });
  };
  for (const char* name : {"view.pdf", "view.svg", "view.png"}) {
    EXPECT_TRUE(exported(false, name));
    EXPECT_EQ(window.notifier().pending().filter("Wrote").size(), 1);
    EXPECT_GT(std::filesystem::file_size(folder / name), 1000u) << name;
  }
  EXPECT_FALSE(exported(false, "view.pdf")) << "unasked";
  EXPECT_TRUE(exported(true, "curves.csv"));
  EXPECT_TRUE(exported(true, "curves.pdf"));
  for (const char* name : {"curves.csv", "curves.pdf"})
    EXPECT_GT(std::filesystem::file_size(folder / name), 10u) << name;
  EXPECT_FALSE(exported(true, "curves.pdf")) << "unasked";
}

TEST_F(WindowTrainingTest, ShowsStepZeroBeforeAnythingIsTrainedAndStepsOneByOne) {
  startPausedDemo();
  EXPECT_EQ(step(), 0);
  EXPECT_EQ(window.workspace().active().frame()->step, 0);
  EXPECT_FALSE(window.workspace().active().probes().empty());
  EXPECT_TRUE(window.page().transport().stepAction()->isEnabled());
  window.page().canvas().setFocus();
  for (std::int64_t wanted = 1; wanted <= 3; ++wanted) {
    QTest::keyClick(&window.page().canvas(), Qt::Key_Period);
    ANCHORSCOPE_WAIT(step() == wanted && state() == TrainerState::kPaused);
  }
}

TEST_F(WindowTrainingTest, GoesBackToARecordedStepAndToLiveAgainThenKeepsTheRecording) {
  auto config = presetConfig("demo");
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_TRUE(applySetting(*config, "train.record_every", "4"));
  ASSERT_TRUE(applySetting(*config, "train.steps", "12"));
  window.run().start(*config);
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped);
  ANCHORSCOPE_WAIT(window.page().scrubber().steps().size() >= 4);  // 0, 4, 8, 12
  HistoryScrubber& scrubber = window.page().scrubber();
  EXPECT_EQ(scrubber.steps(), (std::vector<std::int64_t>{0, 4, 8, 12}));
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, {static_cast<int>(scrubber.xOf(4)), 14});
  EXPECT_FALSE(window.workspace().active().time().followsLive());
  ANCHORSCOPE_WAIT(window.workspace().active().frame()->step == 4);
  scrubber.goLive();
  EXPECT_EQ(window.workspace().active().frame()->step, 12);
  EXPECT_TRUE(window.workspace().active().time().followsLive());

  const testing::TemporaryFolder folder;
  const QString target = QString::fromStdString((folder / "kept").string());
  window.run().keep(target);
  ANCHORSCOPE_WAIT(window.runView().recordedRun() && window.runView().recordedRun()->folder() == target);
  EXPECT_EQ(scrubber.steps(), (std::vector<std::int64_t>{0, 4, 8, 12}));
  ANCHORSCOPE_WAIT(window.runView().recordedRun()->isRested());
  EXPECT_EQ(window.workspace().active().frame()->step, 12);
  EXPECT_FALSE(window.page().transport().stepAction()->isEnabled()) << "a recorded run is not training";
  EXPECT_EQ(window.page().transport().runPauseAction()->text(), "Continue");
  scrubber.setFocus();
  QTest::keyClick(&scrubber, Qt::Key_Home);
  ANCHORSCOPE_WAIT(window.workspace().active().frame()->step == 0);
  EXPECT_EQ(window.page().curves().history().lastStep(), 12);

  // The same folder opens again in a fresh window.
  window.showStartPage();
  window.runView().open(target);
  ANCHORSCOPE_WAIT(scrubber.steps().size() == 4u);
  EXPECT_TRUE(window.notifier().pending().filter("cannot").isEmpty());
}

TEST_F(WindowTrainingTest, AStoppedRunIsContinuedWhereItStopped) {
  auto config = presetConfig("demo");
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_TRUE(applySetting(*config, "train.record_every", "4"));
  ASSERT_TRUE(applySetting(*config, "train.steps", "8"));
  SessionOptions options;
  options.startPaused = true;
  window.run().start(*config, options);
  ANCHORSCOPE_WAIT(window.workspace().active().frame() && state() == TrainerState::kPaused);
  window.page().canvas().setFocus();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Period);
  ANCHORSCOPE_WAIT(step() == 1 && state() == TrainerState::kPaused);
  auto* run = window.page().transport().findChild<QToolButton*>("runButton");
  QTest::mouseClick(window.page().transport().findChild<QToolButton*>("stopButton"), Qt::LeftButton);
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped);
  ASSERT_EQ(run->text(), "Continue");
  QTest::mouseClick(run, Qt::LeftButton);
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped && step() == 8);
  const auto curveSteps = [&] {
    std::vector<std::int64_t> steps;
    if (const CurveSeries* curve = window.page().curves().history().find("loss.cls"))
      for (const CurvePoint& point : curve->points())
        steps.push_back(point.step);
    return steps;
  };
  ANCHORSCOPE_WAIT(curveSteps() == (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  ANCHORSCOPE_WAIT(window.page().scrubber().steps() == (std::vector<std::int64_t>{0, 1, 4, 8}));

  // All its steps are done: it is asked until when, and goes on with Space as well.
  whenAsked<QInputDialog>([](QInputDialog& dialog) {
    dialog.setIntValue(10);
    dialog.accept();
  });
  QTest::keyClick(&window.page().canvas(), Qt::Key_Space);
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped && step() == 10);
  EXPECT_EQ(curveSteps().back(), 10);
  EXPECT_EQ(curveSteps().size(), 10u);
  EXPECT_TRUE(window.notifier().pending().isEmpty()) << window.notifier().pending().first().toStdString();
}

TEST_F(WindowTrainingTest, KeepingARunDoesNotEndTheOneStartedMeanwhile) {
  auto config = presetConfig("demo");
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_TRUE(applySetting(*config, "train.steps", "1"));
  window.run().start(*config);
  ANCHORSCOPE_WAIT(state() == TrainerState::kStopped);
  const testing::TemporaryFolder folder;
  const QString target = QString::fromStdString((folder / "kept").string());
  window.run().keep(target);
  startPausedDemo();  // before the window hears that the folder was moved
  ANCHORSCOPE_WAIT(!window.notifier().pending().filter(target).isEmpty());
  EXPECT_TRUE(window.run().bridge().hasSession());
  EXPECT_EQ(state(), TrainerState::kPaused);
  EXPECT_TRUE(std::filesystem::exists(target.toStdString()));
}

TEST_F(WindowTrainingTest, AnUnknownDataSetIsToldOnTheStartPage) {
  window.startPage().setDataSpec("voc:/no/such/folder#train");
  QTest::mouseClick(window.startPage().startButton(), Qt::LeftButton);
  ANCHORSCOPE_WAIT(window.onStartPage());
  const auto* problem = window.findChild<QLabel*>("startProblem");
  EXPECT_TRUE(problem->isVisible());
  EXPECT_TRUE(problem->text().contains("/no/such/folder")) << problem->text().toStdString();
  EXPECT_EQ(window.startPage().dataEdit()->text(), "voc:/no/such/folder#train") << "what was typed stays";
}

TEST_F(WindowTrainingTest, AChangedParameterTakesEffectAndIsMarked) {
  startPausedDemo();
  std::vector<RunEvent> notes;
  QObject::connect(&window.run().bridge(), &SessionBridge::noteArrived,
                   [&](const RunEvent& event) { notes.push_back(event); });
  auto* rate = window.findChild<QLineEdit*>("train.lr");
  ASSERT_NE(rate, nullptr);
  rate->setText("0.0005");
  emit rate->editingFinished();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Period);
  ANCHORSCOPE_WAIT(
      std::any_of(notes.begin(), notes.end(), [](const RunEvent& e) { return e.kind == "parameter"; }));
}

TEST_F(WindowTrainingTest, ClosesCleanlyInTheMiddleOfAStepAndWhilePreparing) {
  QTest::mouseClick(window.startPage().demoButton(), Qt::LeftButton);
  ANCHORSCOPE_WAIT(step() >= 1);
  EXPECT_TRUE(window.close());
  EXPECT_FALSE(window.run().bridge().hasSession());
  MainWindow preparing;
  preparing.show();
  preparing.start().demo();
  EXPECT_TRUE(preparing.close());
}

}  // namespace
}  // namespace anchorscope
