// A candidate or object through time, driven as people do.
#include "widgets/plot/track_view.h"

#include <gtest/gtest.h>

#include <QLabel>
#include <QProgressBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
#include <cmath>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/models/number_text.h"

namespace anchorscope {
namespace {

class TrackViewTest : public ::testing::Test {
 protected:
  TrackViewTest() {
    view.resize(344, 860);  // no scroll bar comes and goes
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
    plot = view.findChild<QWidget*>("trackPlot");
  }

  /// Moments 0, 20 ... 380 of a run that learns.
  static const std::vector<std::shared_ptr<const ProbeFrame>>& moments() {
    static const auto made = [] {
      std::vector<std::shared_ptr<const ProbeFrame>> frames;
      for (std::int64_t step = 0; step < 400; step += 20)
        frames.push_back(testing::makeSyntheticFrame({.imageSize = {96, 64},
                                                      .inputSize = {96, 64},
                                                      .objectCount = 4,
                                                      .seed = static_cast<std::uint64_t>(step / 100),
                                                      .step = step,
                                                      .progress = static_cast<double>(step) / 400}));
      return frames;
    }();
    return made;
  }
  static Track follow(const TrackSubject& subject) {
    Tracker tracker(subject);
    for (const auto& frame : moments())
      EXPECT_TRUE(tracker.add(*frame));
    return tracker.track();
  }
  /// A candidate that a head learns at some of the moments.
  static std::int64_t learnt() {
    const StageEvidence& evidence = *moments().back()->stages[0];
    const Channel* winner = evidence.channel(evidence.decisions.at(0).outcomes.at(0).winnerChannel);
    for (std::size_t i = 0; i < winner->values.size(); ++i)
      if (winner->values[i] >= 0) return static_cast<std::int64_t>(i);
    return 0;
  }
  /// Until what was scheduled has been drawn.
  void settle() {
    ASSERT_TRUE(QTest::qWaitFor([&] { return !view.pointOfStep(100).isNull(); }));
  }
  void show(const TrackSubject& subject) {
    view.begin("cells.jpg · anchor 7");
    view.showTrack(follow(subject), 20, 20, {});
    settle();
  }
  QString label(const char* name) const { return view.findChild<QLabel*>(QString::fromLatin1(name))->text(); }
  template <typename Widget>
  Widget* child(const char* name) const {
    return view.findChild<Widget*>(QString::fromLatin1(name));
  }

  TrackView view;
  QWidget* plot = nullptr;
};

TEST_F(TrackViewTest, ACandidateHasRowsOfItsValuesAndAStripOfWhoChoseIt) {
  show({"", learnt(), 1});
  EXPECT_FALSE(view.shown().isEmpty());
  EXPECT_TRUE(view.shown().contains("iou")) << view.shown().join(' ').toStdString();
  ASSERT_FALSE(view.track().heads.empty());
  const QString strip = QString::fromStdString(view.track().heads[0].column);
  const double last = view.track().column(view.track().heads[0].column)->values.back();
  const QString expected = last < 0 ? QString("background") : QString("object %1").arg(last);
  EXPECT_TRUE(view.rowText(strip).contains(expected)) << view.rowText(strip).toStdString();
  EXPECT_TRUE(view.rowText(strip).contains("step 380"));
  EXPECT_TRUE(label("trackSteadiness").contains("flip rate"));
  EXPECT_TRUE(label("trackSteadiness").contains("20 steps recorded"));
  EXPECT_EQ(label("trackSubject"), "cells.jpg · anchor 7");
  view.setCurrentStep(100);
  QTest::qWait(0);
  testing::keepPicture(view.grab().toImage(), "track-candidate");
}

TEST_F(TrackViewTest, AnObjectHasHowManyLearnItAndItsMeans) {
  show({"", -1, 1});
  const QString candidates = QString::fromStdString(view.track().heads.at(0).column);
  EXPECT_TRUE(candidates.startsWith("candidates."));
  EXPECT_EQ(view.shown().front(), candidates);
  testing::keepPicture(view.grab().toImage(), "track-object");
}

TEST_F(TrackViewTest, AClickGoesToTheNearestRecordedStepAndTheValuesFollow) {
  show({"", learnt(), -1});
  QSignalSpy wanted(&view, &TrackView::stepWanted);
  const QPoint at = view.pointOfStep(100);
  QTest::mouseClick(plot, Qt::LeftButton, {}, at + QPoint(2, 0));
  ASSERT_EQ(wanted.count(), 1);
  EXPECT_EQ(wanted[0][0].toLongLong(), 100);
  view.setCurrentStep(60);
  QEvent leave(QEvent::Leave);
  QCoreApplication::sendEvent(plot, &leave);
  const double iou = view.track().column("iou")->values[3];
  EXPECT_TRUE(view.rowText("iou").contains(numberText(iou))) << view.rowText("iou").toStdString();
  EXPECT_TRUE(view.rowText("iou").contains("step 60"));
  QTest::mouseMove(plot, view.pointOfStep(300));
  EXPECT_TRUE(view.rowText("iou").contains("step 300")) << view.rowText("iou").toStdString();
}

TEST_F(TrackViewTest, TheWheelZoomsAllRowsAndADoubleClickShowsAll) {
  show({"", learnt(), -1});
  const int before = view.pointOfStep(380).x() - view.pointOfStep(0).x();
  const QPoint at = view.pointOfStep(200);
  QWheelEvent wheel(at, plot->mapToGlobal(at), {}, {0, 240}, {}, {}, Qt::NoScrollPhase, false);
  QCoreApplication::sendEvent(plot, &wheel);
  EXPECT_GT(view.pointOfStep(380).x() - view.pointOfStep(0).x(), before + 20);
  QTest::mouseDClick(plot, Qt::LeftButton, {}, at);
  EXPECT_TRUE(QTest::qWaitFor([&] { return view.pointOfStep(380).x() - view.pointOfStep(0).x() == before; }));
}

TEST_F(TrackViewTest, ChosenValuesStayForOthersOfTheirKind) {
  show({"", learnt(), -1});
  view.setShown({"iou"});
  view.begin("another");
  view.showTrack(follow({"", learnt() + 1, -1}), 20, 20, {});
  EXPECT_EQ(view.shown(), QStringList{"iou"});
  view.showTrack(follow({"", -1, 1}), 20, 20, {});
  EXPECT_NE(view.shown(), QStringList{"iou"});
}

TEST_F(TrackViewTest, WhatIsReadIsShownBeforeTheRest) {
  view.begin("cells.jpg · anchor 7");
  EXPECT_TRUE(label("trackEmpty").contains("being read"));
  view.showTrack(follow({"", learnt(), -1}), 20, 80, {"step 40 is damaged"});
  settle();
  EXPECT_TRUE(view.findChild<QProgressBar*>()->isVisible());
  EXPECT_FALSE(child<QToolButton>("exportTrack")->isEnabled()) << "a part of it is no export";
  EXPECT_TRUE(label("trackSteadiness").contains("1 step left out"));
  EXPECT_EQ(child<QLabel>("trackSubject")->toolTip(), "step 40 is damaged");
  view.clear("Select an anchor");
  EXPECT_EQ(label("trackEmpty"), "Select an anchor");
  EXPECT_FALSE(plot->isVisible());
}

TEST_F(TrackViewTest, PinAndOnionSkinAreToldAsTheyAreClicked) {
  show({"", learnt(), -1});
  QSignalSpy pin(&view, &TrackView::pinToggled), onion(&view, &TrackView::onionToggled),
      reach(&view, &TrackView::onionReachChanged), save(&view, &TrackView::exportWanted);
  QTest::mouseClick(child<QToolButton>("pinTrack"), Qt::LeftButton);
  EXPECT_TRUE(view.isPinned());
  EXPECT_EQ(pin.count(), 1);
  EXPECT_FALSE(child<QSpinBox>("onionReach")->isVisible());
  QTest::mouseClick(child<QToolButton>("onionSkin"), Qt::LeftButton);
  EXPECT_EQ(onion.count(), 1);
  child<QSpinBox>("onionReach")->setFocus();
  QTest::keyClick(child<QSpinBox>("onionReach"), Qt::Key_Up);
  EXPECT_EQ(reach.count(), 1);
  QTest::mouseClick(child<QToolButton>("exportTrack"), Qt::LeftButton);
  EXPECT_EQ(save.count(), 1);
}

}  // namespace
}  // namespace anchorscope
