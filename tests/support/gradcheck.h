#pragma once
// Internal header (ATen). Compares an op's gradient with central differences in float64.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace anchorscope::testing {

/// `function` maps a float64 tensor to a tensor with gradient. Checks d(sum(function(x) * weights))/dx at
/// every element of x, with fixed weights so that errors do not cancel. x must be away from kinks by more
/// than `step`.
inline void expectGradient(const std::function<at::Tensor(const at::Tensor&)>& function, const at::Tensor& x,
                           double tolerance = 1e-6, double step = 1e-6) {
  ASSERT_EQ(x.scalar_type(), at::kDouble);
  const at::Tensor leaf = x.detach().clone().requires_grad_();
  const at::Tensor result = function(leaf);
  const at::Tensor weights =
      at::linspace(0.5, 1.5, result.numel(), result.options().requires_grad(false)).reshape(result.sizes());
  (result * weights).sum().backward();
  ASSERT_TRUE(leaf.grad().defined());
  const at::Tensor gradient = leaf.grad().contiguous().reshape({-1});
  const auto valueAt = [&](std::int64_t index, double shift) {
    at::Tensor moved = x.detach().clone().contiguous();
    moved.data_ptr<double>()[index] += shift;
    return (function(moved).detach() * weights).sum().item<double>();
  };
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double numeric = (valueAt(i, step) - valueAt(i, -step)) / (2 * step);
    const double analytic = gradient[i].item<double>();
    EXPECT_NEAR(analytic, numeric, tolerance * (1 + std::abs(numeric))) << "element " << i;
  }
}

}  // namespace anchorscope::testing
