#include "widgets/overlays/predictions.h"

#include <gtest/gtest.h>

#include <limits>

namespace anchorscope {
namespace {

StageEvidence frameWith(const std::vector<float>& scores, std::size_t objects) {
  StageEvidence frame;
  auto image = std::make_shared<ProbeImage>();
  image->objects.resize(objects);
  frame.image = image;
  for (const float score : scores)
    frame.predictions.push_back({{0, 0, 1, 1}, 0, score, -1});
  return frame;
}

Layer layerOf(bool adaptive, float from = 0) {
  Layer layer;
  layer.kind = LayerKind::kPredictions;
  layer.adaptiveFilter = adaptive;
  layer.filterMin = from;
  return layer;
}

TEST(AdaptiveScoreTest, IsHalfTheBestScoreButATenthAtLeast) {
  EXPECT_FLOAT_EQ(adaptiveScore(frameWith({0.9f, 0.5f, 0.2f}, 3)), 0.45f);
  EXPECT_FLOAT_EQ(adaptiveScore(frameWith({0.05f, 0.04f}, 3)), 0.1f);
  EXPECT_FLOAT_EQ(adaptiveScore(frameWith({}, 3)), 0.1f);
}

TEST(AdaptiveScoreTest, LetsNoMoreThroughThanTwiceTheObjects) {
  // As before anything has been learned: a hundred predictions, all nearly alike.
  std::vector<float> scores;
  for (int i = 0; i < 100; ++i)
    scores.push_back(0.3f - 0.001f * static_cast<float>(i));
  for (const std::size_t objects : {0u, 3u, 12u, 40u}) {
    const StageEvidence frame = frameWith(scores, objects);
    const ShownPredictions shown = shownPredictions(layerOf(true), frame);
    EXPECT_EQ(shown.first, 0u);
    EXPECT_EQ(shown.count(), std::max<std::size_t>(10, 2 * objects)) << objects;
  }
  // Of scores that cannot be told apart there is no best few.
  EXPECT_EQ(shownPredictions(layerOf(true), frameWith(std::vector<float>(100, 0.4f), 3)).count(), 0u);
}

TEST(ShownPredictionsTest, LimitsAreInclusiveAndHandMadeOnesStand) {
  const StageEvidence frame = frameWith({0.9f, 0.5f, 0.5f, 0.2f, 0.01f}, 1);
  EXPECT_EQ(shownPredictions(layerOf(false, 0.5f), frame).last, 3u);
  EXPECT_EQ(shownPredictions(layerOf(false, 0), frame).count(), 5u);
  Layer between = layerOf(false, 0.2f);
  between.filterMax = 0.5f;
  const ShownPredictions shown = shownPredictions(between, frame);
  EXPECT_EQ(shown.first, 1u);
  EXPECT_EQ(shown.last, 4u);
  EXPECT_EQ(shownPredictions(layerOf(false, 0.95f), frame).count(), 0u);
  EXPECT_EQ(shownPredictions(layerOf(false, -std::numeric_limits<float>::infinity()), frame).count(), 5u);
}

}  // namespace
}  // namespace anchorscope
