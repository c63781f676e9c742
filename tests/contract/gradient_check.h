#pragma once
// Central differences against autograd, in float64.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

namespace anchorscope::testing {

/// Compares d value / d input (input: float64, requires_grad set by this) with central differences at
/// `samples` entries drawn from `seed` (all entries when there are fewer). Fails the running test where they
/// differ by more than 1e-6 + 1e-5 |expected|, and when every sampled derivative is 0.
void expectGradient(const at::Tensor& input, const std::function<at::Tensor(const at::Tensor&)>& value,
                    std::uint64_t seed, std::int64_t samples = 60);

}  // namespace anchorscope::testing
