#include "core/ops/pisa.h"

#include "core/ops/ranks.h"

namespace anchorscope {
namespace {

constexpr double kLeastBase = 1e-12;  // a power below 1 has no slope at 0

}  // namespace

PrimeRanks primeRanks(const at::Tensor& iou, const at::Tensor& object, const at::Tensor& label,
                      const at::Tensor& positive, std::int64_t classes) {
  const at::Tensor none = positive.logical_not();
  const at::Tensor key = iou.to(at::kDouble);
  const at::Tensor ofClass = label.masked_fill(none, classes);
  const at::Tensor counts =
      at::zeros({classes + 1}, label.options()).scatter_add(0, ofClass, positive.to(at::kLong));
  const at::Tensor most = counts.amax().clamp_min(1);
  PrimeRanks ranks;
  ranks.inObject = rankWithin(key, object.masked_fill(none, -1));
  ranks.inClass = rankWithin(key + (most - ranks.inObject).to(at::kDouble), ofClass);
  ranks.weight = ((most - ranks.inClass).to(at::kDouble) / most).masked_fill(none, 1).to(iou.scalar_type());
  ranks.inObject = ranks.inObject.masked_fill(none, -1);
  ranks.inClass = ranks.inClass.masked_fill(none, -1);
  return ranks;
}

PrimeWeights primeWeights(const PrimeRanks& ranks, const at::Tensor& losses, const at::Tensor& positive,
                          double bias, double k) {
  const at::Tensor none = positive.logical_not();
  const at::Tensor raw = biasedPower(ranks.weight, bias, k).to(losses.scalar_type());
  const at::Tensor had = losses.masked_fill(none, 0);
  const at::Tensor before = had.sum(), after = (had * raw).sum();
  // Without a loss nothing is to be kept.
  const at::Tensor fit = before.gt(0).logical_and(after > 0);
  PrimeWeights weights;
  weights.ratio = at::where(fit, before / after.masked_fill(fit.logical_not(), 1), 1);
  weights.factor = (raw * weights.ratio).masked_fill(none, 1);
  return weights;
}

at::Tensor biasedPower(const at::Tensor& values, double bias, double k) {
  return (bias + (1 - bias) * values).clamp_min(kLeastBase).pow(k);
}

}  // namespace anchorscope
