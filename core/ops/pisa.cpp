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

at::Tensor biasedPower(const at::Tensor& values, double bias, double k) {
  return (bias + (1 - bias) * values).clamp_min(kLeastBase).pow(k);
}

}  // namespace anchorscope
