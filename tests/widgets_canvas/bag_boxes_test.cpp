#include "widgets/overlays/bag_boxes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// One object whose bag holds a row for each pair of weights; anchor i at (10 i, 0).
StageEvidence frameOf(const std::vector<std::pair<float, float>>& weights, bool weighs = true) {
  StageEvidence frame;
  auto image = std::make_shared<ProbeImage>();
  image->objects.resize(1);
  frame.image = image;
  auto geometry = std::make_shared<CandidateSet>();
  const auto count = static_cast<int>(weights.size());
  geometry->levels = {{8, 1, count, 1, 0}};
  PairTable table;
  table.spec.name = "pairs";
  const auto column = [&](const char* name, ColorScale scale, bool integer) {
    table.spec.columns.push_back({name, name, "1", name, integer, scale});
  };
  column("score", ColorScale::kClassification, false);
  column("overlap", ColorScale::kRegression, false);
  column("w_cls", ColorScale::kClassification, false);
  column("w_reg", ColorScale::kRegression, false);
  table.columns.resize(4);
  for (int i = 0; i < count; ++i) {
    const auto x = static_cast<float>(10 * i);
    geometry->boxesInInput.push_back({x, 0, x + 8, 8});
    const auto [cls, reg] = weights[static_cast<std::size_t>(i)];
    table.candidate.push_back(i);
    table.object.push_back(0);
    for (const auto& [index, value] : std::map<std::size_t, float>{{0, 0.5f}, {1, 0.5f}, {2, cls}, {3, reg}})
      table.columns[index].push_back(value);
  }
  frame.candidates = geometry;
  frame.pairTables = {table};
  DecisionSpec decision;
  decision.pairTable = "pairs";
  if (weighs) decision.outcomes = {{"classification", "", "w_cls", ""}, {"regression", "", "w_reg", ""}};
  frame.decisions = {decision};
  return frame;
}

Layer bagLayer() {
  Layer layer;
  layer.kind = LayerKind::kBag;
  return layer;
}

struct Drawn {
  int width, inset;
  std::uint32_t alpha;
};

/// By head and anchor; every box once.
std::map<std::pair<ColorScale, std::uint32_t>, Drawn> drawnOf(const BagBoxes& bag) {
  std::map<std::pair<ColorScale, std::uint32_t>, Drawn> drawn;
  for (const BagBatch& batch : bag.batches)
    for (std::size_t i = 0; i < batch.boxes.anchors.size(); ++i) {
      const std::pair key(batch.head, batch.boxes.anchors[i]);
      EXPECT_EQ(drawn.count(key), 0u);
      drawn[key] = {batch.width, batch.inset, batch.boxes.colors[i] >> 24};
    }
  return drawn;
}

TEST(BagBoxesTest, WeightsBecomeWidthAndOpacityAndBothHeadsLieSideBySide) {
  const BagBoxes bag = bagBoxes(bagLayer(), frameOf({{2, 0.25f}, {0.5f, 1}, {0, 0.04f}}), 0);
  const auto drawn = drawnOf(bag);
  const auto at = [&](ColorScale head, std::uint32_t anchor) { return drawn.at({head, anchor}); };
  ASSERT_EQ(drawn.size(), 5u) << "the classification weight of 0 is not drawn";
  EXPECT_EQ(bag.members, 3u);
  EXPECT_EQ(bag.faded, 0u);
  EXPECT_EQ(at(ColorScale::kClassification, 0).width, 3);
  EXPECT_EQ(at(ColorScale::kClassification, 0).alpha, 255u);
  EXPECT_EQ(at(ColorScale::kClassification, 1).alpha, 128u) << "a quarter of the largest: half as opaque";
  EXPECT_EQ(at(ColorScale::kRegression, 1).alpha, 255u);
  EXPECT_EQ(at(ColorScale::kRegression, 1).inset, at(ColorScale::kClassification, 1).width);
  EXPECT_EQ(at(ColorScale::kRegression, 2).alpha, 51u) << "4 % of the largest: a fifth as opaque";
  EXPECT_EQ(at(ColorScale::kRegression, 2).inset, 0) << "nothing lies outside it";
}

TEST(BagBoxesTest, TheStrongestLieOnTop) {
  const BagBoxes bag =
      bagBoxes(bagLayer(), frameOf({{1, 1}, {0.01f, 0.02f}, {0.6f, 0.3f}, {0.02f, 0.9f}}), 0);
  std::uint32_t last = 0, lastWidth = 0;
  for (const BagBatch& batch : bag.batches) {
    for (const std::uint32_t anchor : batch.boxes.anchors)
      last = anchor;
    lastWidth = static_cast<std::uint32_t>(batch.width);
  }
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(lastWidth, 3u);
  EXPECT_EQ(bag.batches.front().boxes.anchors.front(), 1u);
}

TEST(BagBoxesTest, MembersWhoseWeightHasDecayedToNothingAreCountedInsteadOfDrawn) {
  // As by rank at paper scale: exp(-rank / 3) is below 1/256 of the largest from rank 17 on.
  std::vector<std::pair<float, float>> weights;
  for (int rank = 0; rank < 3751; ++rank)
    weights.emplace_back(std::exp(-static_cast<float>(rank) / 3),
                         std::exp(-static_cast<float>(3750 - rank) / 3));
  const BagBoxes bag = bagBoxes(bagLayer(), frameOf(weights), 0);
  EXPECT_EQ(bag.members, 3751u);
  EXPECT_EQ(bag.faded, 3751u - 2 * 17);
  EXPECT_EQ(drawnOf(bag).size(), 2u * 17);
}

TEST(BagBoxesTest, MethodsThatWeighNothingShowMembershipAlone) {
  const BagBoxes bag = bagBoxes(bagLayer(), frameOf({{1, 1}, {kNan, kNan}}, false), 0);
  ASSERT_EQ(bag.batches.size(), 1u);
  EXPECT_EQ(bag.batches[0].head, ColorScale::kSequential);
  EXPECT_EQ(bag.batches[0].width, 1);
  EXPECT_EQ(bag.batches[0].boxes.anchors, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(bag.faded, 0u);
}

TEST(BagBoxesTest, HiddenLevelsObjectsThatAreNotThereAndNoOpacityGiveNothing) {
  const StageEvidence frame = frameOf({{1, 1}, {0.5f, 0.5f}});
  Layer layer = bagLayer();
  layer.levels = 2;
  EXPECT_EQ(bagBoxes(layer, frame, 0).members, 0u);
  EXPECT_TRUE(bagBoxes(bagLayer(), frame, -1).batches.empty());
  EXPECT_TRUE(bagBoxes(bagLayer(), StageEvidence{}, 0).batches.empty());
  layer = bagLayer();
  layer.opacity = 0;
  EXPECT_TRUE(bagBoxes(layer, frame, 0).batches.empty());
}

}  // namespace
}  // namespace anchorscope
