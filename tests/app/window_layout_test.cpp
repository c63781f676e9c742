// Where things stand: the window on the screen, docks that are dragged, the transport in a narrow window.

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QLabel>
#include <QScreen>
#include <QTableView>
#include <QToolButton>
#include <algorithm>

#include "app/settings.h"
#include "tests/app/window_fixture.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/start_page.h"
#include "widgets/panels/transport_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

using testing::FakeTrainer;

class WindowLayoutTest : public testing::WindowFixture {
 protected:
  QDockWidget* dock(const char* name) {
    for (QDockWidget* found : window.page().docks().all())
      if (found->objectName() == QLatin1String(name)) return found;
    ADD_FAILURE() << "no dock " << name;
    return nullptr;
  }
  QRect inWindow(const QWidget* widget) const { return {widget->mapTo(&window, QPoint()), widget->size()}; }
};

/// A window that has just been opened.
std::unique_ptr<MainWindow> open(FakeTrainer& trainer) {
  auto window = std::make_unique<MainWindow>(trainer.factory());
  window->show();
  EXPECT_TRUE(QTest::qWaitForWindowExposed(window.get()));
  return window;
}

TEST(WindowOnScreenTest, TheFirstWindowFitsTheScreenAndShowsWhatStartsTraining) {
  openSettings().clear();
  FakeTrainer trainer;
  const auto window = open(trainer);
  EXPECT_TRUE(window->screen()->availableGeometry().contains(window->frameGeometry()))
      << window->width() << " x " << window->height();
  const QPushButton* start = window->startPage().startButton();
  EXPECT_EQ(start->visibleRegion().boundingRect().size(), start->size());
}

TEST(WindowOnScreenTest, ARememberedPlaceIsBroughtBackOntoTheScreen) {
  openSettings().clear();
  FakeTrainer trainer;
  {
    const auto window = open(trainer);
    const QRect room = window->screen()->availableGeometry();
    window->setGeometry(room.right() - 100, room.bottom() - 60, 3 * room.width(), 3 * room.height());
    window->close();
  }
  const auto window = open(trainer);
  EXPECT_TRUE(window->screen()->availableGeometry().contains(window->frameGeometry()))
      << window->x() << ", " << window->y() << ": " << window->width() << " x " << window->height();
}

TEST_F(WindowLayoutTest, ADockIsDraggedByItsGrip) {
  run();
  QDockWidget* inspector = dock("inspector");
  ASSERT_EQ(window.dockWidgetArea(inspector), Qt::RightDockWidgetArea);
  QWidget* grip = inspector->titleBarWidget();
  EXPECT_GE(grip->height(), 6);
  EXPECT_GE(grip->width(), 100) << "the whole edge";
  // Onto the left edge of the window.
  const QPoint from = grip->rect().center();
  QTest::mousePress(grip, Qt::LeftButton, {}, from);
  const QPoint target = window.mapToGlobal(QPoint(12, window.height() / 2));
  const QPoint begin = grip->mapToGlobal(from);
  for (int step = 1; step <= 10; ++step) {
    const QPoint at = begin + (target - begin) * step / 10;
    QTest::mouseMove(inspector, inspector->mapFromGlobal(at));
    QTest::qWait(1);
  }
  QTest::mouseRelease(inspector, Qt::LeftButton, {}, inspector->mapFromGlobal(target));
  EXPECT_TRUE(QTest::qWaitFor([&] {
    return !inspector->isFloating() && window.dockWidgetArea(inspector) == Qt::LeftDockWidgetArea;
  }));
}

TEST_F(WindowLayoutTest, ProblemsStandBesideCurvesAndScrubber) {
  run();
  window.notifier().problems().add(Problem{"step 3", "error", "The disk is full", ""});
  auto* button = window.findChild<QToolButton*>("problemsButton");
  QTest::mouseClick(button, Qt::LeftButton);
  const auto* table = window.findChild<QTableView*>("problemsTable");
  ASSERT_TRUE(table->isVisible());
  EXPECT_TRUE(window.page().curves().isVisible());
  EXPECT_TRUE(window.page().scrubber().isVisible());
  EXPECT_FALSE(inWindow(table).intersects(inWindow(&window.page().curves())));
  EXPECT_GE(table->height(), 48);
  EXPECT_GE(window.page().canvas().height(), 160);
  QTest::mouseClick(button, Qt::LeftButton);
  EXPECT_FALSE(table->isVisible());
}

TEST_F(WindowLayoutTest, NothingOfTheTransportOverlapsInANarrowWindow) {
  run();
  for (const int width : {1920, 1280, 960, 900}) {
    window.resize(width, 540);
    QCoreApplication::processEvents();
    ASSERT_EQ(window.width(), width);
    for (const TrainerState state :
         {TrainerState::kRunning, TrainerState::kPaused, TrainerState::kStopping}) {
      enter(state);
      trainer.publish(123456, {testing::makeSyntheticFrame()});
      ASSERT_TRUE(QTest::qWaitFor([&] { return window.run().bridge().snapshot()->status.step == 123456; }));
      QCoreApplication::processEvents();
      std::vector<const QWidget*> parts;
      for (const QObject* child : window.page().transport().children())
        if (const auto* part = qobject_cast<const QWidget*>(child); part && part->isVisible())
          parts.push_back(part);
      for (const QWidget* part : parts) {
        EXPECT_GE(part->width(), std::min(part->minimumSizeHint().width(), part->maximumWidth()))
            << part->objectName().toStdString() << " at " << width;
        EXPECT_LE(part->geometry().right(), window.page().transport().width());
        for (const QWidget* other : parts)
          EXPECT_TRUE(part == other || !part->geometry().intersects(other->geometry()))
              << part->objectName().toStdString() << ", " << other->objectName().toStdString() << " at "
              << width;
      }
    }
    testing::keepPicture(window.grab().toImage(), QString("transport_%1").arg(width));
  }
}

TEST_F(WindowLayoutTest, AClickOnTheImageBringsTheInspectorBeforeAnotherTab) {
  run();
  dock("evaluation")->show();
  dock("evaluation")->raise();
  QCoreApplication::processEvents();
  ASSERT_TRUE(window.page().inspector().visibleRegion().isEmpty());
  QTest::mouseClick(&window.page().canvas(), Qt::LeftButton, {}, window.page().canvas().rect().center());
  ASSERT_GE(window.workspace().active().selectedAnchor(), 0);
  EXPECT_TRUE(QTest::qWaitFor([&] { return !window.page().inspector().visibleRegion().isEmpty(); }));
}

TEST_F(WindowLayoutTest, TheWorkspaceFitsHalfOfAFullScreen) {
  run();
  window.resize(960, 540);  // 1920 × 1080 at twice the scale
  QCoreApplication::processEvents();
  EXPECT_EQ(window.size(), QSize(960, 540));
  EXPECT_GE(window.page().canvas().width(), 200);
  EXPECT_GE(window.page().canvas().height(), 120);
  // As it is laid out at first, the image has the greatest part.
  window.page().docks().reset();
  QCoreApplication::processEvents();
  EXPECT_GE(window.page().canvas().width(), 400);
  testing::keepPicture(window.grab().toImage(), "workspace_960");
  window.showStartPage();
  QCoreApplication::processEvents();
  EXPECT_EQ(window.size(), QSize(960, 540));
  const QPushButton* start = window.startPage().startButton();
  EXPECT_EQ(start->visibleRegion().boundingRect().size(), start->size());
  testing::keepPicture(window.grab().toImage(), "start_960");
}

}  // namespace
}  // namespace anchorscope
