#include "core/ops/ap_loss.h"

#include <gtest/gtest.h>

#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

/// Precisions and update as they are defined, pair by pair.
struct PairByPair {
  at::Tensor rows, gradient;

  PairByPair(const at::Tensor& logits, const at::Tensor& labels, double delta)
      : rows(at::zeros({logits.size(0)}, at::kDouble)), gradient(at::zeros_like(logits, at::kDouble)) {
    const at::Tensor z = logits.to(at::kDouble);
    const at::Tensor negative =
        (labels.unsqueeze(1) > -2).logical_and(labels.unsqueeze(1) != at::arange(z.size(1), at::kLong));
    const at::Tensor positives = labels.ge(0).nonzero().squeeze(1);
    const at::Tensor own = z.index({positives, labels.index_select(0, positives)});
    const auto step = [&](const at::Tensor& difference) {
      return (difference / (2 * delta) + 0.5).clamp(0, 1);
    };
    const auto count = static_cast<double>(positives.size(0));
    double best = 0;
    const at::Tensor order = own.argsort();
    for (std::int64_t k = 0; k < positives.size(0); ++k) {
      const auto i = order[k].item<std::int64_t>();
      const at::Tensor above = step(z - own[i]).masked_fill(negative.logical_not(), 0);
      const double a = 0.5 + step(own - own[i]).sum().item<double>(), b = above.sum().item<double>();
      const double c = a / (a + b);
      best = std::max(best, c);
      const auto row = positives[i].item<std::int64_t>();
      rows[row] = (1 - best) / count;
      gradient += above * ((c < best ? (1 - best) / (1 - c) : 1) / (a + b) / count);
      gradient[row][labels[row].item<std::int64_t>()] -= (1 - best) / count;
    }
  }
};

TEST(ApLoss, SortedSumsAreThoseOfAllPairs) {
  // The larger one is of several tiles.
  for (const std::int64_t rows : {200, 400000})
    for (const double delta : rows == 200 ? std::vector<double>{0.25, 1, 30} : std::vector<double>{1}) {
      const at::Tensor logits = testing::randomValues({rows, 3}, 4, -6, 6).requires_grad_();
      at::Tensor labels = at::full({rows}, -1, at::kLong);
      labels.slice(0, 0, rows, rows / 20).copy_(at::arange(20, at::kLong) % 3);
      labels.slice(0, 3, rows, 7).fill_(-2);
      const at::Tensor got = apLossRows(logits, labels, delta);
      got.sum().backward();
      const PairByPair expected(logits.detach(), labels, delta);
      EXPECT_TRUE(at::allclose(got.to(at::kDouble), expected.rows, 1e-5, 1e-9)) << rows << ' ' << delta;
      EXPECT_TRUE(at::allclose(logits.grad().to(at::kDouble), expected.gradient, 1e-4, 1e-10))
          << rows << ' ' << delta;
    }
}

TEST(ApLoss, WhatIsNotFiniteShows) {
  const at::Tensor logits = at::zeros({4, 2});
  logits[2][1] = std::numeric_limits<float>::infinity();
  for (const std::int64_t first : {-1, 0}) {
    const at::Tensor labels = at::full({4}, -1, at::kLong);
    labels[0] = first;
    EXPECT_FALSE(apLossRows(logits, labels, 1).sum().isfinite().item<bool>());
    labels[2] = -2;
    EXPECT_TRUE(apLossRows(logits, labels, 1).sum().isfinite().item<bool>())
        << "of an anchor that is ignored";
  }
}

}  // namespace
}  // namespace anchorscope
