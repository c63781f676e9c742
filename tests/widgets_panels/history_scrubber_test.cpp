#include "widgets/panels/history_scrubber.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>
#include <QToolButton>

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

TEST_F(HistoryScrubberTest, ShiftAndADragMarkARangeThatIsPlayedAgainAndAgain) {
  QTest::mousePress(&scrubber, Qt::LeftButton, Qt::ShiftModifier, at(41));
  QTest::mouseMove(&scrubber, at(30));
  QTest::mouseMove(&scrubber, at(11));
  QTest::mouseRelease(&scrubber, Qt::LeftButton, Qt::ShiftModifier, at(11));
  EXPECT_TRUE(wanted.empty()) << "marking goes nowhere";
  ASSERT_TRUE(scrubber.player().range());
  EXPECT_EQ(*scrubber.player().range(), HistoryPlayer::Range(10, 40));
  scrubber.setPlaying(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.size() >= 5; }));
  scrubber.setPlaying(false);
  wanted.resize(5);
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{10, 20, 40, 10, 20}));
}

TEST_F(HistoryScrubberTest, ADoubleClickOnTheRangeClearsItAndOneBesideItDoesNot) {
  scrubber.player().setRange(10, 40);
  QTest::mouseDClick(&scrubber, Qt::LeftButton, {}, at(70));
  EXPECT_TRUE(scrubber.player().range());
  QTest::mouseDClick(&scrubber, Qt::LeftButton, {}, at(30));
  EXPECT_FALSE(scrubber.player().range());
  // A click with Shift that is no drag marks nothing.
  QTest::mouseClick(&scrubber, Qt::LeftButton, Qt::ShiftModifier, at(20));
  EXPECT_FALSE(scrubber.player().range());
}

TEST_F(HistoryScrubberTest, KeysMarkTheRangeAtTheShownStep) {
  scrubber.setFocus();
  scrubber.showStep(20, false);
  QTest::keyClick(&scrubber, Qt::Key_BracketLeft);
  EXPECT_EQ(scrubber.player().range(), HistoryPlayer::Range(20, 80)) << "to the end of all";
  scrubber.showStep(40, false);
  QTest::keyClick(&scrubber, Qt::Key_BracketRight);
  EXPECT_EQ(scrubber.player().range(), HistoryPlayer::Range(20, 40));
  scrubber.showStep(10, false);
  QTest::keyClick(&scrubber, Qt::Key_BracketRight);
  EXPECT_EQ(scrubber.player().range(), HistoryPlayer::Range(0, 10)) << "an end before the begin moves it";
  QTest::keyClick(&scrubber, Qt::Key_Escape);
  EXPECT_FALSE(scrubber.player().range());
}

TEST_F(HistoryScrubberTest, TheRangeGoesWithTheRun) {
  scrubber.player().setRange(10, 40);
  scrubber.clear();
  EXPECT_FALSE(scrubber.player().range());
}

TEST_F(HistoryScrubberTest, FastIsManyStepsATickAndShowsTheLastOne) {
  auto* button = scrubber.findChild<QToolButton*>("playSpeed");
  EXPECT_EQ(button->text(), "1×");
  const auto choices = button->menu()->actions();
  ASSERT_EQ(choices.size(), 4);
  choices[3]->trigger();
  EXPECT_EQ(button->text(), "16×");
  EXPECT_EQ(button->accessibleName(), "Speed of playing: 16×");
  EXPECT_TRUE(choices[3]->isChecked());
  scrubber.showStep(0, false);
  scrubber.setPlaying(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !wanted.empty(); }));
  ASSERT_TRUE(QTest::qWaitFor([&] { return !scrubber.player().isPlaying(); }));
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{80}));
}

TEST_F(HistoryScrubberTest, SlowIsSeveralTicksAStep) {
  HistoryPlayer& player = scrubber.player();
  player.setSpeed(-3);
  EXPECT_EQ(player.speed(), 0) << "there is nothing slower";
  const QSignalSpy ticks(player.findChild<QTimer*>(), &QTimer::timeout);
  scrubber.showStep(0, false);
  scrubber.setPlaying(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !wanted.empty(); }));
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{10}));
  EXPECT_GE(ticks.count(), 4);
  EXPECT_LT(ticks.count(), 8);
}

TEST_F(HistoryScrubberTest, ANumberIsTypedAndTheNearestRecordedStepIsShownWhichIsSaid) {
  auto* field = scrubber.findChild<QLineEdit*>("stepField");
  const auto enter = [&](const char* text) {
    scrubber.askForStep();
    EXPECT_TRUE(field->hasFocus());
    QTest::keyClicks(field, text);  // in the place of what is selected
    QTest::keyClick(field, Qt::Key_Return);
  };
  enter("40");
  EXPECT_EQ(wanted, (std::vector<std::int64_t>{40}));
  EXPECT_EQ(scrubber.said(), "");
  enter("1x9");  // what is no digit is not taken
  EXPECT_EQ(wanted.back(), 20);
  EXPECT_EQ(field->text(), "20");
  EXPECT_EQ(scrubber.said(), "Step 19 is not recorded; the nearest one that is, 20, is shown");
  EXPECT_EQ(scrubber.accessibleDescription(), scrubber.said());
  enter("999999999999999999");
  EXPECT_EQ(wanted.back(), 80);
  QTest::mouseClick(&scrubber, Qt::LeftButton, {}, at(10));
  EXPECT_EQ(scrubber.said(), "") << "another step was asked for";
}

TEST_F(HistoryScrubberTest, ANumberThatWasBegunAndLeftIsForgotten) {
  auto* field = scrubber.findChild<QLineEdit*>("stepField");
  scrubber.showStep(20, false);
  scrubber.askForStep();
  QTest::keyClicks(field, "7");
  scrubber.showStep(40, false);
  EXPECT_EQ(field->text(), "7") << "what is being typed stays";
  scrubber.setFocus();
  EXPECT_EQ(field->text(), "40");
  EXPECT_TRUE(wanted.empty());
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
