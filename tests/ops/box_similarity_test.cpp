#include "core/ops/box_similarity.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomBoxes;

at::Tensor box(double x1, double y1, double x2, double y2) {
  return at::tensor({x1, y1, x2, y2}, at::kDouble).view({1, 4});
}

double value(const at::Tensor& a, const at::Tensor& b, const SimilarityOptions& options) {
  return elementwiseSimilarity(a, b, options)[0].item<double>();
}

// a = 2x2, b = 2x2 shifted right by 1: overlap 2, union 6, enclosing 3x2 = 6, diagonal^2 13, centre
// distance 1.
TEST(Similarity, WorkedByHand) {
  const at::Tensor a = box(0, 0, 2, 2), b = box(1, 0, 3, 2), c = box(3, 0, 4, 4);
  EXPECT_DOUBLE_EQ(value(a, b, {BoxSimilarity::kIou}), 2.0 / 6);
  EXPECT_DOUBLE_EQ(value(a, b, {BoxSimilarity::kIof}), 2.0 / 4);
  EXPECT_DOUBLE_EQ(value(a, b, {BoxSimilarity::kGiou}), 2.0 / 6);
  EXPECT_DOUBLE_EQ(value(a, b, {BoxSimilarity::kDiou}), 2.0 / 6 - 1.0 / 13);
  EXPECT_DOUBLE_EQ(value(a, b, {BoxSimilarity::kCiou}), 2.0 / 6 - 1.0 / 13);  // equal shapes: v = 0
  // Disjoint: union 8, enclosing 4x4.
  EXPECT_DOUBLE_EQ(value(a, c, {BoxSimilarity::kGiou}), -(16.0 - 8) / 16);
  const double angle = std::atan(1.0) - std::atan(0.25), v = 4 / (M_PI * M_PI) * angle * angle;
  EXPECT_NEAR(value(a, c, {BoxSimilarity::kCiou}), -(2.5 * 2.5 + 1) / 32 - v / (1 + v) * v, 1e-14);
}

TEST(Similarity, DegenerateBoxesAreZeroAndNeverNan) {
  const at::Tensor whole = box(0, 0, 4, 4), flat = box(1, 1, 1, 3), inverted = box(3, 3, 1, 1),
                   point = box(2, 2, 2, 2);
  for (const BoxSimilarity kind : {BoxSimilarity::kIou, BoxSimilarity::kIof}) {
    for (const at::Tensor& bad : {flat, inverted, point}) {
      EXPECT_EQ(value(bad, whole, {kind}), 0);
      EXPECT_EQ(value(bad, bad, {kind}), 0);
    }
  }
  for (const BoxSimilarity kind : {BoxSimilarity::kGiou, BoxSimilarity::kDiou, BoxSimilarity::kCiou}) {
    for (const at::Tensor& bad : {flat, inverted, point}) {
      const at::Tensor leaf = bad.clone().requires_grad_();
      const at::Tensor result = elementwiseSimilarity(leaf, bad, {kind});
      result.sum().backward();
      EXPECT_TRUE(result.isfinite().all().item<bool>());
      EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
    }
  }
}

TEST(Similarity, DegenerateGiouPullsTheBoxTowardsTheObject) {
  // Enclosing box of the zero-width prediction at x = 6 and the object 0..4: widening to the left of it
  // shrinks nothing, moving x2 (its right edge) left shrinks the enclosing box.
  const at::Tensor flat = box(6, 0, 6, 4).requires_grad_();
  elementwiseSimilarity(flat, box(0, 0, 4, 4), {BoxSimilarity::kGiou}).sum().backward();
  EXPECT_LT(flat.grad()[0][2].item<double>(), 0);
}

TEST(Similarity, NanOverlapsNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(value(box(nan, 0, 2, 2), box(nan, 0, 2, 2), {BoxSimilarity::kIou}), 0);
  EXPECT_EQ(pairwiseIou(box(0, 0, nan, 2), box(0, 0, 2, 2)).item<double>(), 0);
}

TEST(Similarity, PairwiseAgreesWithElementwise) {
  const at::Tensor a = randomBoxes(37, 1), b = randomBoxes(1100, 2);
  for (const BoxSimilarity kind : {BoxSimilarity::kIou, BoxSimilarity::kIof, BoxSimilarity::kGiou,
                                   BoxSimilarity::kDiou, BoxSimilarity::kCiou}) {
    const at::Tensor matrix = pairwiseSimilarity(a, b, {kind});
    const at::Tensor rows = elementwiseSimilarity(a.unsqueeze(1).expand({37, 1100, 4}),
                                                  b.unsqueeze(0).expand({37, 1100, 4}), {kind});
    EXPECT_TRUE(at::allclose(matrix, rows, 1e-6, 1e-7)) << static_cast<int>(kind);
  }
  EXPECT_TRUE(at::equal(pairwiseIou(a, b), elementwiseIou(a.unsqueeze(1).expand({37, 1100, 4}),
                                                          b.unsqueeze(0).expand({37, 1100, 4}))))
      << "the vectorised form gives other bits than the scalar one";
}

TEST(Similarity, BatchesShareOrBringTheirBoxes) {
  const at::Tensor anchors = randomBoxes(50, 3), objects = randomBoxes(12, 4).view({3, 4, 4});
  const at::Tensor shared = pairwiseIou(objects, anchors), other = pairwiseIou(anchors, objects);
  EXPECT_EQ(shared.sizes(), (std::vector<std::int64_t>{3, 4, 50}));
  for (std::int64_t b = 0; b < 3; ++b)
    EXPECT_TRUE(at::equal(shared[b], pairwiseIou(objects[b], anchors)));
  EXPECT_TRUE(at::equal(shared.transpose(1, 2), other));
}

TEST(Similarity, EmptySetsGiveEmptyResults) {
  const at::Tensor none = at::empty({0, 4}), some = randomBoxes(3, 5);
  EXPECT_EQ(pairwiseIou(none, some).sizes(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(pairwiseIou(some, none).sizes(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(pairwiseIou(at::empty({2, 0, 4}), some).sizes(), (std::vector<std::int64_t>{2, 0, 3}));
  EXPECT_EQ(elementwiseIou(none, none).sizes(), (std::vector<std::int64_t>{0}));
}

TEST(Similarity, WrongShapesAreBugs) {
  EXPECT_ANY_THROW(pairwiseIou(at::zeros({3, 5}), at::zeros({3, 4})));
  EXPECT_ANY_THROW(elementwiseIou(at::zeros({3, 4}), at::zeros({2, 4})));
  EXPECT_ANY_THROW(elementwiseIou(at::zeros({3, 4}), at::zeros({3, 4}, at::kDouble)));
  EXPECT_ANY_THROW(pairwiseIou(at::zeros({3, 4}, at::kLong), at::zeros({3, 4}, at::kLong)));
}

struct Rule {
  BoxSimilarity kind;
  EpsilonRule rule;
  double epsilon;
};

class SimilarityGradient : public ::testing::TestWithParam<Rule> {};

TEST_P(SimilarityGradient, AgreesWithDifferences) {
  const SimilarityOptions options{GetParam().kind, GetParam().rule, GetParam().epsilon};
  // Odd 64ths in one set, and thirds off in the other: no edges coincide.
  const at::Tensor a = randomBoxes(40, 6, 64, at::kDouble),
                   b = randomBoxes(40, 7, 64, at::kDouble) + 1.0 / 192;
  at::Tensor near = b.clone();
  near += at::tensor({0.51, -0.27, 0.33, 0.41}, at::kDouble);  // no edge on an edge
  const at::Tensor pred = at::cat({a, near}), target = at::cat({b, b});
  if (options.kind != BoxSimilarity::kCiou) {
    expectGradient([&](const at::Tensor& x) { return elementwiseSimilarity(x, target, options); }, pred);
    expectGradient([&](const at::Tensor& x) { return elementwiseSimilarity(pred, x, options); }, target);
  } else {
    // alpha is a constant of the gradient: differences see it move. Equal shapes have v = 0, hence alpha = 0.
    const at::Tensor same = target + 0.37;
    expectGradient([&](const at::Tensor& x) { return elementwiseSimilarity(x, target, options); }, same,
                   2e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, SimilarityGradient,
                         ::testing::Values(Rule{BoxSimilarity::kIou, EpsilonRule::kExact, 0},
                                           Rule{BoxSimilarity::kIof, EpsilonRule::kExact, 0},
                                           Rule{BoxSimilarity::kGiou, EpsilonRule::kExact, 0},
                                           Rule{BoxSimilarity::kDiou, EpsilonRule::kExact, 0},
                                           Rule{BoxSimilarity::kCiou, EpsilonRule::kExact, 0},
                                           Rule{BoxSimilarity::kGiou, EpsilonRule::kTorchvision, 1e-7},
                                           Rule{BoxSimilarity::kDiou, EpsilonRule::kTorchvision, 1e-7},
                                           Rule{BoxSimilarity::kIou, EpsilonRule::kMmdet, 1e-6},
                                           Rule{BoxSimilarity::kGiou, EpsilonRule::kMmdet, 1e-6},
                                           Rule{BoxSimilarity::kDiou, EpsilonRule::kMmdet, 1e-6}));

}  // namespace
}  // namespace anchorscope
