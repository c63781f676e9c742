// Going through a recorded run's time in the window: played in a loop, at another speed, to a step by its
// number.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <QAction>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "app/main_window.h"
#include "app/workspace/run_view.h"
#include "app/workspace/workspace_page.h"
#include "core/store/bookmarks.h"
#include "core/store/run_writer.h"
#include "tests/app/window_fixture.h"
#include "tests/support/temporary_folder.h"
#include "widgets/panels/history_scrubber.h"

namespace anchorscope {
namespace {

class WindowTimeTest : public testing::WindowFixture {
 protected:
  /// Moments at 0, 10, 20, 30 and 40.
  void openRecorded() {
    record();
    open();
  }
  void open() {
    const RecordedSource* before = window.runView().recordedRun();
    window.runView().open(QString::fromStdString(recorded));
    ASSERT_TRUE(QTest::qWaitFor([&] {
      const RecordedSource* now = window.runView().recordedRun();
      return now && now != before && now->isRested();
    }));
  }
  void record() const {
    RunHeader header;
    header.dataSpec = "voc:/data/cells#train";
    header.methodName = "musu";
    header.modelName = "retina-small";
    {
      auto writer = createRun(recorded, header, Overwrite::kYes);
      ASSERT_TRUE(writer) << writer.error().text();
      for (std::int64_t step = 0; step <= 40; step += 10)
        (*writer)->record({step,
                           {{"loss.cls", 1.0 / double(step + 1)}},
                           {testing::makeSyntheticFrame({.step = step, .progress = double(step) / 50})}});
    }
  }
  std::int64_t shownStep() { return window.workspace().active().frame()->step; }
  /// In the run's folder.
  std::vector<Bookmark> kept() const {
    const auto read = readBookmarks(recorded);
    return read ? *read : std::vector<Bookmark>();
  }
  HistoryScrubber& scrubber() { return window.page().scrubber(); }
  QPoint at(std::int64_t step) { return {static_cast<int>(scrubber().xOf(step)), 14}; }

  const testing::TemporaryFolder folder;
  const std::string recorded = (folder / "run").string();
};

TEST_F(WindowTimeTest, ANumberIsTypedAfterItsKeyAndTheNearestMomentIsShown) {
  openRecorded();
  QTest::keyClick(&window, Qt::Key_J, Qt::ControlModifier);
  auto* field = window.findChild<QLineEdit*>("stepField");
  ASSERT_TRUE(field->hasFocus());
  QTest::keyClicks(field, "22");
  QTest::keyClick(field, Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return shownStep() == 20; }));
  EXPECT_EQ(scrubber().said(), "Step 22 is not recorded; the nearest one that is, 20, is shown");
  testing::keepPicture(window.grab().toImage(), "time_typed");
}

TEST_F(WindowTimeTest, AMarkedRangeIsPlayedInALoopByKeys) {
  openRecorded();
  QTest::mousePress(&scrubber(), Qt::LeftButton, Qt::ShiftModifier, at(10));
  QTest::mouseMove(&scrubber(), at(20));
  QTest::mouseRelease(&scrubber(), Qt::LeftButton, Qt::ShiftModifier, at(20));
  const QSignalSpy wanted(&scrubber(), &HistoryScrubber::stepWanted);
  QTest::keyClick(&window, Qt::Key_P);
  EXPECT_TRUE(scrubber().player().isPlaying());
  ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.count() >= 4; }));
  testing::keepPicture(window.grab().toImage(), "time_loop");
  QTest::keyClick(&window, Qt::Key_P);
  EXPECT_FALSE(scrubber().player().isPlaying());
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(wanted[i][0].toLongLong(), i % 2 == 0 ? 10 : 20);
  QTest::keyClick(&window, Qt::Key_Up, Qt::AltModifier);
  EXPECT_EQ(window.findChild<QToolButton*>("playSpeed")->text(), "4×");
  QTest::keyClick(&window, Qt::Key_Down, Qt::AltModifier);
  QTest::keyClick(&window, Qt::Key_Down, Qt::AltModifier);
  EXPECT_EQ(window.findChild<QToolButton*>("playSpeed")->text(), "¼×");
}

TEST_F(WindowTimeTest, AStepIsMarkedByKeyGivenANoteAndFoundAgainWhenTheRunIsOpenedAgain) {
  openRecorded();
  scrubber().setFocus();
  QTest::keyClick(&scrubber(), Qt::Key_Left);
  ASSERT_TRUE(QTest::qWaitFor([&] { return shownStep() == 30; }));
  QTest::keyClick(&window, Qt::Key_B);
  ASSERT_TRUE(QTest::qWaitFor([&] { return kept() == std::vector<Bookmark>({{30, ""}}); }));
  // Where one is, its note is asked for.
  QTest::keyClick(&window, Qt::Key_B);
  auto* dialog = window.findChild<QInputDialog*>();
  ASSERT_NE(dialog, nullptr);
  QTest::keyClicks(dialog->findChild<QLineEdit*>(), "scores && boxes part");
  QTest::keyClick(dialog, Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] {
    return kept() == std::vector<Bookmark>({{30, "scores && boxes part"}});
  }));
  testing::keepPicture(window.grab().toImage(), "time_bookmark");

  open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return scrubber().bookmarks().all().size() == 1; }));
  EXPECT_EQ(shownStep(), 40);
  QTest::mouseClick(&scrubber(), Qt::LeftButton, {}, {at(30).x() + 2, 3});
  ASSERT_TRUE(QTest::qWaitFor([&] { return shownStep() == 30; }));
  EXPECT_TRUE(window.notifier().pending().isEmpty());
}

TEST_F(WindowTimeTest, TheMenuListsBookmarksAndRemovesThem) {
  openRecorded();
  scrubber().bookmarks().put(10, "early");
  scrubber().bookmarks().put(20, {});
  auto* button = window.findChild<QToolButton*>("bookmarks");
  button->menu()->popup({0, 0});
  QStringList entries;
  for (const QAction* action : button->menu()->actions())
    if (!action->isSeparator()) entries << action->text().remove('&');
  EXPECT_EQ(entries, (QStringList{"Mark step 40", "step 10 · early", "step 20"}));
  const auto ofFirst = button->menu()->actions().at(2)->menu()->actions();
  ofFirst.at(0)->trigger();
  ASSERT_TRUE(QTest::qWaitFor([&] { return shownStep() == 10; }));
  ofFirst.at(2)->trigger();
  button->menu()->hide();
  ASSERT_TRUE(QTest::qWaitFor([&] { return kept() == std::vector<Bookmark>({{20, ""}}); }));
}

TEST_F(WindowTimeTest, ADamagedFileOfBookmarksIsToldOnceAndLeftAsItIs) {
  record();
  const std::string damaged = "{\"version\": 1, \"bookm";
  std::ofstream(bookmarksPath(recorded)) << damaged;
  open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.notifier().pending().isEmpty(); }));
  QTest::keyClick(&window, Qt::Key_B);
  QTest::keyClick(&scrubber(), Qt::Key_Left);
  QTest::keyClick(&window, Qt::Key_B);
  EXPECT_EQ(scrubber().bookmarks().all().size(), 2U) << "they are there for the session";
  ASSERT_EQ(window.notifier().pending().size(), 1);
  EXPECT_TRUE(window.notifier().pending()[0].contains("bookmarks.json"));
  EXPECT_TRUE(window.notifier().pending()[0].contains("not valid JSON"));
  std::string left;
  std::getline(std::ifstream(bookmarksPath(recorded)), left);
  EXPECT_EQ(left, damaged);
}

TEST_F(WindowTimeTest, BookmarksThatCannotBeKeptStayForTheSessionAndAreSaidOnce) {
  record();
  // Nobody, not even root, replaces a folder by a file.
  std::filesystem::create_directory(bookmarksPath(recorded));
  open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.notifier().pending().size() == 1; }));
  QTest::keyClick(&window, Qt::Key_B);
  scrubber().bookmarks().put(10, "more");
  EXPECT_EQ(scrubber().bookmarks().all().size(), 2U);
  EXPECT_EQ(window.notifier().pending().size(), 1);
  EXPECT_TRUE(window.notifier().pending()[0].startsWith("Bookmarks of this run are kept until"));
}

}  // namespace
}  // namespace anchorscope
