// The main window beside a trainer that the test plays: every state, preparing and its failure, messages,
// docks, keys.

#include <gtest/gtest.h>

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QStatusBar>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "app/main_window.h"
#include "app/settings.h"
#include "app/workspace/panel.h"
#include "core/trainer/presets.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/help/help_browser.h"
#include "widgets/help/help_window.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/parameters_panel.h"
#include "widgets/panels/preparing_view.h"
#include "widgets/panels/probes_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"

namespace anchorscope {
namespace {

using testing::FakeTrainer;

std::shared_ptr<const ProbeFrame> frameOf(const std::string& name) {
  StageEvidence evidence = *testing::makeSyntheticEvidence();
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = name;
  evidence.image = image;
  return ProbeFrame::of(std::move(evidence));
}

class WindowStatesTest : public testing::WindowFixture {
 protected:
  WindowStatesTest() {
    window.run().setAsk([this](const Question& question) {
      asked << question.title;
      return answer;
    });
  }

  QStringList asked;
  Answer answer = Answer::kGoAhead;
};

TEST_F(WindowStatesTest, ActionsFollowTheState) {
  EXPECT_FALSE(action("Save checkpoint")->isEnabled());
  EXPECT_FALSE(action("Keep recorded run…")->isEnabled());
  EXPECT_FALSE(action("Export view…")->isEnabled());
  run();
  EXPECT_TRUE(action("Save checkpoint")->isEnabled());
  EXPECT_TRUE(action("Export view…")->isEnabled());
  EXPECT_FALSE(action("Keep recorded run…")->isEnabled());
  for (const TrainerState state :
       {TrainerState::kPaused, TrainerState::kStopping, TrainerState::kStopped, TrainerState::kFailed}) {
    trainer.setState(state);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().state() == state; }));
    const EnabledActions enabled = enabledActions(state);
    EXPECT_EQ(action("Save checkpoint")->isEnabled(), enabled.checkpoint);
    EXPECT_EQ(action("Evaluate now")->isEnabled(), enabled.checkpoint);
    EXPECT_EQ(window.page().transport().stepAction()->isEnabled(), enabled.step);
    EXPECT_EQ(window.page().transport().stopAction()->isEnabled(), enabled.stop);
    EXPECT_EQ(action("Keep recorded run…")->isEnabled(),
              state == TrainerState::kStopped || state == TrainerState::kFailed);
  }
}

TEST_F(WindowStatesTest, PreparingShowsHowFarItIsAndCancelGoesBack) {
  start();
  trainer.send(ProgressEvent{"Reading 5,000 annotations", 0.4});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.page().preparing().text().contains("annotations"); }));
  EXPECT_TRUE(window.page().preparing().isVisible());
  EXPECT_FALSE(window.page().canvas().isVisible());
  EXPECT_TRUE(window.page().preparing().text().contains("40 %"));
  QTest::mouseClick(window.page().preparing().cancelButton(), Qt::LeftButton);
  EXPECT_TRUE(window.onStartPage());
  EXPECT_FALSE(window.run().bridge().hasSession());
  EXPECT_TRUE(asked.isEmpty());
}

TEST_F(WindowStatesTest, AFailureBeforeAnythingWasShownIsToldOnTheStartPage) {
  openSettings().clear();
  start();
  const Error error = makeError(ErrorCode::kBadData, "There is no folder '/data/cells'", "Check the path");
  trainer.send(NoteEvent{{0, "error", error.text()}});  // its journal says so as well
  trainer.send(
      FailedEvent{makeError(ErrorCode::kBadData, "There is no folder '/data/cells'", "Check the path"), ""});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.onStartPage(); }));
  const auto* problem = window.findChild<QLabel*>("startProblem");
  EXPECT_TRUE(problem->isVisible());
  EXPECT_TRUE(problem->text().contains("There is no folder '/data/cells'"));
  EXPECT_TRUE(problem->text().contains("Check the path"));
  EXPECT_TRUE(window.notifier().pending().isEmpty()) << "told once";
  // What was to be opened stands in the form, wherever it came from, to be put right.
  EXPECT_EQ(window.startPage().dataEdit()->text(), "voc:/data/cells#train");
  EXPECT_TRUE(window.startPage().dataEdit()->hasFocus());
  EXPECT_TRUE(window.startPage().startButton()->isEnabled());
  EXPECT_FALSE(recentEntries().contains("voc:/data/cells#train")) << "it was never opened";
  run();
  EXPECT_TRUE(recentEntries().contains("voc:/data/cells#train"));
}

TEST_F(WindowStatesTest, AFailureWhileTrainingStaysInTheBarAndSelectsTheCulprit) {
  run();
  const auto culprit = frameOf("culprit.jpg");
  trainer.publish(6, {testing::makeSyntheticFrame(), culprit});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().probes().size() == 2; }));
  trainer.send(FailedEvent{makeError(ErrorCode::kNumeric, "The loss is not finite"), "culprit.jpg"});
  trainer.setState(TrainerState::kFailed);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  EXPECT_FALSE(window.onStartPage());
  EXPECT_TRUE(window.notifier().pending().first().contains("The loss is not finite"));
  EXPECT_EQ(window.notifier().problems().rowCount(), 1);
  EXPECT_EQ(window.workspace().active().probeName(), "culprit.jpg");
}

TEST_F(WindowStatesTest, ACulpritThatWasNoProbeIsSelectedWhenItsEvidenceArrives) {
  run();
  const Error error = makeError(ErrorCode::kNumeric, "The loss of step 6 is not finite", "Lower train.lr");
  // As the trainer tells it: in the journal, then as a failure, then the evidence with the pinned image.
  trainer.send(NoteEvent{{6, "error", error.text()}});
  trainer.send(FailedEvent{error, "culprit.jpg"});
  const auto culprit = frameOf("culprit.jpg");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  trainer.publish(6, {testing::makeSyntheticFrame(), culprit});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().probes().size() == 2; }));
  EXPECT_EQ(window.workspace().active().probeName(), "culprit.jpg");
  EXPECT_EQ(window.workspace().active().frame(), culprit);
  // Told once, in the bar and in the list.
  EXPECT_EQ(window.notifier().pending(), QStringList{QString::fromStdString(error.text())});
  ASSERT_EQ(window.notifier().problems().rowCount(), 1);
  EXPECT_EQ(window.notifier().problems().index(0, 2).data().toString(), "culprit.jpg");
  // What the user looks at next stays.
  window.workspace().active().setProbeName(
      QString::fromStdString(testing::makeSyntheticFrame()->image->name));
  const QString chosen = window.workspace().active().probeName();
  trainer.publish(7, {testing::makeSyntheticFrame(), culprit});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot()->status.step == 7; }));
  EXPECT_EQ(window.workspace().active().probeName(), chosen);
}

TEST_F(WindowStatesTest, MessagesAreToldOnceNewestFirstAndGoWithTheirRun) {
  run();
  trainer.send(NoteEvent{{6, "error", "Recording has stopped: no space left on device"}});
  trainer.send(NoteEvent{{7, "thinned", "3 frames were not recorded: the disk is behind"}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.notifier().pending().size() == 2; }));
  EXPECT_EQ(window.notifier().pending().first(), "3 frames were not recorded: the disk is behind");
  auto* close = window.findChild<QToolButton*>("messageClose");
  QTest::mouseClick(close, Qt::LeftButton);
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_TRUE(window.notifier().pending().isEmpty());
  // A state is not told again with every snapshot.
  auto failing = std::make_shared<Snapshot>(*window.run().bridge().snapshot());
  failing->status.recording.failure = "no space left on device";
  failing->status.step = 8;
  trainer.publish(std::move(failing));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot()->status.step == 8; }));
  EXPECT_TRUE(window.notifier().pending().isEmpty());
  EXPECT_EQ(window.notifier().problems().presentCount(), 2);

  trainer.send(NoteEvent{{9, "error", "A checkpoint could not be written"}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.notifier().pending().size() == 1; }));
  run();  // another one
  EXPECT_TRUE(window.notifier().pending().isEmpty());
  EXPECT_EQ(window.notifier().problems().presentCount(), 0);
  EXPECT_EQ(window.notifier().problems().rowCount(), 3) << "what went wrong before stays listed";
  EXPECT_EQ(window.findChild<QToolButton*>("problemsButton")->text(), "3 earlier");
}

TEST_F(WindowStatesTest, DamagedRecordsThatArriveBitByBitAreOneMessage) {
  run();
  const auto find = [&](const char* file, const char* kind) {
    Diagnostics diagnostics;
    diagnostics.add({file, "", kind, "it ends early", RecordAction::kSkipped});
    trainer.send(DiagnosticsEvent{diagnostics});
  };
  find("a.jpg", "truncated image");
  find("b.jpg", "truncated image");
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.notifier().problems().rowCount() == 2; }));
  ASSERT_EQ(window.notifier().pending().size(), 1);
  EXPECT_TRUE(window.notifier().pending().first().contains("2 × truncated image"));
  QTest::mouseClick(window.findChild<QToolButton*>("messageClose"), Qt::LeftButton);
  find("c.jpg", "truncated image");
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.notifier().problems().rowCount() == 3; }));
  EXPECT_TRUE(window.notifier().pending().isEmpty()) << "dismissed is dismissed";
  find("d.xml", "box without area");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  EXPECT_TRUE(window.notifier().pending().first().contains("3 × truncated image"));
}

TEST_F(WindowStatesTest, HowARunEndedIsSaidInWords) {
  run();
  enter(TrainerState::kStopped, "stopped");
  EXPECT_EQ(window.statusBar()->currentMessage(), "Training has stopped.");
  run();
  enter(TrainerState::kStopped, "all 5000 steps done");
  EXPECT_EQ(window.statusBar()->currentMessage(), "Training has ended: all 5000 steps done.");
}

TEST_F(WindowStatesTest, ParametersOfARunThatHasEndedAreReadOnly) {
  run();
  action("Change parameters")->trigger();
  auto* beta = window.page().parameters().findChild<QLineEdit*>("method.beta");
  ASSERT_TRUE(QTest::qWaitFor([&] { return beta->isVisible(); }));
  EXPECT_TRUE(beta->isEnabled());
  enter(TrainerState::kStopped, "stopped");
  EXPECT_FALSE(beta->isEnabled());
  EXPECT_TRUE(window.findChild<QLabel*>("parameterHelp")->text().contains("has ended"));
  const QString before = beta->text();
  beta->setFocus();
  QTest::keyClicks(beta, "7");
  EXPECT_EQ(beta->text(), before);
}

TEST_F(WindowStatesTest, AnEvaluationIsShownWithEveryClassAndCanBeCancelled) {
  run();
  auto* line = window.findChild<QToolButton*>("evaluationButton");
  EXPECT_FALSE(line->isVisible());
  trainer.send(ProgressEvent{"Evaluating", 0.25});
  ASSERT_TRUE(QTest::qWaitFor([&] { return line->isVisible(); }));
  EXPECT_EQ(line->text(), "Evaluating 25 %");
  QTest::mouseClick(window.findChild<QToolButton*>("evaluationCancel"), Qt::LeftButton);
  EXPECT_TRUE(commanded<CancelEvaluationCommand>());
  trainer.send(ProgressEvent{});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !line->isVisible(); }));
  EXPECT_FALSE(action("Cancel evaluation")->isEnabled());

  trainer.send(EvaluationEvent{40,
                               {{"ap", 0.412}, {"ap50", 0.733}, {"ap_small", -1}},
                               {{"rbc", 0.55}, {"platelet", -1}, {"wbc", 0.274}},
                               {{"rbc", 0.8}, {"platelet", -1}, {"wbc", 0.666}}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return line->isVisible(); }));
  EXPECT_EQ(line->text(), "AP 0.412 · AP50 0.733 at step 40");
  QTest::mouseClick(line, Qt::LeftButton);
  EXPECT_TRUE(window.page().evaluation().isVisible());
  EXPECT_EQ(window.page().evaluation().classTable()->model()->rowCount(), 3);
  QTest::mouseClick(window.page().evaluation().evaluateButton(), Qt::LeftButton);
  EXPECT_TRUE(commanded<EvaluateCommand>());
}

TEST_F(WindowStatesTest, WithoutValidationImagesTheWindowSaysSoInsteadOfFailing) {
  trainer.validationImageNames.clear();
  run();
  EXPECT_FALSE(action("Evaluate now")->isEnabled());
  EXPECT_TRUE(action("Evaluate now")->toolTip().contains("no validation images"));
  action("Evaluation")->trigger();
  ASSERT_TRUE(window.page().evaluation().isVisible());
  EXPECT_FALSE(window.page().evaluation().evaluateButton()->isEnabled());
  EXPECT_TRUE(window.page()
                  .evaluation()
                  .findChild<QLabel*>("evaluationStep")
                  ->text()
                  .contains("no validation images"));
  QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
  EXPECT_FALSE(commanded<EvaluateCommand>());
}

TEST_F(WindowStatesTest, TheProblemCountOpensTheList) {
  run();
  auto* count = window.findChild<QToolButton*>("problemsButton");
  EXPECT_FALSE(count->isVisible());
  Diagnostics diagnostics;
  diagnostics.add({"a.xml", "object 1", "box without area", "x2 = x1", RecordAction::kSkipped});
  diagnostics.add({"b.xml", "object 4", "box without area", "x2 = x1", RecordAction::kSkipped});
  trainer.send(DiagnosticsEvent{diagnostics});
  ASSERT_TRUE(QTest::qWaitFor([&] { return count->isVisible(); }));
  EXPECT_EQ(count->text(), "2 problems");
  auto* table = window.findChild<QTableView*>("problemsTable");
  EXPECT_FALSE(table->isVisible());
  QTest::mouseClick(count, Qt::LeftButton);
  EXPECT_TRUE(table->isVisible());
  EXPECT_EQ(table->model()->rowCount(), 2);
}

TEST_F(WindowStatesTest, TheViewMenuListsEveryDockAndResetBringsAllBack) {
  run();
  for (QDockWidget* dock : window.page().docks().all()) {
    EXPECT_NE(action(dock->windowTitle()), nullptr);
    dock->close();
    EXPECT_FALSE(dock->isVisible());
  }
  action("Reset layout")->trigger();
  QCoreApplication::processEvents();
  for (QDockWidget* dock : window.page().docks().all()) {
    const bool listed = std::ranges::any_of(
        panelSpecs(), [&](const PanelSpec& spec) { return dock->objectName() == QLatin1String(spec.id); });
    const bool extra = listed || QStringList{"parameters", "evaluation"}.contains(dock->objectName());
    EXPECT_EQ(dock->isVisible(), !extra) << dock->objectName().toStdString();
  }
}

TEST_F(WindowStatesTest, ClosedDocksStayClosedOverTheStartPage) {
  run();
  QDockWidget* curves = nullptr;
  for (QDockWidget* dock : window.page().docks().all())
    if (dock->objectName() == "curves") curves = dock;
  curves->close();
  window.showStartPage();
  for (QDockWidget* dock : window.page().docks().all())
    EXPECT_FALSE(dock->isVisible());
  run();
  EXPECT_FALSE(curves->isVisible());
  EXPECT_TRUE(window.page().inspector().isVisible());
}

TEST_F(WindowStatesTest, SpaceRunsAndPausesFromCanvasTableAndList) {
  run();
  window.workspace().active().selectObject(0);
  for (QWidget* focus : {static_cast<QWidget*>(&window.page().canvas()),
                         static_cast<QWidget*>(window.page().inspector().bagTable()),
                         static_cast<QWidget*>(window.page().probes().findChild<QWidget*>("probeList"))}) {
    focus->setFocus();
    ASSERT_EQ(QApplication::focusWidget(), focus);
    QTest::keyClick(focus, Qt::Key_Space);
    EXPECT_TRUE(commanded<PauseCommand>()) << focus->objectName().toStdString();
  }
}

TEST_F(WindowStatesTest, LettersAndSpaceAreTextWhileTyping) {
  run();
  trainer.setState(TrainerState::kPaused);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().state() == TrainerState::kPaused; }));
  QTest::keyClick(&window.page().canvas(), Qt::Key_P, Qt::ControlModifier);
  auto* search = window.findChild<QLineEdit*>("parameterSearch");
  ASSERT_TRUE(QTest::qWaitFor([&] { return QApplication::focusWidget() == search; }));
  QTest::keyClicks(search, "l u. f1?");
  EXPECT_EQ(search->text(), "l u. f1?");
  EXPECT_TRUE(trainer.takeCommands().empty());
  EXPECT_EQ(window.findChild<QDialog*>("cheatSheet"), nullptr);
}

TEST_F(WindowStatesTest, KeysStepAndRunWhilePaused) {
  run();
  trainer.setState(TrainerState::kPaused);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().state() == TrainerState::kPaused; }));
  window.page().canvas().setFocus();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Period);
  EXPECT_TRUE(commanded<StepCommand>());
  QTest::keyClick(&window.page().canvas(), Qt::Key_Space);
  EXPECT_TRUE(commanded<ResumeCommand>());
}

TEST_F(WindowStatesTest, F1OpensThePageOfTheMethodInUse) {
  QTest::keyClick(&window, Qt::Key_F1);
  ASSERT_NE(window.findChild<HelpWindow*>(), nullptr);
  EXPECT_TRUE(window.findChild<HelpWindow*>()->isVisible());
  EXPECT_EQ(window.findChild<HelpWindow*>()->browser()->page(), "musu");
  window.findChild<HelpWindow*>()->close();
  auto* method = window.startPage().findChild<QComboBox*>("method");
  method->setCurrentIndex(method->findData("max_iou"));
  QTest::mouseClick(window.startPage().findChild<QToolButton*>("methodPage"), Qt::LeftButton);
  EXPECT_TRUE(window.findChild<HelpWindow*>()->isVisible());
  EXPECT_EQ(window.findChild<HelpWindow*>()->browser()->page(), "max_iou");
  window.findChild<HelpWindow*>()->close();
  run();
  window.activateWindow();
  ASSERT_TRUE(QTest::qWaitFor([this] { return QApplication::activeWindow() == &window; }));
  window.page().canvas().setFocus();
  QTest::keyClick(&window.page().canvas(), Qt::Key_F1);
  EXPECT_TRUE(window.findChild<HelpWindow*>()->isVisible());
  EXPECT_EQ(window.findChild<HelpWindow*>()->browser()->page(), "musu");
  action("Reading the window")->trigger();
  EXPECT_EQ(window.findChild<HelpWindow*>()->browser()->page(), "window");
}

TEST_F(WindowStatesTest, AChangeThatDoesNotGoTogetherIsToldBesideTheOptionAndNotSent) {
  auto config = makeRunConfig("harmonic", "fcos-small");
  ASSERT_TRUE(config);
  ASSERT_TRUE(applySetting(*config, "method.assigner", "fcos"));
  ASSERT_TRUE(conflictsOf(*config).empty());
  config->data = "voc:/data/cells#train";
  window.run().start(*config);
  trainer.publishFacts({"a.jpg"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(5, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  action("Change parameters")->trigger();
  auto* assigner = window.page().parameters().findChild<QComboBox*>("method.assigner");
  ASSERT_NE(assigner, nullptr);
  assigner->setFocus();
  QTest::keyClick(assigner, Qt::Key_Down);
  ASSERT_EQ(assigner->currentText(), "atss");
  const auto* message = window.page().parameters().findChild<ConflictLabel*>("message:method.assigner");
  EXPECT_TRUE(message->isVisible());
  EXPECT_TRUE(message->text().contains("points")) << message->text().toStdString();
  EXPECT_TRUE(trainer.takeCommands().empty());
  // Another option waits with it, as nothing is sent while the whole does not go together.
  auto* beta = window.page().parameters().findChild<QLineEdit*>("method.harmonic_gamma");
  beta->setFocus();
  beta->selectAll();
  QTest::keyClicks(beta, "0.5");
  QTest::keyClick(beta, Qt::Key_Return);
  EXPECT_TRUE(trainer.takeCommands().empty());
  QTest::keyClick(assigner, Qt::Key_Up);
  ASSERT_EQ(assigner->currentText(), "fcos");
  EXPECT_FALSE(message->isVisible());
  const auto commands = trainer.takeCommands();
  ASSERT_EQ(commands.size(), 1u) << "what was taken back is not sent";
  EXPECT_EQ(std::get<SetParamCommand>(commands[0]).key, "method.harmonic_gamma");
}

TEST_F(WindowStatesTest, AValueOutOfRangeIsToldBesideTheOptionAndNotSent) {
  run();
  action("Change parameters")->trigger();
  ParamForm& form = window.page().parameters().form();
  auto* beta = form.findChild<QLineEdit*>("method.beta");
  ASSERT_NE(beta, nullptr);
  beta->setFocus();
  beta->selectAll();
  QTest::keyClicks(beta, "7");
  const auto* message = form.findChild<ConflictLabel*>("message:method.beta");
  EXPECT_TRUE(message->isVisible());
  EXPECT_TRUE(message->text().contains("0 to 1")) << message->text().toStdString();
  QTest::keyClick(beta, Qt::Key_Return);
  EXPECT_TRUE(trainer.takeCommands().empty());
  beta->selectAll();
  QTest::keyClicks(beta, "0.5");
  QTest::keyClick(beta, Qt::Key_Return);
  EXPECT_FALSE(message->isVisible());
  const auto commands = trainer.takeCommands();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<SetParamCommand>(commands[0]).key, "method.beta");
  EXPECT_EQ(std::get<SetParamCommand>(commands[0]).value, "0.5");
}

TEST_F(WindowStatesTest, TheDemoShowsWhatIsFoundFromTheStart) {
  window.workspace().active().layers().setLayers({}, {});
  window.start().demo();
  trainer.publishFacts({"a", "b"});
  trainer.setState(TrainerState::kRunning);
  trainer.publish(0, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  EXPECT_TRUE(window.workspace().active().layers().find("predictions")->visible);
  EXPECT_TRUE(window.workspace().active().layers().find("objects")->visible);
  // Once only: what the user hides stays hidden.
  window.workspace().active().layers().setVisible("predictions", false);
  trainer.publish(1, {testing::makeSyntheticFrame()});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot()->status.step == 1; }));
  EXPECT_FALSE(window.workspace().active().layers().find("predictions")->visible);
}

TEST_F(WindowStatesTest, TheCheatSheetListsEveryShortcut) {
  run();
  QTest::keyClick(&window.page().canvas(), Qt::Key_Question);
  auto* sheet = window.findChild<QDialog*>("cheatSheet");
  ASSERT_NE(sheet, nullptr);
  const QString text = sheet->findChild<QLabel*>()->text();
  for (const QAction* found :
       {window.page().transport().runPauseAction(), action("Export view…"), action("Follow live")})
    EXPECT_TRUE(text.contains(found->shortcut().toString(QKeySequence::NativeText).toHtmlEscaped()))
        << found->text().toStdString();
  EXPECT_TRUE(text.contains("Wheel"));
}

TEST_F(WindowStatesTest, AsksBeforeAnUnkeptRunIsThrownAway) {
  run(40);
  answer = Answer::kCancel;
  EXPECT_FALSE(window.close());
  EXPECT_EQ(asked.size(), 1);
  window.start().demo();
  EXPECT_EQ(trainer.started, 1);
  answer = Answer::kGoAhead;
  EXPECT_TRUE(window.close());
  EXPECT_FALSE(window.run().bridge().hasSession());
}

TEST_F(WindowStatesTest, ARunWithoutAFolderRecordsIntoOneThatGoesWithIt) {
  run();
  const QString folder = QString::fromStdString(trainer.config.out);
  EXPECT_FALSE(folder.isEmpty());
  EXPECT_TRUE(QDir(folder).exists());
  window.showStartPage();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !QDir(folder).exists(); }));
}

TEST_F(WindowStatesTest, ADroppedDataFolderFillsTheStartPageAndSomethingElseIsTold) {
  const testing::TemporaryFolder folder;
  folder.write("images/a.jpg", "");
  folder.write("other/a.txt", "");
  const auto drop = [&](const char* name) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(QString::fromStdString((folder / name).string()))});
    QDragEnterEvent enter({600, 400}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent event({600, 400}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &event);
  };
  drop("images");
  EXPECT_TRUE(window.startPage().dataEdit()->text().startsWith("folder:"));
  drop("other");
  EXPECT_EQ(window.notifier().pending().size(), 1);
}

TEST_F(WindowStatesTest, LayerSettingsComeBackWithTheNextWindow) {
  run();
  window.workspace().active().layers().setOpacity("objects", 0.35f);
  window.workspace().active().layers().setVisible("channel:iou", true);
  window.close();
  FakeTrainer other;
  MainWindow again(other.factory());
  const Layer* objects = again.workspace().active().layers().find("objects");
  ASSERT_NE(objects, nullptr);
  EXPECT_FLOAT_EQ(objects->opacity, 0.35f);
  EXPECT_TRUE(again.workspace().active().layers().find("channel:iou")->visible);
}

}  // namespace
}  // namespace anchorscope
