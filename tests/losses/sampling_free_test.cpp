// Guided loss scaling: numbers by hand, what it settles at, the published failures and their guard,
// gradients.

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/losses/box_loss.h"
#include "core/losses/combiner.h"
#include "tests/support/dense_scene.h"
#include "tests/support/gradcheck.h"

namespace anchorscope {
namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<LossCombiner> make(const std::string& generation, Changes changes = {}) {
  for (const LossCombinerEntry& entry : lossCombinerEntries())
    if (entry.name == "sampling_free") {
      ParamSet params(entry.params);
      changes.emplace_back("generation", generation);
      for (const auto& [option, value] : changes)
        EXPECT_TRUE(params.set(option, value).ok()) << option;
      return *makeLossCombiner("sampling_free", params);
    }
  return nullptr;
}

/// One image, one anchor: each head's loss is its value. A centerness loss below 0 stands for none.
LossTable losses(const at::Tensor& cls, const at::Tensor& loc, double quality = -1, double clsDivisor = 1) {
  LossTable out;
  const at::TensorOptions options = cls.options().requires_grad(false);
  out.rows = {{kClsHead, cls.view({1, 1}), at::full({1}, clsDivisor, options)},
              {kLocHead, loc.view({1, 1}), at::ones({1}, options)}};
  out.clsObject = out.regObject = at::zeros({1, 1}, at::kLong);
  out.regWeight = at::ones({1, 1});
  if (quality >= 0)
    out.rows.push_back({kQualityHead, at::full({1, 1}, quality, options), at::ones({1}, options),
                        LossDomain::kCandidate, /*ofOutput=*/true});
  return out;
}

CombinedLoss combine(LossCombiner& combiner, const LossTable& given) {
  const AnchorSet anchors;
  const HeadOutputs outputs;
  const DenseTargets targets;
  return combiner.combine(given, {anchors, outputs, targets}, nullptr);
}

CombinedLoss combine(LossCombiner& combiner, double cls, double loc, double quality = -1) {
  return combine(combiner,
                 losses(at::scalar_tensor(cls, at::kDouble), at::scalar_tensor(loc, at::kDouble), quality));
}

double scalar(const CombinedLoss& combined, const std::string& name) {
  for (const NamedScalar& candidate : combined.scalars)
    if (candidate.name == "sampling_free." + name) return candidate.value.item<double>();
  ADD_FAILURE() << "no scalar " << name;
  return std::nan("");
}

double total(const CombinedLoss& combined) {
  return combined.total.item<double>();
}

at::Tensor factors(LossCombiner& combiner) {
  return combiner.parameters().front().tensor;
}

void setFactors(LossCombiner& combiner, std::initializer_list<double> values) {
  const c10::NoGradGuard noGrad;
  factors(combiner).copy_(at::tensor(std::vector<double>(values), at::kDouble));
}

/// So many steps of gradient descent on the learnt factors with losses that stay as they are.
void settle(LossCombiner& combiner, double cls, double loc, double quality = -1) {
  for (int step = 0; step < 2000; ++step) {
    combine(combiner, cls, loc, quality).total.backward();
    const c10::NoGradGuard noGrad;
    factors(combiner).sub_(factors(combiner).grad() * 0.02);
    factors(combiner).mutable_grad() = at::Tensor();
  }
}

// ---- numbers by hand -------------------------------------------------------------------------------------

TEST(SamplingFree, Of2020AddsTheScaledLossWithoutLearning) {
  const auto combiner = make("2020");
  EXPECT_TRUE(combiner->parameters().empty());
  const CombinedLoss combined = combine(*combiner, 8, 0.5);
  EXPECT_DOUBLE_EQ(scalar(combined, "ratio"), 0.0625);
  EXPECT_DOUBLE_EQ(total(combined), 1.0);  // the box loss twice
  EXPECT_DOUBLE_EQ(combined.heads[0].item<double>(), 8);
  EXPECT_DOUBLE_EQ(total(combine(*combiner, 8, 0.5, 0.25)), 1.25);  // centerness is added as it is
}

TEST(SamplingFree, Of2021aWeighsTheScaledLossByDelta) {
  const auto combiner = make("2021a");
  setFactors(*combiner, {2});
  const CombinedLoss combined = combine(*combiner, 8, 0.5, 0.25);
  EXPECT_DOUBLE_EQ(scalar(combined, "ratio"), 0.0625);  // centerness is not in it
  EXPECT_DOUBLE_EQ(scalar(combined, "weighted_cls"), 2.0);
  EXPECT_NEAR(scalar(combined, "log_term"), -std::log(4.0), 1e-7);
  EXPECT_NEAR(total(combined), 0.5 + 0.25 + 2.0 - std::log(4.0), 1e-7);
}

TEST(SamplingFree, Of2021bMeasuresDuringTheWarmUpAndThenLeavesTheLossAlone) {
  const auto combiner = make("2021b", {{"warmup_iters", "2"}});
  EXPECT_DOUBLE_EQ(total(combine(*combiner, 8, 0.5)), 0.25 + 0.25);
  const CombinedLoss second = combine(*combiner, 8, 1, 2);
  EXPECT_DOUBLE_EQ(scalar(second, "ratio"), 1.5 / 8);  // mean of box and centerness loss
  EXPECT_DOUBLE_EQ(total(second), (1.5 + 1 + 2) / 2);
  EXPECT_DOUBLE_EQ(scalar(second, "warmup_left"), 0);
  const CombinedLoss third = combine(*combiner, 8, 0.5);
  EXPECT_DOUBLE_EQ(scalar(third, "ratio"), 1);
  EXPECT_DOUBLE_EQ(total(third), 4.25);
}

TEST(SamplingFree, Of2021cKeepsTheLastRatioOfTheWarmUp) {
  const auto combiner = make("2021c", {{"warmup_iters", "2"}});
  combine(*combiner, 8, 0.5);
  combine(*combiner, 8, 1);
  EXPECT_DOUBLE_EQ(scalar(combine(*combiner, 4, 3), "ratio"), 0.125);
  EXPECT_DOUBLE_EQ(scalar(combine(*combiner, 2, 5), "frozen_ratio"), 0.125);
}

TEST(SamplingFree, EverySigmaWeighsItsLoss) {
  const auto combiner = make("2021c");
  setFactors(*combiner, {2, 0.5, 4});
  const CombinedLoss two = combine(*combiner, 8, 0.5);
  EXPECT_NEAR(total(two), 0.5 / 8 + 0.5 / 0.5 + std::log(2 * 0.5), 1e-7);  // the third has no loss
  const CombinedLoss three = combine(*combiner, 8, 0.5, 1.5);
  EXPECT_NEAR(total(three), 1.0 / 8 + 0.5 / 0.5 + 1.5 / 32 + std::log(4.0), 1e-7);
  EXPECT_NEAR(scalar(three, "sigma2_quality"), 16, 1e-6);
}

// ---- where it settles ------------------------------------------------------------------------------------

TEST(SamplingFree, TheWeightedClassificationLossOf2021aTendsToOne) {
  const auto combiner = make("2021a");
  settle(*combiner, 8, 0.25);
  const CombinedLoss combined = combine(*combiner, 8, 0.25);
  EXPECT_NEAR(scalar(combined, "weighted_cls"), 1, 1e-4);
  EXPECT_NEAR(scalar(combined, "delta2"), 1 / 0.25, 1e-3);
}

TEST(SamplingFree, EveryWeightedLossOf2021cTendsToAHalf) {
  const auto combiner = make("2021c");
  settle(*combiner, 8, 0.5, 1.5);
  const CombinedLoss combined = combine(*combiner, 8, 0.5, 1.5);
  EXPECT_NEAR(scalar(combined, "weighted_cls"), 0.5, 1e-4);
  EXPECT_NEAR(scalar(combined, "weighted_loc"), 0.5, 1e-4);
  EXPECT_NEAR(scalar(combined, "sigma2_loc"), 0.5, 1e-3);
  EXPECT_NEAR(scalar(combined, "sigma2_quality"), 1.5, 1e-3);
}

TEST(SamplingFree, ASigmaWithoutALossStaysAsItIs) {
  const auto combiner = make("2021c");
  settle(*combiner, 8, 0.5);
  EXPECT_EQ(factors(*combiner)[2].item<double>(), 1);
}

// ---- the published failures, and the guard ---------------------------------------------------------------

class SamplingFreeGuard : public ::testing::TestWithParam<const char*> {
 protected:
  /// A ratio, and with sigmas the logarithm of the one without a loss.
  static double replacedWithoutALoss() { return std::string(GetParam()) > "2021a" ? 2 : 1; }
};

TEST_P(SamplingFreeGuard, WithoutPositivesTheLastGoodRatioServes) {
  const auto combiner = make(GetParam());
  combine(*combiner, 8, 0.5);
  const CombinedLoss combined = combine(*combiner, 16, 0);
  EXPECT_DOUBLE_EQ(scalar(combined, "ratio"), 0.0625);
  EXPECT_EQ(scalar(combined, "guarded"), replacedWithoutALoss());
  EXPECT_EQ(scalar(combined, "guarded_steps"), 1);
  EXPECT_EQ(scalar(combine(*combiner, 8, 0.5), "guarded_steps"), 1);
}

TEST_P(SamplingFreeGuard, ADivisorOfZeroCountsAsOne) {
  const auto combiner = make(GetParam());
  const at::Tensor cls = at::scalar_tensor(16, at::kDouble).requires_grad_();
  const at::Tensor loc = at::zeros({}, at::kDouble);
  const CombinedLoss combined = combine(*combiner, losses(cls, loc, -1, 0));
  combined.total.backward();
  EXPECT_TRUE(std::isfinite(total(combined)));
  EXPECT_TRUE(std::isfinite(cls.grad().item<double>()));
  EXPECT_EQ(combined.heads[0].item<double>(), 16);
  EXPECT_GE(scalar(combined, "guarded"), 1);
}

TEST_P(SamplingFreeGuard, WithoutClassificationLossTheLastGoodRatioServes) {
  const auto combiner = make(GetParam());
  combine(*combiner, 8, 0.5);
  const CombinedLoss combined = combine(*combiner, 0, 0.5);
  EXPECT_DOUBLE_EQ(scalar(combined, "ratio"), 0.0625);
  EXPECT_TRUE(std::isfinite(total(combined)));
  EXPECT_EQ(scalar(combined, "guarded"), replacedWithoutALoss());
}

TEST_P(SamplingFreeGuard, OffItFailsAsPublished) {
  const auto combiner = make(GetParam(), {{"guard", "false"}});
  EXPECT_EQ(scalar(combine(*combiner, 8, 0), "ratio"), 0);
  EXPECT_TRUE(std::isnan(total(combine(*combiner, 0, 0.5))));
  const at::Tensor one = at::ones({}, at::kDouble), none = at::zeros({}, at::kDouble);
  EXPECT_TRUE(std::isnan(total(combine(*combiner, losses(one, none, -1, 0)))));
  EXPECT_EQ(scalar(combine(*combiner, 8, 0.5), "guarded_steps"), 0);
}

TEST_P(SamplingFreeGuard, ChangesNothingWhereNothingFails) {
  const auto guarded = make(GetParam(), {{"warmup_iters", "1"}}),
             published = make(GetParam(), {{"guard", "false"}, {"warmup_iters", "1"}});
  for (const double cls : {8.0, 3.0, 2.0}) {
    EXPECT_EQ(total(combine(*guarded, cls, 0.5)), total(combine(*published, cls, 0.5)));
    EXPECT_EQ(scalar(combine(*guarded, cls, 0.5, 2), "guarded"), 0);
    combine(*published, cls, 0.5, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(, SamplingFreeGuard, ::testing::Values("2020", "2021a", "2021b", "2021c"),
                         [](const auto& parameter) { return "Of" + std::string(parameter.param); });

TEST(SamplingFree, ARatioOfZeroIsFrozenOnlyWithoutTheGuard) {
  for (const bool guard : {true, false}) {
    const auto combiner = make("2021c", {{"warmup_iters", "2"}, {"guard", guard ? "true" : "false"}});
    combine(*combiner, 8, 0.5);
    combine(*combiner, 8, 0);
    EXPECT_DOUBLE_EQ(scalar(combine(*combiner, 8, 0.5), "ratio"), guard ? 0.0625 : 0);
  }
}

TEST(SamplingFree, AFactorAcrossZeroCountsByMagnitudeAndFindsBack) {
  for (const double sigma : {-2.0, -1e-5, 0.0, 1e-5}) {
    const auto combiner = make("2021c");
    setFactors(*combiner, {1, sigma, 1});
    const CombinedLoss combined = combine(*combiner, 8, 0.5);
    EXPECT_TRUE(std::isfinite(total(combined))) << sigma;
    EXPECT_EQ(scalar(combined, "guarded"), 1) << sigma;
    combined.total.backward();
    // Below the loss's own size a factor must grow: descent moves away from 0.
    if (std::abs(sigma) < 1) {
      EXPECT_LT(factors(*combiner).grad()[1].item<double>() * (sigma < 0 ? -1 : 1), 0) << sigma;
    }
  }
  const auto published = make("2021c", {{"guard", "false"}});
  setFactors(*published, {1, -2, 1});
  EXPECT_TRUE(std::isnan(total(combine(*published, 8, 0.5))));
  const auto delta = make("2021a");
  setFactors(*delta, {0});
  EXPECT_TRUE(std::isfinite(total(combine(*delta, 8, 0.5))));
}

TEST(SamplingFree, WithoutPositivesASigmaIsLeftAlone) {
  for (const bool guard : {true, false}) {
    const auto combiner = make("2021c", {{"guard", guard ? "true" : "false"}});
    combine(*combiner, 8, 0.5);
    combine(*combiner, 8, 0, 0.25).total.backward();
    const at::Tensor gradient = factors(*combiner).grad();
    EXPECT_EQ(gradient[1].item<double>(), guard ? 0 : 1);  // of ln sigma at 1
    EXPECT_NEAR(gradient[2].item<double>(), 1 - 0.25, 1e-6);
  }
}

TEST(SamplingFree, MovesOnlyWhereGradientsAreRecorded) {
  const auto combiner = make("2021c", {{"warmup_iters", "2"}});
  combine(*combiner, 8, 0.5);
  {
    const c10::NoGradGuard noGrad;
    for (int i = 0; i < 5; ++i)
      combine(*combiner, 8, 4);
  }
  EXPECT_EQ(scalar(combine(*combiner, 8, 1), "warmup_left"), 0);
  EXPECT_DOUBLE_EQ(scalar(combine(*combiner, 8, 4), "ratio"), 0.125);
}

// ---- gradients -------------------------------------------------------------------------------------------

TEST(SamplingFree, TheRatioIsConstantInTheGradient) {
  const auto combiner = make("2020");
  const at::Tensor cls = at::scalar_tensor(8, at::kDouble).requires_grad_();
  const at::Tensor loc = at::scalar_tensor(0.5, at::kDouble).requires_grad_();
  combine(*combiner, losses(cls, loc)).total.backward();
  EXPECT_DOUBLE_EQ(cls.grad().item<double>(), 0.0625);
  EXPECT_DOUBLE_EQ(loc.grad().item<double>(), 1);
}

TEST(SamplingFree, GradientOfTheLearntFactors) {
  for (const char* generation : {"2021a", "2021b", "2021c"})
    for (const char* guard : {"true", "false"}) {
      const auto combiner = make(generation, {{"guard", guard}});
      const std::int64_t count = factors(*combiner).size(0);
      testing::expectGradient(
          [&](const at::Tensor& values) {
            // The factor itself becomes a function of `values`.
            const NamedTensor own = combiner->parameters().front();
            {
              const c10::NoGradGuard noGrad;
              own.tensor.set_data(values.detach().clone());
            }
            own.tensor.mutable_grad() = at::Tensor();
            const at::Tensor loss = combine(*combiner, 8, 0.5, 1.5).total;
            loss.backward();
            const at::Tensor gradient = own.tensor.grad().detach();
            // Value of the loss, gradient as the program gives it.
            return (values * gradient).sum() - (values * gradient).sum().detach() + loss.detach();
          },
          at::linspace(0.7, 1.4, count, at::kDouble));
    }
}

TEST(IouPlusOne, ByHandAndWithItsGradient) {
  // 8 px² and 6 px² share 2 px²: (2 + 1) / (12 + 1).
  testing::DenseScene scene =
      testing::makeWorkedScene({{0, 0, 4, 2}, {50, 50, 51, 51}}, {{3, 0, 6, 2}}, {0}, 1);
  scene.outputs.boxes = scene.anchors.boxes.unsqueeze(0).to(at::kDouble);
  const BoxTargets targets{scene.targets.boxes, at::tensor({0, -1}, at::kLong).unsqueeze(0),
                           at::tensor({1.0, 0.0}, at::kDouble).unsqueeze(0)};
  scene.anchors.strides = at::full({2}, 2, at::kDouble);
  for (const BoxLossEntry& entry : boxLossEntries()) {
    if (entry.name != "iou_log_plus1" && entry.name != "giou_plus1") continue;
    for (const std::string unit : {"px", "stride"}) {
      SCOPED_TRACE(entry.name + std::string(" in ") + unit);
      ParamSet params(entry.params);
      ASSERT_TRUE(params.set("plus_one_unit", unit).ok());
      const auto loss = *makeBoxLoss(entry.name, params);
      const at::Tensor rows = loss->rows(scene.anchors, scene.outputs, targets, {});
      // In strides of 2 px the areas are a quarter: (0.5 + 1) / (3 + 1).
      const bool inPx = unit == "px";
      const double iou = inPx ? 3.0 / 13 : 1.5 / 4, unionArea = inPx ? 12 : 3;
      const double hull = unionArea + 1e-7;  // together they fill their hull
      const double expected = entry.name[0] == 'i' ? -std::log(iou) : 1 - iou + (hull - unionArea) / hull;
      EXPECT_NEAR(rows[0][0].item<double>(), expected, 1e-12);
      EXPECT_EQ(rows[0][1].item<double>(), 0);
      testing::expectGradient(
          [&](const at::Tensor& boxes) {
            HeadOutputs outputs;
            outputs.boxes = boxes;
            return loss->rows(scene.anchors, outputs, targets, {});
          },
          scene.outputs.boxes + at::tensor({0.1, 0.2, 0.3, 0.15}, at::kDouble));
    }
  }
}

}  // namespace
}  // namespace anchorscope
