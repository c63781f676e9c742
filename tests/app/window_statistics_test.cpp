// The panels of candidates and of statistics in the window: brushed in one, seen in all; measured once looked
// at.

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QTableView>

#include "app/settings.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/distribution_panel.h"
#include "widgets/panels/jump_table.h"
#include "widgets/panels/statistics_panel.h"
#include "widgets/plot/channel_histogram.h"
#include "widgets/plot/channel_scatter.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

class WindowStatisticsTest : public testing::WindowFixture {
 protected:
  ~WindowStatisticsTest() override { openSettings().clear(); }

  template <typename Panel>
  Panel& shownPanel(const char* dock) {
    window.page().docks().show(QString::fromLatin1(dock));
    auto* panel = window.page().docks().find(QString::fromLatin1(dock))->template findChild<Panel*>();
    EXPECT_TRUE(QTest::qWaitFor([&] { return panel && !panel->visibleRegion().isEmpty(); }));
    return *panel;
  }
  void shoot(const char* name) {
    if (qEnvironmentVariableIsSet("ANCHORSCOPE_SHOTS"))
      window.grab().save(qEnvironmentVariable("ANCHORSCOPE_SHOTS") + "/window-" + name + ".png");
  }
};

TEST_F(WindowStatisticsTest, WhatIsBrushedInAPlotStandsOutOnEveryCanvasUntilEsc) {
  run();
  window.workspace().setCanvasCount(2);
  auto& panel = shownPanel<DistributionPanel>("distribution");
  CanvasView& canvas = window.page().canvas();
  const QImage before = canvas.grab().toImage();
  ChannelScatter& scatter = panel.scatter();
  QTest::mousePress(&scatter, Qt::LeftButton, {}, {scatter.width() / 2, 12});
  QTest::mouseMove(&scatter, {scatter.width() - 20, scatter.height() / 3});
  QTest::mouseMove(&scatter, {scatter.width() - 16, scatter.height() / 2});
  QTest::mouseRelease(&scatter, Qt::LeftButton, {}, {scatter.width() - 16, scatter.height() / 2});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(window.workspace().canvas(i).subset());
    EXPECT_GT(window.workspace().canvas(i).subset()->count, 0);
  }
  EXPECT_NE(canvas.grab().toImage(), before);
  shoot("brushed");
  // Another frame: the same condition, of its own candidates.
  const auto subset = window.workspace().active().subset();
  trainer.publish(6, {testing::makeSyntheticFrame({.step = 6, .progress = 0.3})});
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().subset() != subset; }));
  canvas.setFocus();
  QTest::keyClick(&canvas, Qt::Key_Escape);
  EXPECT_FALSE(window.workspace().active().subset());
  EXPECT_FALSE(window.workspace().canvas(1).subset());
}

TEST_F(WindowStatisticsTest, ARowOfTheTableIsBrushedAndItsObjectSelected) {
  run();
  auto& panel = shownPanel<DistributionPanel>("distribution");
  panel.setGroupBy(GroupBy::kObject);
  QTableView& table = panel.table();
  QTest::mouseClick(table.viewport(), Qt::LeftButton, {},
                    table.visualRect(table.model()->index(2, 0)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.workspace().active().subset() != nullptr; }));
  EXPECT_EQ(window.workspace().active().selectedObject(), 2);
  // Kept with the session, and gone with another run.
  EXPECT_EQ(window.workspace().save()["brush"].toObject()["object"].toInt(), 2);
  window.workspace().beginRun();
  EXPECT_FALSE(window.workspace().save()["brush"].toObject().contains("object"));
}

TEST_F(WindowStatisticsTest, ARecordedRunIsMeasuredOnceItsStatisticsAreLookedAt) {
  const testing::TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
  {
    auto writer = createRun(recorded, RunHeader(), Overwrite::kNo);
    ASSERT_TRUE(writer);
    for (std::int64_t step = 0; step < 40; step += 10)
      (*writer)->record(
          {step,
           {},
           {testing::makeSyntheticFrame({.step = step, .progress = static_cast<double>(step) / 40})}});
  }
  window.runView().open(QString::fromStdString(recorded));
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return window.runView().recordedRun() && window.runView().recordedRun()->isRested(); }));
  auto& panel = shownPanel<StatisticsPanel>("statistics");
  ASSERT_TRUE(QTest::qWaitFor([&] { return panel.isComplete() && !panel.series().empty(); }));
  shoot("statistics");
  EXPECT_EQ(panel.curves().history().lastStep(), 30);
  // A step of it leads there.
  emit panel.stepWanted(11);
  EXPECT_TRUE(QTest::qWaitFor([&] {
    const auto& frame = window.workspace().active().frame();
    return frame && frame->step == 10;
  }));
  window.runView().clear();
}

}  // namespace
}  // namespace anchorscope
