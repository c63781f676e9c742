// The weights of levels by hand; that they hold to what every transform does is in tests/contract.

#include <gtest/gtest.h>

#include "core/base/named_registry.h"
#include "core/losses/transform.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;

std::unique_ptr<LossTransform> make(const std::string& counts) {
  ParamSet params((*findNamed(lossTransformEntries(), "level_weights", "transform"))->params);
  EXPECT_TRUE(params.set("level_counts", counts).ok());
  return *makeLossTransform("level_weights", params);
}

at::Tensor row(const std::vector<float>& values) {
  return at::tensor(values).unsqueeze(0);
}

at::Tensor objects(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kLong)).unsqueeze(0);
}

/// Levels of two, two and one anchors; the class head has 1, 2 and 0 positives there, the box head 0, 1 and
/// 0.
struct Batch {
  DenseScene scene = testing::makeWorkedScene(
      {{0, 0, 9, 9}, {9, 0, 18, 9}, {0, 0, 18, 9}, {0, 0, 9, 18}, {0, 0, 36, 36}}, {{0, 0, 10, 10}}, {0}, 1);
  LossTable losses;

  Batch() {
    scene.anchors.levels = {{8, 1, 2, 1, 0}, {16, 1, 2, 1, 2}, {32, 1, 1, 1, 4}};
    losses.clsObject = objects({0, -1, 0, 0, -2});
    losses.regObject = objects({-1, -1, 0, -1, -2});
    losses.regWeight = row({0, 0, 1, 0, 0});
    const at::Tensor one = at::ones({1});
    losses.rows = {
        {kClsHead, at::ones({1, 5}), one}, {kLocHead, at::ones({1, 5}), one}, {"iou", at::ones({1, 5}), one}};
  }
  /// Of the first anchor of each level the factor on a head's loss, in a training step or another.
  std::vector<float> factors(LossTransform& transform, const char* head, bool training) const {
    LossTable changed = losses;
    StepContext step;
    step.training = training;
    transform.apply(changed, {scene.anchors, scene.outputs, scene.targets}, step);
    const at::Tensor& values = changed.at(head).values;
    EXPECT_EQ(values[0][0].item<float>(), values[0][1].item<float>()) << "two anchors of one level";
    EXPECT_EQ(values[0][2].item<float>(), values[0][3].item<float>()) << "two anchors of one level";
    return {values[0][0].item<float>(), values[0][2].item<float>(), values[0][4].item<float>()};
  }
};

void expectFactors(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t level = 0; level < got.size(); ++level)
    EXPECT_NEAR(got[level], expected[level], 1e-6) << "level " << level;
}

TEST(LevelWeights, FallFromTwoAtTheFewestPositivesToOneAtTheMost) {
  const Batch batch;
  expectFactors(batch.factors(*make("separate"), kClsHead, false), {1.5F, 1, 2});
  expectFactors(batch.factors(*make("separate"), kLocHead, false), {2, 1, 2});
}

TEST(LevelWeights, ASharedCountHoldsTheClassHeadsPositivesForTheBoxHead) {
  const Batch batch;
  expectFactors(batch.factors(*make("shared"), kClsHead, false), {1.5F, 1, 2});
  for (const char* head : {kLocHead, "iou"})  // 1, 3 and 0
    expectFactors(batch.factors(*make("shared"), head, false), {2 - 1 / 3.F, 1, 2});
}

TEST(LevelWeights, CountFromTheRunsBeginning) {
  const Batch batch;
  const auto shared = make("shared"), separate = make("separate");
  for (LossTransform* transform : {shared.get(), separate.get()})
    batch.factors(*transform, kClsHead, true);
  // Class head 1, 2, 0 and again, box head 0, 1, 0: 2, 5, 0; then the box head's again: 2, 6, 0.
  for (int again = 0; again < 2; ++again) {
    expectFactors(batch.factors(*shared, kClsHead, false), {1.6F, 1, 2});
    expectFactors(batch.factors(*shared, kLocHead, false), {2 - 1 / 3.F, 1, 2});
  }
  EXPECT_EQ(shared->buffers().at(0).tensor.sum().item<std::int64_t>(), 4) << "only a training step counts";
  Batch other;  // class head 4, 2, 0 with the first batch's
  other.losses.clsObject = objects({0, -1, -1, -1, -1});
  batch.factors(*separate, kClsHead, true);
  expectFactors(other.factors(*separate, kClsHead, false), {2 - 3 / 4.F, 1, 2});
}

TEST(LevelWeights, WithoutPositivesEveryLevelCountsTwice) {
  Batch batch;
  batch.losses.clsObject = batch.losses.regObject = objects({-1, -1, -1, -1, -1});
  expectFactors(batch.factors(*make("shared"), kClsHead, true), {2, 2, 2});
}

}  // namespace
}  // namespace anchorscope
