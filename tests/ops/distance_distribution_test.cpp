#include "core/ops/distance_distribution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

TEST(DistanceDistribution, TheMeanOfWholeNumbers) {
  EXPECT_NEAR(expectedDistances(at::zeros({5})).item<double>(), 2, 1e-6);
  const at::Tensor sure = at::tensor({0.F, 0.F, 50.F, 0.F});
  EXPECT_NEAR(expectedDistances(sure).item<double>(), 2, 1e-6);
  EXPECT_EQ(expectedDistances(at::zeros({2, 7, 4, 16})).sizes(), at::IntArrayRef({2, 7, 4}));
}

TEST(DistanceDistribution, FocalLossIsBetweenTheNeighbours) {
  const at::Tensor logits = at::tensor(std::vector<double>{1, 2, 4}, at::TensorOptions().dtype(at::kDouble));
  const double all = std::log(std::exp(1) + std::exp(2) + std::exp(4));
  const auto loss = [&](double target) {
    return distributionFocalLoss(logits, at::scalar_tensor(target, at::kDouble)).item<double>();
  };
  EXPECT_NEAR(loss(0.25), all - 0.75 * 1 - 0.25 * 2, 1e-12);
  EXPECT_NEAR(loss(1), all - 2, 1e-12);
  EXPECT_NEAR(loss(2), all - 4, 1e-12) << "the last one has no right neighbour";
}

TEST(DistanceDistribution, Gradient) {
  const at::Tensor logits = testing::randomValues({6, 5}, 3, -2, 2).to(at::kDouble);
  const at::Tensor target = testing::randomValues({6}, 4, 0, 4).to(at::kDouble);
  testing::expectGradient([&](const at::Tensor& x) { return distributionFocalLoss(x, target); }, logits);
  testing::expectGradient([](const at::Tensor& x) { return expectedDistances(x); }, logits);
}

}  // namespace
}  // namespace anchorscope
