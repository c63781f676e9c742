// The harmonic coupling and the Harmonic IoU loss as methods use them: which anchors they touch, what they
// count and show. Formulas: tests/ops/harmonic_test.cpp; general duties: tests/contract.

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/transform.h"
#include "tests/support/dense_scene.h"

namespace anchorscope {
namespace {

using testing::DenseScene;
using testing::makeWorkedScene;
using testing::RecordingSink;
using Changes = std::vector<std::pair<std::string, std::string>>;

/// Three anchors of 10 x 10 px and one object equal to the first; logits 0, offsets 0.
DenseScene scene() {
  return makeWorkedScene({{0, 0, 10, 10}, {5, 0, 15, 10}, {40, 0, 50, 10}}, {{0, 0, 10, 10}}, {0}, 2);
}

ParamSet paramsOf(const std::vector<ParamSpec>& specs, const Changes& changes) {
  ParamSet params(specs);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok()) << option;
  return params;
}

std::unique_ptr<LossTransform> coupling(const Changes& changes) {
  const auto* entry = *findNamed(lossTransformEntries(), "harmonic", "coupling");
  return *makeLossTransform("harmonic", paramsOf(entry->params, changes));
}

/// The first two anchors are positives (the second with weight 0.5), the third is background.
LossTable losses() {
  LossTable losses;
  losses.rows = {
      {kClsHead, at::tensor({0.5f, 0.01f, 0.3f}).view({1, 3}).requires_grad_(), at::tensor({2.f})},
      {kLocHead, at::tensor({0.2f, 0.5f * 4.f, 0.f}).view({1, 3}).requires_grad_(), at::tensor({2.f})}};
  losses.clsObject = losses.regObject =
      at::tensor(std::vector<std::int64_t>{0, 0, -1}, at::TensorOptions().dtype(at::kLong)).view({1, 3});
  losses.regWeight = at::tensor({1.f, 0.5f, 0.f}).view({1, 3});
  return losses;
}

double valueOf(const std::vector<NamedScalar>& scalars, const std::string& name) {
  for (const NamedScalar& scalar : scalars)
    if (scalar.name == name) return scalar.value.item<double>();
  ADD_FAILURE() << "no scalar " << name;
  return std::nan("");
}

TEST(HarmonicCoupling, ChangesPositivesOnlyAndLooksAtTheUnweightedBoxLoss) {
  const DenseScene on = scene();
  LossTable coupled = losses();
  coupling({{"task_contrast", "false"}})->apply(coupled, {on.anchors, on.outputs, on.targets}, nullptr);
  EXPECT_NEAR(coupled.at(kClsHead).values[0][0].item<double>(), (1 + std::exp(-0.2)) * 0.5, 1e-6);
  EXPECT_NEAR(coupled.at(kClsHead).values[0][1].item<double>(), (1 + std::exp(-4.0)) * 0.01, 1e-6);
  EXPECT_NEAR(coupled.at(kClsHead).values[0][2].item<double>(), 0.3, 1e-7);
  EXPECT_NEAR(coupled.at(kLocHead).values[0][1].item<double>(), 0.5 * (1 + std::exp(-0.01)) * 4, 1e-5);
  EXPECT_EQ(coupled.at(kLocHead).values[0][2].item<double>(), 0);
  EXPECT_EQ(coupled.rows.size(), 2U);
}

TEST(HarmonicCoupling, CountsAndFlagsNegativeEffectiveWeights) {
  const DenseScene on = scene();
  for (const bool detach : {true, false}) {
    LossTable coupled = losses();
    RecordingSink sink;
    const auto scalars =
        coupling({{"task_contrast", "false"}, {"harmonic_detach", detach ? "true" : "false"}})
            ->apply(coupled, {on.anchors, on.outputs, on.targets}, &sink);
    // The second: 1 + exp(-4) - 4 exp(-0.01) < 0.
    EXPECT_EQ(valueOf(scalars, "harmonic.negative_cls"), detach ? 0 : 1);
    EXPECT_EQ(valueOf(scalars, "harmonic.negative_loc"), 0);
    const at::Tensor flags = sink.channelValues.at("harmonic.negative");
    EXPECT_EQ(flags[0][1].item<double>(), detach ? 0 : 1);
    EXPECT_TRUE(std::isnan(flags[0][2].item<double>()));
    (coupled.at(kClsHead).values.sum() + coupled.at(kLocHead).values.sum()).backward();
    EXPECT_NEAR(valueOf(scalars, "harmonic.beta_reg"), (std::exp(-0.2) + std::exp(-4.0)) / 2, 1e-6);
  }
}

TEST(HarmonicCoupling, SlopesShownAreTheGradientsThatFlow) {
  const DenseScene on = scene();
  for (const char* detach : {"true", "false"}) {
    const LossTable leaves = losses();
    LossTable coupled = leaves;
    RecordingSink sink;
    coupling({{"task_contrast", "false"}, {"harmonic_detach", detach}})
        ->apply(coupled, {on.anchors, on.outputs, on.targets}, &sink);
    (coupled.at(kClsHead).values.sum() + coupled.at(kLocHead).values.sum()).backward();
    for (int anchor = 0; anchor < 2; ++anchor) {
      EXPECT_NEAR(sink.channelValues.at("harmonic.effective_cls")[0][anchor].item<double>(),
                  leaves.at(kClsHead).values.grad()[0][anchor].item<double>(), 1e-5);
      // By the box loss itself, not by the weighted one.
      EXPECT_NEAR(sink.channelValues.at("harmonic.effective_loc")[0][anchor].item<double>(),
                  leaves.at(kLocHead).values.grad()[0][anchor].item<double>() *
                      leaves.regWeight[0][anchor].item<double>(),
                  1e-5);
    }
    EXPECT_EQ(leaves.at(kClsHead).values.grad()[0][2].item<double>(), 1);
  }
}

TEST(HarmonicCoupling, ABoxLossOfLittleWeightTurnsNothingRound) {
  // Of the second anchor, box loss 1.6: 1 + exp(-1.6) - weight * 1.6 exp(-0.01).
  const DenseScene on = scene();
  for (const auto& [weight, negative] : {std::pair{1.0, 1}, {0.5, 0}}) {
    LossTable coupled = losses();
    coupled.at(kLocHead).values = at::tensor({0.2, 1.6 * weight, 0.0}).view({1, 3});
    coupled.regWeight = at::tensor({1.0, weight, 0.0}).view({1, 3});
    const auto scalars = coupling({{"task_contrast", "false"}, {"harmonic_detach", "false"}})
                             ->apply(coupled, {on.anchors, on.outputs, on.targets}, nullptr);
    EXPECT_EQ(valueOf(scalars, "harmonic.negative_cls"), negative) << weight;
  }
}

TEST(HarmonicCoupling, TaskContrastComparesTheScoreWithTheIou) {
  DenseScene on = scene();
  LossTable coupled = losses();
  RecordingSink sink;
  const auto scalars = coupling({})->apply(coupled, {on.anchors, on.outputs, on.targets}, &sink);
  // Scores 0.5; IoU 1 and 1/3; entropy 2 * 0.5 ln 2 of two sigmoids, so that 1 / (1 + e^H) = 1/3.
  EXPECT_NEAR(coupled.at("task_contrast").values[0][0].item<double>(), (0.5 - 0.2) / 3, 1e-6);
  EXPECT_EQ(coupled.at("task_contrast").values[0][1].item<double>(), 0);
  EXPECT_EQ(coupled.at("task_contrast").values[0][2].item<double>(), 0);
  EXPECT_EQ(valueOf(scalars, "harmonic.contrast_active"), 1);
  EXPECT_NEAR(valueOf(scalars, "loss.task_contrast"), (0.5 - 0.2) / 3 / 2, 1e-6);
  EXPECT_NEAR(sink.channelValues.at("harmonic.score_minus_iou")[0][1].item<double>(), 0.5 - 1.0 / 3, 1e-6);
}

TEST(HarmonicIouLossEntry, AddsToSmoothL1ByAlpha) {
  const DenseScene on = scene();
  const BoxTargets targets{
      on.targets.boxes,
      at::tensor(std::vector<std::int64_t>{0, 0, -1}, at::TensorOptions().dtype(at::kLong)).view({1, 3}),
      at::tensor({1.f, 0.5f, 0.f}).view({1, 3})};
  const auto rows = [&](const std::string& name, const Changes& changes = {}) {
    const auto* entry = *findNamed(boxLossEntries(), name, "loss");
    return (*makeBoxLoss(name, paramsOf(entry->params, changes)))->rows(on.anchors, on.outputs, targets, {});
  };
  const at::Tensor harmonic = rows("harmonic_iou");
  EXPECT_NEAR(harmonic[0][0].item<double>(), 0, 1e-7);
  EXPECT_NEAR(harmonic[0][1].item<double>(), 0.5 * std::pow(4.0 / 3, 0.8) * 2 / 3, 1e-6);
  EXPECT_EQ(harmonic[0][2].item<double>(), 0);
  EXPECT_TRUE(at::allclose(rows("smooth_l1_harmonic_iou", {{"harmonic_alpha", "1.5"}}),
                           rows("smooth_l1") + 1.5 * harmonic));
  EXPECT_TRUE(at::allclose(rows("harmonic_iou", {{"harmonic_gamma", "0"}}), rows("iou")));
}

}  // namespace
}  // namespace anchorscope
