// What the canvas draws, looked at through pixels; with ANCHORSCOPE_SHOTS the pictures are kept for people.

#include <gtest/gtest.h>

#include <QCoreApplication>
#include <QMouseEvent>
#include <QPalette>
#include <QTest>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "widgets/canvas/canvas_card.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

using testing::keepPicture;
using testing::makeDenseSyntheticFrame;
using testing::makeSyntheticEvidence;
using testing::makeSyntheticFrame;

QPalette paletteOf(const Theme& theme) {
  QPalette palette;
  palette.setColor(QPalette::Window, theme.panel);
  palette.setColor(QPalette::WindowText, theme.text);
  return palette;
}

class CanvasLookTest : public ::testing::Test {
 protected:
  void show(QSize size, const Theme& theme) {
    view.setPalette(paletteOf(theme));
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setPixelSize(12);
    view.setFont(font);
    view.resize(size);
    view.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
  }
  void setFrame(std::shared_ptr<const ProbeFrame> frame) { state.showProbes({std::move(frame)}); }
  QImage grab() { return view.grab().toImage().convertToFormat(QImage::Format_RGB32); }

  ViewLink link;
  CanvasModel state{link};
  CanvasView view{state};
};

QRgb pixel(const QImage& image, QPointF at) {
  return image.pixel(at.toPoint()) & 0xFFFFFFu;
}

int countColor(const QImage& image, QRgb color) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      count += (image.pixel(x, y) & 0xFFFFFFu) == (color & 0xFFFFFFu) ? 1 : 0;
  return count;
}

TEST_F(CanvasLookTest, SaysWhatToDoWithoutAnImage) {
  show({800, 500}, darkTheme());
  const QImage picture = grab();
  keepPicture(picture, "empty_dark");
  EXPECT_EQ(pixel(picture, {5, 5}), darkTheme().surround.rgb() & 0xFFFFFFu);
  EXPECT_GT(countColor(picture, darkTheme().text.rgb()), 50);  // the words
  EXPECT_EQ(view.imageTitle(), QString());
}

TEST_F(CanvasLookTest, ShowsTheImageInsideTheSurround) {
  show({1280, 800}, lightTheme());
  const auto frame = makeSyntheticFrame();
  setFrame(frame);
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  view.setZoom(1, {0, 0});
  view.setCanvasFromImage({1, 1, 100, 50});
  const QImage picture = grab();
  EXPECT_EQ(pixel(picture, {50, 20}), lightTheme().surround.rgb() & 0xFFFFFFu);
  const std::vector<std::uint8_t>& rgb = frame->image->pixels->rgb;
  for (const auto& [x, y] : {std::pair{0, 0}, {639, 479}, {320, 200}}) {
    const auto at = static_cast<std::size_t>((y * 640 + x) * 3);
    EXPECT_EQ(pixel(picture, {100.0 + x, 50.0 + y}), qRgb(rgb[at], rgb[at + 1], rgb[at + 2]) & 0xFFFFFFu)
        << x << ", " << y;
  }
  EXPECT_EQ(view.imageInfo(), (QStringList{QStringLiteral("640 × 480"), QStringLiteral("100 %")}));
}

TEST_F(CanvasLookTest, MagnifiedPixelsStaySharp) {
  show({640, 480}, darkTheme());
  const auto frame = makeSyntheticFrame();
  setFrame(frame);
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  view.setCanvasFromImage({16, 16, -16.0 * 300, -16.0 * 200});
  const QImage picture = grab();
  const std::vector<std::uint8_t>& rgb = frame->image->pixels->rgb;
  const auto at = static_cast<std::size_t>((205 * 640 + 310) * 3);
  const QRgb expected = qRgb(rgb[at], rgb[at + 1], rgb[at + 2]) & 0xFFFFFFu;
  for (const int inside : {0, 7, 15})
    EXPECT_EQ(pixel(picture, {160.0 + inside, 80.0 + inside}), expected) << inside;
}

TEST_F(CanvasLookTest, DrawsTheBagOfTheSelectedObjectInTheHeadsColours) {
  show({1280, 800}, darkTheme());
  setFrame(makeSyntheticFrame());
  const int orangeBefore = countColor(grab(), kClassificationArgb);
  state.selectObject(0);
  const QImage picture = grab();
  keepPicture(picture, "bag_dark_1280");
  EXPECT_GT(countColor(picture, kClassificationArgb), orangeBefore + 50);
  EXPECT_GT(countColor(picture, kRegressionArgb), 50);
}

TEST_F(CanvasLookTest, TheColourBarKeepsClearOfTheObjects) {
  show({420, 320}, darkTheme());
  const auto frameWith = [](std::vector<Box> boxes) {
    auto frame = std::make_shared<StageEvidence>(*makeSyntheticEvidence());
    auto image = std::make_shared<ProbeImage>(*frame->image);
    image->objects.clear();
    for (const Box& box : boxes)
      image->objects.push_back({box, 0, false});
    frame->image = image;
    frame->pairTables.clear();
    frame->predictions.clear();
    return ProbeFrame::of(*frame);
  };
  const auto wordsIn = [&](int x, int y) {  // a quarter of the canvas
    return countColor(grab().copy(x * 210, y * 160, 210, 160), darkTheme().text.rgb());
  };
  setFrame(frameWith({}));
  EXPECT_GT(wordsIn(1, 1), 5);
  setFrame(frameWith({{400, 300, 620, 470}}));
  EXPECT_EQ(wordsIn(1, 1), 0);
  EXPECT_GT(wordsIn(0, 1), 5);
  setFrame(frameWith({{400, 300, 620, 470}, {10, 300, 200, 470}}));
  EXPECT_GT(wordsIn(1, 0), 5);
  setFrame(frameWith({{0, 0, 640, 480}}));  // nowhere better than anywhere
  EXPECT_GT(wordsIn(1, 1), 5);
}

TEST_F(CanvasLookTest, HiddenLayersAreNotDrawnAndSoloHidesTheOthers) {
  show({800, 600}, darkTheme());
  setFrame(makeSyntheticFrame());
  const QImage all = grab();
  state.layers().setSolo("objects", true);
  const QImage solo = grab();
  EXPECT_NE(all, solo);
  state.layers().setSolo("objects", false);
  EXPECT_EQ(grab(), all);
  state.layers().setVisible("channel:musu.joint", false);
  EXPECT_NE(grab(), all);
}

TEST_F(CanvasLookTest, EveryKindOfLayerDrawsSomething) {
  show({1280, 800}, darkTheme());
  setFrame(makeSyntheticFrame());
  state.selectObject(0);
  for (const Layer& layer : std::vector<Layer>(state.layers().layers()))
    state.layers().setVisible(layer.id, layer.kind == LayerKind::kImage);
  const QImage imageOnly = grab();
  for (const Layer& layer : std::vector<Layer>(state.layers().layers())) {
    if (layer.kind == LayerKind::kImage) continue;
    state.layers().setVisible(layer.id, true);
    state.layers().setActive(layer.id);
    const QImage picture = grab();
    EXPECT_NE(picture, imageOnly) << layer.id;
    keepPicture(picture, "layer_" + QString::fromStdString(layer.id).replace(':', '_'));
    state.layers().setVisible(layer.id, false);
  }
}

TEST_F(CanvasLookTest, HoveringShowsExactValuesBesideTheCursorAndInTheStatusText) {
  show({1920, 1080}, darkTheme());
  setFrame(makeDenseSyntheticFrame());
  state.selectObject(0);
  QString status;
  QObject::connect(&view, &CanvasView::statusTextChanged, [&](const QString& text) { status = text; });
  const Box object = state.frame()->image->objects[0].boxInImage;
  QTest::mouseMove(&view, view.toCanvas({object.centerX() + 40.0, object.centerY() - 30.0}).toPoint());
  const QImage picture = grab();
  keepPicture(picture, "hover_dark_1920");
  ASSERT_GE(state.hoveredAnchor(), 0);
  EXPECT_TRUE(status.contains(
      QString::fromStdString(state.evidence()->label(static_cast<std::size_t>(state.hoveredAnchor())))))
      << status.toStdString();
  EXPECT_GT(countColor(picture, darkTheme().text.rgb()), 100);
}

TEST_F(CanvasLookTest, TheCardCountsOneInTheSingular) {
  const auto frame = makeSyntheticEvidence();
  Channel channel;
  channel.spec.name = "bags";
  channel.spec.unit = "objects";
  channel.values = {1, 2};
  EXPECT_EQ(valueText(*frame, channel, 0), QStringLiteral("1 object"));
  EXPECT_EQ(valueText(*frame, channel, 1), QStringLiteral("2 objects"));
}

TEST_F(CanvasLookTest, LooksRightInBothThemesAndSizes) {
  for (const Theme* theme : {&darkTheme(), &lightTheme()})
    for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
      show(size, *theme);
      setFrame(makeSyntheticFrame());
      state.selectObject(-1);
      const QImage picture = grab();
      EXPECT_EQ(pixel(picture, {4, 4}), theme->surround.rgb() & 0xFFFFFFu);
      keepPicture(picture,
                  QStringLiteral("first_%1_%2").arg(theme->dark ? "dark" : "light").arg(size.width()));
      state.layers().setVisible("predictions", true);
      state.selectObject(0);
      keepPicture(grab(), QStringLiteral("all_%1_%2").arg(theme->dark ? "dark" : "light").arg(size.width()));
      state.layers().setVisible("predictions", false);
    }
}

}  // namespace
}  // namespace anchorscope
