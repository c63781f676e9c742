#include "core/losses/head_losses.h"

namespace anchorscope {

SummedLosses sumLosses(const HeadLosses& losses) {
  const auto normalized = [](const at::Tensor& rows, const at::Tensor& divisors) {
    return (rows.sum(1) / divisors).sum();
  };
  SummedLosses sums;
  sums.cls = normalized(losses.clsRows, losses.clsDivisors);
  sums.loc = normalized(losses.locRows, losses.locDivisors);
  if (losses.qualityRows.defined()) sums.quality = normalized(losses.qualityRows, losses.qualityDivisors);
  if (losses.extraRows.defined()) sums.extra = normalized(losses.extraRows, losses.locDivisors);
  return sums;
}

}  // namespace anchorscope
