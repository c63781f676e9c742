#include "widgets/overlays/dense_boxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/evidence/bag.h"
#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Two levels (4 + 1 cells, 2 anchors each), hand-made values.
std::shared_ptr<StageEvidence> smallFrame() {
  auto geometry = std::make_shared<CandidateSet>();
  geometry->levels = {{8, 2, 2, 2, 0}, {16, 1, 1, 2, 8}};
  for (int i = 0; i < 10; ++i) {
    const auto v = static_cast<float>(i);
    geometry->boxesInInput.push_back({v, v, v + 4, v + 6});
  }
  auto image = std::make_shared<ProbeImage>();
  image->name = "small";
  image->inputFromImage = {2, 2, 4, 0};
  auto frame = std::make_shared<StageEvidence>();
  frame->image = image;
  frame->candidates = geometry;
  Channel channel;
  channel.spec.name = "value";
  channel.spec.min = 0.f;
  channel.spec.max = 1.f;
  channel.values = {0.5f, 0.1f, kNan, 0.9f, 0.1f, 0.f, 1.f, 0.5f, 0.3f, 2.f};
  frame->channels.push_back(channel);
  return frame;
}

Layer layerOf(const StageEvidence& frame) {
  Layer layer = channelLayer(frame.channels[0].spec);
  layer.fade = false;
  return layer;
}

TEST(DenseBoxesTest, ImportantValuesComeLastAndTiesKeepTheAnchorsOrder) {
  const auto frame = smallFrame();
  EXPECT_EQ(denseBoxes(layerOf(*frame), *frame).anchors,
            (std::vector<std::uint32_t>{5, 1, 4, 8, 0, 7, 3, 6, 9}));
  Layer low = layerOf(*frame);
  low.emphasis = Emphasis::kLow;
  EXPECT_EQ(denseBoxes(low, *frame).anchors, (std::vector<std::uint32_t>{9, 6, 3, 0, 7, 8, 1, 4, 5}));
}

TEST(DenseBoxesTest, CandidatesWithoutAGridAreDrawnWhateverLevelsAreHidden) {
  const auto frame = smallFrame();
  auto proposals = std::make_shared<CandidateSet>(*frame->candidates);
  proposals->levels.clear();
  frame->candidates = proposals;
  Layer layer = layerOf(*frame);
  layer.levels = 0;
  EXPECT_EQ(denseBoxes(layer, *frame).anchors, (std::vector<std::uint32_t>{5, 1, 4, 8, 0, 7, 3, 6, 9}));
}

TEST(DenseBoxesTest, ADivergingChannelShowsTheFarthestFromZeroLast) {
  const auto frame = smallFrame();
  frame->channels[0].spec.scale = ColorScale::kDiverging;
  frame->channels[0].spec.min = frame->channels[0].spec.max = std::nullopt;
  frame->channels[0].values = {0.5f, -0.7f, 0.1f, -0.1f, kNan, kNan, kNan, kNan, kNan, kNan};
  Layer layer = channelLayer(frame->channels[0].spec);
  layer.fade = false;
  EXPECT_EQ(denseBoxes(layer, *frame).anchors, (std::vector<std::uint32_t>{2, 3, 0, 1}));
  const ValueRange range = resolveRange(layer, frame->channels[0]);
  EXPECT_FLOAT_EQ(range.low, -0.7f);
  EXPECT_FLOAT_EQ(range.high, 0.7f);
}

TEST(DenseBoxesTest, BoxesAreInTheImageFrame) {
  const auto frame = smallFrame();
  const DenseBoxes dense = denseBoxes(layerOf(*frame), *frame);
  const auto last = dense.boxesInImage.back();  // anchor 9: 9 9 13 15 in the input
  EXPECT_EQ(last, (Box{2.5f, 4.5f, 4.5f, 7.5f}));
  EXPECT_EQ(anchorBoxInImage(*frame, 9, BoxKind::kAnchor), last);
  EXPECT_TRUE(anchorBoxInImage(*frame, 9, BoxKind::kPredicted).degenerate());
  EXPECT_TRUE(anchorBoxInImage(*frame, 10, BoxKind::kAnchor).degenerate());
  EXPECT_TRUE(anchorBoxInImage(*frame, -1, BoxKind::kAnchor).degenerate());
}

TEST(DenseBoxesTest, LevelsAndFiltersLeaveOutWhatTheyShould) {
  const auto frame = smallFrame();
  Layer layer = layerOf(*frame);
  layer.levels = 2;  // only the second level
  EXPECT_EQ(denseBoxes(layer, *frame).anchors, (std::vector<std::uint32_t>{8, 9}));
  layer.levels = 1;
  layer.filterMin = 0.1f;
  layer.filterMax = 0.5f;
  EXPECT_EQ(denseBoxes(layer, *frame).anchors, (std::vector<std::uint32_t>{1, 4, 0, 7}));
}

TEST(DenseBoxesTest, ColoursFollowRangeOpacityAndFading) {
  const auto frame = smallFrame();
  Layer layer = layerOf(*frame);
  layer.opacity = 0.5f;
  const DenseBoxes plain = denseBoxes(layer, *frame);
  EXPECT_EQ(plain.colors.front(), (colorAt(layer.colorMap, 0) & 0xFFFFFFu) | 0x80000000u);
  EXPECT_EQ(plain.colors.back(),
            (colorAt(layer.colorMap, 1) & 0xFFFFFFu) | 0x80000000u);  // 2 is beyond the range
  layer.fade = true;
  const DenseBoxes faded = denseBoxes(layer, *frame);
  EXPECT_EQ(std::count(faded.anchors.begin(), faded.anchors.end(), 5u),
            0);  // the value 0 is wholly transparent
  for (const Argb color : faded.colors)
    EXPECT_GT(color >> 24, 0u);
  EXPECT_TRUE(std::is_sorted(faded.colors.begin(), faded.colors.end(),
                             [](Argb a, Argb b) { return a >> 24 < b >> 24; }));
}

TEST(DenseBoxesTest, MissingPartsGiveNothing) {
  const auto frame = smallFrame();
  Layer layer = layerOf(*frame);
  layer.boxes = BoxKind::kPredicted;
  EXPECT_TRUE(denseBoxes(layer, *frame).anchors.empty());
  layer = layerOf(*frame);
  layer.channel = "other";
  EXPECT_TRUE(denseBoxes(layer, *frame).anchors.empty());
  frame->channels[0].values.resize(3);
  EXPECT_EQ(denseBoxes(layerOf(*frame), *frame).anchors, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_TRUE(denseBoxes(layerOf(*frame), StageEvidence{}).anchors.empty());
}

TEST(DenseBoxesTest, SortsAsTheStandardLibraryDoes) {
  const auto frame = testing::makeSyntheticEvidence();
  Layer layer = channelLayer(frame->channel("iou")->spec);
  layer.fade = false;
  const std::vector<float>& values = frame->channel("iou")->values;
  std::vector<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) expected.push_back(i);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
  EXPECT_EQ(denseBoxes(layer, *frame).anchors, expected);
}

TEST(RangeTest, ComesFromDeclarationValuesOrHand) {
  Channel channel;
  channel.values = {3, kNan, -1, 7, std::numeric_limits<float>::infinity()};
  Layer layer = channelLayer(channel.spec);
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{-1, 7}));
  channel.spec.min = 0.f;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{0, 7}));
  channel.spec.max = 10.f;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{0, 10}));
  layer.rangeMode = RangeMode::kAuto;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{-1, 7}));
  layer.rangeMode = RangeMode::kManual;
  layer.rangeLow = 2;
  layer.rangeHigh = 2;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{1.5f, 2.5f}));  // never empty
  channel.values = {kNan, kNan};
  layer.rangeMode = RangeMode::kAuto;
  EXPECT_EQ(resolveRange(layer, channel), (ValueRange{0, 1}));
}

TEST(RangeTest, HistogramCountsEveryValueOnce) {
  const std::vector<float> values = {0, 0.05f, 0.95f, 1, -0.1f, 1.1f, kNan, 0.5f};
  const Histogram h = histogram(values, {0, 1}, 10);
  EXPECT_EQ(h.counts[0], 2u);
  EXPECT_EQ(h.counts[9], 2u);
  EXPECT_EQ(h.counts[5], 1u);
  EXPECT_EQ(h.below, 1u);
  EXPECT_EQ(h.above, 1u);
  EXPECT_EQ(h.undefined, 1u);
}

TEST(BagTest, ReadsWeightsAndQualitiesByTheirRoles) {
  const auto frame = testing::makeSyntheticEvidence();
  const PairTable& table = *frame->pairTable("musu.pairs");
  ASSERT_EQ(mainPairTable(*frame), &table);
  EXPECT_EQ(weightColumn(*frame, table, ColorScale::kClassification), table.columnIndex("w_cls"));
  EXPECT_EQ(weightColumn(*frame, table, ColorScale::kRegression), table.columnIndex("w_reg"));
  EXPECT_EQ(qualityColumn(*frame, table, ColorScale::kClassification), table.columnIndex("p"));
  EXPECT_EQ(qualityColumn(*frame, table, ColorScale::kRegression), table.columnIndex("q"));

  const Bag bag = bagOf(*frame, 0);
  const auto [first, last] = table.rowsOfObject(0);
  std::size_t members = 0;
  float bestScore = -1;
  std::int32_t bestAnchor = -1;
  for (std::size_t row = first; row < last; ++row) {
    if (table.columns[static_cast<std::size_t>(table.columnIndex("in_bag"))][row] != 1) continue;
    ++members;
    const float score = table.columns[static_cast<std::size_t>(table.columnIndex("p"))][row];
    if (score > bestScore) {
      bestScore = score;
      bestAnchor = table.candidate[row];
    }
  }
  EXPECT_EQ(bag.members.size(), members);
  EXPECT_EQ(members, 14u);
  ASSERT_TRUE(bag.bestClassificationAnchor);
  EXPECT_EQ(*bag.bestClassificationAnchor, bestAnchor);
  EXPECT_NE(*bag.bestClassificationAnchor, *bag.bestRegressionAnchor);
  EXPECT_TRUE(bagOf(*frame, -1).members.empty());
  EXPECT_TRUE(bagOf(StageEvidence{}, 0).members.empty());
}

/// These anchors.
Highlight highlightOf(const StageEvidence& frame, std::initializer_list<std::size_t> anchors) {
  auto subset = std::make_shared<CandidateSubset>();
  subset->inside.assign(frame.candidates->count(), 0);
  for (const std::size_t anchor : anchors)
    subset->inside[anchor] = 1;
  subset->count = static_cast<std::int64_t>(anchors.size());
  return {subset, false};
}

TEST(DenseBoxesTest, WhatIsHighlightedLiesOverTheOthersWhichAreFaint) {
  const auto frame = smallFrame();
  Highlight highlight = highlightOf(*frame, {1, 0});
  const DenseBoxes plain = denseBoxes(layerOf(*frame), *frame);
  const DenseBoxes shown = denseBoxes(layerOf(*frame), *frame, highlight);
  EXPECT_EQ(shown.anchors, (std::vector<std::uint32_t>{5, 4, 8, 7, 3, 6, 9, 1, 0}));
  EXPECT_EQ(plain.colors.front() >> 24, 255u);
  EXPECT_LT(shown.colors.front() >> 24, 64u);
  EXPECT_EQ(shown.colors.back() >> 24, 255u);
  highlight.hidesOthers = true;
  EXPECT_EQ(denseBoxes(layerOf(*frame), *frame, highlight).anchors, (std::vector<std::uint32_t>{1, 0}));
}

TEST(DenseBoxesTest, WhatIsHighlightedCanBeSeenHoweverSmallItsValue) {
  const auto frame = smallFrame();
  Layer layer = layerOf(*frame);
  layer.fade = true;
  layer.filterMin = 0.05f;  // a filter still holds
  const DenseBoxes shown = denseBoxes(layer, *frame, highlightOf(*frame, {1, 5}));
  ASSERT_FALSE(shown.anchors.empty());
  EXPECT_EQ(shown.anchors.back(), 1u);
  EXPECT_GT(shown.colors.back() >> 24, 80u);
  EXPECT_EQ(std::count(shown.anchors.begin(), shown.anchors.end(), 5u), 0);
}

TEST(DenseBoxesTest, ASubsetHasBoxesOfItsOwn) {
  const auto frame = smallFrame();
  const DenseBoxes shown = subsetBoxes(*frame, *highlightOf(*frame, {2, 9}).subset, BoxKind::kAnchor);
  EXPECT_EQ(shown.anchors, (std::vector<std::uint32_t>{2, 9}));
  EXPECT_EQ(shown.boxesInImage[0].x1, anchorBoxInImage(*frame, 2, BoxKind::kAnchor).x1);
  EXPECT_TRUE(subsetBoxes(*frame, *highlightOf(*frame, {2}).subset, BoxKind::kPredicted).anchors.empty());
}

TEST(DenseBoxesTest, TwoChannelsAtOnceMixTheirHues) {
  auto frame = smallFrame();
  Channel second = frame->channels[0];
  second.spec.name = "other";
  //                0    1     2     3     4     5    6    7     8     9
  frame->channels[0].values = {1.f, 0.f, kNan, 1.f, kNan, 0.f, 0.5f, 0.f, 0.f, 0.f};
  second.values = {0.f, 1.f, 1.f, 1.f, kNan, 0.f, 0.5f, 0.f, 0.f, 0.f};
  frame->channels.push_back(second);
  Layer layer = layerOf(*frame);
  layer.fade = true;
  layer.second = "other";
  const DenseBoxes shown = denseBoxes(layer, *frame);
  const auto colorOf = [&](std::uint32_t anchor) -> Argb {
    const auto at = std::find(shown.anchors.begin(), shown.anchors.end(), anchor);
    return at == shown.anchors.end() ? 0 : shown.colors[static_cast<std::size_t>(at - shown.anchors.begin())];
  };
  EXPECT_EQ(colorOf(0), kClassificationArgb);
  EXPECT_EQ(colorOf(1), kRegressionArgb);
  EXPECT_EQ(colorOf(2), kRegressionArgb) << "undefined for one head counts as nothing";
  EXPECT_EQ(colorOf(3), mixedColor(1, 1));
  EXPECT_EQ(colorOf(4), 0u) << "undefined for both";
  EXPECT_EQ(colorOf(5), 0u);
  // Half of both keeps the hue of both and is fainter.
  EXPECT_EQ(colorOf(6) & 0x00FFFFFFu, mixedColor(1, 1) & 0x00FFFFFFu);
  EXPECT_LT(colorOf(6) >> 24, 255u);
  layer.second = "of another method";
  EXPECT_TRUE(denseBoxes(layer, *frame).anchors.empty());
  EXPECT_FALSE(hasValuesFor(layer, *frame));
}

TEST(DenseBoxesTest, WhatBothHeadsHaveIsToldFromEitherByItsLightAlone) {
  // So that it is told apart however colours are seen.
  const auto light = [](Argb color) {
    return 0.2126 * ((color >> 16) & 0xFFu) + 0.7152 * ((color >> 8) & 0xFFu) + 0.0722 * (color & 0xFFu);
  };
  const double both = light(mixedColor(1, 1));
  EXPECT_GT(both, light(mixedColor(1, 0)) + 50);
  EXPECT_GT(both, light(mixedColor(0, 1)) + 50);
  EXPECT_EQ(mixedColor(1, 0), kClassificationArgb);
  EXPECT_EQ(mixedColor(0, 1), kRegressionArgb);
  EXPECT_EQ(mixedColor(0, 0), 0xFF000000u);
}

TEST(DenseBoxesTest, MutualLayersAreOfWeightsAndOfScoreAndOverlap) {
  const auto frame = testing::makeSyntheticEvidence();
  const std::vector<Layer> layers = mutualLayers(*frame);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].channel, "musu.w_cls");
  EXPECT_EQ(layers[0].second, "musu.w_reg");
  EXPECT_EQ(layers[1].channel, "cls_score");
  EXPECT_EQ(layers[1].second, "iou");
  for (const Layer& layer : layers) {
    EXPECT_FALSE(layer.visible);
    EXPECT_FALSE(denseBoxes(layer, *frame).anchors.empty());
  }
}

}  // namespace
}  // namespace anchorscope
