// Two runs in the window: opened beside each other, flicker, wipe, curves, differences.
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTableView>

#include "app/workspace/canvas_grid.h"
#include "tests/app/recorded_run.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/canvas/canvas_wipe.h"
#include "widgets/panels/canvas_header.h"
#include "widgets/panels/differences_view.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/plot/curve_legend.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

class WindowRunsTest : public testing::WindowFixture {
 protected:
  QString record(const char* name, std::int64_t every, double loss, const char* rate) {
    return testing::recordRun(folder / name, {.every = every, .loss = loss, .rate = rate});
  }
  /// The first run with evidence at 0, 3, 6, 9; beside it one with evidence at 0, 4, 8.
  void openBoth() {
    window.runView().open(record("first", 3, 1.0, "0.01"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
    window.runView().beside().open(record("second", 4, 0.25, "0.02"));
    ASSERT_TRUE(QTest::qWaitFor([&] {
      return window.workspace().canvasCount() == 2 && window.workspace().canvas(1).run() == "second" &&
             window.workspace().canvas(1).frame() && window.workspace().canvas(1).frame()->step == 8;
    }));
  }
  CanvasGrid& grid() { return window.page().canvases(); }
  QString info(int canvas) {
    QStringList texts;
    for (const QLabel* label : grid().header(canvas).findChildren<QLabel*>())
      texts << label->text();
    return texts.join('|');
  }
  QPoint middleOf(int canvas) {
    return grid().canvas(canvas).mapTo(&window, grid().canvas(canvas).rect().center());
  }

  const testing::TemporaryFolder folder;
};

TEST_F(WindowRunsTest, ASecondRunStandsBesideTheFirstAndCanBeChosenAndClosed) {
  openBoth();
  auto* picker = grid().header(1).findChild<QComboBox*>("runPicker");
  EXPECT_TRUE(picker->isVisible());
  EXPECT_EQ(picker->currentText(), "second");
  EXPECT_EQ(grid().header(0).findChild<QComboBox*>("runPicker")->currentText(), "first");
  // Both are at step 9, which the second one lacks.
  EXPECT_TRUE(info(1).contains("step 8, the last before 9")) << info(1).toStdString();
  EXPECT_TRUE(info(0).contains("step 9"));
  testing::keepPicture(window.grab().toImage(), "two-runs");
  // The scrubber has the steps of the one that is worked on.
  EXPECT_EQ(window.page().scrubber().steps(), (std::vector<std::int64_t>{0, 3, 6, 9}));
  QTest::mouseClick(&grid().canvas(1), Qt::LeftButton);
  EXPECT_EQ(window.page().scrubber().steps(), (std::vector<std::int64_t>{0, 4, 8}));
  QTest::keyClick(&grid().canvas(1), Qt::Key_Left, Qt::AltModifier);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().canvas(0).frame()->step == 6; }));
  EXPECT_TRUE(info(0).contains("step 6, the last before 8")) << info(0).toStdString();
  EXPECT_EQ(window.workspace().canvas(1).frame()->step, 8);
  EXPECT_EQ(window.workspace().canvas(1).standsFor(), -1);
  action("Close the run beside")->trigger();
  EXPECT_EQ(window.workspace().canvas(1).run(), "");
  EXPECT_FALSE(picker->isVisible());
  EXPECT_FALSE(action("Close the run beside")->isEnabled());
}

TEST_F(WindowRunsTest, ItsCurvesLieDashedOverTheFirstOnes) {
  openBoth();
  CurvesView& curves = window.page().curves();
  const auto titles = [&] {
    QStringList out;
    for (const CurveLegend::Entry& entry : curves.legend()->entries())
      out << entry.title + ' ' + entry.value;
    return out.join('|');
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return titles().contains("second 0.250"); })) << titles().toStdString();
  EXPECT_TRUE(titles().contains("1.000"));
  const auto& entries = curves.legend()->entries();
  EXPECT_EQ(entries[0].color, entries[2].color) << "the same scalar";
  window.workspace().removeBeside("second");
  EXPECT_TRUE(QTest::qWaitFor([&] { return !titles().contains("second"); }));
}

TEST_F(WindowRunsTest, FlickerChangesTheirPlacesAndBack) {
  openBoth();
  const QPoint first = middleOf(0), second = middleOf(1);
  ASSERT_NE(first, second);
  grid().canvas(0).setFocus();
  QTest::keyClick(&grid().canvas(0), Qt::Key_X);
  ASSERT_TRUE(QTest::qWaitFor([&] { return middleOf(0) == second && middleOf(1) == first; }));
  EXPECT_TRUE(action("Flicker")->isChecked());
  QTest::keyClick(&grid().canvas(0), Qt::Key_X);
  EXPECT_TRUE(QTest::qWaitFor([&] { return middleOf(0) == first && middleOf(1) == second; }));
  // One canvas has nobody to change with.
  QTest::keyClick(&grid().canvas(0), Qt::Key_X);
  window.workspace().setCanvasCount(1);
  EXPECT_FALSE(grid().isSwapped());
}

TEST_F(WindowRunsTest, AWipeShowsBothInOnePlaceAndItsLineIsDragged) {
  openBoth();
  window.workspace().setViewportsLinked(false);
  grid().canvas(0).setFocus();
  QTest::keyClick(&grid().canvas(0), Qt::Key_W);
  CanvasWipe* wipe = grid().wipe();
  ASSERT_NE(wipe, nullptr);
  EXPECT_TRUE(window.workspace().viewportsLinked()) << "or both sides would show other parts";
  EXPECT_TRUE(wipe->findChild<QLabel*>("wipeRight")->text().contains("second"));
  const QImage before = grid().canvas(0).grab().toImage();
  auto* line = wipe->findChild<QWidget*>("wipeLine");
  const QPoint from = line->rect().center();
  QTest::mousePress(line, Qt::LeftButton, {}, from);
  QTest::mouseMove(line, from - QPoint(60, 0));
  QTest::mouseRelease(line, Qt::LeftButton, {}, from);
  EXPECT_LT(wipe->share(), 0.5);
  const QImage after = grid().canvas(0).grab().toImage();
  // Right of where the line was nothing changes, left of where it is neither.
  const auto same = [&](int x0, int x1) {
    const QRect part(x0, 80, x1 - x0, after.height() - 160);
    return before.copy(part) == after.copy(part);
  };
  const int width = after.width(), at = static_cast<int>(wipe->share() * width);
  EXPECT_TRUE(same(width / 2 + 200, width));
  EXPECT_TRUE(same(0, at - 200));
  EXPECT_FALSE(same(at + 10, width / 2 - 10));
  testing::keepPicture(window.grab().toImage(), "wipe");
  // What is clicked on the right is clicked on the other canvas.
  QTest::keyClick(line, Qt::Key_Right);
  EXPECT_GT(wipe->share(), static_cast<double>(at) / width);
  QTest::keyClick(&grid().canvas(0), Qt::Key_W);
  EXPECT_EQ(grid().wipe(), nullptr);
}

TEST_F(WindowRunsTest, WhatTheyDecideOtherwiseIsALayer) {
  openBoth();
  grid().canvas(0).setFocus();
  window.workspace().canvas(1).setOwnTime(false);
  window.workspace().pinAll(0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().canvas(1).frame()->step == 0; }));
  QTest::keyClick(&grid().canvas(0), Qt::Key_D);
  EXPECT_TRUE(action("Differences to the first canvas")->isChecked());
  EXPECT_NE(window.workspace().canvas(1).evidence()->channel("difference.cls"), nullptr);
  QTest::keyClick(&grid().canvas(0), Qt::Key_D);
  EXPECT_EQ(window.workspace().canvas(1).evidence()->channel("difference.cls"), nullptr);
}

TEST_F(WindowRunsTest, TheirDifferencesAreATable) {
  openBoth();
  window.page().docks().show("differences");
  auto& view = *window.findChild<DifferencesView*>();
  const QAbstractItemModel* model = view.table()->model();
  ASSERT_EQ(model->rowCount(), 1);
  EXPECT_EQ(model->index(0, 0).data().toString(), "train.lr");
  EXPECT_EQ(model->index(0, 1).data().toString(), "0.01");
  EXPECT_EQ(model->index(0, 2).data().toString(), "0.02");
  EXPECT_EQ(model->headerData(2, Qt::Horizontal).toString(), "second");
  window.workspace().removeBeside("second");
  EXPECT_FALSE(view.table()->isVisible());
}

TEST_F(WindowRunsTest, AFolderThatIsDroppedWithShiftIsOpenedBeside) {
  window.runView().open(record("first", 3, 1.0, "0.01"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(record("second", 4, 0.25, "0.02"))});
  QDragEnterEvent enter({300, 300}, Qt::CopyAction, &data, Qt::LeftButton, Qt::ShiftModifier);
  QCoreApplication::sendEvent(&window, &enter);
  QDropEvent drop(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::ShiftModifier);
  QCoreApplication::sendEvent(&window, &drop);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.workspace().runs().size() == 2; }));
  EXPECT_EQ(window.workspace().runs()[0].title, "first");
  // Once is enough.
  window.runView().beside().open(data.urls().front().toLocalFile());
  EXPECT_EQ(window.workspace().runs().size(), 2u);
}

TEST_F(WindowRunsTest, TheSessionIsTheFirstRunsWhicheverCanvasIsWorkedOn) {
  openBoth();
  const auto present = [&] { return window.sessions().present(); };
  ASSERT_TRUE(present());
  const QString folderOfFirst = present()->folder;
  EXPECT_TRUE(folderOfFirst.endsWith("first"));
  QTest::mouseClick(&grid().canvas(1), Qt::LeftButton);
  ASSERT_EQ(window.workspace().active().run(), "second");
  EXPECT_EQ(present()->folder, folderOfFirst);
}

TEST_F(WindowRunsTest, WhatIsBeingOpenedCountsAndIsNotOpenedTwice) {
  window.runView().open(record("first", 3, 1.0, "0.01"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  BesideRuns& beside = window.runView().beside();
  const QString second = record("second", 4, 0.25, "0.02");
  beside.open(second);
  beside.open(second);
  for (const char* name : {"third", "fourth", "fifth"})
    beside.open(record(name, 3, 1.0, "0.01"));
  const QStringList told = window.notifier().pending();
  ASSERT_EQ(told.size(), 1) << told.join(" / ").toStdString();
  EXPECT_TRUE(told.front().contains("close one first"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().runs().size() == 4; }));
  EXPECT_EQ(window.workspace().runs()[1].title, "second");
}

TEST_F(WindowRunsTest, WhatIsBeingOpenedBesideARunIsNotBesideTheNext) {
  window.runView().open(record("first", 3, 1.0, "0.01"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  window.runView().beside().open(record("second", 4, 0.25, "0.02"));
  QSignalSpy opened(&window.runView().beside(), &BesideRuns::opened);
  window.showStartPage();
  // What was opened after it is there: so would it be.
  window.runView().open(record("third", 3, 1.0, "0.01"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun() != nullptr; }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.runView().recordedRun()->isRested(); }));
  EXPECT_EQ(opened.count(), 0);
  EXPECT_EQ(window.workspace().runs().size(), 1u);
}

TEST_F(WindowRunsTest, ACanvasThatWaitsForARunGetsItAndTheOthersStay) {
  openBoth();
  const QJsonObject saved = window.workspace().save();
  window.workspace().removeBeside("second");
  ASSERT_TRUE(window.workspace().restore(saved));
  ASSERT_TRUE(window.workspace().canvas(1).whyNothing().contains("not open"));
  window.workspace().setActive(window.workspace().canvas(1));
  window.runView().beside().open(QString::fromStdString((folder / "second").string()));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().canvas(1).frame() != nullptr; }));
  EXPECT_EQ(window.workspace().canvas(1).run(), "second");
  EXPECT_EQ(window.workspace().canvas(0).run(), "");
  EXPECT_EQ(window.workspace().canvasCount(), 2);
}

TEST_F(WindowRunsTest, AFolderWithoutARunIsSaidAndChangesNothing) {
  window.runView().open(record("first", 3, 1.0, "0.01"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().frame() != nullptr; }));
  window.runView().beside().open(QString::fromStdString((folder / "nothing").string()));
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return !window.notifier().pending().isEmpty() && window.notifier().pending().front().contains("nothing");
  }));
  EXPECT_EQ(window.workspace().runs().size(), 1u);
  EXPECT_EQ(window.workspace().canvasCount(), 1);
}

}  // namespace
}  // namespace anchorscope
