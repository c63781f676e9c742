// Recorded runs in the window: evaluations of every step, and traces that are damaged.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <QAbstractItemModel>
#include <QComboBox>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QTableView>
#include <QToolButton>
#include <filesystem>

#include "core/session/evaluation_scalars.h"
#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/two_stage_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/start_page.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

EvaluationEvent evaluationAt(std::int64_t step) {
  const double better = 0.001 * static_cast<double>(step);
  return {step,
          {{"ap", 0.3 + better}, {"ap50", 0.6 + better}, {"ap_small", -1}},
          {{"rbc", 0.5 - better}, {"platelet", -1}, {"wbc", 0.2 + better}},
          {{"rbc", 0.75}, {"platelet", -1}, {"wbc", 0.55 + better}}};
}

class WindowHistoryTest : public testing::WindowFixture {
 protected:
  /// Steps 0 to 9, evidence at every third, evaluated at 4 and 8.
  void record() {
    RunHeader header;
    header.dataSpec = "voc:/data/cells#train";
    header.methodName = "musu";
    header.modelName = "retina-small";
    header.classNames = {"rbc", "platelet", "wbc"};
    auto writer = createRun(recorded, header, Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 10; ++step) {
      StepRecord record{step, {{"loss.cls", 1.0 / double(step + 1)}, {"loss.loc", 2.0}}, {}};
      if (step % 3 == 0) record.frames = {testing::makeSyntheticFrame({.step = step})};
      if (step == 4 || step == 8) {
        const auto scalars = evaluationScalars(evaluationAt(step));
        record.scalars.insert(record.scalars.end(), scalars.begin(), scalars.end());
      }
      (*writer)->record(std::move(record));
    }
    ASSERT_TRUE((*writer)->flush());
  }
  /// More values than are read at once.
  void recordLong(std::int64_t steps) {
    RunHeader header;
    header.dataSpec = "voc:/data/cells#train";
    header.methodName = "musu";
    header.modelName = "retina-small";
    auto writer = createRun(recorded, header, Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < steps; ++step) {
      StepRecord made{step, {{"loss.cls", 1.0 / double(step + 1)}, {"loss.loc", 2.0}}, {}};
      if (step == 7) {
        const auto scalars = evaluationScalars(evaluationAt(step));
        made.scalars.insert(made.scalars.end(), scalars.begin(), scalars.end());
      }
      (*writer)->record(std::move(made));
    }
    ASSERT_TRUE((*writer)->flush());
  }
  void change(const std::string& sql) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(tracePath(recorded).c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  /// Until all of it is there. What was shown before stays meanwhile.
  void open() {
    const RecordedSource* before = window.runView().recordedRun();
    window.runView().open(QString::fromStdString(recorded));
    EXPECT_EQ(window.runView().recordedRun(), before) << "the window does not wait";
    ASSERT_TRUE(QTest::qWaitFor([&] {
      return window.runView().recordedRun() && window.runView().recordedRun() != before && rested();
    }));
  }
  bool rested() { return window.runView().recordedRun()->isRested(); }
  void press(Qt::Key key) {
    QTest::keyClick(&window.page().scrubber(), key);
    ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  }
  std::vector<std::int64_t> curveSteps(const char* name) {
    std::vector<std::int64_t> steps;
    if (const CurveSeries* series = window.page().curves().history().find(name))
      for (const CurvePoint& point : series->points())
        steps.push_back(point.step);
    return steps;
  }
  /// Everything the panel tells of the evaluation it shows.
  QStringList shownEvaluation() {
    QStringList out;
    for (const QLabel* label : window.page().evaluation().findChildren<QLabel*>())
      if (label->objectName().startsWith("metric:") || label->objectName() == "evaluationStep")
        out << label->objectName() + ' ' + label->text();
    out.sort();
    const QAbstractItemModel* classes = window.page().evaluation().classTable()->model();
    for (int row = 0; row < classes->rowCount(); ++row)
      for (int column = 0; column < classes->columnCount(); ++column)
        out << classes->index(row, column).data().toString();
    return out;
  }
  void showEvaluationDock() {
    for (QDockWidget* dock : window.page().docks().all())
      if (dock->objectName() == "evaluation") {
        dock->show();
        dock->raise();
      }
  }
  QComboBox* steps() { return window.page().evaluation().findChild<QComboBox*>("evaluatedSteps"); }

  const testing::TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
};

TEST_F(WindowHistoryTest, TheCurvesOfALongRunComeBitByBitAndItsEvaluationsAtOnce) {
  constexpr std::int64_t kSteps = 110'000;
  recordLong(kSteps);
  window.runView().open(QString::fromStdString(recorded));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() != nullptr; }));
  const auto values = [&](const char* name) {
    const CurveSeries* series = window.page().curves().history().find(name);
    return series ? series->drawn().back().step + 1 : 0;
  };
  std::vector<std::int64_t> lossesThen;
  QObject::connect(window.runView().recordedRun(), &EvidenceSource::scalarsArrived, &window, [&] {
    EXPECT_EQ(curveSteps("eval.ap"), std::vector<std::int64_t>{7}) << "evaluations come first";
    lossesThen.push_back(values("loss.loc"));
  });
  ASSERT_TRUE(QTest::qWaitFor([&] { return values("loss.loc") == kSteps; }, 20000));
  EXPECT_EQ(values("loss.cls"), kSteps);
  EXPECT_GT(lossesThen.size(), 5u) << "the window has been busy with all of it at once";
  EXPECT_LT(lossesThen.front(), kSteps);
}

TEST_F(WindowHistoryTest, ARecordedRunShowsOfEveryEvaluationWhatItShowedLive) {
  run();
  showEvaluationDock();
  std::map<std::int64_t, QStringList> live;
  for (const std::int64_t step : {4, 8}) {
    trainer.send(evaluationAt(step));
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return !curveSteps("eval.ap").empty() && curveSteps("eval.ap").back() == step; }));
    live[step] = shownEvaluation();
  }
  ASSERT_NE(live[4], live[8]);
  EXPECT_TRUE(live[8].contains("platelet"));
  EXPECT_TRUE(live[8].contains("0.492")) << "the AP of rbc";
  steps()->setFocus();
  QTest::keyClick(steps(), Qt::Key_Down);
  EXPECT_EQ(shownEvaluation(), live[4]) << "the earlier one is still there";

  record();
  window.run().setAsk([](const Question&) { return Answer::kGoAhead; });
  open();
  showEvaluationDock();
  EXPECT_EQ(steps()->currentText(), "step 8");
  EXPECT_EQ(shownEvaluation(), live[8]);
  testing::keepPicture(window.grab().toImage(), "recorded_evaluation");
  steps()->setFocus();
  QTest::keyClick(steps(), Qt::Key_Down);
  EXPECT_EQ(shownEvaluation(), live[4]);
  auto* button = window.findChild<QToolButton*>("evaluationButton");
  EXPECT_EQ(button->text(), "AP 0.308 · AP50 0.608 at step 8");
  change("DELETE FROM scalar WHERE name_id IN (SELECT id FROM scalar_name WHERE name LIKE 'eval.%')");
  open();
  EXPECT_FALSE(button->isVisible()) << "nothing of the run before stays";
  EXPECT_TRUE(shownEvaluation().contains("evaluationStep This run has not been evaluated."));
}

TEST_F(WindowHistoryTest, AnOpenedRunIsOfferedAgainUntilItHasVanished) {
  openSettings().clear();
  record();
  open();
  const QString path = QString::fromStdString(recorded);
  EXPECT_EQ(recentEntries(), QStringList{path});
  // Its link on the first page, or null.
  const auto link = [&]() -> QPushButton* {
    for (QPushButton* button : window.startPage().findChildren<QPushButton*>())
      if (button->toolTip() == path && !button->isHidden()) return button;
    return nullptr;
  };
  window.showStartPage();
  ASSERT_NE(link(), nullptr);
  QTest::mouseClick(link(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() && !window.onStartPage(); }));
  EXPECT_EQ(recentEntries(), QStringList{path}) << "once";

  window.showStartPage();
  QMenu* menu = nullptr;
  for (QMenu* found : window.findChildren<QMenu*>())
    if (QString(found->title()).remove('&') == "Open recent") menu = found;
  ASSERT_NE(menu, nullptr);
  std::filesystem::remove_all(recorded);
  menu->popup({0, 0});
  ASSERT_EQ(menu->actions().size(), 1);
  EXPECT_EQ(menu->actions().first()->text(), path) << "it does not go unsaid";
  QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(menu->actions().first()).center());
  ASSERT_EQ(window.notifier().messages().size(), 1);
  EXPECT_TRUE(window.notifier().messages().first().text.contains("no recorded run in '" + path + "'"));
  EXPECT_TRUE(window.onStartPage());
  EXPECT_TRUE(recentEntries().isEmpty());
  EXPECT_EQ(link(), nullptr);
  testing::keepPicture(window.grab().toImage(), "recent_run_vanished");

  // By its link the same.
  record();
  open();
  window.showStartPage();
  std::filesystem::remove_all(recorded);
  ASSERT_NE(link(), nullptr);
  window.notifier().dismissAll();
  QTest::mouseClick(link(), Qt::LeftButton);
  EXPECT_EQ(window.notifier().messages().size(), 1);
  EXPECT_EQ(link(), nullptr);
  EXPECT_TRUE(window.startPage().dataEdit()->text().isEmpty()) << "it is no data set";
}

TEST_F(WindowHistoryTest, EitherStageOfARecordedRunIsLookedAt) {
  {
    auto writer = createRun(recorded, RunHeader(), Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 3; ++step)
      (*writer)->record({step, {}, {testing::makeSyntheticTwoStageFrame(step)}});
  }
  open();
  CanvasModel& state = window.workspace().active();
  auto* picker = window.findChild<QComboBox*>("stagePicker");
  ASSERT_TRUE(picker->isVisible());
  ASSERT_EQ(picker->count(), 2);
  EXPECT_EQ(state.evidence()->stage.name, "rpn");
  picker->setFocus();
  QTest::keyClick(picker, Qt::Key_Down);
  ASSERT_EQ(state.evidence()->stage.name, "roi");
  window.page().canvas().setFocus();
  window.page().canvas().goToAnchor(7);
  const auto* facts = window.findChild<QLabel*>("anchorFacts");
  ASSERT_NE(facts, nullptr);
  const auto& origins = state.evidence()->candidates->origins;
  EXPECT_TRUE(facts->text().startsWith(QString("from anchor %1").arg(origins[7])))
      << facts->text().toStdString();
  window.workspace().active().layers().showOnly("channel:roi.iou");
  window.page().scrubber().setFocus();
  press(Qt::Key_Home);
  ASSERT_TRUE(QTest::qWaitFor([&] { return state.frame()->step == 0; }));
  EXPECT_EQ(state.evidence()->stage.name, "roi") << "the stage stays";
  testing::keepPicture(window.grab().toImage(), "recorded_stages");
}

TEST_F(WindowHistoryTest, AnotherProbeOfARecordedStepIsShownWhenItIsChosen) {
  const auto frameOf = [](const std::string& name, std::int64_t step) {
    StageEvidence evidence = *testing::makeSyntheticEvidence({.step = step});
    auto image = std::make_shared<ProbeImage>(*evidence.image);
    image->name = name;
    evidence.image = std::move(image);
    return ProbeFrame::of(std::move(evidence));
  };
  {
    auto writer = createRun(recorded, RunHeader(), Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 3; ++step)
      (*writer)->record({step, {}, {frameOf("a.jpg", step), frameOf("b.jpg", step)}});
  }
  open();
  const CanvasModel& state = window.workspace().active();
  auto* probes = window.findChild<QListWidget*>("probeList");
  ASSERT_EQ(probes->count(), 2);
  EXPECT_EQ(state.probeName(), "a.jpg");
  const auto choose = [&](int row) {
    QTest::mouseClick(probes->viewport(), Qt::LeftButton, {},
                      probes->visualItemRect(probes->item(row)).center());
    ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  };
  const auto shown = [&] {
    return QString::fromStdString(state.frame()->image->name) + ' ' + QString::number(state.frame()->step);
  };
  EXPECT_EQ(shown(), "a.jpg 2");
  choose(1);
  EXPECT_EQ(shown(), "b.jpg 2");
  EXPECT_EQ(state.probeName(), "b.jpg");
  EXPECT_FALSE(state.frame()->stages.front()->predictedBoxesInInput.empty() &&
               state.frame()->stages.front()->channels.empty());
  window.page().scrubber().setFocus();
  press(Qt::Key_Home);
  EXPECT_EQ(shown(), "b.jpg 0");
  choose(0);
  EXPECT_EQ(shown(), "a.jpg 0");
  EXPECT_EQ(probes->currentRow(), 0);
  // As fast as keys come: where it goes counts, not what could be shown on the way.
  press(Qt::Key_End);
  window.page().scrubber().setFocus();
  QTest::keyClick(&window.page().scrubber(), Qt::Key_Left);
  QTest::keyClick(&window.page().scrubber(), Qt::Key_Left);
  EXPECT_EQ(window.page().scrubber().step(), 0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return rested(); }));
  EXPECT_EQ(shown(), "a.jpg 0");
}

TEST_F(WindowHistoryTest, ADamagedRowIsNamedAndTheRestOfTheRunIsShown) {
  record();
  change(
      "UPDATE scalar SET value=value*2 WHERE step=3 AND name_id=(SELECT id FROM scalar_name WHERE "
      "name='loss.cls')");
  open();
  EXPECT_FALSE(window.onStartPage());
  EXPECT_EQ(window.notifier().pending(), QStringList{"1 value of 'loss.cls' is damaged and left out"});
  EXPECT_TRUE(window.findChild<QWidget*>("messageBar")->isVisible());
  EXPECT_EQ(curveSteps("loss.cls"), (std::vector<std::int64_t>{0, 1, 2, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(curveSteps("loss.loc").size(), 10u);
  EXPECT_EQ(window.page().scrubber().steps(), (std::vector<std::int64_t>{0, 3, 6, 9}));
  ASSERT_TRUE(window.workspace().active().frame());
  EXPECT_EQ(window.workspace().active().frame()->step, 9);
  EXPECT_EQ(steps()->count(), 2);
}

TEST_F(WindowHistoryTest, SeveralDamagedRecordsAreCountedAndEachIsNamedUnderDetails) {
  record();
  change("UPDATE run SET header=replace(header, 'cells', 'bells')");
  change("UPDATE scalar SET value=-1 WHERE step IN (2, 5)");
  change("UPDATE event SET text='nothing'");
  open();
  EXPECT_FALSE(window.onStartPage());
  ASSERT_EQ(window.notifier().pending().size(), 1);
  const QString text = window.notifier().pending().first();
  EXPECT_TRUE(text.startsWith("3 damaged records in this run. The first: The record 'run' of the trace"))
      << text.toStdString();
  EXPECT_EQ(curveSteps("loss.loc"), (std::vector<std::int64_t>{0, 1, 3, 4, 6, 7, 8, 9}));
  ASSERT_TRUE(window.workspace().active().frame());
  auto* details = window.findChild<QToolButton*>("messageDetails");
  ASSERT_NE(details, nullptr);
  EXPECT_TRUE(details->isVisible());
  QString told;
  testing::whenAsked<QMessageBox>([&](QMessageBox& box) {
    told = box.text() + box.informativeText() + box.detailedText();
    box.reject();
  });
  QTest::mouseClick(details, Qt::LeftButton);
  for (const char* name : {"record 'run'", "2 values of 'loss.cls'", "2 values of 'loss.loc'"})
    EXPECT_TRUE(told.contains(name)) << told.toStdString();
  EXPECT_FALSE(told.contains("json", Qt::CaseInsensitive)) << told.toStdString();
}

TEST_F(WindowHistoryTest, ADamagedFrameIsNamedWhenItIsGoneToAndTheOthersAreShown) {
  record();
  change("UPDATE array SET bytes=x'00' WHERE frame_id=(SELECT id FROM frame WHERE step=3)");
  open();
  EXPECT_TRUE(window.notifier().pending().isEmpty()) << "frames are read when they are looked at";
  EXPECT_EQ(window.workspace().active().frame()->step, 9);
  window.page().scrubber().setFocus();
  press(Qt::Key_Home);
  EXPECT_EQ(window.workspace().active().frame()->step, 0);
  press(Qt::Key_Right);
  ASSERT_EQ(window.notifier().pending().size(), 1);
  EXPECT_TRUE(window.notifier().pending().first().contains("at step 3"))
      << window.notifier().pending().first().toStdString();
  EXPECT_EQ(window.workspace().active().frame()->step, 0) << "what was shown stays";
  EXPECT_EQ(window.page().scrubber().step(), 0);
  press(Qt::Key_End);
  EXPECT_EQ(window.workspace().active().frame()->step, 9);
}

TEST_F(WindowHistoryTest, ATraceThatCannotBeOpenedIsToldAndTheWindowStaysWhereItWas) {
  record();
  change("DROP TABLE step");
  window.runView().open(QString::fromStdString(recorded));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  EXPECT_TRUE(window.onStartPage());
  ASSERT_EQ(window.notifier().pending().size(), 1);
  EXPECT_TRUE(window.notifier().pending().first().contains("no such table: step"));
  EXPECT_TRUE(window.notifier().pending().first().contains("trace.sqlite"));
}

}  // namespace
}  // namespace anchorscope
