#pragma once
// Internal header (ATen). Optimal transport with entropic regularisation (Cuturi, NeurIPS 2013), in the log
// domain.

#include <ATen/ATen.h>

#include <cstdint>

namespace anchorscope {

/// The plan [B,R,N] by which R suppliers ship to N places that each take one unit: supply [B,R] >= 0, cost
/// [B,R,N], epsilon > 0, so many rounds of rescaling. Rows that are not `present` [B,R] ship nothing. No
/// gradient; the device is not waited for; float64 inside where the inputs are.
at::Tensor transportPlan(const at::Tensor& cost, const at::Tensor& supply, const at::Tensor& present,
                         double epsilon, std::int64_t rounds);

}  // namespace anchorscope
