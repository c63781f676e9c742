// What is drawn anew and what is not, under real events; and that nobody can see the difference.

#include <gtest/gtest.h>

#include <QApplication>
#include <QTest>
#include <QWheelEvent>

#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

constexpr int kWidth = 900, kHeight = 700;

class CanvasPictureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    view.resize(kWidth, kHeight);
    view.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
    state.showProbes({testing::makeSyntheticFrame()});
    state.selectObject(0);
    QApplication::processEvents();
    leave();
  }
  void leave() {
    QEvent event(QEvent::Leave);
    QApplication::sendEvent(&view, &event);
  }
  void wheel(QPointF at, int notches) {
    QWheelEvent event(at, view.mapToGlobal(at), {}, QPoint(0, 120 * notches), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &event);
  }
  /// Painted after every step, as on a screen.
  void drag(const std::vector<QPoint>& way) {
    QTest::mousePress(&view, Qt::LeftButton, {}, way.front());
    for (const QPoint& to : way) {
      QTest::mouseMove(&view, to);
      view.grab();
    }
    QTest::mouseRelease(&view, Qt::LeftButton, {}, way.back());
  }
  QImage look(CanvasView& canvas) {
    canvas.clearFocus();
    return canvas.grab().toImage().convertToFormat(QImage::Format_RGB32);
  }
  /// By a canvas that has drawn nothing before.
  QImage paintedAfresh() {
    CanvasView fresh(state);
    fresh.resize(view.size());
    fresh.setPalette(view.palette());
    fresh.setFont(view.font());
    fresh.setCanvasFromImage(view.canvasFromImage());
    return look(fresh);
  }
  std::int64_t drawnBy(const std::function<void()>& change) {
    view.grab();
    const std::int64_t before = view.groundPixelsDrawn();
    change();
    view.grab();
    return view.groundPixelsDrawn() - before;
  }

  ViewLink link;
  CanvasModel state{link};
  CanvasView view{state};
};

TEST_F(CanvasPictureTest, APannedPictureIsTheOneThatWouldBeDrawn) {
  state.layers().setVisible("predictions", true);
  state.layers().setVisible("channel:importance.p4", true);
  const std::vector<std::vector<QPoint>> ways = {{{300, 300}, {310, 295}, {360, 275}, {361, 400}, {200, 410}},
                                                 {{450, 350}, {20, 350}, {870, 690}},
                                                 {{100, 650}, {100, 20}}};
  for (const int notches : {0, -3, 5, 9}) {  // fitted; smaller than it is, where it is smoothed; magnified
    if (notches != 0) wheel({333, 222}, notches);
    for (const auto& way : ways) {
      drag(way);
      leave();
      const QImage panned = look(view), fresh = paintedAfresh();
      ASSERT_EQ(panned.size(), fresh.size());
      EXPECT_TRUE(panned == fresh) << "zoom " << view.zoom() << ", to " << way.back().x() << ", "
                                   << way.back().y();
    }
  }
}

TEST_F(CanvasPictureTest, PanningDrawsOnlyWhatComesIntoView) {
  wheel({450, 350}, 6);  // larger than the canvas: nothing holds it in reach
  view.grab();
  const std::int64_t drawn = drawnBy([&] { drag({{400, 300}, {440, 293}}); });
  EXPECT_EQ(drawn, 40 * kHeight + 7 * kWidth - 40 * 7);
  EXPECT_EQ(drawnBy([&] { drag({{400, 300}, {340, 300}}); }), 60 * kHeight);
}

TEST_F(CanvasPictureTest, HoveringAndChoosingDrawNothingOfTheGround) {
  EXPECT_EQ(drawnBy([&] {
              for (int x = 100; x < 800; x += 50)
                QTest::mouseMove(&view, QPoint(x, 300));
            }),
            0);
  EXPECT_EQ(drawnBy([&] { state.selectObject(1); }), 0);
  EXPECT_EQ(drawnBy([&] { state.selectAnchor(2345); }), 0);
  EXPECT_EQ(drawnBy([&] { state.layers().setVisible("objects", false); }), 0);
  EXPECT_EQ(drawnBy([&] { state.layers().setVisible("predictions", true); }), 0);
  leave();
  EXPECT_TRUE(look(view) == paintedAfresh());
}

TEST_F(CanvasPictureTest, WhatChangesTheGroundDrawsItOnce) {
  const std::int64_t all = std::int64_t{kWidth} * kHeight;
  EXPECT_EQ(drawnBy([&] { wheel({450, 350}, 2); }), all);
  EXPECT_EQ(drawnBy([&] { state.layers().setVisible("channel:cls_score", true); }), all);
  EXPECT_EQ(drawnBy([&] { state.layers().setOpacity("channel:cls_score", 0.25f); }), all);
  EXPECT_TRUE(look(view) == paintedAfresh());
  // Another snapshot of the same image; several that come before anybody looks are one.
  testing::SyntheticFrameOptions later;
  later.progress = 0.9;
  EXPECT_EQ(drawnBy([&] {
              for (const int step : {10, 20, 30}) {
                later.step = step;
                state.showProbes({testing::makeSyntheticFrame(later)});
              }
            }),
            all);
  EXPECT_TRUE(look(view) == paintedAfresh());
}

TEST_F(CanvasPictureTest, ASnapshotOfWhichOnlyTheImageShowsDrawsNothingOfTheGround) {
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    if (layer.hasChannel()) state.layers().setVisible(layer.id, false);
  auto later = std::make_shared<StageEvidence>(*state.evidence());
  later->step += 100;
  EXPECT_EQ(drawnBy([&] { state.showProbes({ProbeFrame::of(*later)}); }), 0);
}

}  // namespace
}  // namespace anchorscope
