// ISR-P and CARL by hand; that they hold to what every transform does is in tests/contract.

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/named_registry.h"
#include "core/losses/transform.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;

std::unique_ptr<LossTransform> make(const std::string& name,
                                    const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  ParamSet params((*findNamed(lossTransformEntries(), name, "transform"))->params);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  return *makeLossTransform(name, params);
}

at::Tensor row(const std::vector<float>& values) {
  return at::tensor(values).unsqueeze(0);
}

/// Two anchors of one object of class 0, one of another of class 0, one of background.
struct Batch {
  DenseScene scene =
      testing::makeWorkedScene({{0, 0, 10, 10}, {0, 0, 10, 8}, {30, 0, 40, 5}, {60, 0, 70, 10}},
                               {{0, 0, 10, 10}, {30, 0, 40, 10}}, {0, 0}, 1);
  LossTable losses;

  Batch() {
    losses.clsObject = losses.regObject =
        at::tensor(std::vector<std::int64_t>{0, 0, 1, -1}, at::TensorOptions().dtype(at::kLong)).unsqueeze(0);
    losses.regWeight = row({1, 1, 1, 0});
    const at::Tensor three = at::full({1}, 3.F);
    losses.rows = {{kClsHead, row({1, 2, 3, 4}), three}, {kLocHead, row({0.5F, 1, 2, 0}), three}};
  }
  void apply(LossTransform& transform) {
    transform.apply(losses, {scene.anchors, scene.outputs, scene.targets}, nullptr);
  }
};

TEST(IsrP, TheBestOfEveryObjectComesBeforeTheSecondOnes) {
  // IoUs 1, 0.8 and 0.5: the third anchor is its object's best, so the order is 0, 2, 1: 1, 1/3, 2/3.
  Batch batch;
  batch.apply(*make("isr_p", {{"isr_k", "1"}}));
  const float scale = 6 / (1 + 2 / 3.F + 3 * 2 / 3.F);
  EXPECT_TRUE(at::allclose(batch.losses.at(kClsHead).values, row({scale, 2 / 3.F * scale, 2 * scale, 4})));
  EXPECT_TRUE(at::equal(batch.losses.at(kLocHead).values, row({0.5F, 1, 2, 0}))) << "boxes are left alone";
}

TEST(Carl, WeighsTheBoxLossByScoresOfMeanOne) {
  Batch batch;
  batch.scene.outputs.logits = row({0, std::log(3.F), 0, 5}).view({1, 4, 1}).requires_grad_();
  batch.apply(*make("carl", {{"carl_bias", "0"}}));
  // Scores 1/2, 3/4, 1/2, of sum 7/4: times 12/7.
  const LossRows& carl = batch.losses.at("carl");
  EXPECT_TRUE(at::allclose(carl.values, row({0.5F * 6 / 7, 9 / 7.F, 2.F * 6 / 7, 0})));
  EXPECT_EQ(carl.divisors.item<float>(), 3);
  EXPECT_EQ(batch.losses.rows.size(), 3u);
  carl.values.sum().backward();
  const at::Tensor& gradient = batch.scene.outputs.logits.grad();
  EXPECT_GT(gradient[0][2].item<float>(), 0) << "a box worse than the others' lowers its score";
  EXPECT_LT(gradient[0][0].item<float>(), 0);
  EXPECT_EQ(gradient[0][3].item<float>(), 0);
}

}  // namespace
}  // namespace anchorscope
