// What is read off a canvas under real mouse and key events: the card beside the cursor, pins, the magnifier,
// and labels that are hidden.

#include "widgets/state/read_out.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/canvas/magnifier.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

class ReadOutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    view.resize(1100, 760);
    view.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
    view.setFocus();
    state.showProbes({testing::makeSyntheticFrame()});
    state.layers().showOnly("channel:musu.w_cls");
    boxes = denseBoxes(*state.layers().find("channel:musu.w_cls"), evidence());
  }
  const StageEvidence& evidence() { return *state.evidence(); }
  /// On the outline of a drawn anchor, counted from the topmost.
  QPoint on(std::size_t fromTop) {
    const Box& box = boxes.boxesInImage[boxes.boxesInImage.size() - 1 - fromTop];
    return view.toCanvas({double(box.x1), double(box.centerY())}).toPoint();
  }
  /// A point of the image where no object is, nor in the pixels about it.
  QPoint bareOfObjects() {
    for (int y = 12; y < 470; y += 4)
      for (int x = 12; x < 630; x += 4) {
        bool bare = true;
        for (const ObjectRecord& object : evidence().image->objects)
          bare = bare && !QRectF(QPointF(double(object.boxInImage.x1), double(object.boxInImage.y1)),
                                 QPointF(double(object.boxInImage.x2), double(object.boxInImage.y2)))
                              .adjusted(-12, -12, 12, 12)
                              .contains(x, y);
        if (bare) return view.toCanvas({x + 0.5, y + 0.5}).toPoint();
      }
    ADD_FAILURE() << "objects are everywhere";
    return {};
  }
  void key(int code) { QTest::keyClick(&view, static_cast<Qt::Key>(code)); }
  void pin(QPoint at) { QTest::mouseClick(&view, Qt::RightButton, {}, at); }
  ReadOut& readOut() { return link.readOut; }
  QImage grab() { return view.grab().toImage().convertToFormat(QImage::Format_RGB32); }

  ViewLink link;
  CanvasModel state{link};
  CanvasView view{state};
  DenseBoxes boxes;
};

double overlap(const QRectF& a, const QRectF& b) {
  const QRectF common = a & b;
  return common.isEmpty() ? 0 : common.width() * common.height();
}

TEST_F(ReadOutTest, ThreeNumbersStandBesideTheCursorAndTheRestOnAKey) {
  QTest::mouseMove(&view, on(0));
  const CanvasView::ReadOutLayout brief = view.readOut();
  EXPECT_EQ(brief.hovered.rows.size(), 3u);
  EXPECT_EQ(brief.hovered.rows[0].name, "Weight, classification") << "what is drawn comes first";
  EXPECT_TRUE(brief.hovered.hint.startsWith("I: ")) << brief.hovered.hint.toStdString();
  state.readOut().setTellsAll(true);
  const CanvasView::ReadOutLayout all = view.readOut();
  EXPECT_GT(all.hovered.rows.size(), 5u);
  EXPECT_EQ(all.hovered.rows.size() + all.hovered.more, 3 + brief.hovered.more);
  EXPECT_GT(all.hoverCard.height(), brief.hoverCard.height());
  state.readOut().setTellsAll(false);
  EXPECT_EQ(view.readOut().hovered.rows.size(), 3u);
}

TEST_F(ReadOutTest, TheCardKeepsClearOfTheBoxUnderTheCursor) {
  int looked = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    const QPoint at = on(7 * i);
    if (!view.rect().contains(at)) continue;
    QTest::mouseMove(&view, at);
    if (state.hoveredAnchor() < 0) continue;  // rounded to a pixel beside it
    const CanvasView::ReadOutLayout layout = view.readOut();
    const Box box = anchorBoxInImage(evidence(), state.hoveredAnchor(), BoxKind::kAnchor);
    const QRectF onCanvas(view.toCanvas({double(box.x1), double(box.y1)}),
                          view.toCanvas({double(box.x2), double(box.y2)}));
    EXPECT_FALSE(layout.hoverCard.contains(at));
    EXPECT_TRUE(QRectF(view.rect()).contains(layout.hoverCard));
    if (onCanvas.width() > 300 || onCanvas.height() > 300) continue;  // it is everywhere near
    EXPECT_EQ(overlap(layout.hoverCard, onCanvas), 0) << i;
    ++looked;
  }
  EXPECT_GT(looked, 10);
}

TEST_F(ReadOutTest, ARightClickPinsAndTheCardStaysWithItsValues) {
  const std::int64_t first = view.anchorAt(on(0)), second = view.anchorAt(on(200));
  ASSERT_NE(first, second);
  pin(on(0));
  pin(on(200));
  EXPECT_EQ(state.selectedAnchor(), -1) << "pinning selects nothing";
  ASSERT_EQ(readOut().pins().size(), 2);
  EXPECT_EQ(readOut().pins()[0].candidate, first);
  EXPECT_EQ(readOut().pins()[1].candidate, second);
  EXPECT_EQ(readOut().current(), 1);
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&view, &leave);
  const std::vector<PinCard> cards = view.readOut().pins;
  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(overlap(cards[0].rect, cards[1].rect), 0);
  EXPECT_EQ(cards[0].card.rows.size(), 3u);
  EXPECT_TRUE(cards[0].card.title.contains(
      QString::fromStdString(evidence().label(static_cast<std::size_t>(first)))));
  testing::keepPicture(grab(), "pins");

  // The next step's values, at the same place.
  auto later = std::make_shared<StageEvidence>(evidence());
  later->step += 10;
  for (Channel& channel : later->channels)
    if (channel.spec.name == "musu.w_cls") channel.values[static_cast<std::size_t>(first)] = 0.123f;
  state.showProbes({ProbeFrame::of(*later)});
  ASSERT_EQ(view.readOut().pins.size(), 2u);
  EXPECT_EQ(view.readOut().pins[0].card.rows[0].value, "0.123");
  EXPECT_EQ(view.readOut().pins[0].rect.topLeft(), cards[0].rect.topLeft());

  // Of another image nothing is shown; the pins are there when it comes back.
  testing::SyntheticFrameOptions other;
  other.seed = 8;
  auto image = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence(other));
  auto renamed = std::make_shared<ProbeImage>(*image->image);
  renamed->name = "another.jpg";
  image->image = renamed;
  state.showProbes({ProbeFrame::of(*image)});
  EXPECT_TRUE(view.readOut().pins.empty());
  EXPECT_EQ(readOut().pins().size(), 2);
}

TEST_F(ReadOutTest, KeysMoveTheCurrentPinByACellALevelAndASlot) {
  const CandidateSet& anchors = *evidence().candidates;
  readOut().add({QString::fromStdString(evidence().image->name),
                 QString::fromStdString(evidence().stage.name),
                 -1,
                 anchors.index({1, 10, 13, 1}),
                 {},
                 {}});
  const auto at = [&] { return readOut().pins()[0].candidate; };
  key(Qt::Key_Right);
  EXPECT_EQ(at(), anchors.index({1, 10, 14, 1}));
  key(Qt::Key_Up);
  EXPECT_EQ(at(), anchors.index({1, 9, 14, 1}));
  key(Qt::Key_PageUp);
  EXPECT_EQ(at(), anchors.index({2, 4, 7, 1}));
  key(Qt::Key_BracketRight);
  EXPECT_EQ(at(), anchors.index({2, 4, 7, 2}));
  EXPECT_EQ(state.selectedAnchor(), -1) << "the selection stays where it is";
  // Left, the keys are the selection's again.
  key(Qt::Key_Escape);
  EXPECT_EQ(readOut().current(), -1);
  key(Qt::Key_Right);
  EXPECT_EQ(at(), anchors.index({2, 4, 7, 2}));
  EXPECT_GE(state.selectedAnchor(), 0);
}

TEST_F(ReadOutTest, CardsAreDraggedMadeCurrentAndRemovedWithTheMouse) {
  pin(on(0));
  pin(on(200));
  const QRectF before = view.readOut().pins[0].rect;
  const QPoint grip = (before.topLeft() + QPointF(30, before.height() - 6)).toPoint();
  QTest::mousePress(&view, Qt::LeftButton, {}, grip);
  QTest::mouseMove(&view, grip + QPoint(-10, 15));
  QTest::mouseMove(&view, grip + QPoint(-40, 90));
  QTest::mouseRelease(&view, Qt::LeftButton, {}, grip + QPoint(-40, 90));
  EXPECT_EQ(readOut().current(), 0);
  EXPECT_EQ(view.readOut().pins[0].rect.topLeft(), before.topLeft() + QPointF(-40, 90));
  EXPECT_EQ(state.selectedAnchor(), -1) << "a card is not the image below it";
  // Panned with the image.
  const QPoint free(view.width() - 30, view.height() - 30);
  QTest::mousePress(&view, Qt::LeftButton, {}, free);
  QTest::mouseMove(&view, free - QPoint(12, 0));
  QTest::mouseMove(&view, free - QPoint(24, 8));
  QTest::mouseRelease(&view, Qt::LeftButton, {}, free - QPoint(24, 8));
  EXPECT_EQ(view.readOut().pins[0].rect.topLeft(), before.topLeft() + QPointF(-64, 82));

  const QPoint closer = closerOf(view.readOut().pins[0]).center().toPoint();
  const std::int64_t second = readOut().pins()[1].candidate;
  QTest::mouseClick(&view, Qt::LeftButton, {}, closer);
  ASSERT_EQ(readOut().pins().size(), 1);
  EXPECT_EQ(readOut().pins()[0].candidate, second);
  pin(view.readOut().pins[0].rect.center().toPoint());
  EXPECT_TRUE(readOut().pins().isEmpty());
  pin(on(0));
  key(Qt::Key_Delete);
  EXPECT_TRUE(readOut().pins().isEmpty());
}

TEST_F(ReadOutTest, ObjectsAndPixelsArePinnedToo) {
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  const Box object = evidence().image->objects[0].boxInImage;
  const QPoint inside = view.toCanvas({double(object.centerX()), double(object.centerY())}).toPoint();
  pin(inside);
  ASSERT_EQ(readOut().pins().size(), 1);
  EXPECT_EQ(readOut().pins()[0].object, view.objectAt(inside));
  key(Qt::Key_Right);
  EXPECT_EQ(readOut().pins()[0].object, view.objectAt(inside) + 1);
  const QPoint bare = bareOfObjects();
  ASSERT_FALSE(view.readOut().pins[0].rect.contains(bare));
  pin(bare);
  ASSERT_EQ(readOut().pins().size(), 2);
  const QPointF point = readOut().pins()[1].point;
  EXPECT_TRUE(view.readOut().pins[1].card.title.contains(QString::number(int(point.x()))));
  key(Qt::Key_Down);
  EXPECT_EQ(readOut().pins()[1].point, point + QPointF(0, 1));
}

TEST_F(ReadOutTest, ACellIsPinnedWhereAMapIsDrawn) {
  state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
  state.layers().showOnly("channel:lip.stem.importance");
  pin({550, 380});
  ASSERT_EQ(readOut().pins().size(), 1);
  const QPointF before = readOut().pins()[0].point;
  EXPECT_TRUE(view.readOut().pins[0].card.title.startsWith("cell ("))
      << view.readOut().pins[0].card.title.toStdString();
  key(Qt::Key_Right);
  const int stride = evidence().channel("lip.stem.importance")->grid.stride;
  EXPECT_DOUBLE_EQ(readOut().pins()[0].point.x(), before.x() + stride);
}

TEST_F(ReadOutTest, PinsComeBackWithASessionAndWhatIsNoneIsLeftOut) {
  pin(on(0));
  pin(on(200));
  readOut().setOffset(0, {44, -12});
  readOut().setMagnifies(true);
  const QJsonObject saved = readOut().save();
  ReadOut other;
  other.restore(saved);
  EXPECT_EQ(other.pins(), readOut().pins());
  EXPECT_TRUE(other.magnifies());
  EXPECT_FALSE(other.tellsAll());
  EXPECT_EQ(other.current(), -1);
  other.restore(
      {{"pins", QJsonArray{1, "x", QJsonObject{}, QJsonObject{{"image", "a"}, {"candidate", -7}}}}});
  ASSERT_EQ(other.pins().size(), 1);
  EXPECT_EQ(other.pins()[0].candidate, -1);
}

TEST_F(ReadOutTest, ThereAreNoMorePinsThanLettersAndItIsSaid) {
  QSignalSpy notes(&view, &CanvasView::noteWanted);
  for (int i = 0; i < ReadOut::kMostPins; ++i)
    readOut().add({"elsewhere.jpg", "dense", i, -1, {}, {}});
  pin(on(0));
  EXPECT_EQ(readOut().pins().size(), ReadOut::kMostPins);
  ASSERT_EQ(notes.count(), 1);
  EXPECT_TRUE(notes[0][0].toString().contains("26"));
}

TEST_F(ReadOutTest, TheMagnifierShowsThePixelUnderTheCursorSharply) {
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  const QPoint at = bareOfObjects();
  QTest::mouseMove(&view, at);
  EXPECT_TRUE(view.readOut().magnifier.isNull());
  state.readOut().setMagnifies(true);
  const QRectF lens = view.readOut().magnifier;
  ASSERT_FALSE(lens.isNull());
  EXPECT_FALSE(lens.contains(at));
  const QImage picture = grab();
  testing::keepPicture(picture, "magnifier");
  // Every pixel is a square of one colour: beside the one in the middle, which has an outline.
  const int zoom = magnification(view.zoom());
  ASSERT_GE(zoom, 8);
  const QPointF image = view.imageFromCanvas(at);
  const QPointF middle = lens.topLeft() + QPointF(lens.width() / 2, lens.width() / 2);
  const auto& rgb = evidence().image->pixels->rgb;
  for (const int dx : {-3, 3, 5}) {
    const int x = static_cast<int>(std::floor(image.x())) + dx, y = static_cast<int>(std::floor(image.y()));
    const auto index = static_cast<std::size_t>(3 * (y * 640 + x));
    const QPointF corner = middle + QPointF(x - image.x(), y - image.y()) * zoom;
    for (const double part : {0.25, 0.5, 0.75})
      EXPECT_EQ(picture.pixel((corner + QPointF(part, part) * zoom).toPoint()) & 0xFFFFFFu,
                qRgb(rgb[index], rgb[index + 1], rgb[index + 2]) & 0xFFFFFFu)
          << dx << " " << part;
  }
  // It goes along, and never over the cursor or the card.
  state.layers().setVisible("objects", true);
  for (const QPoint to : {QPoint(5, 5), QPoint(1095, 755), QPoint(550, 380)}) {
    QTest::mouseMove(&view, to);
    const CanvasView::ReadOutLayout layout = view.readOut();
    EXPECT_FALSE(layout.magnifier.contains(to));
    EXPECT_TRUE(QRectF(view.rect()).contains(layout.magnifier));
    EXPECT_EQ(overlap(layout.magnifier, layout.hoverCard), 0);
  }
  state.readOut().setMagnifies(false);
  EXPECT_TRUE(view.readOut().magnifier.isNull());
}

TEST_F(ReadOutTest, LabelsThatFindNoPlaceAreCounted) {
  auto crowded = std::make_shared<StageEvidence>(evidence());
  auto image = std::make_shared<ProbeImage>(*crowded->image);
  image->objects.clear();
  for (int i = 0; i < 20; ++i)
    image->objects.push_back({{300, 200, 400, 300}, 0, false});
  crowded->image = image;
  crowded->pairTables.clear();
  crowded->objectColumns.clear();
  crowded->predictions.clear();
  state.showProbes({ProbeFrame::of(*crowded)});
  state.layers().setVisible("objects", true);
  testing::keepPicture(grab(), "labels_hidden");
  const std::size_t hidden = view.hiddenLabels();
  EXPECT_GE(hidden, 16u) << "one box has room for four labels";
  EXPECT_LT(hidden, 20u);
  state.layers().setVisible("objects", false);
  grab();
  EXPECT_EQ(view.hiddenLabels(), 0u);
}

}  // namespace
}  // namespace anchorscope
