// Harmonic formulas by hand, their slopes against autograd, gradients in float64. Reference values:
// loss/harmonic*, loss/task_contrast*.

#include "core/ops/harmonic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/box_similarity.h"
#include "tests/support/gradcheck.h"

namespace anchorscope {
namespace {

using testing::expectGradient;

const at::TensorOptions kDouble = at::TensorOptions().dtype(at::kDouble);

TEST(HarmonicLoss, WeighsEachLossByTheOther) {
  const at::Tensor c = at::tensor({0.5, 2.0}, kDouble), l = at::tensor({0.0, 3.0}, kDouble);
  const HarmonicTerms terms = harmonicTerms(c, l, true);
  EXPECT_DOUBLE_EQ(terms.cls[0].item<double>(), 2 * 0.5);  // a perfect box doubles the class loss
  EXPECT_DOUBLE_EQ(terms.loc[0].item<double>(), 0);
  EXPECT_DOUBLE_EQ(terms.cls[1].item<double>(), (1 + std::exp(-3.0)) * 2);
  EXPECT_DOUBLE_EQ(terms.loc[1].item<double>(), (1 + std::exp(-2.0)) * 3);
}

TEST(HarmonicLoss, SlopesAreWhatAutogradGives) {
  for (const bool detach : {true, false}) {
    const at::Tensor c = at::tensor({0.01, 0.7, 3.0, 0.0}, kDouble).requires_grad_();
    const at::Tensor l = at::tensor({4.0, 0.7, 0.02, 0.0}, kDouble).requires_grad_();
    const HarmonicTerms terms = harmonicTerms(c, l, detach);
    (terms.cls + terms.loc).sum().backward();
    const HarmonicSlopes slopes = harmonicSlopes(c, l, detach);
    EXPECT_TRUE(at::allclose(slopes.byCls, c.grad(), 1e-12, 1e-14)) << detach;
    EXPECT_TRUE(at::allclose(slopes.byLoc, l.grad(), 1e-12, 1e-14)) << detach;
  }
}

TEST(HarmonicLoss, OnlyTheFullFormCanPushALossUp) {
  // At c -> 0 the full form turns negative where l exceeds the root of l = 1 + exp(-l), 1.2784645...
  const at::Tensor c = at::zeros({2}, kDouble), l = at::tensor({1.2784, 1.2785}, kDouble);
  const HarmonicSlopes full = harmonicSlopes(c, l, false), detached = harmonicSlopes(c, l, true);
  EXPECT_GT(full.byCls[0].item<double>(), 0);
  EXPECT_LT(full.byCls[1].item<double>(), 0);
  EXPECT_TRUE(detached.byCls.gt(1).all().item<bool>());
  EXPECT_TRUE(detached.byCls.le(2).all().item<bool>());
}

TEST(HarmonicLoss, FiniteForHugeLosses) {
  const at::Tensor c = at::tensor({1e4, 0.0}, kDouble).requires_grad_();
  const at::Tensor l = at::tensor({1e4, 1e6}, kDouble).requires_grad_();
  const HarmonicTerms terms = harmonicTerms(c, l, false);
  (terms.cls + terms.loc).sum().backward();
  EXPECT_TRUE(c.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(l.grad().isfinite().all().item<bool>());
}

TEST(HarmonicIouLoss, KnownValuesAtGamma08) {
  const at::Tensor iou = at::tensor({0.0, 0.2, 0.4, 0.6, 0.8, 1.0}, kDouble);
  const at::Tensor expected = at::tensor({1.0, 0.9256, 0.7853, 0.5826, 0.3201, 0.0}, kDouble);
  EXPECT_TRUE(at::allclose(harmonicIouLoss(1 - iou, 0.8, false), expected, 0, 5e-5));
  EXPECT_TRUE(at::equal(harmonicIouLoss(1 - iou, 0, false), 1 - iou));
}

TEST(HarmonicIouLoss, SlopeGrowsWithIou) {
  // d/dIoU = (1 + IoU)^(gamma - 1) ((gamma - 1) - (gamma + 1) IoU): 0.2 at IoU 0, 2^0.8 at IoU 1.
  const at::Tensor loss = at::tensor({1.0, 0.0}, kDouble).requires_grad_();
  harmonicIouLoss(loss, 0.8, false).sum().backward();
  EXPECT_NEAR(loss.grad()[0].item<double>(), 0.2, 1e-12);
  EXPECT_NEAR(loss.grad()[1].item<double>(), std::pow(2, 0.8), 1e-12);
}

TEST(HarmonicIouLoss, GradientWithAndWithoutTheFactor) {
  const at::Tensor loss = at::tensor({0.15, 0.5, 0.95}, kDouble);
  expectGradient([](const at::Tensor& x) { return harmonicIouLoss(x, 0.8, false); }, loss);
  const at::Tensor leaf = loss.clone().requires_grad_();
  harmonicIouLoss(leaf, 0.8, true).sum().backward();
  EXPECT_TRUE(at::allclose(leaf.grad(), (2 - loss).pow(0.8)));
}

TEST(TaskContrast, IsZeroInsideTheMarginAndHalvedBySureness) {
  const at::Tensor p = at::tensor({0.9, 0.9, 0.1}, kDouble), iou = at::tensor({0.75, 0.4, 0.9}, kDouble);
  const at::Tensor entropy = at::tensor({0.0, 0.0, 2.0}, kDouble);
  const at::Tensor loss = taskContrast(p, iou, entropy, 0.2, true);
  EXPECT_EQ(loss[0].item<double>(), 0);
  EXPECT_NEAR(loss[1].item<double>(), 0.5 * 0.3, 1e-12);
  EXPECT_NEAR(loss[2].item<double>(), 0.6 / (1 + std::exp(2.0)), 1e-12);
}

TEST(TaskContrast, GradientOfTheFullForm) {
  const at::Tensor logits = at::tensor({0.3, -1.0, 2.0, 0.5, -0.2, 0.1}, kDouble).view({2, 3});
  for (const ScoreKind kind : {ScoreKind::kSigmoid, ScoreKind::kSoftmax}) {
    expectGradient(
        [&](const at::Tensor& z) {
          const at::Tensor p = kind == ScoreKind::kSoftmax ? at::softmax(z, 1) : z.sigmoid();
          return taskContrast(p.select(1, 2), at::tensor({0.05, 0.95}, kDouble), scoreEntropy(z, kind), 0.1,
                              false);
        },
        logits);
  }
}

TEST(ScoreEntropy, OfEqualAndOfSureScores) {
  const at::Tensor equal = at::zeros({1, 4}, kDouble);
  EXPECT_NEAR(scoreEntropy(equal, ScoreKind::kSoftmax).item<double>(), std::log(4.0), 1e-12);
  EXPECT_NEAR(scoreEntropy(equal, ScoreKind::kSigmoid).item<double>(), 4 * 0.5 * std::log(2.0), 1e-12);
  const at::Tensor sure = at::tensor({800.0, -800.0}, kDouble).view({1, 2});
  for (const ScoreKind kind : {ScoreKind::kSigmoid, ScoreKind::kSoftmax})
    EXPECT_NEAR(scoreEntropy(sure, kind).item<double>(), 0, 1e-12);
}

}  // namespace
}  // namespace anchorscope
