#include "core/ops/proposals.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::randomBoxes;
using testing::randomValues;

/// Two levels, of 6 and 3 candidates.
const std::vector<LevelLayout> kLevels{{8, 1, 6, 1, 0}, {16, 1, 3, 1, 6}};

std::vector<std::int64_t> originsOf(const Proposals& proposals, std::int64_t image = 0) {
  std::vector<std::int64_t> origins;
  for (std::int64_t i = 0; i < proposals.origins.size(1); ++i)
    origins.push_back(proposals.origins[image][i].item<std::int64_t>());
  return origins;
}

/// Nine boxes that do not touch.
at::Tensor apart() {
  const at::Tensor x = at::arange(9, at::kFloat) * 10;
  return at::stack({x, at::zeros({9}), x + 8, at::full({9}, 8.0)}, 1).unsqueeze(0);
}

TEST(Proposals, TheBestOfEachLevelByScore) {
  const at::Tensor logits =
      at::tensor({0.5F, -1.0F, 2.0F, 0.0F, 1.0F, -2.0F, 0.7F, 3.0F, -3.0F}).unsqueeze(0);
  EXPECT_EQ(originsOf(filterProposals(apart(), logits, kLevels, {{100, 20}}, {2, 9})),
            (std::vector<std::int64_t>{7, 2, 4, 6}));
  const Proposals three = filterProposals(apart(), logits, kLevels, {{100, 20}}, {6, 3});
  EXPECT_EQ(originsOf(three), (std::vector<std::int64_t>{7, 2, 4}));
  EXPECT_FLOAT_EQ(three.scores[0][0].item<float>(), 1 / (1 + std::exp(-3.0F)));
  EXPECT_TRUE(at::equal(three.boxes[0][1], apart()[0][2]));
}

TEST(Proposals, SuppressOnlyTheirOwnLevel) {
  const at::Tensor boxes = apart().clone();
  boxes[0][1] = boxes[0][0];
  boxes[0][7] = boxes[0][0];
  const at::Tensor logits = -at::arange(9, at::kFloat).unsqueeze(0);
  EXPECT_EQ(originsOf(filterProposals(boxes, logits, kLevels, {{100, 20}}, {9, 9})),
            (std::vector<std::int64_t>{0, 2, 3, 4, 5, 6, 7, 8, -1}));
}

TEST(Proposals, WhatIsDroppedFirstSuppressesNothing) {
  const at::Tensor boxes = apart().clone();
  boxes[0][0] = at::tensor({-5.0F, 0.0F, 3.0F, 8.0F});  // 3 px wide in the image
  boxes[0][1] = at::tensor({0.0F, 0.0F, 4.0F, 8.0F});   // as its best neighbour but for 1 px
  const at::Tensor logits = -at::arange(9, at::kFloat).unsqueeze(0);
  ProposalOptions options{9, 9, 0.5, 3.5, 0};
  EXPECT_EQ(originsOf(filterProposals(boxes, logits, kLevels, {{100, 20}}, options)),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, -1}));
  options.smallestSide = 1;
  EXPECT_EQ(originsOf(filterProposals(boxes, logits, kLevels, {{100, 20}}, options)).front(), 0);
  options.scoreThreshold = 0.1;
  EXPECT_EQ(originsOf(filterProposals(boxes, logits, kLevels, {{100, 20}}, options)),
            (std::vector<std::int64_t>{0, 2, -1, -1, -1, -1, -1, -1, -1}));
}

TEST(Proposals, PlacesWithoutOneHoldNothing) {
  const at::Tensor logits = at::full({1, 9}, std::nanf(""));
  const Proposals none = filterProposals(apart(), logits, kLevels, {{100, 20}}, {9, 4});
  EXPECT_EQ(originsOf(none), (std::vector<std::int64_t>{-1, -1, -1, -1}));
  EXPECT_EQ(none.boxes.abs().sum().item<float>(), 0);
  EXPECT_EQ(none.scores.abs().sum().item<float>(), 0);
}

TEST(Proposals, EqualLogitsByCandidate) {
  EXPECT_EQ(originsOf(filterProposals(apart(), at::zeros({1, 9}), kLevels, {{100, 20}}, {9, 9})),
            (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Proposals, OfABatchAreThoseOfItsImages) {
  const std::vector<LevelLayout> levels{{8, 10, 10, 3, 0}, {16, 5, 5, 3, 300}};
  const at::Tensor boxes =
      at::stack({randomBoxes(375, 1, 100, at::kDouble) - 20, randomBoxes(375, 2, 80, at::kDouble)});
  const at::Tensor logits = randomValues({2, 375}, 3, -4, 4, at::kDouble);
  const std::vector<SizePx> sizes{{90, 70}, {60, 100}};
  const ProposalOptions options{120, 50};
  const Proposals both = filterProposals(boxes, logits, levels, sizes, options);
  for (std::int64_t b = 0; b < 2; ++b) {
    const SizePx size = sizes[static_cast<std::size_t>(b)];
    const Proposals one =
        filterProposals(boxes.narrow(0, b, 1), logits.narrow(0, b, 1), levels, {size}, options);
    EXPECT_TRUE(at::equal(one.boxes[0], both.boxes[b]));
    EXPECT_TRUE(at::equal(one.origins[0], both.origins[b]));
    EXPECT_LE(both.boxes[b].select(1, 2).max().item<double>(), size.width);
    EXPECT_GE(both.boxes[b].min().item<double>(), 0);
  }
}

}  // namespace
}  // namespace anchorscope
