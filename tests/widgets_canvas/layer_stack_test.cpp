#include "widgets/overlays/layer_stack.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

#include "tests/support/synthetic_frame.h"

namespace anchorscope {
namespace {

using testing::makeSyntheticEvidence;

TEST(LayerStackTest, MakesALayerForEveryChannelWithTheImageAtTheBottom) {
  LayerStack stack;
  EXPECT_EQ(stack.active(), nullptr);
  const auto frame = makeSyntheticEvidence();
  stack.adopt(*frame);
  // Image, two of two channels at once, bag, objects, arrows, predictions.
  ASSERT_EQ(stack.layers().size(), frame->channels.size() + 7);
  EXPECT_EQ(stack.layers().front().id, "image");
  EXPECT_EQ(stack.layers().back().id, "predictions");
  EXPECT_EQ(stack.find("channel:importance.p4")->kind, LayerKind::kHeat);
  EXPECT_EQ(stack.find("channel:musu.w_cls")->colorMap, ColorMapId::kClassification);
  EXPECT_EQ(stack.find("channel:musu.rank_cls")->emphasis, Emphasis::kLow);
  EXPECT_EQ(stack.find("channel:loss.cls")->emphasis, Emphasis::kHigh);
  ASSERT_NE(stack.active(), nullptr);
  EXPECT_EQ(stack.active()->id, "channel:musu.joint");
  EXPECT_TRUE(stack.active()->visible);
}

TEST(LayerStackTest, KeepsSettingsWhenFramesComeAndAddsNewChannelsUnderTheObjects) {
  LayerStack stack;
  auto frame = std::make_shared<StageEvidence>(*makeSyntheticEvidence());
  const Channel last = frame->channels.back();
  frame->channels.pop_back();
  stack.adopt(*frame);
  stack.setOpacity("channel:iou", 0.25f);
  QSignalSpy reset(&stack, &LayerStack::layersReset);
  stack.adopt(*frame);
  EXPECT_EQ(reset.count(), 0);
  frame->channels.push_back(last);
  stack.adopt(*frame);
  EXPECT_EQ(reset.count(), 1);
  EXPECT_FLOAT_EQ(stack.find("channel:iou")->opacity, 0.25f);
  EXPECT_LT(stack.indexOf("channel:importance.p4"), stack.indexOf("bag"));
  EXPECT_GT(stack.indexOf("channel:importance.p4"), stack.indexOf("channel:iou"));
}

TEST(LayerStackTest, SaysWhatChangedAndNothingWhenNothingDid) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  QSignalSpy layerChanged(&stack, &LayerStack::layerChanged), changed(&stack, &LayerStack::changed),
      active(&stack, &LayerStack::activeChanged);
  stack.setVisible("image", true);
  EXPECT_EQ(changed.count(), 0);
  stack.setVisible("image", false);
  ASSERT_EQ(layerChanged.count(), 1);
  EXPECT_EQ(layerChanged[0][0].toString(), "image");
  EXPECT_EQ(changed.count(), 1);
  stack.setVisible("nothing of the sort", false);
  EXPECT_EQ(changed.count(), 1);
  stack.setActive("channel:iou");
  stack.setActive("channel:iou");
  EXPECT_EQ(active.count(), 1);
  EXPECT_EQ(changed.count(), 1);
  stack.update("channel:iou", [](Layer& layer) { layer.id = "stolen"; });
  EXPECT_NE(stack.find("channel:iou"), nullptr);
}

TEST(LayerStackTest, SoloShowsOneLayerAndTheImage) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  stack.setSolo("predictions", true);
  std::vector<std::string> drawn;
  for (const std::size_t i : drawnLayers(stack.layers(), *makeSyntheticEvidence()))
    drawn.push_back(stack.layers()[i].id);
  EXPECT_EQ(drawn, (std::vector<std::string>{"image", "predictions"}));
}

TEST(LayerStackTest, MovesBothWays) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  const std::size_t count = stack.layers().size();
  stack.move("image", 3);
  EXPECT_EQ(stack.indexOf("image"), 3);
  stack.move("predictions", 0);
  EXPECT_EQ(stack.indexOf("predictions"), 0);
  EXPECT_EQ(stack.indexOf("image"), 4);
  stack.move("image", 1000);
  EXPECT_EQ(stack.indexOf("image"), static_cast<int>(count) - 1);
}

TEST(LayerStackTest, ShowOnlyLeavesOtherKindsAlone) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  stack.showOnly("channel:musu.w_reg");
  for (const Layer& layer : stack.layers()) {
    if (!layer.hasChannel()) continue;
    EXPECT_EQ(layer.visible, layer.id == "channel:musu.w_reg") << layer.id;
  }
  EXPECT_TRUE(stack.find("objects")->visible);
  EXPECT_EQ(stack.active()->id, "channel:musu.w_reg");
}

TEST(LayerStackTest, StickyRangesOnlyWiden) {
  LayerStack stack;
  auto frame = std::make_shared<StageEvidence>(*makeSyntheticEvidence());
  stack.adopt(*frame);
  stack.update("channel:loss.cls", [](Layer& layer) {
    layer.rangeMode = RangeMode::kSticky;
    layer.rangeLow = 0;
    layer.rangeHigh = 0.5f;
  });
  Channel& channel = *std::find_if(frame->channels.begin(), frame->channels.end(),
                                   [](const Channel& c) { return c.spec.name == "loss.cls"; });
  channel.values.assign(channel.values.size(), 3.f);
  stack.adopt(*frame);
  EXPECT_FLOAT_EQ(stack.find("channel:loss.cls")->rangeHigh, 3.f);
  channel.values.assign(channel.values.size(), 1.f);
  stack.adopt(*frame);
  EXPECT_EQ(resolveRange(*stack.find("channel:loss.cls"), channel), (ValueRange{0, 3}));
}

TEST(LayerStackTest, SavesAndRestoresEverySetting) {
  LayerStack stack, other;
  stack.adopt(*makeSyntheticEvidence());
  stack.update("channel:iou", [](Layer& layer) {
    layer.visible = true;
    layer.opacity = 0.75f;
    layer.colorMap = ColorMapId::kViridis;
    layer.rangeMode = RangeMode::kManual;
    layer.rangeLow = 0.25f;
    layer.rangeHigh = 0.5f;
    layer.filterMin = 0.125f;
    layer.emphasis = Emphasis::kLow;
    layer.fade = false;
    layer.reverseColors = true;
    layer.boxes = BoxKind::kPredicted;
    layer.levels = 5;
    layer.lineWidthPx = 2;
    layer.fillOpacity = 0.5f;
  });
  stack.move("channel:iou", 2);
  stack.setActive("channel:iou");
  other.restore(stack.save());
  EXPECT_EQ(other.layers(), stack.layers());
  EXPECT_EQ(other.active()->id, "channel:iou");
}

/// A frame of a method without MuSu's channels.
std::shared_ptr<const StageEvidence> frameOfAnotherMethod() {
  auto frame = std::make_shared<StageEvidence>(*makeSyntheticEvidence());
  std::erase_if(frame->channels,
                [](const Channel& channel) { return channel.spec.name.starts_with("musu."); });
  return frame;
}

TEST(LayerStackTest, ASoloLayerThatTheFrameHasNothingForHidesNothing) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  const auto drawn = [&](const StageEvidence& frame) { return drawnLayers(stack.layers(), frame).size(); };
  const std::size_t before = drawn(*makeSyntheticEvidence());
  stack.setSolo("channel:musu.joint", true);
  EXPECT_EQ(drawn(*makeSyntheticEvidence()), 2u) << "the image and the solo layer";
  EXPECT_EQ(drawn(*frameOfAnotherMethod()), before - 1) << "all but the layer that is not there";
  stack.clearSolo();
  EXPECT_EQ(drawn(*makeSyntheticEvidence()), before);
}

TEST(LayerStackTest, WhatStandsInGivesWayWhenWhatWasWantedIsBackAndIsNotSaved) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  stack.showOnly("channel:musu.w_cls");
  stack.adopt(*frameOfAnotherMethod());
  QSignalSpy changed(&stack, &LayerStack::standInChanged);
  stack.showInstead({"channel:musu.w_cls"}, {"channel:iou"}, "channel:iou");
  EXPECT_EQ(changed.count(), 1);
  EXPECT_TRUE(stack.find("channel:iou")->visible);
  EXPECT_EQ(stack.active()->id, "channel:iou");

  LayerStack next;
  next.restore(stack.save());
  EXPECT_FALSE(next.find("channel:iou")->visible);
  EXPECT_TRUE(next.find("channel:musu.w_cls")->visible);
  EXPECT_EQ(next.active()->id, "channel:musu.w_cls");

  stack.setStandInShown(false);
  EXPECT_FALSE(stack.find("channel:iou")->visible);
  EXPECT_EQ(stack.active()->id, "channel:musu.w_cls");
  stack.setStandInShown(true);
  EXPECT_TRUE(stack.find("channel:iou")->visible);

  stack.adopt(*makeSyntheticEvidence());
  EXPECT_FALSE(stack.standIn());
  EXPECT_FALSE(stack.find("channel:iou")->visible);
  EXPECT_TRUE(stack.find("channel:musu.w_cls")->visible);
  EXPECT_EQ(stack.active()->id, "channel:musu.w_cls");
}

TEST(LayerStackTest, AChoiceOfTheUserMakesAStandInHisOwn) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  stack.showOnly("channel:musu.w_cls");
  stack.showInstead({"channel:musu.w_cls"}, {"channel:iou"}, "channel:iou");
  stack.setOpacity("channel:iou", 0.5f);
  EXPECT_TRUE(stack.standIn()) << "only what is shown is chosen";
  stack.setVisible("channel:loss.cls", true);
  EXPECT_FALSE(stack.standIn());
  stack.adopt(*makeSyntheticEvidence());
  EXPECT_TRUE(stack.find("channel:iou")->visible);
}

TEST(LayerStackTest, SessionsOfBeforePredictionsHadAFilterGetOne) {
  LayerStack stack;
  stack.restore(QJsonArray{QJsonObject{{"id", "predictions"}, {"kind", 3}, {"visible", true}}});
  ASSERT_EQ(stack.layers().size(), 1u);
  EXPECT_TRUE(stack.layers()[0].adaptiveFilter);
}

TEST(LayerStackTest, RestoringNonsenseKeepsWhatIsThere) {
  LayerStack stack;
  stack.adopt(*makeSyntheticEvidence());
  const std::vector<Layer> before = stack.layers();
  stack.restore(QJsonArray{1, "two", QJsonObject{}});
  EXPECT_EQ(stack.layers(), before);
  stack.restore(QJsonArray{QJsonObject{{"id", "x"}, {"kind", 99}, {"opacity", 1e9}, {"range_mode", -4}}});
  ASSERT_EQ(stack.layers().size(), 1u);
  EXPECT_EQ(stack.layers()[0].kind, LayerKind::kImage);
  EXPECT_FLOAT_EQ(stack.layers()[0].opacity, 1);
}

}  // namespace
}  // namespace anchorscope
