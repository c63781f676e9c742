#include "core/ops/ap_loss.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/base/check.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kElements = std::int64_t{1} << 20;  // of a tile of rows

/// Sums up to each place, from 0 on: one more than there are values.
at::Tensor sumsUpTo(const at::Tensor& values) {
  return at::constant_pad_nd(values.cumsum(0), {1, 0}, 0);
}

/// [P]: the sum of H(v - q) over the values [M] for every q of queries [P], H(x) = clamp(x / (2 delta) + 1/2,
/// 0, 1). Sorted, so that it is no sum over all pairs.
at::Tensor stepsAbove(const at::Tensor& queries, const at::Tensor& values, double delta) {
  const at::Tensor sorted = std::get<0>(values.sort());
  const at::Tensor sums = sumsUpTo(sorted);
  const at::Tensor low = at::searchsorted(sorted, queries - delta, false, /*right=*/true);
  const at::Tensor high = at::maximum(low, at::searchsorted(sorted, queries + delta));
  const at::Tensor between = (high - low).to(at::kDouble);
  const at::Tensor sum = sums.index_select(0, high) - sums.index_select(0, low);
  return (values.size(0) - high).to(at::kDouble) + (sum - between * queries) / (2 * delta) + 0.5 * between;
}

/// The same from the other side: for every value v [..] the sum of weight_q H(v - q), queries [P] ascending.
at::Tensor weightedStepsBelow(const at::Tensor& values, const at::Tensor& queries, const at::Tensor& weights,
                              double delta) {
  const at::Tensor ofWeights = sumsUpTo(weights), ofProducts = sumsUpTo(weights * queries);
  const at::Tensor low = at::searchsorted(queries, values - delta, false, /*right=*/true);
  const at::Tensor high = at::maximum(low, at::searchsorted(queries, values + delta));
  const auto between = [&](const at::Tensor& sums) { return sums.take(high) - sums.take(low); };
  const at::Tensor weight = between(ofWeights);
  return ofWeights.take(low) + (values * weight - between(ofProducts)) / (2 * delta) + 0.5 * weight;
}

/// Calls body(first row, logits of a tile in float64, whether an element is negative).
template <typename Body>
void forTiles(const at::Tensor& logits, const at::Tensor& labels, const Body& body) {
  const std::int64_t classes = logits.size(1), tile = std::max<std::int64_t>(1, kElements / classes);
  const at::Tensor ofClass = at::arange(classes, labels.options());
  for (std::int64_t first = 0; first < logits.size(0); first += tile) {
    const std::int64_t count = std::min(tile, logits.size(0) - first);
    const at::Tensor label = labels.narrow(0, first, count).unsqueeze(1);
    body(first, logits.narrow(0, first, count).to(at::kDouble), (label > -2).logical_and(label != ofClass));
  }
}

class ApLoss : public torch::autograd::Function<ApLoss> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& labels,
                            double delta) {
    context->saved_data["delta"] = delta;
    // Whatever is not finite must show.
    at::Tensor out = logits.sum(1).masked_fill_(labels < -1, 0).mul_(0);
    const at::Tensor positives = (labels >= 0).nonzero().squeeze(1);
    const at::Tensor given = logits.index({positives, labels.index_select(0, positives)}).to(at::kDouble);
    const auto [scores, order] = given.sort(/*stable=*/true, 0, /*descending=*/false);
    const at::Tensor row = positives.index_select(0, order);
    const auto count = static_cast<double>(positives.size(0));
    if (count == 0) {
      context->save_for_backward({logits, labels, row, scores, scores, scores});
      return out;
    }
    const at::Tensor a = stepsAbove(scores, scores, delta) + 0.5;
    at::Tensor b = at::zeros_like(a);
    const at::Tensor least = scores.select(0, 0) - delta;
    forTiles(logits, labels, [&](std::int64_t, const at::Tensor& z, const at::Tensor& negative) {
      b += stepsAbove(scores, z.masked_select(negative.logical_and(z > least)), delta);
    });
    const at::Tensor c = a / (a + b), precision = std::get<0>(c.cummax(0));
    const at::Tensor missing = (1 - precision) / count;
    const at::Tensor factor = at::where(c < precision, (1 - precision) / (1 - c), 1);
    context->save_for_backward({logits, labels, row, scores, factor / ((a + b) * count), missing});
    return out.index_add_(0, row, missing.to(out.scalar_type()));
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &logits = saved[0], &labels = saved[1], &row = saved[2], &scores = saved[3];
    at::Tensor gradient = at::zeros_like(logits);
    if (row.size(0) > 0) {
      const double delta = context->saved_data["delta"].toDouble();
      const at::Tensor upstream = upstreams[0].index_select(0, row).to(at::kDouble);
      const at::Tensor weights = saved[4] * upstream;
      forTiles(logits, labels, [&](std::int64_t first, const at::Tensor& z, const at::Tensor& negative) {
        gradient.narrow(0, first, z.size(0))
            .copy_(weightedStepsBelow(z, scores, weights, delta).masked_fill_(negative.logical_not(), 0));
      });
      gradient.index_put_({row, labels.index_select(0, row)},
                          (saved[5] * upstream).neg().to(gradient.scalar_type()));
    }
    return {gradient, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor apLossRows(const at::Tensor& logits, const at::Tensor& labels, double delta) {
  ANCHORSCOPE_CHECK(logits.dim() == 2 && labels.dim() == 1 && labels.size(0) == logits.size(0) && delta > 0,
                    "logits are ", logits.sizes(), ", labels ", labels.sizes());
  if (logits.numel() == 0) return logits.sum(1);
  return ApLoss::apply(logits.contiguous(), labels.contiguous(), delta);
}

}  // namespace anchorscope
