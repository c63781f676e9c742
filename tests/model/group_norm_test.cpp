#include "core/model/group_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace anchorscope {
namespace {

struct Shape {
  std::int64_t batch, channels, height, width, groups;
};

/// Values that look random; a large offset makes the variance a small difference of large sums.
at::Tensor valuesOf(at::IntArrayRef sizes, double phase, double offset) {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes)
    count *= size;
  return (at::sin(at::arange(count, at::kDouble) * 12.9898 + phase) * 3 + offset).view(sizes);
}

double largestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// at::group_norm in float64 against groupNorm on `dtype` inputs in channels_last: output and the three
/// gradients.
void compare(const Shape& shape, at::ScalarType dtype, double offset, double tolerance) {
  const std::vector<std::int64_t> sizes{shape.batch, shape.channels, shape.height, shape.width};
  // Rounded first, so that both see the same numbers.
  const at::Tensor value = valuesOf(sizes, 0.3, offset).to(dtype),
                   upstream = valuesOf(sizes, 1.1, 0.2).to(dtype);
  const at::Tensor weightValue = valuesOf({shape.channels}, 0.7, 1).to(at::kFloat);
  const at::Tensor biasValue = valuesOf({shape.channels}, 2.7, 0).to(at::kFloat);

  const auto leaf = [](const at::Tensor& tensor) { return tensor.clone().set_requires_grad(true); };
  const at::Tensor exactInput = leaf(value.to(at::kDouble)), exactWeight = leaf(weightValue.to(at::kDouble)),
                   exactBias = leaf(biasValue.to(at::kDouble));
  const at::Tensor exact = at::group_norm(exactInput, shape.groups, exactWeight, exactBias, 1e-5, false);
  exact.backward(upstream.to(at::kDouble));

  const at::Tensor input = leaf(value.contiguous(at::MemoryFormat::ChannelsLast)), weight = leaf(weightValue),
                   bias = leaf(biasValue);
  const at::Tensor output = groupNorm(input, shape.groups, weight, bias, 1e-5);
  output.backward(upstream);
  EXPECT_EQ(output.scalar_type(), dtype);
  EXPECT_TRUE(output.is_contiguous(at::MemoryFormat::ChannelsLast));
  const auto expectNear = [&](const at::Tensor& got, const at::Tensor& expected, const char* what) {
    const double scale = std::max(1.0, expected.abs().max().item<double>());
    EXPECT_LT(largestDifference(got, expected), tolerance * scale) << what;
  };
  expectNear(output, exact, "output");
  expectNear(input.grad(), exactInput.grad(), "input");
  expectNear(weight.grad(), exactWeight.grad(), "weight");
  expectNear(bias.grad(), exactBias.grad(), "bias");
}

TEST(GroupNorm, AgreesWithAtenInFloat64) {
  for (const Shape& shape : {Shape{2, 16, 5, 7, 4}, Shape{1, 64, 40, 33, 16}, Shape{3, 12, 9, 2, 1},
                             Shape{2, 6, 1, 3, 6}, Shape{2, 100, 4, 4, 2}, Shape{1, 132, 3, 3, 33}}) {
    SCOPED_TRACE(shape.channels);
    compare(shape, at::kFloat, 0, 1e-5);
    compare(shape, at::kFloat, 100, 1e-3);
    compare(shape, at::kBFloat16, 0, 2e-2);
  }
}

TEST(GroupNorm, ConstantInputsAndOtherLayoutsWork) {
  const at::Tensor weight = at::ones({8}).set_requires_grad(true), bias = at::full({8}, 2.0);
  const at::Tensor constant = at::full({2, 8, 3, 3}, 5.0).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_LT(largestDifference(groupNorm(constant, 2, weight, bias, 1e-5), at::full({2, 8, 3, 3}, 2.0)), 1e-4);
  const at::Tensor plain = valuesOf({2, 8, 3, 3}, 0, 0).to(at::kFloat);
  EXPECT_TRUE(
      groupNorm(plain, 2, weight, bias, 1e-5).equal(at::group_norm(plain, 2, weight, bias, 1e-5, true)));
  EXPECT_EQ(groupNorm(at::zeros({0, 8, 3, 3}), 2, weight, bias, 1e-5).size(0), 0);
}

TEST(GroupNorm, TheSameOnAnyNumberOfThreads) {
  const at::Tensor input =
      valuesOf({4, 64, 20, 20}, 0, 0).to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::ones({64}), bias = at::zeros({64});
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = groupNorm(input, 16, weight, bias, 1e-5);
  at::set_num_threads(2);
  const at::Tensor two = groupNorm(input, 16, weight, bias, 1e-5);
  at::set_num_threads(before);
  EXPECT_TRUE(one.equal(two));
}

}  // namespace
}  // namespace anchorscope
