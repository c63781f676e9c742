#include "core/ops/box_coder.h"

#include <gtest/gtest.h>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomBoxes;
using testing::randomValues;

at::Tensor row(double a, double b, double c, double d) {
  return at::tensor({a, b, c, d}, at::kDouble).view({1, 4});
}

TEST(BoxCoder, WorkedByHand) {
  const at::Tensor anchor = row(0, 0, 10, 20), box = row(5, 5, 25, 15);
  const at::Tensor deltas = BoxCoder::torchvision().encode(anchor, box);
  EXPECT_TRUE(at::allclose(deltas, row(1, 0, std::log(2.0), std::log(0.5)), 0, 1e-15));
  EXPECT_TRUE(at::allclose(BoxCoder::torchvision({10, 10, 5, 5}).encode(anchor, box),
                           row(10, 0, 5 * std::log(2.0), 5 * std::log(0.5)), 1e-12, 1e-15));
}

TEST(BoxCoder, DecodeUndoesEncode) {
  const at::Tensor anchors = randomBoxes(300, 1, 128, at::kDouble),
                   boxes = randomBoxes(300, 2, 128, at::kDouble);
  for (const BoxCoder& coder :
       {BoxCoder::torchvision({10, 10, 5, 5}), BoxCoder::mmdet({0.1, -0.2, 0.3, 0}, {0.1, 0.1, 0.2, 0.2}),
        BoxCoder::of(BoxOffsets::kSideDistances)}) {
    EXPECT_TRUE(at::allclose(coder.decode(anchors, coder.encode(anchors, boxes)), boxes, 1e-10, 1e-9));
  }
}

TEST(BoxCoder, DistancesWorkedByHand) {
  const BoxCoder coder = BoxCoder::of(BoxOffsets::kSideDistances);
  const at::Tensor location = row(12, 20, 28, 36);  // (20, 28), stride 16
  const at::Tensor box = row(4, 24, 52, 32);
  EXPECT_TRUE(at::equal(coder.encode(location, box), row(1, 0.25, 2, 0.25)));
  EXPECT_TRUE(at::equal(coder.decode(location, row(1, 0.25, 2, 0.25)), box));
  // A location outside the box has a negative distance; nothing is limited.
  EXPECT_TRUE(at::equal(coder.encode(location, row(24, 24, 4000, 32)), row(-0.25, 0.25, 248.75, 0.25)));
  EXPECT_TRUE(at::equal(coder.decode(location, row(-0.25, 0.25, 248.75, 0.25)), row(24, 24, 4000, 32)));
}

TEST(BoxCoder, OfAnAnchorSetIsTorchvisionsUnlessOffsetsAreDistances) {
  const at::Tensor anchors = randomBoxes(40, 1), boxes = randomBoxes(40, 2);
  EXPECT_TRUE(at::equal(BoxCoder::of(BoxOffsets::kAnchorDeltas).encode(anchors, boxes),
                        BoxCoder::torchvision().encode(anchors, boxes)));
}

TEST(BoxCoder, LimitsScalesAsTheReferencesDo) {
  const at::Tensor anchor = row(0, 0, 16, 16), huge = row(0, 0, 9, -9);
  const at::Tensor torchvision = BoxCoder::torchvision().decode(anchor, huge),
                   mmdet = BoxCoder::mmdet({0, 0, 0, 0}, {1, 1, 1, 1}).decode(anchor, huge);
  EXPECT_NEAR((torchvision[0][2] - torchvision[0][0]).item<double>(), 1000, 1e-9);
  EXPECT_NEAR((torchvision[0][3] - torchvision[0][1]).item<double>(), 16 * std::exp(-9.0), 1e-12);
  EXPECT_NEAR((mmdet[0][3] - mmdet[0][1]).item<double>(), 16 * 16.0 / 1000, 1e-12);
}

TEST(BoxCoder, BatchesShareTheAnchors) {
  const at::Tensor anchors = randomBoxes(70, 3), deltas = randomValues({5, 70, 4}, 4, -1, 1);
  const at::Tensor boxes = BoxCoder::torchvision().decode(anchors, deltas);
  for (std::int64_t b = 0; b < 5; ++b)
    EXPECT_TRUE(at::equal(boxes[b], BoxCoder::torchvision().decode(anchors, deltas[b])));
}

TEST(BoxCoder, NoAnchorsNoBoxes) {
  const at::Tensor leaf = at::empty({2, 0, 4}).requires_grad_();
  const at::Tensor boxes = BoxCoder::torchvision().decode(at::empty({0, 4}), leaf);
  EXPECT_EQ(boxes.sizes(), (std::vector<std::int64_t>{2, 0, 4}));
  boxes.sum().backward();
}

TEST(BoxCoder, NanStaysVisible) {
  const at::Tensor boxes = BoxCoder::torchvision().decode(row(0, 0, 8, 8), row(NAN, 0, 0, NAN));
  EXPECT_TRUE(boxes[0].isnan().all().item<bool>());
}

TEST(BoxCoder, GradientAgreesWithDifferences) {
  const at::Tensor anchors = randomBoxes(12, 5, 96, at::kDouble),
                   deltas = randomValues({2, 12, 4}, 6, -6, 6, at::kDouble);
  for (const BoxCoder& coder :
       {BoxCoder::torchvision({10, 10, 5, 5}), BoxCoder::torchvision(),
        BoxCoder::mmdet({0.1, 0, 0, 0.2}, {0.5, 0.5, 0.9, 0.9}), BoxCoder::of(BoxOffsets::kSideDistances)}) {
    expectGradient([&](const at::Tensor& x) { return coder.decode(anchors, x); }, deltas, 1e-5);
  }
}

TEST(BoxCoder, EncodeHasGradients) {
  const at::Tensor anchors = randomBoxes(6, 7, 96, at::kDouble), boxes = randomBoxes(6, 8, 96, at::kDouble);
  const BoxCoder coder = BoxCoder::mmdet({0.1, 0, 0, 0.2}, {0.5, 0.5, 0.9, 0.9});
  expectGradient([&](const at::Tensor& x) { return coder.encode(anchors, x); }, boxes);
}

}  // namespace
}  // namespace anchorscope
