// Maps of cells: their names, ranges and pictures, and the canvas over them.
#include "widgets/overlays/heat.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>
#include <limits>

#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/synthetic_maps.h"
#include "widgets/canvas/canvas_card.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/overlays/dense_boxes.h"
#include "widgets/overlays/layer_stack.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Channel mapOf(int rows, int columns, std::vector<float> values) {
  Channel channel;
  channel.spec.name = "lip.stem.importance";
  channel.spec.domain = ChannelDomain::kCell;
  channel.spec.scale = ColorScale::kDiverging;
  channel.spec.min = 0.f;
  channel.grid = {8, rows, columns};
  channel.values = std::move(values);
  return channel;
}

TEST(CellNameTest, ThePlaceMayHoldDots) {
  const auto name = cellNameOf("lip.layer2.conv.importance");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->family, "lip");
  EXPECT_EQ(name->place, "layer2.conv");
  EXPECT_EQ(name->measure, "importance");
  EXPECT_EQ(name->channel(), "lip.layer2.conv.importance");
  EXPECT_FALSE(cellNameOf("importance.p4"));
  EXPECT_FALSE(cellNameOf("iou"));
}

TEST(HeatRangeTest, ARatioDivergesAroundOneWhateverTheRangeMode) {
  const Channel channel = mapOf(1, 3, {0.5f, 1.f, 4.f});
  Layer layer = channelLayer(channel.spec);
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{0, 2}));
  layer.rangeMode = RangeMode::kAuto;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{-2, 4}));
  layer.rangeMode = RangeMode::kManual;
  layer.rangeLow = 0.5f;
  layer.rangeHigh = 3;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{0.5f, 3}));
  Channel difference = channel;
  difference.spec.min.reset();
  EXPECT_EQ(resolveRange(channelLayer(difference.spec), difference), (ValueRange{-4, 4}))
      << "around 0 as before";
}

TEST(HeatImageTest, BlockyHasOnePixelPerCellAndLeavesUndefinedCellsOut) {
  const Channel channel = mapOf(2, 2, {0.f, 2.f, kNan, 1.f});
  Layer layer = channelLayer(channel.spec);
  layer.opacity = 1;
  const QImage image = heatImage(layer, channel);
  ASSERT_EQ(image.size(), QSize(2, 2));
  const ValueRange range{0, 2};
  EXPECT_EQ(image.pixel(0, 0), layerColor(layer, range, ColorScale::kDiverging, 0));
  EXPECT_EQ(image.pixel(1, 0), layerColor(layer, range, ColorScale::kDiverging, 2));
  EXPECT_EQ(qAlpha(image.pixel(0, 1)), 0);
  EXPECT_EQ(image.pixel(1, 1), layerColor(layer, range, ColorScale::kDiverging, 1));
  layer.filterMin = 1.5f;
  EXPECT_EQ(qAlpha(heatImage(layer, channel).pixel(1, 1)), 0);
  EXPECT_NE(qAlpha(heatImage(layer, channel).pixel(1, 0)), 0);
}

TEST(HeatImageTest, SmoothInterpolatesValuesBetweenTheMiddlesOfCells) {
  const Channel channel = mapOf(1, 2, {0.f, 2.f});
  Layer layer = channelLayer(channel.spec);
  layer.opacity = 1;
  layer.smooth = true;
  const QImage image = heatImage(layer, channel);
  const int perCell = image.width() / 2;
  ASSERT_GT(perCell, 4);
  const auto expected = [&](float value) { return layerColor(layer, {0, 2}, ColorScale::kDiverging, value); };
  EXPECT_EQ(image.pixel(0, 0), expected(0)) << "beyond the outermost middle: the cell's own";
  EXPECT_EQ(image.pixel(image.width() - 1, 0), expected(2));
  for (int x = perCell / 2; x < perCell + perCell / 2; ++x) {
    const float value =
        2 * (static_cast<float>(x) + 0.5f - static_cast<float>(perCell) / 2) / static_cast<float>(perCell);
    EXPECT_EQ(image.pixel(x, 0), expected(value)) << x;
  }
}

TEST(HeatImageTest, SmoothKeepsClearOfUndefinedCells) {
  const Channel channel = mapOf(1, 3, {0.5f, kNan, 2.f});
  Layer layer = channelLayer(channel.spec);
  layer.smooth = true;
  const QImage image = heatImage(layer, channel);
  const int perCell = image.width() / 3;
  for (int x = 0; x < image.width(); ++x)
    EXPECT_EQ(qAlpha(image.pixel(x, 0)) == 0, x / perCell == 1) << x;
}

TEST(HeatImageTest, ValuesThatDoNotFillTheGridDrawNothing) {
  EXPECT_TRUE(heatImage(Layer{}, mapOf(2, 2, {1.f})).isNull());
  EXPECT_TRUE(heatImage(Layer{}, mapOf(0, 0, {})).isNull());
}

TEST(CellAtTest, GoesThroughTheInputFrameAndStaysInsideTheImage) {
  testing::SyntheticFrameOptions options;
  options.imageSize = {320, 240};
  options.inputSize = {640, 640};  // enlarged twice, bars above and below
  const auto frame = testing::withLipMaps(testing::makeSyntheticEvidence(options));
  const Channel& channel = *frame->channel("lip.layer3.conv.importance");
  const auto cell = cellAt(*frame, channel, 100, 50);
  ASSERT_TRUE(cell);
  EXPECT_EQ(cell->column, 200 / 8);
  EXPECT_EQ(cell->row, (100 + 80) / 8);
  EXPECT_EQ(cell->index, static_cast<std::size_t>(cell->row * channel.grid.columns + cell->column));
  EXPECT_FALSE(cellAt(*frame, channel, -1, 50));
  EXPECT_FALSE(cellAt(*frame, channel, 100, 240.5));
  EXPECT_FALSE(cellAt(*frame, *frame->channel("iou"), 100, 50));
}

class HeatCanvasTest : public ::testing::Test {
 protected:
  HeatCanvasTest() {
    view.resize(700, 560);
    view.show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
    state.showProbes({ProbeFrame::of(*testing::withLipMaps(testing::makeSyntheticEvidence()))});
    state.layers().showOnly("channel:lip.layer3.conv.importance");
  }
  QImage picture() { return view.grab().toImage(); }

  ViewLink link;
  CanvasModel state{link};
  CanvasView view{state};
};

TEST_F(HeatCanvasTest, TheStatusTellsTheCellAndItsValue) {
  QSignalSpy status(&view, &CanvasView::statusTextChanged);
  const QPoint at = view.toCanvas({333, 222}).toPoint();
  QTest::mouseMove(&view, at);
  ASSERT_FALSE(status.isEmpty());
  const Channel& channel = *state.evidence()->channel("lip.layer3.conv.importance");
  const QPointF image = view.imageFromCanvas(at);
  const auto cell = cellAt(*state.evidence(), channel, image.x(), image.y());
  ASSERT_TRUE(cell);
  const QString text = status.last()[0].toString();
  EXPECT_TRUE(text.contains(QStringLiteral("cell (%1, %2)").arg(cell->row).arg(cell->column)))
      << text.toStdString();
  EXPECT_TRUE(text.endsWith(valueText(*state.evidence(), channel, cell->index))) << text.toStdString();
}

TEST_F(HeatCanvasTest, TheCardTellsTheMeasuresOfThePlaceAndTheObject) {
  const StageEvidence& frame = *state.evidence();
  const Box& box = frame.image->objects.front().boxInImage;
  const QPointF middle((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2);
  const CanvasCard card = cellCard(frame, *state.layers().active(), {}, middle, 0, 14);
  ASSERT_EQ(card.rows.size(), 4u);
  EXPECT_EQ(card.rows[0].name, "LIP importance, layer3.conv");
  EXPECT_TRUE(card.rows[0].emphasized);
  EXPECT_TRUE(card.rows[1].value.endsWith(" nat")) << card.rows[1].value.toStdString();
  EXPECT_EQ(card.rows[2].name, "LIP gate saturation, layer3.conv");
  EXPECT_EQ(card.rows[3].value, "WBC");
  EXPECT_TRUE(cellCard(frame, *state.layers().active(), {}, {-5, 5}, -1, 14).rows.empty());
}

TEST_F(HeatCanvasTest, CellsColourTheImageAndFadeWithTheOpacity) {
  const QPoint at = view.toCanvas({320, 240}).toPoint();
  const QImage shown = picture();
  state.layers().setOpacity("channel:lip.layer3.conv.importance", 0);
  const QImage hidden = picture();
  EXPECT_NE(shown.pixel(at), hidden.pixel(at));
  state.layers().setOpacity("channel:lip.layer3.conv.importance", 0.6f);
  EXPECT_EQ(picture().pixel(at), shown.pixel(at));
  state.layers().update("channel:lip.layer3.conv.importance", [](Layer& layer) { layer.smooth = true; });
  EXPECT_NE(picture(), shown);
  testing::keepPicture(picture(), "heat_smooth");
  testing::keepPicture(shown, "heat_blocky");
}

TEST(AnchorCardTest, ClassAndStateAreWordsAndASmallCanvasGetsFewRows) {
  auto frame = std::make_shared<StageEvidence>(*testing::makeSyntheticEvidence());
  const std::size_t count = frame->candidates->count();
  Channel classes, states;
  classes.spec.name = "cls_index";
  classes.spec.title = "Predicted class";
  classes.values.assign(count, 1.f);
  states.spec.name = "state";
  states.spec.title = "State";
  states.values = classes.values;
  states.values[1] = 0;
  states.values[2] = -1;
  frame->channels.push_back(classes);
  frame->channels.push_back(states);
  EXPECT_EQ(valueText(*frame, classes, 0), "WBC");
  EXPECT_EQ(valueText(*frame, states, 0), "positive");
  EXPECT_EQ(valueText(*frame, states, 1), "background");
  EXPECT_EQ(valueText(*frame, states, 2), "ignored");

  const QFont font;
  EXPECT_LT(rowsThatFit(200, font), rowsThatFit(900, font));
  Layer active = channelLayer(frame->channel("musu.w_cls")->spec), other = channelLayer(states.spec);
  const CanvasCard card = anchorCard(*frame, 7, &active, {&active, &other}, 4);
  ASSERT_EQ(card.rows.size(), 4u);
  EXPECT_EQ(card.rows[0].name, "Weight, classification");
  EXPECT_EQ(card.rows[1].name, "State") << "what is drawn comes before what is not";
  EXPECT_TRUE(card.footer.contains("5 more")) << card.footer.toStdString();

  // What is not defined at an anchor takes no line from what is, unless it is what one looks at.
  const auto named = [&](const CanvasCard& shown, const QString& name) {
    return std::any_of(shown.rows.begin(), shown.rows.end(),
                       [&](const CardRow& row) { return row.name == name; });
  };
  for (Channel& channel : frame->channels)
    if (channel.spec.name == "state" || channel.spec.name == "musu.w_cls") channel.values[7] = std::nanf("");
  const CanvasCard partly = anchorCard(*frame, 7, &active, {&active, &other}, 40);
  EXPECT_EQ(partly.rows[0].value, "–");
  EXPECT_FALSE(named(partly, "State"));
  EXPECT_TRUE(named(anchorCard(*frame, 8, &active, {&active, &other}, 40), "State"));
}

}  // namespace
}  // namespace anchorscope
