#include "widgets/overlays/layer_text.h"

#include <gtest/gtest.h>

#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

TEST(LayerTextTest, ReadsNamesAndOptions) {
  const auto frame = testing::makeSyntheticEvidence();
  for (const char* name : {"image", "objects", "predictions", "bag", "iou", "channel:iou"}) {
    const auto layer = parseLayer(name, *frame);
    if (std::string(name) == "channel:iou") continue;  // a colon starts the options
    ASSERT_TRUE(layer.ok()) << name;
    EXPECT_TRUE(layer->visible);
  }
  const auto layer = parseLayer(
      "cls_score:opacity=0.5,map=viridis,range=0.1..0.9,min=0.2,max=0.8,boxes=predicted,levels=P3+P5,width=2,"
      "fill=0.25,fade=off,reverse=on",
      *frame);
  ASSERT_TRUE(layer.ok()) << layer.error().text();
  EXPECT_EQ(layer->id, "channel:cls_score");
  EXPECT_FLOAT_EQ(layer->opacity, 0.5f);
  EXPECT_EQ(layer->colorMap, ColorMapId::kViridis);
  EXPECT_EQ(layer->rangeMode, RangeMode::kManual);
  EXPECT_FLOAT_EQ(layer->rangeLow, 0.1f);
  EXPECT_FLOAT_EQ(layer->rangeHigh, 0.9f);
  EXPECT_FLOAT_EQ(layer->filterMin, 0.2f);
  EXPECT_FLOAT_EQ(layer->filterMax, 0.8f);
  EXPECT_EQ(layer->boxes, BoxKind::kPredicted);
  EXPECT_EQ(layer->levels, 5u);
  EXPECT_FLOAT_EQ(layer->lineWidthPx, 2);
  EXPECT_FLOAT_EQ(layer->fillOpacity, 0.25f);
  EXPECT_FALSE(layer->fade);
  EXPECT_TRUE(layer->reverseColors);
}

TEST(LayerTextTest, PredictionsFollowTheFrameUntilAScoreIsGiven) {
  const auto frame = testing::makeSyntheticEvidence();
  EXPECT_TRUE(parseLayer("predictions", *frame)->adaptiveFilter);
  EXPECT_TRUE(parseLayer("predictions:min=auto", *frame)->adaptiveFilter);
  const auto all = parseLayer("predictions:min=0", *frame);
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->adaptiveFilter);
  EXPECT_EQ(all->filterMin, 0);
  EXPECT_FALSE(parseLayer("iou:min=auto", *frame)) << "only scores have a rule of their own";
}

TEST(LayerTextTest, ErrorsSayWhatIsPossible) {
  const auto frame = testing::makeSyntheticEvidence();
  const std::pair<const char*, const char*> wrong[] = {
      {"nothing", "cls_score"},        {"iou:map=jet", "viridis"},
      {"iou:opacity=2", "0 to 1"},     {"iou:levels=P9", "P3+P4"},
      {"iou:range=1..0", "LOW..HIGH"}, {"iou:range=a..b", "LOW..HIGH"},
      {"iou:fade", "KEY=VALUE"},       {"iou:colour=red", "opacity"},
      {"iou:boxes=both", "predicted"}, {"iou:width=0", "16"},
      {"iou:min=abc", "number"},       {"predictions:min=abc", "auto"},
      {"iou:fill=nan", "0 to 1"},      {"", "image"}};
  for (const auto& [text, hint] : wrong) {
    const auto layer = parseLayer(text, *frame);
    ASSERT_FALSE(layer.ok()) << text;
    EXPECT_EQ(layer.error().code, ErrorCode::kUsage);
    EXPECT_NE(layer.error().action.find(hint), std::string::npos) << layer.error().text();
  }
}

}  // namespace
}  // namespace anchorscope
