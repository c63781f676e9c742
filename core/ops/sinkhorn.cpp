#include "core/ops/sinkhorn.h"

#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>

namespace anchorscope {

at::Tensor transportPlan(const at::Tensor& cost, const at::Tensor& supply, const at::Tensor& present,
                         double epsilon, std::int64_t rounds) {
  constexpr double kTiny = 1e-8;  // added to masses before their logarithm, as in the OTA code
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const c10::NoGradGuard noGrad;
  const at::Tensor absent = present.logical_not();
  const at::Tensor scaled = (cost / -epsilon).masked_fill(absent.unsqueeze(2), -kInfinity);
  const at::Tensor logSupply = (supply.to(cost.scalar_type()) + kTiny).log();
  // Potentials over epsilon; all start at 1.
  at::Tensor u = at::full_like(logSupply, 1 / epsilon);
  at::Tensor v = at::full({cost.size(0), cost.size(2)}, 1 / epsilon, cost.options());
  const double logDemand = std::log(1 + kTiny);
  for (std::int64_t round = 0; round < rounds; ++round) {
    v = logDemand - (scaled + u.unsqueeze(2)).logsumexp(1);
    u = (logSupply - (scaled + v.unsqueeze(1)).logsumexp(2)).masked_fill(absent, 0);
  }
  return (scaled + u.unsqueeze(2) + v.unsqueeze(1)).exp();
}

}  // namespace anchorscope
