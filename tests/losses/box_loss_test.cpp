// Box losses by hand; that they hold for every registered one is in tests/contract.

#include "core/losses/box_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/named_registry.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeWorkedScene;

/// Two anchors of 10 x 10 px; the first has the object, shifted by 2 px and twice as high.
DenseScene scene() {
  return makeWorkedScene({{0, 0, 10, 10}, {30, 0, 40, 10}}, {{2, 0, 12, 20}}, {0}, 1);
}

at::Tensor rows(const std::string& name, const DenseScene& on, float weight,
                const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  ParamSet params((*findNamed(boxLossEntries(), name, "loss"))->params);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok());
  auto loss = makeBoxLoss(name, params);
  BoxTargets targets{
      on.targets.boxes,
      at::tensor(std::vector<std::int64_t>{0, -1}, at::TensorOptions().dtype(at::kLong)).view({1, 2}),
      at::tensor({weight, 0.f}).view({1, 2})};
  return (*loss)->rows(on.anchors, on.outputs, targets, {});
}

TEST(BoxLoss, L1OnEncodedOffsets) {
  // dx = 0.2, dy = 0.5, dw = 0, dh = ln 2 against deltas of 0
  const at::Tensor loss = rows("l1", scene(), 0.5f);
  EXPECT_NEAR(loss[0][0].item<double>(), 0.5 * (0.2 + 0.5 + std::log(2.0)), 1e-6);
  EXPECT_EQ(loss[0][1].item<double>(), 0);
}

TEST(BoxLoss, SmoothL1IsSquareBelowBeta) {
  const auto smooth = [](double d, double beta) { return d < beta ? 0.5 * d * d / beta : d - 0.5 * beta; };
  const at::Tensor loss = rows("smooth_l1", scene(), 1, {{"smooth_l1_beta", "0.6"}});
  EXPECT_NEAR(loss[0][0].item<double>(), smooth(0.2, 0.6) + smooth(0.5, 0.6) + smooth(std::log(2.0), 0.6),
              1e-6);
  EXPECT_TRUE(at::allclose(rows("smooth_l1", scene(), 1, {{"smooth_l1_beta", "0"}}), rows("l1", scene(), 1)));
}

TEST(BoxLoss, SmoothL1TakesOffsetsTimesTheCodersWeights) {
  const auto smooth = [](double d) { return d < 0.11 ? 0.5 * d * d / 0.11 : d - 0.055; };
  const at::Tensor loss = rows("smooth_l1", scene(), 1, {{"smooth_l1_weights", "10,10,5,5"}});
  EXPECT_NEAR(loss[0][0].item<double>(), smooth(10 * 0.2) + smooth(10 * 0.5) + smooth(5 * std::log(2.0)),
              1e-5);
  EXPECT_EQ(loss[0][1].item<double>(), 0);
}

TEST(BoxLoss, IouAndGiouOnDecodedBoxes) {
  // intersection 80, union 100 + 200 - 80 = 220, enclosing 12 * 20 = 240
  EXPECT_NEAR(rows("iou", scene(), 1)[0][0].item<double>(), 1 - 80.0 / 220, 1e-6);
  EXPECT_NEAR(rows("iou_log", scene(), 0.5f)[0][0].item<double>(), -0.5 * std::log(80.0 / 220), 1e-6);
  EXPECT_NEAR(rows("giou", scene(), 0.5f)[0][0].item<double>(), 0.5 * (1 - (80.0 / 220 - 20.0 / 240)), 1e-6);
}

TEST(BoxLoss, VariantsOfTheIou) {
  // centres (5, 5) and (7, 10), enclosing 12 x 20
  const double iou = 80.0 / 220, diou = iou - (4.0 + 25) / (144 + 400);
  const double angle = std::atan(10.0 / 20) - std::atan(1),
               v = 4 / std::pow(std::acos(-1.0), 2) * angle * angle;
  EXPECT_NEAR(rows("iou_square", scene(), 0.5f)[0][0].item<double>(), 0.5 * (1 - iou * iou), 1e-6);
  EXPECT_NEAR(rows("diou", scene(), 1)[0][0].item<double>(), 1 - diou, 1e-6);
  EXPECT_NEAR(rows("ciou", scene(), 1)[0][0].item<double>(), 1 - diou + v * v / (1 - iou + v), 1e-6);
}

TEST(BoxLoss, L1OfCentreInStridesAndLogarithmOfSides) {
  // centres 2 and 5 px apart at stride 8, as wide, twice as high
  const double expected = 2.0 / 8 + 5.0 / 8 + std::log(2.0);
  const at::Tensor loss = rows("l1_center_size", scene(), 0.5f, {{"l1_weight", "3"}});
  EXPECT_NEAR(loss[0][0].item<double>(), 0.5 * 3 * expected, 1e-6);
  EXPECT_EQ(loss[0][1].item<double>(), 0);
}

TEST(BoxLoss, L1OfCentreAndSizeCountsInTheLastSteps) {
  const DenseScene on = scene();
  const auto counts = [&](const char* share, std::int64_t step, std::int64_t planned) {
    ParamSet params((*findNamed(boxLossEntries(), "l1_center_size", "loss"))->params);
    EXPECT_TRUE(params.set("l1_share", share).ok());
    const BoxTargets targets{on.targets.boxes, at::zeros({1, 2}, at::TensorOptions().dtype(at::kLong)),
                             at::ones({1, 2})};
    StepContext context;
    context.step = step;
    context.plannedSteps = planned;
    return (*makeBoxLoss("l1_center_size", params))
        ->rows(on.anchors, on.outputs, targets, context)
        .gt(0)
        .all()
        .item<bool>();
  };
  EXPECT_FALSE(counts("0.05", 94, 100));
  EXPECT_TRUE(counts("0.05", 95, 100));
  EXPECT_TRUE(counts("0.05", 99, 100));
  EXPECT_TRUE(counts("0.05", 9, 10)) << "a share of a step is a step";
  EXPECT_FALSE(counts("0", 99, 100));
  EXPECT_TRUE(counts("1", 0, 100));
  EXPECT_FALSE(counts("0.5", 1000, 0)) << "no end is planned";
  EXPECT_TRUE(counts("1", 1000, 0));
}

TEST(BoxLoss, BalancedL1IsLinearAboveBeta) {
  const double b = std::exp(3.0) - 1;
  const auto balanced = [&](double d, double beta) {
    return d < beta ? 0.5 / b * (b * d + 1) * std::log(b * d / beta + 1) - 0.5 * d
                    : 1.5 * d + 1.5 / b - 0.5 * beta;
  };
  EXPECT_NEAR(rows("balanced_l1", scene(), 1, {{"balanced_beta", "0.6"}})[0][0].item<double>(),
              balanced(0.2, 0.6) + balanced(0.5, 0.6) + balanced(std::log(2.0), 0.6), 1e-6);
}

TEST(BoxLoss, GhmCountsOffsetsByHowManyAreAlike) {
  // |d| / sqrt(d^2 + 1) of 0, 0.2, 0.5 and ln 2: all but the last below a half
  const auto smooth = [](double d) { return std::sqrt(d * d + 1) - 1; };
  const at::Tensor loss =
      rows("ghm_r", scene(), 1, {{"ghm_r_mu", "1"}, {"ghm_r_bins", "2"}, {"ghm_r_momentum", "0"}});
  EXPECT_NEAR(loss[0][0].item<double>(), (smooth(0.2) + smooth(0.5)) / 6 + smooth(std::log(2.0)) / 2, 1e-6);
}

TEST(BoxLoss, DistributionsLearnTheTwoWholeNumbersBesideTheDistance) {
  // From the centre (5, 5) in strides of 4: 0.75, 1.25, 1.75 and 3.75 strides, of which the last is too far.
  DenseScene on = scene();
  on.anchors.strides = at::full({2}, 4.f);
  const at::Tensor bins = at::tensor(std::vector<float>{0, 1, 2, 3});
  on.outputs.distribution = bins.expand({1, 2, 4, 4}).contiguous();
  const double all = std::log(1 + std::exp(1) + std::exp(2) + std::exp(3));
  // The logits are the whole numbers: each side costs ln of the sum minus the distance.
  const double mean = all - (0.75 + 1.25 + 1.75 + 2.9) / 4;
  EXPECT_NEAR(rows("dfl", on, 0.5f)[0][0].item<double>(), 0.25 * 0.5 * mean, 1e-6);
}

TEST(BoxLoss, TheLogarithmOfTheIouEndsAtAMillionth) {
  DenseScene apart = scene();
  apart.outputs.boxes[0][0] = at::tensor({50.f, 50.f, 60.f, 60.f});
  apart.outputs.boxes.requires_grad_();
  const at::Tensor loss = rows("iou_log", apart, 1);
  EXPECT_NEAR(loss[0][0].item<double>(), -std::log(1e-6), 1e-5);
  loss.sum().backward();
  EXPECT_TRUE(apart.outputs.boxes.grad().eq(0).all().item<bool>());
}

}  // namespace
}  // namespace anchorscope
