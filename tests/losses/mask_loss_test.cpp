// The loss of masks by hand.

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/samplers/sampler.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeWorkedScene;

const at::TensorOptions kLong = at::TensorOptions().dtype(at::kLong);

std::unique_ptr<BoxLoss> maskLoss(const std::vector<std::pair<std::string, std::string>>& options = {}) {
  ParamSet params((*findNamed(boxLossEntries(), std::string("mask"), "loss"))->params);
  for (const auto& [name, value] : options)
    EXPECT_TRUE(params.set(name, value).ok());
  return *makeBoxLoss("mask", params);
}

/// Of 16 samples along a cell of the left half the last lies between px 23, which is set, and 24, which is
/// not (torchvision's RoIAlign, whose pixels lie at whole numbers): the target of such a cell.
constexpr double kLeft = 15.5 / 16;

/// Two regions, the first of which learns an object of class 1 whose px are its left half.
struct HalfObject {
  HalfObject() {
    scene = makeWorkedScene({{8, 8, 40, 40}, {0, 0, 16, 16}}, {{8, 8, 40, 40}}, {1}, 2);
    logits.set_requires_grad(true);
    scene.outputs.masksOf = [this](const at::Tensor& boxes, const at::Tensor& image) {
      asked = boxes;
      EXPECT_TRUE(image.eq(0).all().item<bool>());
      return logits.narrow(0, 0, boxes.size(0));
    };
    at::Tensor pixels = at::zeros({1, 1, 64, 64}, at::kBool);
    pixels.slice(2, 0, 64).slice(3, 0, 24).fill_(true);
    targets = {scene.targets.boxes, at::tensor({0, -1}, kLong).view({1, 2}),
               at::tensor({1.0, 0.0}).view({1, 2}), scene.targets.labels, pixels};
  }
  at::Tensor rows(const std::vector<std::pair<std::string, std::string>>& options = {}) {
    return maskLoss(options)->rows(scene.anchors, scene.outputs, targets, {});
  }

  DenseScene scene;
  /// [2,2,2,2]: of both regions, both classes.
  at::Tensor logits =
      at::tensor({9.0, 9.0, 9.0, 9.0, 0.5, -1.0, 2.0, 3.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0})
          .view({2, 2, 2, 2});
  at::Tensor asked;
  BoxTargets targets;
};

TEST(MaskLoss, IsTheMeanCrossEntropyOfTheObjectsClass) {
  HalfObject half;
  const at::Tensor loss = half.rows({{"mask_weight", "2"}});
  const auto bce = [](double logit, double target) {
    return std::log1p(std::exp(-logit)) + (1 - target) * logit;
  };
  EXPECT_NEAR(loss[0][0].item<double>(), 2 * (bce(0.5, kLeft) + bce(-1, 0) + bce(2, kLeft) + bce(3, 0)) / 4,
              1e-9);
  EXPECT_EQ(loss[0][1].item<double>(), 0);
  loss.sum().backward();
  const auto slope = [](double logit, double target) {
    return 2 * (1 / (1 + std::exp(-logit)) - target) / 4;
  };
  EXPECT_TRUE(
      at::allclose(half.logits.grad()[0][1],
                   at::tensor({slope(0.5, kLeft), slope(-1, 0), slope(2, kLeft), slope(3, 0)}).view({2, 2})));
  EXPECT_EQ(half.logits.grad()[0][0].abs().sum().item<double>(), 0) << "another class";
  EXPECT_EQ(half.logits.grad()[1].abs().sum().item<double>(), 0) << "a region without an object";
  EXPECT_TRUE(half.asked[0].equal(half.scene.anchors.boxes[0])) << "the region, not the predicted box";
}

TEST(MaskLoss, AnObjectOfUnknownShapeTeachesNone) {
  HalfObject half;
  half.targets.masks.zero_();
  EXPECT_EQ(half.rows().abs().sum().item<double>(), 0);
  half.targets.masks = at::Tensor();
  EXPECT_EQ(half.rows().abs().sum().item<double>(), 0);
}

TEST(MaskLoss, LooksAtThoseThatARandomSampleKeeps) {
  testing::DenseSceneOptions options;
  options.masks = true;
  const DenseScene scene = makeDenseScene(options);
  const std::int64_t anchors = scene.anchors.count();
  const at::Tensor matched = (at::arange(2 * anchors, kLong) % 3).view({2, anchors});
  const BoxTargets targets{scene.targets.boxes, matched, at::ones({2, anchors}), scene.targets.labels,
                           scene.targets.masks};
  StepContext step;
  step.seed = 5;
  step.step = 7;
  const at::Tensor learnt =
      maskLoss({{"mask_regions", "6"}})->rows(scene.anchors, scene.outputs, targets, step).ne(0);
  EXPECT_TRUE(learnt.sum(1).eq(6).all().item<bool>());
  ParamSet size((*findNamed(samplerEntries(), std::string("random"), "sampler"))->params);
  ASSERT_TRUE(size.set("sample_number", "8").ok() && size.set("positive_fraction", "0.75").ok());
  SamplerInputs inputs;
  inputs.object = matched;
  const at::Tensor kept = (*makeSampler("random", size))->choose(inputs, step).kept;
  EXPECT_TRUE(kept.sum(1).eq(6).all().item<bool>());
  EXPECT_TRUE(learnt.equal(kept));
}

}  // namespace
}  // namespace anchorscope
