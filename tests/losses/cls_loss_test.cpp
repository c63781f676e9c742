// Classification losses by hand; that they hold for every registered one is in tests/contract.

#include "core/losses/cls_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/named_registry.h"

namespace anchorscope {
namespace {

std::unique_ptr<ClsLoss> make(const std::string& name,
                              const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  ParamSet params((*findNamed(clsLossEntries(), name, "loss"))->params);
  for (const auto& [option, value] : changes)
    EXPECT_TRUE(params.set(option, value).ok());
  return *makeClsLoss(name, params);
}

/// One anchor, one class.
double soft(ClsLoss& loss, double logit, double target) {
  ClsTargets targets;
  targets.soft = at::full({1, 1, 1}, target, at::TensorOptions().dtype(at::kDouble));
  return loss.rows(at::full({1, 1, 1}, logit, at::TensorOptions().dtype(at::kDouble)), targets, {})
      .item<double>();
}

const double kScore = 1 / (1 + std::exp(-0.8));
double bce(double p, double y) {
  return -y * std::log(p) - (1 - y) * std::log(1 - p);
}

TEST(ClsLoss, Focal) {
  const auto loss = make("focal");
  EXPECT_NEAR(soft(*loss, 0.8, 1), 0.25 * std::pow(1 - kScore, 2) * bce(kScore, 1), 1e-12);
  EXPECT_NEAR(soft(*loss, 0.8, 0), 0.75 * std::pow(kScore, 2) * bce(kScore, 0), 1e-12);
  const auto plain = make("focal", {{"alpha_f", "-1"}, {"gamma_f", "0"}});
  EXPECT_NEAR(soft(*plain, 0.8, 0.3), bce(kScore, 0.3), 1e-12);
}

TEST(ClsLoss, Bce) {
  EXPECT_NEAR(soft(*make("bce"), 0.8, 0.3), bce(kScore, 0.3), 1e-12);
}

TEST(ClsLoss, SoftFocalIsLeastAtItsTarget) {
  const auto loss = make("soft_focal", {{"gamma_f", "1.5"}});
  EXPECT_NEAR(soft(*loss, 0.8, 0.3), std::pow(std::abs(0.3 - kScore), 1.5) * bce(kScore, 0.3), 1e-12);
  EXPECT_NEAR(soft(*loss, 0.8, kScore), 0, 1e-12);
}

TEST(ClsLoss, RankWeightedFormsScalePositivesAndKeepBackground) {
  const auto focal = make("weighted_focal");
  EXPECT_NEAR(soft(*focal, 0.8, 0.3), 0.3 * 0.25 * std::pow(1 - kScore, 2) * bce(kScore, 1), 1e-12);
  EXPECT_NEAR(soft(*focal, 0.8, 0), 0.75 * std::pow(kScore, 2) * bce(kScore, 0), 1e-12);
  const auto plain = make("weighted_bce");
  EXPECT_NEAR(soft(*plain, 0.8, 0.3), 0.3 * bce(kScore, 1), 1e-12);
  EXPECT_NEAR(soft(*plain, 0.8, 0), bce(kScore, 0), 1e-12);
}

TEST(ClsLoss, VarifocalDampsOnlyBackground) {
  const auto loss = make("varifocal");
  EXPECT_NEAR(soft(*loss, 0.8, 0.3), 0.3 * bce(kScore, 0.3), 1e-12);
  EXPECT_NEAR(soft(*loss, 0.8, 0), 0.75 * kScore * kScore * bce(kScore, 0), 1e-12);
  EXPECT_NEAR(soft(*make("varifocal", {{"iou_weighted", "false"}}), 0.8, 0.3), bce(kScore, 0.3), 1e-12);
}

/// Candidates of one image with one class.
at::Tensor column(const std::vector<double>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kDouble)).view({1, -1, 1});
}
at::Tensor labelsOf(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kLong)).unsqueeze(0);
}
double logit(double p) {
  return std::log(p / (1 - p));
}

TEST(ClsLoss, GhmCountsElementsByHowManyAreAlike) {
  // Background of scores 0.1, 0.2, 0.3 in the lower bin, 0.9 alone in the upper one.
  const auto loss = make("ghm_c", {{"ghm_c_bins", "2"}, {"ghm_c_momentum", "0"}});
  const at::Tensor logits = column({logit(0.1), logit(0.2), logit(0.3), logit(0.9), 7});
  const at::Tensor rows = loss->rows(logits, {labelsOf({-1, -1, -1, -1, -2}), {}, {}}, {});
  const at::Tensor expected =
      column({bce(0.1, 0) / 6, bce(0.2, 0) / 6, bce(0.3, 0) / 6, bce(0.9, 0) / 2, 0}).squeeze(2);
  EXPECT_TRUE(at::allclose(rows, expected, 1e-6));
}

TEST(ClsLoss, GhmRemembersCountsOfBinsThatAreHit) {
  const auto loss = make("ghm_c", {{"ghm_c_bins", "2"}, {"ghm_c_momentum", "0.75"}});
  const auto step = [&](double p) {
    return loss->rows(column({logit(p), logit(p)}), {labelsOf({-1, -1}), {}, {}}, {}).sum().item<double>() /
           bce(p, 0);
  };
  EXPECT_NEAR(step(0.1), 2 / 0.5, 1e-5) << "2 elements, a quarter of which is in the average";
  EXPECT_NEAR(step(0.9), 2 / 0.5, 1e-5);
  EXPECT_NEAR(step(0.1), 2 / (0.75 * 0.5 + 0.25 * 2), 1e-5);
}

TEST(ClsLoss, ApComparesAllScoresOfTheBatch) {
  // Of the two above and below by 2 and delta 1: one counts as above the positive, the other not at all.
  const auto loss = make("ap");
  const at::Tensor logits = column({0, 2, -2, 9}).requires_grad_();
  const at::Tensor rows = loss->rows(logits, {labelsOf({0, -1, -1, -2}), {}, {}}, {});
  EXPECT_TRUE(at::allclose(rows, column({0.5, 0, 0, 0}).squeeze(2)));
  rows.sum().backward();
  EXPECT_TRUE(at::allclose(logits.grad(), column({-0.5, 0.5, 0, 0})));
}

TEST(ClsLoss, DrComparesTheMeansOfAnImagesScores) {
  const auto loss = make("dr");
  const auto expected = [](double negative, double positive) {
    return 4.0 / 6 * std::log1p(std::exp(6 * (negative - positive + 0.5)));
  };
  const auto rows = [&](const std::vector<std::int64_t>& labels) {
    return loss->rows(column({logit(0.7), logit(0.2)}), {labelsOf(labels), {}, {}}, {}).item<double>();
  };
  EXPECT_NEAR(rows({0, -1}), expected(0.2, 0.7), 1e-12);
  EXPECT_NEAR(rows({-2, -1}), expected(0.2, 1), 1e-12) << "without a positive its score counts as 1";
}

TEST(ClsLoss, SoftmaxHasTheBackgroundLast) {
  const auto loss = make("softmax_ce");
  const at::Tensor logits = at::tensor(std::vector<double>{1, 2, 4}, at::TensorOptions().dtype(at::kDouble))
                                .view({1, 1, 3})
                                .expand({1, 3, 3});
  const double all = std::log(std::exp(1) + std::exp(2) + std::exp(4));
  EXPECT_TRUE(at::allclose(loss->rows(logits, {labelsOf({1, -1, -2}), {}, {}}, {}),
                           column({all - 2, all - 4, 0}).squeeze(2)));
}

TEST(ClsLoss, UnknownNamesAreAUsageError) {
  const auto loss = makeClsLoss("focl", ParamSet());
  ASSERT_FALSE(loss.ok());
  EXPECT_EQ(loss.error().code, ErrorCode::kUsage);
  EXPECT_NE(loss.error().action.find("focal"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
