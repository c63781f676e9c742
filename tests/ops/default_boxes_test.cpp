#include "core/ops/default_boxes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace anchorscope {
namespace {

TEST(DefaultBoxes, Ssd300HasThePapersNumber) {
  const AnchorSet set = makeDefaultBoxes({}, {300, 300}, at::kCPU);
  EXPECT_EQ(set.count(), 8732);
  ASSERT_EQ(set.levels.size(), 6U);
  const std::vector<LevelLayout> wanted = {{8, 38, 38, 4, 0},   {16, 19, 19, 6, 5776}, {32, 10, 10, 6, 7942},
                                           {64, 5, 5, 6, 8542}, {100, 3, 3, 4, 8692},  {300, 1, 1, 4, 8728}};
  EXPECT_EQ(set.levels, wanted);
  EXPECT_EQ(set.geometry->levels, wanted);
  EXPECT_EQ(set.strides.size(0), 8732);
  EXPECT_EQ(set.deltaWeights, (std::array<double, 4>{10, 10, 5, 5}));
}

TEST(DefaultBoxes, LieAroundTheMiddleOfTheirCellInTheOrderOfTorchvision) {
  const AnchorSet set = makeDefaultBoxes({}, {300, 300}, at::kCPU);
  const auto expectBox = [&](std::size_t index, double x, double y, double width, double height) {
    const Box& box = set.geometry->boxesInInput[index];
    EXPECT_NEAR(box.centerX(), x, 1e-4);
    EXPECT_NEAR(box.centerY(), y, 1e-4);
    EXPECT_NEAR(box.width(), width, 1e-4);
    EXPECT_NEAR(box.height(), height, 1e-4);
  };
  const double between = 300 * std::sqrt(0.07 * 0.15), root = std::sqrt(2.0);
  expectBox(0, 4, 4, 21, 21);
  expectBox(1, 4, 4, between, between);
  expectBox(2, 4, 4, 21 * root, 21 / root);
  expectBox(3, 4, 4, 21 / root, 21 * root);
  expectBox(4, 12, 4, 21, 21);
  expectBox(8692, 50, 50, 207, 207);
  expectBox(8728, 150, 150, 261, 261);
  expectBox(8730, 150, 150, 300, 261 / root);  // no wider than the input
}

TEST(DefaultBoxes, FitAnyInput) {
  for (const SizePx size : {SizePx{64, 48}, SizePx{1, 1}, SizePx{513, 300}}) {
    const AnchorSet set = makeDefaultBoxes({}, size, at::kCPU);
    std::int64_t count = 0;
    for (const LevelLayout& level : set.levels) {
      EXPECT_EQ(level.firstAnchor, count);
      count += level.anchorCount();
    }
    EXPECT_EQ(count, set.count());
    const at::Tensor last = (set.boxes[-1].slice(0, 0, 2) + set.boxes[-1].slice(0, 2, 4)) / 2;
    EXPECT_LT(last[0].item<float>(), static_cast<float>(size.width));
    EXPECT_LT(last[1].item<float>(), static_cast<float>(size.height));
  }
}

TEST(DefaultBoxes, OptionsAreChecked) {
  DefaultBoxOptions options;
  options.scales[2] = 0;
  EXPECT_FALSE(options.validate().ok());
  options = {};
  options.ratios[1] = {2, -1};
  EXPECT_FALSE(options.validate().ok());
}

}  // namespace
}  // namespace anchorscope
