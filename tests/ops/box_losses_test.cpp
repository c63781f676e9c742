#include "core/ops/box_losses.h"

#include <gtest/gtest.h>

#include "tests/support/gradcheck.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::expectGradient;
using testing::randomBoxes;
using testing::randomValues;

/// Two images of 30 anchors and 3 objects; some anchors have no object, some no weight.
struct Batch {
  at::Tensor pred = randomBoxes(60, 1, 64, at::kDouble).view({2, 30, 4}) + 1.0 / 192;
  at::Tensor objects = randomBoxes(6, 2, 64, at::kDouble).view({2, 3, 4});
  at::Tensor anchors = randomBoxes(30, 3, 64, at::kDouble);
  at::Tensor deltas = randomValues({2, 30, 4}, 4, -2, 2, at::kDouble);
  at::Tensor matched = (at::arange(60, at::kLong) % 5 - 2).view({2, 30});  // -2, -1, 0, 1, 2
  at::Tensor weights = (at::arange(60, at::kDouble) % 4 / 3).view({2, 30});

  /// Each anchor's own object (any for those without).
  at::Tensor gathered() const {
    return objects.gather(1, matched.clamp_min(0).unsqueeze(2).expand({2, 30, 4}));
  }
  at::Tensor factor() const { return weights * (matched >= 0); }
};

/// beta 0 is L1.
at::Tensor smoothL1(const at::Tensor& pred, const at::Tensor& target, double beta) {
  return beta == 0 ? at::l1_loss(pred, target, at::Reduction::None)
                   : at::smooth_l1_loss(pred, target, at::Reduction::None, beta);
}

TEST(MatchedLosses, AgreeWithGatheringFirst) {
  const Batch batch;
  const SimilarityOptions giou{BoxSimilarity::kGiou};
  EXPECT_TRUE(at::allclose(
      matchedSimilarityLoss(batch.pred, batch.objects, batch.matched, batch.weights, giou),
      batch.factor() * (1 - elementwiseSimilarity(batch.pred, batch.gathered(), giou)), 1e-12, 1e-14));
  const BoxCoder coder = BoxCoder::torchvision({10, 10, 5, 5});
  for (const double beta : {0.0, 0.5}) {
    const at::Tensor expected =
        smoothL1(batch.deltas, coder.encode(batch.anchors, batch.gathered()), beta).sum(2) * batch.factor();
    EXPECT_TRUE(at::allclose(matchedDeltaLoss(batch.deltas, batch.anchors, batch.objects, batch.matched,
                                              batch.weights, coder, beta),
                             expected, 1e-10, 1e-12));
  }
}

TEST(MatchedLosses, WithoutWeightsEveryMatchCountsOnce) {
  const Batch batch;
  const at::Tensor ones = at::ones_like(batch.weights);
  EXPECT_TRUE(at::equal(
      matchedSimilarityLoss(batch.pred, batch.objects, batch.matched, at::Tensor(), {BoxSimilarity::kGiou}),
      matchedSimilarityLoss(batch.pred, batch.objects, batch.matched, ones, {BoxSimilarity::kGiou})));
}

TEST(MatchedLosses, GradientsAgreeWithDifferences) {
  const Batch batch;
  expectGradient(
      [&](const at::Tensor& x) {
        return matchedSimilarityLoss(x, batch.objects, batch.matched, batch.weights, {BoxSimilarity::kGiou});
      },
      batch.pred);
  const BoxCoder coder = BoxCoder::torchvision();
  for (const double beta : {0.0, 0.5}) {
    expectGradient(
        [&](const at::Tensor& x) {
          return matchedDeltaLoss(x, batch.anchors, batch.objects, batch.matched, batch.weights, coder, beta);
        },
        batch.deltas);
  }
}

TEST(MatchedLosses, OffsetsAreOfTheFormTheAnchorsSay) {
  const Batch batch;
  AnchorSet anchors;
  anchors.boxes = batch.anchors;
  for (const BoxOffsets offsets : {BoxOffsets::kAnchorDeltas, BoxOffsets::kSideDistances}) {
    anchors.offsets = offsets;
    const at::Tensor target = BoxCoder::of(offsets).encode(batch.anchors, batch.gathered());
    for (const double beta : {0.0, 0.5}) {
      const auto loss = [&](const at::Tensor& x) {
        return matchedOffsetLoss(anchors, x, batch.objects, batch.matched, batch.weights, beta);
      };
      EXPECT_TRUE(at::allclose(loss(batch.deltas),
                               smoothL1(batch.deltas, target, beta).sum(2) * batch.factor(), 1e-10, 1e-12));
      expectGradient(loss, batch.deltas);
    }
  }
}

TEST(MatchedLosses, UnmatchedAnchorsMayHoldAnything) {
  const at::Tensor pred = at::full({1, 2, 4}, NAN).requires_grad_();
  const at::Tensor none = at::full({1, 2}, -1, at::kLong);
  const at::Tensor loss =
      matchedSimilarityLoss(pred, at::zeros({1, 1, 4}), none, at::Tensor(), {BoxSimilarity::kGiou});
  loss.sum().backward();
  EXPECT_EQ(loss.sum().item<float>(), 0);
  EXPECT_TRUE((pred.grad() == 0).all().item<bool>());
}

TEST(MatchedLosses, NoObjectsNoLoss) {
  const at::Tensor pred = at::ones({2, 3, 4}).requires_grad_();
  const at::Tensor none = at::full({2, 3}, -1, at::kLong);
  matchedSimilarityLoss(pred, at::empty({2, 0, 4}), none, at::ones({2, 3}), {BoxSimilarity::kGiou})
      .sum()
      .backward();
  EXPECT_TRUE((pred.grad() == 0).all().item<bool>());
  EXPECT_EQ(matchedDeltaLoss(at::ones({2, 0, 4}), at::empty({0, 4}), at::empty({2, 1, 4}),
                             at::empty({2, 0}, at::kLong), at::Tensor(), BoxCoder{}, 0)
                .numel(),
            0);
}

TEST(BoxLosses, TheLogarithmOfIouHasTheGradientOfDifferences) {
  const at::Tensor target = randomBoxes(20, 6, 64, at::kDouble);
  at::Tensor near = target.clone();
  near += at::tensor({0.51, -0.27, 0.33, 0.41}, at::kDouble);  // no edge on an edge
  expectGradient([&](const at::Tensor& x) { return logIouLoss(x, target, 1e-6); }, near);
}

}  // namespace
}  // namespace anchorscope
