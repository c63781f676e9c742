#include "core/ops/cls_losses.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomValues;

/// The formulas as they stand in the header, composed from tensor operations in float64.
at::Tensor composed(const at::Tensor& z, const at::Tensor& y, const ClsLossOptions& options) {
  const auto bce = [](const at::Tensor& logit, const at::Tensor& target) {
    return logit.clamp_min(0) - logit * target + at::log1p(at::exp(-logit.abs()));
  };
  const auto focal = [&](const at::Tensor& target) {
    const at::Tensor p = z.sigmoid(), pt = p * target + (1 - p) * (1 - target);
    const at::Tensor balance =
        options.alpha < 0 ? at::ones_like(p) : options.alpha * target + (1 - options.alpha) * (1 - target);
    return balance * (1 - pt).abs().pow(options.gamma) * bce(z, target);
  };
  const at::Tensor one = at::ones_like(y), zero = at::zeros_like(y);
  switch (options.element) {
    case ClsElementLoss::kBce:
      return bce(z, y);
    case ClsElementLoss::kFocal:
      return focal(y);
    case ClsElementLoss::kSoftFocal:
      return (y - z.sigmoid()).abs().pow(options.gamma) * bce(z, y);
    case ClsElementLoss::kWeightedFocal:
      return at::where(y > 0, y * focal(one), focal(zero));
    case ClsElementLoss::kWeightedBce:
      break;
    case ClsElementLoss::kVarifocal:
    case ClsElementLoss::kVarifocalPlain: {
      const at::Tensor factor = options.element == ClsElementLoss::kVarifocal ? y : one;
      return at::where(y > 0, factor * bce(z, y),
                       options.alpha * z.sigmoid().pow(options.gamma) * bce(z, zero));
    }
  }
  return at::where(y > 0, y * bce(z, one), bce(z, zero));
}

/// What rows sum up: rows of one class.
at::Tensor elements(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options) {
  return clsLossRows(logits.unsqueeze(-1), targets.unsqueeze(-1), options);
}

std::vector<ClsLossOptions> everyLoss() {
  return {{ClsElementLoss::kBce},
          {ClsElementLoss::kFocal, 2, 0.25},
          {ClsElementLoss::kFocal, 1.5, -1},
          {ClsElementLoss::kFocal, 0, 0.75},
          {ClsElementLoss::kSoftFocal, 2},
          {ClsElementLoss::kSoftFocal, 1},
          {ClsElementLoss::kSoftFocal, 2.5},
          {ClsElementLoss::kWeightedFocal, 2, 0.25},
          {ClsElementLoss::kWeightedBce},
          {ClsElementLoss::kVarifocal, 2, 0.75},
          {ClsElementLoss::kVarifocal, 1.5, 0.5},
          {ClsElementLoss::kVarifocalPlain, 2, 0.75}};
}

/// Half of the targets 0, the rest soft or 1.
at::Tensor softTargets(at::IntArrayRef shape, unsigned seed) {
  const at::Tensor raw = randomValues(shape, seed, -1, 1.2, at::kDouble);
  return raw.clamp(0, 1);
}

TEST(ClsLosses, ElementsAgreeWithTheFormulas) {
  const at::Tensor z = randomValues({40, 7}, 1, -9, 9, at::kDouble), y = softTargets({40, 7}, 2);
  for (const ClsLossOptions& options : everyLoss()) {
    EXPECT_TRUE(at::allclose(elements(z, y, options), composed(z, y, options), 1e-10, 1e-13))
        << static_cast<int>(options.element);
    EXPECT_TRUE(at::allclose(
        elements(z.to(at::kFloat), y.to(at::kFloat), options),
        composed(z.to(at::kFloat).to(at::kDouble), y.to(at::kFloat).to(at::kDouble), options).to(at::kFloat),
        2e-6, 1e-9));
  }
}

TEST(ClsLosses, RowsAreTheSumsOfElements) {
  const at::Tensor z = randomValues({3, 1000, 5}, 3, -9, 9), y = softTargets({3, 1000, 5}, 4).to(at::kFloat);
  for (const ClsLossOptions& options : everyLoss()) {
    const at::Tensor rows = clsLossRows(z, y, options);
    EXPECT_TRUE(
        at::allclose(rows, elements(z, y, options).to(at::kDouble).sum(2).to(at::kFloat), 1e-6, 1e-9));
  }
}

TEST(ClsLosses, LabelsAreOneHotTargetsAndMayIgnore) {
  const at::Tensor z = randomValues({2, 6, 4}, 5, -4, 4, at::kDouble);
  const at::Tensor labels = at::tensor({0, 1, -1, 3, -2, 2, -2, -1, 0, 0, 1, 3}, at::kLong).view({2, 6});
  const at::Tensor oneHot = (labels.unsqueeze(2) == at::arange(4)).to(at::kDouble);
  for (const ClsLossOptions& options : everyLoss()) {
    const at::Tensor a = z.clone().requires_grad_(), b = z.clone().requires_grad_();
    const at::Tensor rows = clsLossRowsOfLabels(a, labels, options),
                     dense = clsLossRows(b, oneHot, options) * (labels != -2);
    EXPECT_TRUE(at::equal(rows, dense));
    rows.sum().backward();
    dense.sum().backward();
    EXPECT_TRUE(at::equal(a.grad(), b.grad()));
    EXPECT_TRUE((rows.index({labels == -2}) == 0).all().item<bool>());
  }
}

TEST(ClsLosses, GradientsAgreeWithDifferences) {
  const at::Tensor z = randomValues({6, 5}, 6, -5, 5, at::kDouble), y = softTargets({6, 5}, 7);
  for (const ClsLossOptions& options : everyLoss()) {
    expectGradient([&](const at::Tensor& x) { return elements(x, y, options); }, z);
    expectGradient([&](const at::Tensor& x) { return clsLossRows(x, y, options); }, z);
  }
}

TEST(ClsLosses, ExtremeLogitsStayAccurate) {
  const at::Tensor z = at::tensor({-100., -60., 60., 100., -1e30, 1e30}, at::kFloat).requires_grad_();
  const at::Tensor y = at::tensor({0., 0., 1., 1., 0., 1.}, at::kFloat);
  for (const ClsLossOptions& options : everyLoss()) {
    const at::Tensor right = elements(z, y, options), wrong = elements(z, 1 - y, options);
    EXPECT_TRUE((right < 1e-20).all().item<bool>());
    EXPECT_TRUE(wrong.isfinite().all().item<bool>());
    (right + wrong).sum().backward();
    EXPECT_TRUE(z.grad().isfinite().all().item<bool>());
  }
}

TEST(ClsLosses, NanIsNotHidden) {
  const at::Tensor z = at::full({1, 2}, NAN), y = at::zeros({1, 2});
  for (const ClsLossOptions& options : everyLoss())
    EXPECT_TRUE(clsLossRows(z, y, options).isnan().all().item<bool>());
}

TEST(ClsLosses, ThreadsDoNotChangeTheResult) {
  const at::Tensor z = randomValues({20000, 3}, 8, -9, 9), y = softTargets({20000, 3}, 9).to(at::kFloat);
  const int threads = at::get_num_threads();
  const at::Tensor many = clsLossRows(z, y, {ClsElementLoss::kSoftFocal});
  at::set_num_threads(1);
  const at::Tensor one = clsLossRows(z, y, {ClsElementLoss::kSoftFocal});
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one, many));
}

TEST(ClsLosses, NothingInNothingOut) {
  const at::Tensor leaf = at::empty({2, 0, 3}).requires_grad_();
  const at::Tensor rows = clsLossRows(leaf, at::empty({2, 0, 3}), {});
  EXPECT_EQ(rows.sizes(), (std::vector<std::int64_t>{2, 0}));
  rows.sum().backward();
  EXPECT_EQ(clsLossRows(at::empty({4, 0}), at::empty({4, 0}), {}).sum().item<float>(), 0);
}

}  // namespace
}  // namespace anchorscope
