// The best anchor of a box, against looking at every anchor.
#include "core/data/anchor_reach.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"

namespace anchorscope::testing {
namespace {

/// Levels of strides 8, 20 and 64 over 150 x 90 px with three slots each, whose centres differ.
CandidateSet threeLevels() {
  CandidateSet anchors;
  for (const int stride : {8, 20, 64}) {
    LevelLayout level{stride, (90 + stride - 1) / stride, (150 + stride - 1) / stride, 3,
                      static_cast<std::int64_t>(anchors.boxesInInput.size())};
    for (int row = 0; row < level.rows; ++row)
      for (int column = 0; column < level.columns; ++column)
        for (int slot = 0; slot < 3; ++slot) {
          const auto x = static_cast<float>(column * stride + 3), y = static_cast<float>(row * stride + slot);
          const float w = static_cast<float>(stride) * (slot == 1 ? 3.0f : 1.5f),
                      h = static_cast<float>(stride) * (slot == 2 ? 4.0f : 1.0f);
          anchors.boxesInInput.push_back({x - w, y - h, x + w, y + h + 1});
        }
    anchors.levels.push_back(level);
  }
  return anchors;
}

TEST(AnchorReach, FindsTheBestOfAllAnchors) {
  const CandidateSet anchors = threeLevels();
  const AnchorReach reach(anchors);
  Random random = Random::of(3, RandomPurpose::kTest);
  int reached = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto x = static_cast<float>(random.uniform(0, 150)), y = static_cast<float>(random.uniform(0, 90));
    const Box box{x, y, x + static_cast<float>(random.uniform(1, 120)),
                  y + static_cast<float>(random.uniform(1, 80))};
    float best = 0;
    bool inside = false;
    for (const Box& anchor : anchors.boxesInInput) {
      best = std::max(best, iou(anchor, box));
      inside = inside || box.contains(anchor.centerX(), anchor.centerY());
    }
    EXPECT_NEAR(reach.bestIou(box), best, 1e-5) << i;
    EXPECT_EQ(reach.holdsCenter(box), inside) << i;
    reached += best >= 0.5f ? 1 : 0;
  }
  EXPECT_GT(reached, 200);
  EXPECT_LT(reached, 1800);
}

TEST(AnchorReach, OtherShapesStandAtTheSameLocations) {
  const AnchorReach reach(threeLevels());
  std::vector<LevelShapes> levels = reach.levels();
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[1].stride, 20);
  ASSERT_EQ(levels[1].shapes.size(), 3u);
  EXPECT_EQ(levels[1].shapes[1], (AnchorShape{120, 41}));
  const Box box{30, 30, 37, 33};
  const float before = reach.bestIou(box);
  for (LevelShapes& level : levels)
    level.shapes = {{7, 3}};
  const AnchorReach fitting = reach.withShapes(levels);
  EXPECT_GT(fitting.bestIou(box), before);
  // Centre of the first slot: half a px below the location, as its boxes are a px higher below than above.
  EXPECT_NEAR(fitting.bestIou({3.0f + 24 - 3.5f, 16.5f - 1.5f, 3.0f + 24 + 3.5f, 16.5f + 1.5f}), 1, 1e-6);
}

TEST(AnchorReach, WithoutAnchorsNothingIsReached) {
  const AnchorReach reach{CandidateSet{}};
  EXPECT_EQ(reach.bestIou({0, 0, 10, 10}), 0);
  EXPECT_FALSE(reach.holdsCenter({0, 0, 10, 10}));
}

}  // namespace
}  // namespace anchorscope::testing
