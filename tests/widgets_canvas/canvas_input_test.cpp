// The canvas under real mouse and key events.

#include <gtest/gtest.h>

#include <QApplication>
#include <QInputDialog>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "core/base/random.h"
#include "core/evidence/bag.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "tests/support/two_stage_frame.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

class CanvasInputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    view.resize(900, 700);
    view.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
    view.setFocus();
    state.showProbes({testing::makeSyntheticFrame()});
  }
  void wheel(QPointF at, int notches) {
    QWheelEvent event(at, view.mapToGlobal(at), {}, QPoint(0, 120 * notches), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &event);
  }
  void drag(QPoint from, QPoint to) {
    QTest::mousePress(&view, Qt::LeftButton, {}, from);
    QTest::mouseMove(&view, from + (to - from) / 3);
    QTest::mouseMove(&view, to);
    QTest::mouseRelease(&view, Qt::LeftButton, {}, to);
  }
  void key(int code, Qt::KeyboardModifiers modifiers = {}) {
    QTest::keyClick(&view, static_cast<Qt::Key>(code), modifiers);
  }
  const StageEvidence& frame() { return *state.evidence(); }
  void showOnlyImage() {
    for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
      state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  }

  ViewLink link;
  CanvasModel state{link};
  CanvasView view{state};
};

void expectNear(QPointF a, QPointF b, double tolerance) {
  EXPECT_NEAR(a.x(), b.x(), tolerance);
  EXPECT_NEAR(a.y(), b.y(), tolerance);
}

TEST_F(CanvasInputTest, AFrameIsFittedIntoTheMiddle) {
  const QPointF topLeft = view.toCanvas({0, 0}), bottomRight = view.toCanvas({640, 480});
  EXPECT_GE(topLeft.x(), 0);
  EXPECT_GE(topLeft.y(), 0);
  EXPECT_LE(bottomRight.x(), 900);
  EXPECT_LE(bottomRight.y(), 700);
  expectNear((topLeft + bottomRight) / 2, {450, 350}, 1e-9);
  EXPECT_TRUE(bottomRight.x() - topLeft.x() > 860 || bottomRight.y() - topLeft.y() > 660);
}

TEST_F(CanvasInputTest, TheWheelKeepsThePointUnderTheCursor) {
  QSignalSpy changed(&state, &CanvasModel::viewportChanged);
  const QPointF cursor(233, 417);
  const QPointF before = view.imageFromCanvas(cursor);
  const double zoom = view.zoom();
  for (const int notches : {1, 3, -2, 5}) {
    wheel(cursor, notches);
    expectNear(view.imageFromCanvas(cursor), before, 1e-6);
  }
  EXPECT_GT(view.zoom(), zoom);
  EXPECT_EQ(changed.count(), 4);
}

TEST_F(CanvasInputTest, ZoomIsBounded) {
  for (int i = 0; i < 60; ++i)
    wheel({450, 350}, 3);
  EXPECT_DOUBLE_EQ(view.zoom(), 64);
  for (int i = 0; i < 120; ++i)
    wheel({450, 350}, -3);
  EXPECT_GT(view.zoom(), 0.01);
  view.setZoom(std::nan(""), {1, 1});
  EXPECT_GT(view.zoom(), 0.01);
  view.grab();
}

TEST_F(CanvasInputTest, DraggingPansWithoutSelecting) {
  const QPointF before = view.toCanvas({100, 100});
  drag({300, 300}, {360, 275});
  expectNear(view.toCanvas({100, 100}), before + QPointF(60, -25), 1e-9);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(state.selectedObject(), -1);
}

TEST_F(CanvasInputTest, PanningAndZoomingKeepTheImageInReach) {
  const auto inView = [&] {
    const QRectF image(view.toCanvas({0, 0}), view.toCanvas({640, 480}));
    return image.intersected(QRectF(view.rect()));
  };
  for (const QPoint to : {QPoint(9000, 350), QPoint(-9000, 350), QPoint(450, 9000), QPoint(450, -9000)}) {
    key(Qt::Key_F);
    drag({450, 350}, to);
    EXPECT_GE(inView().width(), 60) << to.x() << ", " << to.y();
    EXPECT_GE(inView().height(), 60) << to.x() << ", " << to.y();
  }
  // Beside the image the cursor would hold a point of the ground, and the image would fly away.
  key(Qt::Key_F);
  drag({450, 350}, {9000, 350});
  for (int i = 0; i < 12; ++i)
    wheel({3, 350}, 2);
  EXPECT_GE(inView().width(), 60);
  // A window made smaller does not lose it either.
  key(Qt::Key_F);
  drag({100, 350}, {860, 350});
  view.resize(300, 300);
  EXPECT_GE(inView().width(), 60);
}

TEST_F(CanvasInputTest, DoubleClickFAndHomeFitAgain) {
  const AxisTransform fitted = view.canvasFromImage();
  for (const int way : {0, 1, 2}) {
    wheel({100, 100}, 4);
    drag({300, 300}, {420, 275});
    ASSERT_FALSE(view.canvasFromImage() == fitted);
    if (way == 0) QTest::mouseDClick(&view, Qt::LeftButton, {}, QPoint(200, 200));
    if (way == 1) key(Qt::Key_F);
    if (way == 2) key(Qt::Key_Home);
    EXPECT_EQ(view.canvasFromImage(), fitted) << way;
  }
}

TEST_F(CanvasInputTest, AFittedViewStaysFittedWhenResizedAZoomedOneKeepsItsZoom) {
  view.resize(500, 400);
  QTest::qWait(0);
  EXPECT_LE(view.toCanvas({640, 480}).x(), 500);
  view.setZoom(3, {10, 10});
  view.resize(700, 600);
  QTest::qWait(0);
  EXPECT_DOUBLE_EQ(view.zoom(), 3);
}

TEST_F(CanvasInputTest, OneIsHundredPercentAtTheCursor) {
  QTest::mouseMove(&view, QPoint(333, 222));
  const QPointF before = view.imageFromCanvas({333, 222});
  key(Qt::Key_1);
  EXPECT_DOUBLE_EQ(view.zoom(), 1);
  expectNear(view.imageFromCanvas({333, 222}), before, 1e-6);
  EXPECT_EQ(view.imageInfo().value(1), QStringLiteral("100 %"));
}

TEST_F(CanvasInputTest, PickingAgreesWithLookingAtEveryDrawnBox) {
  state.layers().showOnly("channel:musu.w_cls");
  const DenseBoxes drawn = denseBoxes(*state.layers().find("channel:musu.w_cls"), frame());
  ASSERT_GT(drawn.anchors.size(), 100u);
  auto random = Random::of(1, RandomPurpose::kTest, {3});
  int found = 0;
  for (int n = 0; n < 400; ++n) {
    const QPointF canvas(random.uniform(0, 900), random.uniform(0, 700));
    const QPointF p = view.imageFromCanvas(canvas);
    const double reach = 3 / view.zoom();
    std::int64_t onLine = -1, inside = -1;
    double smallest = 1e30;
    for (std::size_t i = 0; i < drawn.anchors.size(); ++i) {
      const Box& b = drawn.boxesInImage[i];
      const bool near = p.x() >= double(b.x1) - reach && p.x() <= double(b.x2) + reach &&
                        p.y() >= double(b.y1) - reach && p.y() <= double(b.y2) + reach;
      const bool deep = p.x() > double(b.x1) + reach && p.x() < double(b.x2) - reach &&
                        p.y() > double(b.y1) + reach && p.y() < double(b.y2) - reach;
      if (near && !deep) onLine = drawn.anchors[i];
      if (p.x() >= double(b.x1) && p.x() < double(b.x2) && p.y() >= double(b.y1) && p.y() < double(b.y2) &&
          double(b.area()) <= smallest) {
        smallest = double(b.area());
        inside = drawn.anchors[i];
      }
    }
    const std::int64_t expected = onLine >= 0 ? onLine : inside;
    EXPECT_EQ(view.anchorAt(canvas), expected) << canvas.x() << ", " << canvas.y();
    found += expected >= 0 ? 1 : 0;
  }
  EXPECT_GT(found, 50);
}

TEST_F(CanvasInputTest, HoveringFollowsTheMouseAndEndsWhenItLeaves) {
  state.layers().showOnly("channel:musu.w_cls");
  const DenseBoxes drawn = denseBoxes(*state.layers().find("channel:musu.w_cls"), frame());
  const Box top = drawn.boxesInImage.back();
  QSignalSpy status(&view, &CanvasView::statusTextChanged);
  const QPoint at = view.toCanvas({double(top.x1), double(top.centerY())}).toPoint();
  QTest::mouseMove(&view, at);
  EXPECT_EQ(state.hoveredAnchor(), view.anchorAt(at));
  EXPECT_GE(state.hoveredAnchor(), 0);
  ASSERT_FALSE(status.isEmpty());
  EXPECT_TRUE(status.last()[0].toString().startsWith("x ")) << status.last()[0].toString().toStdString();
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&view, &leave);
  EXPECT_EQ(state.hoveredAnchor(), -1);
  EXPECT_EQ(status.last()[0].toString(), QString());
}

TEST_F(CanvasInputTest, HiddenLayersAreNotPicked) {
  showOnlyImage();
  for (int x = 100; x < 800; x += 50)
    EXPECT_EQ(view.anchorAt({double(x), 350}), -1);
}

TEST_F(CanvasInputTest, ClickSelectsTheAnchorAndItsObject) {
  state.layers().showOnly("channel:musu.w_cls");
  state.layers().setVisible("objects", false);
  const DenseBoxes drawn = denseBoxes(*state.layers().find("channel:musu.w_cls"), frame());
  const Box top = drawn.boxesInImage.back();
  QSignalSpy selections(&state, &CanvasModel::selectionChanged);
  const QPoint at = view.toCanvas({double(top.x1), double(top.centerY())}).toPoint();
  const std::int64_t expected =
      view.anchorAt(at);  // before the click, which brings the object's bag into view
  QTest::mouseClick(&view, Qt::LeftButton, {}, at);
  EXPECT_EQ(state.selectedAnchor(), expected);
  EXPECT_GE(state.selectedAnchor(), 0);
  EXPECT_GE(state.selectedObject(), 0);
  EXPECT_EQ(selections.count(), 1);
  key(Qt::Key_Escape);
  EXPECT_EQ(state.selectedAnchor(), -1);
  EXPECT_EQ(state.selectedObject(), -1);
}

TEST_F(CanvasInputTest, ClickOnAnObjectsOutlineAndControlClickInsideSelectTheObject) {
  const Box object = frame().image->objects[0].boxInImage;
  QTest::mouseClick(&view, Qt::LeftButton, {},
                    view.toCanvas({double(object.x1), double(object.centerY())}).toPoint());
  EXPECT_EQ(state.selectedObject(), 0);
  EXPECT_EQ(state.selectedAnchor(), -1);
  state.selectPair(-1, -1);
  QTest::mouseClick(&view, Qt::LeftButton, Qt::ControlModifier,
                    view.toCanvas({double(object.centerX()), double(object.centerY())}).toPoint());
  EXPECT_EQ(state.selectedObject(),
            view.objectAt(view.toCanvas({double(object.centerX()), double(object.centerY())})));
  EXPECT_GE(state.selectedObject(), 0);
  EXPECT_EQ(state.selectedAnchor(), -1);
}

TEST_F(CanvasInputTest, WithoutAnchorsInViewAClickSelectsTheSmallestObject) {
  showOnlyImage();
  const auto& objects = frame().image->objects;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const QPointF center(double(objects[i].boxInImage.centerX()), double(objects[i].boxInImage.centerY()));
    int expected = -1;
    for (std::size_t o = 0; o < objects.size(); ++o)
      if (objects[o].boxInImage.contains(static_cast<float>(center.x()), static_cast<float>(center.y())) &&
          (expected < 0 ||
           objects[o].boxInImage.area() < objects[static_cast<std::size_t>(expected)].boxInImage.area()))
        expected = static_cast<int>(o);
    EXPECT_EQ(view.objectAt(view.toCanvas(center)), expected);
  }
  QTest::mouseClick(
      &view, Qt::LeftButton, {},
      view.toCanvas({double(objects[0].boxInImage.centerX()), double(objects[0].boxInImage.centerY())})
          .toPoint());
  EXPECT_GE(state.selectedObject(), 0);
}

TEST_F(CanvasInputTest, AltClickGoesThroughAllAnchorsUnderTheCursor) {
  state.layers().showOnly("channel:musu.w_cls");
  const DenseBoxes drawn = denseBoxes(*state.layers().find("channel:musu.w_cls"), frame());
  const Box top = drawn.boxesInImage.back();
  const QPoint at = view.toCanvas({double(top.centerX()), double(top.centerY())}).toPoint();
  std::vector<std::int64_t> visited;
  for (int i = 0; i < 1000; ++i) {
    QTest::mouseClick(&view, Qt::LeftButton, Qt::AltModifier, at);
    if (!visited.empty() && state.selectedAnchor() == visited.front()) break;
    visited.push_back(state.selectedAnchor());
  }
  const QPointF image = view.imageFromCanvas(at);
  for (std::size_t i = 0; i < drawn.anchors.size(); ++i) {
    if (drawn.boxesInImage[i].contains(static_cast<float>(image.x()), static_cast<float>(image.y()))) {
      EXPECT_EQ(std::count(visited.begin(), visited.end(), drawn.anchors[i]), 1) << drawn.anchors[i];
    }
  }
  EXPECT_GT(visited.size(), 1u);
}

TEST_F(CanvasInputTest, BagMembersOfTheSelectedObjectArePickedFirst) {
  showOnlyImage();
  state.layers().setVisible("bag", true);
  state.selectObject(0);
  const Bag bag = bagOf(frame(), 0);
  ASSERT_FALSE(bag.members.empty());
  const Box box = anchorBoxInImage(frame(), bag.members.front().anchor, BoxKind::kAnchor);
  const std::int64_t picked = view.anchorAt(view.toCanvas({double(box.x1), double(box.centerY())}));
  EXPECT_TRUE(std::any_of(bag.members.begin(), bag.members.end(),
                          [&](const BagMember& m) { return m.anchor == picked; }));
}

TEST_F(CanvasInputTest, ArrowsWalkOneCellAndStopAtTheEdge) {
  const CandidateSet& anchors = *frame().candidates;
  state.selectAnchor(anchors.index({1, 10, 10, 2}));
  key(Qt::Key_Right);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 10, 11, 2}));
  key(Qt::Key_Down);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 11, 11, 2}));
  key(Qt::Key_Left);
  key(Qt::Key_Up);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 10, 10, 2}));
  state.selectAnchor(anchors.index({1, 0, 0, 0}));
  key(Qt::Key_Left);
  key(Qt::Key_Up);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 0, 0, 0}));
}

TEST_F(CanvasInputTest, PagesChangeTheLevelAtTheSamePlaceAndBracketsTheSlot) {
  const CandidateSet& anchors = *frame().candidates;
  state.selectAnchor(anchors.index({1, 10, 13, 1}));  // centre at 168, 216 px of 16 px cells
  key(Qt::Key_PageUp);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({2, 5, 6, 1}));
  key(Qt::Key_PageDown);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 11, 13, 1}));
  key(Qt::Key_BracketRight);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 11, 13, 2}));
  key(Qt::Key_BracketRight);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 11, 13, 0}));
  key(Qt::Key_BracketLeft);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({1, 11, 13, 2}));
  state.selectAnchor(anchors.index({4, 0, 0, 0}));
  key(Qt::Key_PageUp);
  EXPECT_EQ(state.selectedAnchor(), anchors.index({4, 0, 0, 0}));
}

TEST_F(CanvasInputTest, WalkingStartsInTheMiddleOfTheViewAndBringsTheAnchorIntoView) {
  key(Qt::Key_Right);
  ASSERT_GE(state.selectedAnchor(), 0);
  const Box box = anchorBoxInImage(frame(), state.selectedAnchor(), BoxKind::kAnchor);
  expectNear({double(box.centerX()), double(box.centerY())}, {320, 240}, 32);
  view.setZoom(20, {0, 0});
  view.goToAnchor(static_cast<std::int64_t>(frame().candidates->count()) - 1);
  const Box last = anchorBoxInImage(frame(), state.selectedAnchor(), BoxKind::kAnchor);
  EXPECT_TRUE(QRectF(view.rect()).contains(view.toCanvas({double(last.centerX()), double(last.centerY())})));
}

TEST_F(CanvasInputTest, ProposalsAreWalkedInTheirOrder) {
  state.showProbes({testing::makeSyntheticTwoStageFrame()});
  state.setStage(1);
  ASSERT_EQ(frame().candidates->count(), 40u);
  key(Qt::Key_Right);
  EXPECT_EQ(state.selectedAnchor(), 0);
  key(Qt::Key_Down);
  key(Qt::Key_BracketRight);
  EXPECT_EQ(state.selectedAnchor(), 2);
  key(Qt::Key_PageUp);
  EXPECT_EQ(state.selectedAnchor(), 2) << "there are no levels";
  key(Qt::Key_Up);
  key(Qt::Key_Left);
  key(Qt::Key_Left);
  EXPECT_EQ(state.selectedAnchor(), 0);
  view.goToAnchor(39);
  key(Qt::Key_Right);
  EXPECT_EQ(state.selectedAnchor(), 39);
}

TEST_F(CanvasInputTest, ControlGAsksForAnAnchorByNumber) {
  key(Qt::Key_G, Qt::ControlModifier);
  auto* dialog = view.findChild<QInputDialog*>();
  ASSERT_NE(dialog, nullptr);
  dialog->setIntValue(1234);
  dialog->accept();
  EXPECT_EQ(state.selectedAnchor(), 1234);
}

TEST_F(CanvasInputTest, AnEmptyCanvasTakesEveryGestureCalmly) {
  CanvasModel empty(link);
  CanvasView canvas(empty);
  canvas.resize(300, 200);
  canvas.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&canvas));
  for (const int code : {Qt::Key_F, Qt::Key_1, Qt::Key_Left, Qt::Key_PageUp, Qt::Key_BracketLeft,
                         Qt::Key_Escape, Qt::Key_Plus})
    QTest::keyClick(&canvas, static_cast<Qt::Key>(code));
  QTest::keyClick(&canvas, Qt::Key_G, Qt::ControlModifier);
  QTest::mouseClick(&canvas, Qt::LeftButton, {}, QPoint(20, 20));
  QTest::mouseDClick(&canvas, Qt::LeftButton, {}, QPoint(20, 20));
  EXPECT_EQ(canvas.anchorAt({10, 10}), -1);
  EXPECT_EQ(canvas.objectAt({10, 10}), -1);
  EXPECT_EQ(empty.selectedAnchor(), -1);
  EXPECT_FALSE(canvas.grab().isNull());
}

TEST_F(CanvasInputTest, LinkedViewsTakeOverZoomAndPan) {
  CanvasModel second(link);
  CanvasView other(second);
  other.resize(view.size());
  other.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&other));
  second.showProbes({testing::makeSyntheticFrame()});
  const auto expectSame = [&] {
    const AxisTransform &a = other.canvasFromImage(), &b = view.canvasFromImage();
    EXPECT_NEAR(a.scaleX, b.scaleX, 1e-9);
    expectNear({a.offsetX, a.offsetY}, {b.offsetX, b.offsetY}, 1e-6);
  };
  wheel({100, 100}, 3);
  drag({300, 300}, {360, 275});
  EXPECT_GT(view.zoom(), 1.5);
  expectSame();
  // Each has its own size: the same place is in the middle, at the same zoom.
  other.resize(500, 300);
  expectNear(other.imageFromCanvas({250, 150}),
             view.imageFromCanvas({view.width() / 2.0, view.height() / 2.0}), 1e-6);
  EXPECT_EQ(other.zoom(), view.zoom());
  // What is its own is left alone.
  second.setOwnViewport(true);
  const AxisTransform before = other.canvasFromImage();
  wheel({100, 100}, 2);
  EXPECT_EQ(other.canvasFromImage(), before);
  second.setOwnViewport(false);
  other.resize(view.size());
  expectSame();
  key(Qt::Key_F);
  expectSame();
  other.resize(400, 400);
  EXPECT_NEAR(other.zoom(), (400 - 32) / 640.0, 1e-9) << "fitted again";
}

TEST_F(CanvasInputTest, AnEmptyViewMovesNoOther) {
  link.viewport.setShared(true);
  CanvasModel second(link);
  CanvasView other(second);
  other.resize(view.size());
  other.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&other));
  const AxisTransform before = view.canvasFromImage();
  QTest::mousePress(&other, Qt::LeftButton, {}, QPoint(100, 100));
  QTest::mouseMove(&other, QPoint(180, 160));
  QTest::mouseRelease(&other, Qt::LeftButton, {}, QPoint(180, 160));
  EXPECT_EQ(view.canvasFromImage(), before);
  // Another image comes where the others are.
  wheel({100, 100}, 3);
  const double zoom = view.zoom();
  StageEvidence evidence = *testing::makeSyntheticEvidence();
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = "another";
  evidence.image = image;
  second.showProbes({ProbeFrame::of(std::move(evidence))});
  EXPECT_EQ(view.zoom(), zoom);
  EXPECT_EQ(other.zoom(), zoom);
}

TEST_F(CanvasInputTest, ANewFrameUnderTheCursorMayHaveOtherLayers) {
  state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
  state.layers().showOnly("channel:importance.p4");
  // Without the maps something else stands in; with them they are back, while the cursor is over the canvas.
  StageEvidence bare = *testing::makeSyntheticEvidence();
  std::erase_if(bare.channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("importance"); });
  QTest::mouseMove(&view, QPoint(3, 3));
  QTest::mouseMove(&view, view.toCanvas({320, 240}).toPoint());
  state.showProbes({ProbeFrame::of(bare)});
  state.layers().showInstead({"channel:importance.p4"}, {"channel:iou"}, "channel:iou");
  state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
  EXPECT_FALSE(state.layers().standIn());
  EXPECT_FALSE(view.grab().isNull());
}

TEST_F(CanvasInputTest, WhatIsHoveredInOneViewIsShownInTheOtherUntilTheCursorLeaves) {
  CanvasModel second(link);
  CanvasView other(second);
  second.showProbes({testing::makeSyntheticFrame()});
  QTest::mouseMove(&view, QPoint(3, 3));
  QTest::mouseMove(&view, view.toCanvas({320, 240}).toPoint());
  const std::int64_t hovered = state.hoveredAnchor();
  ASSERT_GE(hovered, 0);
  EXPECT_EQ(second.hoveredAnchor(), hovered);
  second.showProbes({testing::makeSyntheticFrame({.step = 9})});
  EXPECT_EQ(state.hoveredAnchor(), hovered) << "the other's new frame hovers nothing";
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&view, &leave);
  EXPECT_EQ(state.hoveredAnchor(), -1);
  EXPECT_EQ(second.hoveredAnchor(), -1);
}

TEST_F(CanvasInputTest, VisiblePartIsCutAtTheImage) {
  EXPECT_EQ(view.visibleInImage(), (Box{0, 0, 640, 480}));
  view.setCanvasFromImage({2, 2, -200, -100});
  EXPECT_EQ(view.visibleInImage(), (Box{100, 50, 550, 400}));
}

TEST_F(CanvasInputTest, WhatIsBrushedIsDrawnWithoutALayerOfAnchorsAndEscClearsItFirst) {
  showOnlyImage();
  const QPointF middle = view.toCanvas({320, 240});
  EXPECT_LT(view.anchorAt(middle), 0);
  const QImage before = view.grab().toImage();
  CandidateCondition condition;
  condition.level = 3;
  state.brush(condition);
  EXPECT_NE(view.grab().toImage(), before);
  const std::int64_t brushed = view.anchorAt(middle);
  ASSERT_GE(brushed, 0);
  EXPECT_EQ(frame().candidates->address(static_cast<std::size_t>(brushed)).level, 3);
  state.selectAnchor(brushed);
  key(Qt::Key_Escape);
  EXPECT_FALSE(state.subset());
  EXPECT_EQ(state.selectedAnchor(), brushed);
  key(Qt::Key_Escape);
  EXPECT_LT(state.selectedAnchor(), 0);
}

TEST_F(CanvasInputTest, OthersThanTheBrushedCannotBePickedWhileTheyAreHidden) {
  state.layers().showOnly("channel:iou");
  CandidateCondition condition;
  condition.ranges = {{"iou", 0.5f, 1}};
  state.brush(condition);
  state.setBrushHidesOthers(true);
  int found = 0;
  for (int x = 40; x < 640; x += 40)
    for (int y = 40; y < 480; y += 40)
      if (const std::int64_t anchor = view.anchorAt(view.toCanvas(QPointF(x, y))); anchor >= 0) {
        ++found;
        EXPECT_TRUE(state.subset()->inside[static_cast<std::size_t>(anchor)]);
      }
  EXPECT_GT(found, 10);
}

TEST_F(CanvasInputTest, ArrowsLeadFromEveryObjectsBestScoreToItsBestBox) {
  showOnlyImage();
  const QImage before = view.grab().toImage();
  state.layers().setVisible("arrows", true);
  const QImage shown = view.grab().toImage();
  int arrows = 0;
  for (std::size_t object = 0; object < frame().image->objects.size(); ++object) {
    const Bag bag = bagOf(frame(), static_cast<int>(object));
    if (!bag.bestClassificationAnchor || !bag.bestRegressionAnchor) continue;
    const auto middle = [&](std::int32_t anchor) {
      const Box box = anchorBoxInImage(frame(), anchor, BoxKind::kAnchor);
      return view.toCanvas({double(box.centerX()), double(box.centerY())}).toPoint();
    };
    const QPoint from = middle(*bag.bestClassificationAnchor);
    if (from == middle(*bag.bestRegressionAnchor)) continue;
    ++arrows;
    EXPECT_EQ(shown.pixelColor(from), QColor(Qt::white)) << object;
  }
  EXPECT_GT(arrows, 3);
  EXPECT_NE(shown, before);
}

}  // namespace
}  // namespace anchorscope
