// Docks beside a window of their own: layouts that are left, remembered and put back, and the window's place.
#include "widgets/docks/dock_manager.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <QMainWindow>
#include <QPointer>
#include <QScreen>
#include <QSettings>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

/// Two docks beside each other; the second is hidden at first.
struct Docked {
  explicit Docked(int version = 1) : docks(window, version) {
    window.setCentralWidget(new QLabel("middle"));
    docks.add("left", "Left", new QLabel("left"), Qt::LeftDockWidgetArea);
    docks.add("right", "Right", new QLabel("right"), Qt::RightDockWidgetArea)->hide();
    docks.setShare("left", Qt::Horizontal, {0.25, 100, 200});
    window.resize(640, 480);
    docks.fixDefault();
  }
  void show() {
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  }
  bool visible(const char* id) const { return docks.find(id)->isVisible(); }

  QMainWindow window;
  DockManager docks;
};

struct Remembered {
  const testing::TemporaryFolder folder;
  QSettings settings{QString::fromStdString((folder / "settings.ini").string()), QSettings::IniFormat};
};

TEST(DockManagerTest, NothingIsShownUntilItIsEntered) {
  Docked at;
  at.show();
  EXPECT_FALSE(at.visible("left"));
  EXPECT_FALSE(at.docks.find("left")->toggleViewAction()->isEnabled());
  at.docks.enter();
  EXPECT_TRUE(at.visible("left"));
  EXPECT_FALSE(at.visible("right")) << "as at first";
  EXPECT_TRUE(at.docks.find("right")->toggleViewAction()->isEnabled());
  EXPECT_EQ(at.docks.find("other"), nullptr);
}

TEST(DockManagerTest, WhatWasChangedIsThereAgainAndResetTakesItBack) {
  Docked at;
  at.show();
  at.docks.enter();
  at.docks.find("left")->close();
  at.docks.show("right");
  at.docks.leave();
  EXPECT_FALSE(at.visible("right"));
  at.docks.enter();
  EXPECT_FALSE(at.visible("left"));
  EXPECT_TRUE(at.visible("right"));
  at.docks.enter();
  EXPECT_TRUE(at.visible("right")) << "entered already";
  at.docks.reset();
  EXPECT_TRUE(at.visible("left"));
  EXPECT_FALSE(at.visible("right"));
  at.docks.leave();
  at.docks.reset();
  EXPECT_FALSE(at.visible("left")) << "when it is entered";
  at.docks.enter();
  EXPECT_TRUE(at.visible("left"));
}

TEST(DockManagerTest, AtFirstADockHasItsShareWithinItsBounds) {
  Docked at;
  at.show();
  for (const auto& [width, wanted] : {std::pair{320, 100}, {640, 160}, {1600, 200}}) {
    at.window.resize(width, 480);
    at.docks.enter();
    at.docks.reset();
    QCoreApplication::processEvents();
    EXPECT_EQ(at.docks.find("left")->width(), wanted) << "at " << width;
  }
}

TEST(DockManagerTest, ALayoutIsRememberedFromStartToStart) {
  Remembered remembered;
  {
    Docked at;
    at.show();
    at.docks.enter();
    at.docks.show("right");
    at.docks.save(remembered.settings);
  }
  {
    Docked at;
    at.docks.restore(remembered.settings);
    at.show();
    EXPECT_FALSE(at.visible("right"));
    at.docks.enter();
    EXPECT_TRUE(at.visible("right"));
  }
  Docked other(/*version=*/2);
  other.docks.restore(remembered.settings);
  other.show();
  other.docks.enter();
  EXPECT_FALSE(other.visible("right")) << "another arrangement's layout";
  EXPECT_TRUE(other.visible("left"));
}

TEST(DockManagerTest, AWindowIsBroughtOntoTheScreen) {
  Remembered remembered;
  {
    Docked at;
    at.show();
    const QRect room = at.window.screen()->availableGeometry();
    at.window.setGeometry(room.right() - 50, room.bottom() - 30, 2 * room.width(), 2 * room.height());
    at.docks.save(remembered.settings);
  }
  Docked at;
  at.docks.restore(remembered.settings);
  at.show();
  EXPECT_TRUE(at.window.screen()->availableGeometry().contains(at.window.frameGeometry()));
}

TEST(DockManagerTest, TakesItsDocksAndWhatIsInThemAlong) {
  QMainWindow window;
  QPointer<QWidget> content = new QLabel("content");
  {
    DockManager docks(window, 1);
    docks.add("left", "Left", content, Qt::LeftDockWidgetArea);
  }
  EXPECT_TRUE(content.isNull());
  EXPECT_TRUE(window.findChildren<QDockWidget*>().isEmpty());
}

}  // namespace
}  // namespace anchorscope
