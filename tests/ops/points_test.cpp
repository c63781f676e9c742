// Locations of detectors without anchors: where they lie, in which order, and boxes as distances from them.

#include <gtest/gtest.h>

#include "core/ops/anchors.h"
#include "core/ops/box_coder.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::randomValues;

at::Tensor centers(const AnchorSet& set) {
  return (set.boxes.slice(1, 0, 2) + set.boxes.slice(1, 2, 4)) / 2;
}

TEST(Points, LieInTheMiddleOfTheirCellsByRowAndColumn) {
  const PointOptions options{AnchorConvention::kMmdet, {8, 16}, 0.5};
  const SizePx size{37, 20};  // 5 x 3 cells of 8 px, 3 x 2 of 16 px
  const AnchorSet set = makePoints(options, size, at::kCPU);
  EXPECT_EQ(set.offsets, BoxOffsets::kSideDistances);
  ASSERT_EQ(set.levels.size(), 2U);
  EXPECT_EQ(set.levels[0], (LevelLayout{8, 3, 5, 1, 0}));
  EXPECT_EQ(set.levels[1], (LevelLayout{16, 2, 3, 1, 15}));
  ASSERT_EQ(set.count(), 21);
  const at::Tensor center = centers(set);
  std::int64_t index = 0;
  for (const LevelLayout& level : set.levels) {
    const auto stride = static_cast<float>(level.stride);
    for (int row = 0; row < level.rows; ++row)
      for (int column = 0; column < level.columns; ++column, ++index) {
        EXPECT_EQ(center[index][0].item<float>(), (static_cast<float>(column) + 0.5f) * stride);
        EXPECT_EQ(center[index][1].item<float>(), (static_cast<float>(row) + 0.5f) * stride);
        EXPECT_EQ(set.strides[index].item<float>(), stride);
        EXPECT_EQ(set.geometry->boxesInInput[static_cast<std::size_t>(index)].width(), stride);
        EXPECT_EQ(set.geometry->boxesInInput[static_cast<std::size_t>(index)].height(), stride);
      }
  }
}

TEST(Points, OfTorchvisionLieAtMultiplesOfTheWholeStep) {
  const AnchorSet set = makePoints({AnchorConvention::kTorchvision, {8, 128}, 0}, {160, 128}, at::kCPU);
  EXPECT_EQ(set.geometry->boxesInInput[0], (Box{-4, -4, 4, 4}));
  EXPECT_EQ(set.geometry->boxesInInput[1], (Box{4, -4, 12, 4}));
  // 160 / 128 px are 2 columns with a step of floor(160 / 2) = 80 px; the box is the stride's all the same.
  EXPECT_EQ(set.geometry->boxesInInput[static_cast<std::size_t>(set.count()) - 1], (Box{16, -64, 144, 64}));
}

TEST(Points, DistancesThereAndBack) {
  const AnchorSet set = makePoints({AnchorConvention::kMmdet, {8, 16, 32}, 0.5}, {101, 53}, at::kCPU);
  const BoxCoder coder = BoxCoder::of(set.offsets);
  const at::Tensor distances = randomValues({3, set.count(), 4}, 1, 0, 6);
  const at::Tensor boxes = coder.decode(set.boxes, distances);
  EXPECT_TRUE(at::allclose(coder.encode(set.boxes, boxes), distances, 1e-5, 1e-5));
  // Worked from the definition: left and top are subtracted, right and bottom added, in px.
  const at::Tensor px = distances * set.strides.unsqueeze(1);
  const at::Tensor expected =
      at::cat({centers(set) - px.slice(2, 0, 2), centers(set) + px.slice(2, 2, 4)}, 2);
  EXPECT_TRUE(at::allclose(boxes, expected, 1e-5, 1e-4));
}

TEST(Points, AnOffsetBeyondACellIsAUsageError) {
  for (const double offset : {-0.1, 1.1, std::nan("")}) {
    RetinaAnchorOptions options;
    options.centerOffset = offset;
    const Status status = options.validate();
    ASSERT_FALSE(status.ok()) << offset;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  }
}

TEST(Points, AnchorsMoveByTheSameOffset) {
  RetinaAnchorOptions options;
  options.convention = AnchorConvention::kMmdet;
  const AnchorSet plain = makeRetinaAnchors(options, {64, 64}, at::kCPU);
  options.centerOffset = 0.5;
  const AnchorSet moved = makeRetinaAnchors(options, {64, 64}, at::kCPU);
  EXPECT_TRUE(at::allclose(moved.boxes, plain.boxes + plain.strides.unsqueeze(1) / 2));
}

}  // namespace
}  // namespace anchorscope
