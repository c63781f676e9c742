#include "core/ops/distance_distribution.h"

namespace anchorscope {

at::Tensor expectedDistances(const at::Tensor& logits) {
  return (logits.softmax(-1) * at::arange(logits.size(-1), logits.options().requires_grad(false))).sum(-1);
}

at::Tensor distributionFocalLoss(const at::Tensor& logits, const at::Tensor& target) {
  const at::Tensor left = target.floor().to(at::kLong);
  const at::Tensor right = (left + 1).clamp_max(logits.size(-1) - 1);  // of weight 0 where it is limited
  const at::Tensor logP = logits.log_softmax(-1);
  const auto of = [&](const at::Tensor& bin) { return logP.gather(-1, bin.unsqueeze(-1)).squeeze(-1); };
  const at::Tensor share = target - left.to(target.scalar_type());
  return -(of(left) * (1 - share) + of(right) * share);
}

}  // namespace anchorscope
