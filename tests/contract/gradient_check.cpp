#include "tests/contract/gradient_check.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace anchorscope::testing {

void expectGradient(const at::Tensor& input, const std::function<at::Tensor(const at::Tensor&)>& value,
                    std::uint64_t seed, std::int64_t samples) {
  ASSERT_EQ(input.scalar_type(), at::kDouble);
  const at::Tensor leaf = input.detach().clone().requires_grad_();
  value(leaf).backward();
  ASSERT_TRUE(leaf.grad().defined());
  const at::Tensor gradient = leaf.grad().contiguous();

  const c10::NoGradGuard noGrad;
  const at::Tensor moved = input.detach().clone().contiguous();
  double* entries = moved.data_ptr<double>();
  Random random = Random::of(seed, RandomPurpose::kTest);
  const std::int64_t count = std::min(samples, moved.numel());
  constexpr double kStep = 1e-5;
  double largest = 0;
  for (std::int64_t sample = 0; sample < count; ++sample) {
    const std::int64_t i =
        count == moved.numel()
            ? sample
            : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(moved.numel())));
    const double kept = entries[i];
    entries[i] = kept + kStep;
    const double above = value(moved).item<double>();
    entries[i] = kept - kStep;
    const double below = value(moved).item<double>();
    entries[i] = kept;
    const double expected = (above - below) / (2 * kStep);
    const double got = gradient.data_ptr<double>()[i];
    EXPECT_NEAR(got, expected, 1e-6 + 1e-5 * std::abs(expected)) << "entry " << i;
    largest = std::max(largest, std::abs(got));
  }
  if (count > 0) {
    EXPECT_GT(largest, 0) << "every sampled derivative is 0";
  }
}

}  // namespace anchorscope::testing
