#include "core/losses/normalizer.h"

#include <gtest/gtest.h>

#include "core/losses/combiner.h"

namespace anchorscope {
namespace {

std::vector<double> of(Normalizer normalizer, double floor = 1) {
  const at::Tensor positives =
      at::tensor(std::vector<std::int64_t>{4, 0, 1}, at::TensorOptions().dtype(at::kLong));
  const at::Tensor weights =
      at::tensor(std::vector<double>{2.5, 0, 0.25}, at::TensorOptions().dtype(at::kDouble));
  const at::Tensor result = divisors(normalizer, positives, weights, floor).contiguous();
  return {result.data_ptr<double>(), result.data_ptr<double>() + result.numel()};
}

TEST(Normalizer, EachByItsOwnRule) {
  EXPECT_EQ(of(Normalizer::kSumOfWeights), (std::vector<double>{2.75, 2.75, 2.75}));
  EXPECT_EQ(of(Normalizer::kSumOfWeights, 10), (std::vector<double>{10, 10, 10}));
  EXPECT_EQ(of(Normalizer::kSumOfWeightsMin1, 1e-6), (std::vector<double>{2.75, 2.75, 2.75}));
  EXPECT_EQ(of(Normalizer::kPositivesPlusImages), (std::vector<double>{8, 8, 8}));
  EXPECT_EQ(of(Normalizer::kFourPositives), (std::vector<double>{20, 20, 20}));
  EXPECT_EQ(of(Normalizer::kPositivesUnguarded), (std::vector<double>{5, 5, 5}));
  EXPECT_EQ(of(Normalizer::kPositives), (std::vector<double>{5, 5, 5}));
  EXPECT_EQ(of(Normalizer::kTorchvision), (std::vector<double>{12, 3, 3}));  // images * max(1, positives)
  for (const double divisor : of(Normalizer::kMmdet))
    EXPECT_NEAR(divisor, 6 + 1.1920929e-07, 1e-12);
}

TEST(Normalizer, ASumOfSmallWeightsMayHaveALeastValue) {
  const at::Tensor positives = at::ones({2}, at::TensorOptions().dtype(at::kLong));
  const at::Tensor weights = at::full({2}, 0.25f);
  EXPECT_EQ(divisors(Normalizer::kSumOfWeightsMin1, positives, weights, 1e-6)[0].item<double>(), 1);
  EXPECT_EQ(divisors(Normalizer::kSumOfWeights, positives, weights, 1e-6)[0].item<double>(), 0.5);
}

TEST(Normalizer, WithoutPositivesNothingIsDividedByZero) {
  const at::Tensor none = at::zeros({2}, at::TensorOptions().dtype(at::kLong));
  const at::Tensor zero = at::zeros({2});
  for (std::size_t i = 0; i < normalizerNames().size(); ++i)
    EXPECT_TRUE(normalizerNames()[i] == "positives_unguarded" ||
                divisors(normalizerOf(normalizerNames()[i]), none, zero, 1e-6).gt(0).all().item<bool>())
        << normalizerNames()[i];
}

TEST(Normalizer, TheUnguardedOneIsZeroWithoutPositives) {
  const at::Tensor none = at::zeros({2}, at::TensorOptions().dtype(at::kLong));
  EXPECT_EQ(divisors(Normalizer::kPositivesUnguarded, none, at::zeros({2}), 1)[0].item<double>(), 0);
}

TEST(WeightedSum, AddsTheNormalisedHeads) {
  ParamSet params(lossCombinerEntries().front().params);
  ASSERT_TRUE(params.set("lambda_reg", "3").ok());
  auto combiner = makeLossCombiner("weighted_sum", params);
  ASSERT_TRUE(combiner.ok());
  const AnchorSet anchors;
  const HeadOutputs outputs;
  const DenseTargets targets;
  LossTable losses;
  losses.rows = {{kClsHead, at::tensor({1.f, 2.f, 3.f, 4.f}).view({2, 2}), at::tensor({1.f, 7.f})},
                 {kLocHead, at::tensor({0.f, 1.f, 0.f, 5.f}).view({2, 2}), at::tensor({2.f, 2.f})}};
  const CombinedLoss combined = (*combiner)->combine(losses, {anchors, outputs, targets}, nullptr);
  EXPECT_FLOAT_EQ(combined.heads[0].item<float>(), 3 + 1);
  EXPECT_FLOAT_EQ(combined.heads[1].item<float>(), 3);
  EXPECT_FLOAT_EQ(combined.total.item<float>(), 4 + 9);
}

}  // namespace
}  // namespace anchorscope
