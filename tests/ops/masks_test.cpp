#include "core/ops/masks.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomBoxes;
using testing::randomValues;

at::Tensor boxOf(double x1, double y1, double x2, double y2) {
  return at::tensor({x1, y1, x2, y2}, at::kDouble).view({1, 4});
}

TEST(Masks, ARegionSeesItsShareOfTheObject) {
  const at::Tensor masks = at::zeros({2, 20, 30}, at::kBool);
  masks[1].slice(0, 0, 20).slice(1, 10, 20).fill_(true);
  const at::Tensor object = at::ones({1}, at::kLong);
  const at::Tensor inside = projectMasks(masks, boxOf(11, 2, 18, 12), object, 7);
  EXPECT_EQ(inside.sizes(), (std::vector<std::int64_t>{1, 7, 7}));
  EXPECT_TRUE(at::allclose(inside, at::ones_like(inside)));
  const at::Tensor half = projectMasks(masks, boxOf(2, 2, 18, 12), object, 8);
  EXPECT_EQ(half[0][3][0].item<double>(), 0);
  EXPECT_EQ(half[0][3][7].item<double>(), 1);
  EXPECT_EQ(projectMasks(masks, boxOf(11, 2, 18, 12), at::zeros({1}, at::kLong), 7).sum().item<double>(), 0);
}

TEST(Masks, LossIsOfTheOwnClassAlone) {
  const at::Tensor logits = randomValues({3, 4, 5, 5}, 1, -2, 2, at::kDouble),
                   targets = randomValues({3, 5, 5}, 2, 0, 1, at::kDouble);
  const at::Tensor classes = at::tensor({2, 0, 3}, at::kLong);
  const at::Tensor loss = maskLossRows(logits, targets, classes);
  ASSERT_EQ(loss.sizes(), (std::vector<std::int64_t>{3}));
  for (std::int64_t k = 0; k < 3; ++k) {
    const at::Tensor p = logits[k][classes[k].item<std::int64_t>()].sigmoid(), y = targets[k];
    EXPECT_NEAR(loss[k].item<double>(), -(y * p.log() + (1 - y) * (1 - p).log()).mean().item<double>(),
                1e-12);
  }
  expectGradient([&](const at::Tensor& z) { return maskLossRows(z, targets, classes); }, logits);
  EXPECT_EQ(maskLossRows(logits.slice(0, 0, 0), targets.slice(0, 0, 0), classes.slice(0, 0, 0)).numel(), 0);
}

TEST(Masks, AFullMaskFillsItsBoxAndFadesAtItsBorder) {
  const at::Tensor pasted = pasteMasks(at::ones({1, 28, 28}, at::kDouble), boxOf(8, 6, 36, 34), {60, 50});
  EXPECT_EQ(pasted.sizes(), (std::vector<std::int64_t>{1, 50, 60}));
  const at::Tensor inside = pasted[0].slice(0, 7, 33).slice(1, 9, 35);
  EXPECT_TRUE(at::allclose(inside, at::ones_like(inside)));
  EXPECT_EQ(pasted[0][2].sum().item<double>(), 0);
  EXPECT_EQ(pasted[0].select(1, 50).sum().item<double>(), 0);
}

TEST(Masks, BeyondTheImageNothingIsPasted) {
  const at::Tensor masks = at::ones({5, 14, 14}, at::kDouble);
  const double far = INFINITY, nan = std::nan("");
  const at::Tensor boxes = at::cat({boxOf(-40, -40, 20, 20), boxOf(100, 100, 120, 120), boxOf(5, 5, 5, 5),
                                    boxOf(nan, 0, 9, 9), boxOf(-far, -far, far, far)});
  const at::Tensor pasted = pasteMasks(masks, boxes, {30, 24});
  EXPECT_GT(pasted[0].sum().item<double>(), 0);
  EXPECT_EQ(pasted[1].sum().item<double>(), 0);
  EXPECT_GE(pasted.min().item<double>(), 0);
  EXPECT_LE(pasted.max().item<double>(), 1);
  EXPECT_EQ(pasteMasks(masks.slice(0, 0, 0), boxes.slice(0, 0, 0), {30, 24}).size(0), 0);
}

TEST(Masks, PastingDoesNotDependOnThreads) {
  const at::Tensor masks = randomValues({9, 28, 28}, 3, 0, 1), boxes = randomBoxes(9, 4, 60);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = pasteMasks(masks, boxes, {80, 70});
  at::set_num_threads(4);
  const at::Tensor several = pasteMasks(masks, boxes, {80, 70});
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(one, several));
}

}  // namespace
}  // namespace anchorscope
