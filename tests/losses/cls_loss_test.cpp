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

TEST(ClsLoss, UnknownNamesAreAUsageError) {
  const auto loss = makeClsLoss("focl", ParamSet());
  ASSERT_FALSE(loss.ok());
  EXPECT_EQ(loss.error().code, ErrorCode::kUsage);
  EXPECT_NE(loss.error().action.find("focal"), std::string::npos);
}

}  // namespace
}  // namespace anchorscope
