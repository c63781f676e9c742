#include "core/ops/anchors.h"

#include <gtest/gtest.h>

namespace anchorscope {
namespace {

TEST(RetinaAnchors, TorchvisionRoundsAndUsesWholeSteps) {
  RetinaAnchorOptions options;
  options.strides = {8};
  options.ratios = {1};
  const AnchorSet set =
      makeRetinaAnchors(options, {20, 9}, at::kCPU);  // 3 x 2 cells, steps of 20/3 and 9/2 px
  EXPECT_EQ(set.count(), 3 * 2 * 3);
  const auto steps = retinaAnchorSteps(options, {20, 9});
  EXPECT_EQ(steps[0], (std::array<int, 2>{4, 6}));
  const auto& boxes = set.geometry->boxesInInput;
  EXPECT_EQ(boxes[0], (Box{-16, -16, 16, 16}));
  EXPECT_EQ(boxes[1], (Box{-20, -20, 20, 20}));  // int(32 * 2^(1/3)) = 40
  EXPECT_EQ(boxes[2], (Box{-25, -25, 25, 25}));  // int(32 * 2^(2/3)) = 50
  EXPECT_EQ(boxes[3], (Box{-10, -16, 22, 16}));
  EXPECT_EQ(boxes[9], (Box{-16, -12, 16, 20}));
}

TEST(RetinaAnchors, MmdetDoesNeither) {
  RetinaAnchorOptions options;
  options.convention = AnchorConvention::kMmdet;
  options.strides = {8};
  options.ratios = {4};
  options.scalesPerOctave = 1;
  const AnchorSet set = makeRetinaAnchors(options, {20, 9}, at::kCPU);
  EXPECT_EQ(set.geometry->boxesInInput[0], (Box{-8, -32, 8, 32}));  // ratio = height / width
  EXPECT_EQ(set.geometry->boxesInInput[1], (Box{0, -32, 16, 32}));
}

TEST(RetinaAnchors, GeometryDescribesTheSameAnchors) {
  RetinaAnchorOptions options;
  options.strides = {8, 16};
  options.scalesPerOctave = 2;
  const AnchorSet set = makeRetinaAnchors(options, {64, 48}, at::kCPU);
  ASSERT_EQ(set.geometry->count(), static_cast<std::size_t>(set.count()));
  ASSERT_EQ(set.levels.size(), 2U);
  EXPECT_EQ(set.levels[1].firstAnchor, set.levels[0].anchorCount());
  EXPECT_EQ(set.levels[0].anchorCount() + set.levels[1].anchorCount(), set.count());
  EXPECT_EQ(set.levels, set.geometry->levels);
  for (const std::size_t anchor : {std::size_t{0}, std::size_t{77}, set.geometry->count() - 1}) {
    const Box& box = set.geometry->boxesInInput[anchor];
    const at::Tensor row = set.boxes[static_cast<std::int64_t>(anchor)];
    EXPECT_EQ(row[0].item<float>(), box.x1);
    EXPECT_EQ(row[3].item<float>(), box.y2);
    const GridAddress address = set.geometry->address(anchor);
    EXPECT_EQ(set.geometry->index(address), static_cast<std::int64_t>(anchor));
    EXPECT_EQ(set.strides[static_cast<std::int64_t>(anchor)].item<float>(),
              options.strides[static_cast<std::size_t>(address.level)]);
    EXPECT_EQ(box.centerX(),
              static_cast<float>(address.column * options.strides[static_cast<std::size_t>(address.level)]));
  }
}

TEST(RetinaAnchors, LargestInputHasItsKnownCount) {
  const AnchorSet set = makeRetinaAnchors(RetinaAnchorOptions{}, {1344, 800}, at::kCPU);
  EXPECT_EQ(set.count(), 9 * (168 * 100 + 84 * 50 + 42 * 25 + 21 * 13 + 11 * 7));
}

TEST(RetinaAnchors, BadOptionsAreRefused) {
  const auto refused = [](auto change) {
    RetinaAnchorOptions options;
    change(options);
    return !options.validate().ok();
  };
  EXPECT_TRUE(refused([](auto& o) { o.strides = {}; }));
  EXPECT_TRUE(refused([](auto& o) { o.strides = {8, 0}; }));
  EXPECT_TRUE(refused([](auto& o) { o.ratios = {}; }));
  EXPECT_TRUE(refused([](auto& o) { o.ratios = {1, -1}; }));
  EXPECT_TRUE(refused([](auto& o) { o.scalesPerOctave = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.octaveBaseScale = 0; }));
  EXPECT_FALSE(refused([](auto&) {}));
}

}  // namespace
}  // namespace anchorscope
