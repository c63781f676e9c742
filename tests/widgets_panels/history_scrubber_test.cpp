#include "widgets/panels/history_scrubber.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

RecordedSteps stepsOf(std::vector<std::int64_t> steps) {
  return std::make_shared<const std::vector<std::int64_t>>(std::move(steps));
}

class HistoryScrubberTest : public ::testing::Test {
 protected:
  HistoryScrubberTest() {
    scrubber.resize(900, 52);
    scrubber.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&scrubber));
    QObject::connect(&scrubber, &HistoryScrubber::stepWanted, [this](std::int64_t step) {
      wanted.push_back(step);
      scrubber.showStep(step, false);  // as the window answers
    });
    scrubber.setSteps(stepsOf({0, 10, 20, 40, 80}));
    scrubber.setLiveStep(100);
    scrubber.showStep(100, true);
  }
  QPoint at(std::int64_t step) const { return {static_cast<int>(scrubber.xOf(step)), 14}; }

  HistoryScrubber scrubber;
  std::vector<std::int64_t> wanted;
};

TEST_F(HistoryScrubberTest, AClickGoesToTheNearestRecordedStep) {
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, at(38));
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, at(0));
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, at(100));
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{40, 0, 80}));
}

TEST_F(HistoryScrubberTest, DraggingScrubsAndAsksForEachStepOnce) {
  QTest::mousePress(&scrubber, Qt::LeftButton, {}, at(0));
  for (std::int64_t step = 1; step <= 45; ++step)
    QTest::mouseMove(&scrubber, at(step));
  QTest::mouseRelease(&scrubber, Qt::LeftButton, {}, at(45));
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{0, 10, 20, 40}));
}

TEST_F(HistoryScrubberTest, KeysWalkTheRecordedSteps) {
  scrubber.setFocus();
  QTest::keyClick(&scrubber, Qt::Key_Left);  // from live, at 100: the newest recorded
  QTest::keyClick(&scrubber, Qt::Key_Left);
  QTest::keyClick(&scrubber, Qt::Key_Right);
  QTest::keyClick(&scrubber, Qt::Key_Right);  // there is nothing later
  QTest::keyClick(&scrubber, Qt::Key_Left, Qt::ShiftModifier);
  QTest::keyClick(&scrubber, Qt::Key_End);
  QTest::keyClick(&scrubber, Qt::Key_Home);
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{80, 40, 80, 80, 0, 80, 0}));
}

TEST_F(HistoryScrubberTest, LiveIsOfferedOnlyWhileThereIsALiveRun) {
  const QSignalSpy live(&scrubber, &HistoryScrubber::liveWanted);
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, {scrubber.width() - 40, 14});
  EXPECT_EQ(live.count(), 1);
  scrubber.clear();
  scrubber.setSteps(stepsOf({0, 10}));
  scrubber.goLive();
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, {scrubber.width() - 40, 14});
  EXPECT_EQ(live.count(), 1);
}

TEST_F(HistoryScrubberTest, PlaysFromTheStartToTheNewestRecordedStepAndStops) {
  scrubber.showStep(80, false);
  scrubber.setPlaying(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.size() == 5; }));
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{0, 10, 20, 40, 80}));
}

TEST_F(HistoryScrubberTest, NothingRecordedMeansNothingToAskFor) {
  scrubber.clear();
  scrubber.walk(1);
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, {300, 14});
  scrubber.setPlaying(true);
  EXPECT_TRUE(wanted.empty());
}

}  // namespace
}  // namespace anchorscope
