// Going through a recorded run's time in the window: played in a loop, at another speed, to a step by its
// number.
#include <gtest/gtest.h>

#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "app/main_window.h"
#include "app/workspace/run_view.h"
#include "app/workspace/workspace_page.h"
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
    window.runView().open(QString::fromStdString(recorded));
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return window.runView().recordedRun() && window.runView().recordedRun()->isRested(); }));
  }
  std::int64_t shownStep() { return window.workspace().active().frame()->step; }
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

}  // namespace
}  // namespace anchorscope
