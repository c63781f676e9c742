// The panels of findings and of tracks in the window, on a recorded run.
#include <gtest/gtest.h>

#include <QDockWidget>
#include <QToolButton>
#include <fstream>
#include <sstream>

#include "core/store/run_track.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/findings_model.h"
#include "widgets/panels/findings_panel.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/jump_table.h"
#include "widgets/plot/track_view.h"

namespace anchorscope {
namespace {

class WindowPanelsTest : public testing::WindowFixture {
 protected:
  /// Evidence at steps 0, 3, 6 and 9 of an image whose objects nothing learns at first.
  void open() {
    RunHeader header;
    header.methodName = "musu";
    header.modelName = "retina-small";
    header.classNames = {"rbc", "platelet", "wbc"};
    auto writer = createRun(recorded, header, Overwrite::kYes);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 10; ++step) {
      StepRecord record{step, {{"loss.cls", 1.0}, {"loss.loc", 2.0}}, {}};
      if (step % 3 == 0)
        record.frames = {testing::makeSyntheticFrame({.imageSize = {192, 128},
                                                      .inputSize = {192, 128},
                                                      .objectCount = 8,
                                                      .step = step,
                                                      .progress = static_cast<double>(step) / 10})};
      (*writer)->record(std::move(record));
    }
    ASSERT_TRUE((*writer)->flush());
    (*writer).reset();
    window.runView().open(QString::fromStdString(recorded));
    ASSERT_TRUE(QTest::qWaitFor([&] {
      return window.runView().recordedRun() && window.workspace().active().frame() &&
             window.runView().recordedRun()->isRested();
    }));
  }
  void show(const QString& dock) {
    window.page().docks().show(dock);
    QCoreApplication::processEvents();
  }
  void clickRow(JumpTable* table, int row) {
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualRect(table->model()->index(row, 0)).center());
    QCoreApplication::processEvents();
  }
  /// Until everything recorded has been followed.
  TrackView& followed() {
    show("track");
    auto& view = *window.findChild<TrackView*>();
    EXPECT_TRUE(QTest::qWaitFor([&] {
      return view.track().steps.size() == 4 && view.findChild<QToolButton*>("exportTrack")->isEnabled();
    }));
    return view;
  }
  /// An anchor that a head learns at the last step.
  std::int64_t learnt() {
    const StageEvidence& evidence = *window.workspace().active().evidence();
    const Channel* winner = evidence.channel(evidence.decisions.at(0).outcomes.at(0).winnerChannel);
    for (std::size_t i = 0; i < winner->values.size(); ++i)
      if (winner->values[i] >= 0) return static_cast<std::int64_t>(i);
    return -1;
  }

  const testing::TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
};

TEST_F(WindowPanelsTest, FindingsOfARecordedRunComeWhenTheyAreLookedAtAndLeadToTheirObjects) {
  open();
  auto& panel = *window.findChild<FindingsPanel*>();
  EXPECT_FALSE(panel.hasReport()) << "nobody looks";
  action("Findings")->trigger();
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return !panel.visibleRegion().isEmpty() && window.page().inspector().visibleRegion().isEmpty();
  })) << "who asks for one wants to see it, not its tab";
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel.hasReport(); }));
  ASSERT_FALSE(panel.findings().findings().empty());
  int row = -1;
  for (int i = 0; i < panel.findings().rowCount(); ++i)
    if (row < 0 && !panel.findings().findingOfRow(i)->who.empty()) row = i;
  ASSERT_GE(row, 0);
  clickRow(panel.table(), row);
  const ObjectRef who = panel.findings().findingOfRow(row)->who.front();
  clickRow(panel.objects(), 0);
  EXPECT_EQ(window.workspace().active().selectedObject(), who.object);
  EXPECT_EQ(window.workspace().active().probeName().toStdString(), who.image);
  EXPECT_EQ(window.workspace().active().frame()->step, 9) << "the step stays";
  testing::keepPicture(window.grab().toImage(), "window-findings");
}

TEST_F(WindowPanelsTest, WhatIsSelectedIsFollowedAndAClickGoesToItsStep) {
  open();
  const std::int64_t anchor = learnt();
  ASSERT_GE(anchor, 0);
  window.workspace().active().selectPair(2, anchor);
  TrackView& view = followed();
  EXPECT_EQ(view.track().subject.candidate, anchor);
  EXPECT_EQ(view.track().subject.object, 2);
  auto* plot = view.findChild<QWidget*>("trackPlot");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !view.pointOfStep(3).isNull(); }));
  QTest::mouseClick(plot, Qt::LeftButton, {}, view.pointOfStep(3));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame()->step == 3; }));
  // Another one is followed at once, a pinned one stays.
  window.workspace().active().selectPair(4, -1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return view.track().subject.object == 4; }));
  followed();
  QTest::mouseClick(view.findChild<QToolButton*>("pinTrack"), Qt::LeftButton);
  window.workspace().active().selectPair(1, -1);
  QTest::qWait(0);
  EXPECT_EQ(view.track().subject.object, 4);
  QTest::mouseClick(view.findChild<QToolButton*>("pinTrack"), Qt::LeftButton);
  EXPECT_TRUE(QTest::qWaitFor([&] { return view.track().subject.object == 1; }));
}

TEST_F(WindowPanelsTest, TheOnionSkinIsOfTheFollowedAnchorAndStaysWhileItsPanelIsHidden) {
  open();
  window.workspace().active().selectAnchor(learnt());
  TrackView& view = followed();
  EXPECT_TRUE(window.workspace().active().trail().empty());
  QTest::mouseClick(view.findChild<QToolButton*>("onionSkin"), Qt::LeftButton);
  EXPECT_EQ(window.workspace().active().trail().size(), 3U) << "0, 3 and 6 before 9";
  testing::keepPicture(window.grab().toImage(), "window-track");
  window.page().docks().find("track")->hide();
  QTest::qWait(0);
  EXPECT_EQ(window.workspace().active().trail().size(), 3U);
  window.workspace().active().selectPair(-1, -1);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().trail().empty(); }));
}

TEST_F(WindowPanelsTest, ATrackIsWrittenAsATable) {
  open();
  window.workspace().active().selectPair(2, -1);
  TrackView& view = followed();
  const QString path = QString::fromStdString((folder / "track.csv").string());
  testing::nameFile(path);
  QTest::mouseClick(view.findChild<QToolButton*>("exportTrack"), Qt::LeftButton);
  std::ifstream file(path.toStdString(), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), trackCsv(view.track()));
  EXPECT_NE(text.str().find("\r\n9,"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
