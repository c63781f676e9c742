#include "core/model/batch_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/function.h>

#include <cmath>
#include <limits>

#include "tests/model/detector_testing.h"

namespace anchorscope::testing {
namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

struct Case {
  std::int64_t batch, channels, height, width;
  bool batchStatistics, residual, rectify;
};

/// Values that look random; a large offset makes the variance a small difference of large sums.
at::Tensor valuesOf(at::IntArrayRef sizes, double phase, double offset) {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes)
    count *= size;
  return (at::sin(at::arange(count, at::kDouble) * 12.9898 + phase) * 3 + offset).view(sizes);
}

at::Tensor leaf(const at::Tensor& tensor) {
  return tensor.clone().set_requires_grad(true);
}

/// What comes of a pass: output, gradients of input, residual, weight and bias (undefined where there is
/// none), running mean and variance.
struct Results {
  at::Tensor output, input, residual, weight, bias, runningMean, runningVariance;
};

using NormFunction = at::Tensor (*)(const at::Tensor&, const BatchNormState&, const at::Tensor&, bool);

at::Tensor byOperators(const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual,
                       bool rectify) {
  at::Tensor value = at::batch_norm(input, state.weight, state.bias, state.runningMean, state.runningVariance,
                                    state.batchStatistics, state.momentum, state.epsilon, false);
  if (residual.defined()) value = value + residual;
  return rectify ? at::relu(value) : value;
}

Results resultsOf(const Case& its, at::ScalarType dtype, at::ScalarType stateDtype, double offset,
                  const NormFunction& norm, at::ScalarType rounding) {
  const std::vector<std::int64_t> sizes{its.batch, its.channels, its.height, its.width};
  // Rounded first, so that both sides see the same numbers.
  const auto map = [&](double phase, double mean) {
    return valuesOf(sizes, phase, mean).to(rounding).to(dtype).contiguous(kLast);
  };
  const auto perChannel = [&](double phase, double mean) {
    return valuesOf({its.channels}, phase, mean).to(at::kFloat).to(stateDtype);
  };
  const at::Tensor input = leaf(map(0.3, offset)), residual = its.residual ? leaf(map(1.9, 0)) : at::Tensor();
  BatchNormState state{perChannel(0.7, 1), perChannel(2.7, 0), perChannel(0.1, offset), perChannel(0.9, 4),
                       its.batchStatistics};
  if (its.batchStatistics) {
    state.weight.set_requires_grad(true);
    state.bias.set_requires_grad(true);
  }
  const at::Tensor output = norm(input, state, residual, its.rectify);
  output.backward(map(1.1, 0.2));
  return {output,
          input.grad(),
          residual.defined() ? residual.grad() : at::Tensor(),
          state.weight.grad(),
          state.bias.grad(),
          state.runningMean,
          state.runningVariance};
}

void expectNear(const at::Tensor& got, const at::Tensor& exact, double tolerance, const char* what) {
  ASSERT_EQ(got.defined(), exact.defined()) << what;
  if (!got.defined()) return;
  const double scale = std::max(1.0, exact.abs().max().item<double>());
  EXPECT_LT(largestDifference(got.to(at::kDouble), exact.to(at::kDouble)), tolerance * scale) << what;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const bool statistics : {false, true})
    for (const bool residual : {false, true})
      for (const bool rectify : {false, true})
        for (const auto& [batch, channels, height, width] : std::vector<std::array<std::int64_t, 4>>{
                 {2, 16, 5, 7}, {1, 300, 9, 4}, {3, 1, 2, 2}, {2, 33, 23, 29}})
          all.push_back({batch, channels, height, width, statistics, residual, rectify});
  return all;
}

/// ATen's operators in float64 on the same (rounded) numbers.
Results exactly(const Case& its, double offset, at::ScalarType rounding) {
  return resultsOf(its, at::kDouble, at::kDouble, offset, byOperators, rounding);
}

void compare(const Case& its, at::ScalarType dtype, double offset, double tolerance) {
  SCOPED_TRACE(::testing::Message() << its.batch << " x " << its.channels << " x " << its.height << " x "
                                    << its.width << (its.batchStatistics ? ", batch statistics" : ", frozen")
                                    << (its.residual ? ", residual" : "")
                                    << (its.rectify ? ", rectified" : "") << ", " << at::toString(dtype));
  const Results exact = exactly(its, offset, dtype);
  const auto own = [](const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual,
                      bool rectify) { return batchNorm(input, state, residual, rectify); };
  const Results got = resultsOf(its, dtype, at::kFloat, offset, own, dtype);
  EXPECT_EQ(got.output.scalar_type(), dtype);
  EXPECT_TRUE(got.output.is_contiguous(kLast));
  EXPECT_NE(got.output.grad_fn()->name().find("ChannelsLastBatchNorm"), std::string::npos);
  expectNear(got.output, exact.output, tolerance, "output");
  expectNear(got.input, exact.input, tolerance, "input");
  expectNear(got.residual, exact.residual, tolerance, "residual");
  expectNear(got.weight, exact.weight, tolerance, "weight");
  expectNear(got.bias, exact.bias, tolerance, "bias");
  expectNear(got.runningMean, exact.runningMean, 1e-5, "running mean");
  expectNear(got.runningVariance, exact.runningVariance, 1e-4, "running variance");
}

TEST(BatchNorm, AgreesWithAtenInFloat64) {
  for (const Case& its : cases()) {
    compare(its, at::kFloat, 0, 2e-5);
    // Where an output is near 0, its sign decides whether a gradient passes: it must not be a matter of
    // rounding, and with a large offset it is.
    if (!its.rectify) compare(its, at::kFloat, 100, 1e-3);
    if (!its.rectify) compare(its, at::kBFloat16, 0, 2e-2);
  }
}

TEST(BatchNorm, ARectifiedMapInBf16LetsThroughWhatIsAboveZero) {
  // The output itself says where: upstream there, times the factor of a frozen norm.
  const at::Tensor input = leaf(valuesOf({2, 40, 6, 5}, 0.3, 0).to(at::kBFloat16).contiguous(kLast));
  const BatchNormState state{at::full({40}, 0.5), at::full({40}, 0.25), at::zeros({40}),
                             at::full({40}, 1 - 1e-5)};
  const at::Tensor residual = leaf(valuesOf({2, 40, 6, 5}, 2, 0).to(at::kBFloat16).contiguous(kLast));
  const at::Tensor output = batchNorm(input, state, residual, true);
  const at::Tensor expected =
      at::relu(input.detach().to(at::kFloat) * 0.5 + 0.25 + residual.detach().to(at::kFloat))
          .to(at::kBFloat16);
  EXPECT_TRUE(output.equal(expected));
  output.backward(at::ones_like(output));
  const at::Tensor open = (expected > 0).to(at::kBFloat16);
  EXPECT_TRUE(residual.grad().equal(open));
  EXPECT_TRUE(input.grad().equal(open * 0.5));
}

TEST(BatchNorm, GradientsAreTheSlopesOfTheLoss) {
  // Central differences along a direction; float32 inputs, their losses summed in float64.
  const at::Tensor value = valuesOf({2, 8, 6, 5}, 0.3, 0).to(at::kFloat).contiguous(kLast),
                   direction = valuesOf({2, 8, 6, 5}, 5, 0).to(at::kFloat).contiguous(kLast),
                   upstream = valuesOf({2, 8, 6, 5}, 1.1, 0.2).to(at::kFloat).contiguous(kLast);
  const auto loss = [&](const at::Tensor& input) {
    const BatchNormState state{at::ones({8}).set_requires_grad(true), at::zeros({8}), at::zeros({8}),
                               at::ones({8}), true};
    return (batchNorm(input, state).to(at::kDouble) * upstream).sum();
  };
  const at::Tensor input = leaf(value);
  loss(input).backward();
  constexpr double kStep = 1e-2;
  const double slope =
      (loss(value + kStep * direction) - loss(value - kStep * direction)).item<double>() / (2 * kStep);
  EXPECT_NEAR((input.grad().to(at::kDouble) * direction).sum().item<double>(), slope, 2e-3 * std::abs(slope));
}

TEST(BatchNorm, TheSameOnAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  std::vector<Results> all;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const auto own = [](const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual,
                        bool rectify) { return batchNorm(input, state, residual, rectify); };
    all.push_back(resultsOf({2, 300, 40, 31, true, true, true}, at::kFloat, at::kFloat, 0, own, at::kFloat));
  }
  at::set_num_threads(before);
  for (const Results& other : all) {
    EXPECT_TRUE(other.output.equal(all[0].output));
    EXPECT_TRUE(other.input.equal(all[0].input));
    EXPECT_TRUE(other.residual.equal(all[0].residual));
    EXPECT_TRUE(other.weight.equal(all[0].weight));
    EXPECT_TRUE(other.runningVariance.equal(all[0].runningVariance));
  }
}

TEST(BatchNorm, OneValueHasNoVariance) {
  const BatchNormState state{at::full({4}, 2.0).set_requires_grad(true), at::full({4}, 3.0), at::zeros({4}),
                             at::ones({4}), true};
  const at::Tensor input = leaf(at::full({1, 4, 1, 1}, 7.0).contiguous(kLast));
  // A map of one pixel is contiguous either way; the last layout's strides are what counts.
  const at::Tensor output = batchNorm(input.as_strided({1, 4, 1, 1}, {4, 1, 4, 4}), state);
  // 7 times 2 / sqrt(epsilon) less as much, in float32.
  EXPECT_LT(largestDifference(output.flatten(), at::full({4}, 3.0)), 1e-3);
  EXPECT_NEAR(state.runningMean[0].item<double>(), 0.7, 1e-6);
  EXPECT_NEAR(state.runningVariance[0].item<double>(), 0.9, 1e-6);
}

TEST(BatchNorm, WhatIsNotANumberStaysSo) {
  for (const bool statistics : {false, true}) {
    const BatchNormState state{at::ones({8}), at::zeros({8}), at::zeros({8}), at::ones({8}), statistics};
    at::Tensor input = valuesOf({1, 8, 3, 3}, 0, 0).to(at::kFloat).contiguous(kLast);
    input[0][2][1][1] = std::numeric_limits<float>::quiet_NaN();
    const at::Tensor output = batchNorm(input, state, {}, true);
    EXPECT_TRUE(std::isnan(output[0][2][1][1].item<float>()));
    EXPECT_EQ(at::isnan(output).sum().item<std::int64_t>(), statistics ? 9 : 1);
  }
}

TEST(BatchNorm, OtherInputsGoToAten) {
  const auto stateOf = [](at::ScalarType dtype, bool statistics) {
    const auto options = at::TensorOptions().dtype(dtype);
    return BatchNormState{at::full({8}, 1.5, options), at::zeros({8}, options), at::full({8}, 0.1, options),
                          at::full({8}, 2.0, options), statistics};
  };
  const at::Tensor plain = valuesOf({2, 8, 3, 3}, 0, 0);
  for (const bool statistics : {false, true}) {
    const at::Tensor contiguous = plain.to(at::kFloat), wide = plain.contiguous(kLast);
    EXPECT_TRUE(batchNorm(contiguous, stateOf(at::kFloat, statistics), {}, true)
                    .equal(byOperators(contiguous, stateOf(at::kFloat, statistics), {}, true)));
    EXPECT_TRUE(batchNorm(wide, stateOf(at::kDouble, statistics), wide, true)
                    .equal(byOperators(wide, stateOf(at::kDouble, statistics), wide, true)));
    EXPECT_EQ(batchNorm(at::zeros({0, 8, 3, 3}), stateOf(at::kFloat, false)).size(0), 0);
  }
  // Running statistics with a weight that is trained: its gradient needs the input.
  const at::Tensor input = plain.to(at::kFloat).contiguous(kLast);
  BatchNormState trained = stateOf(at::kFloat, false), reference = stateOf(at::kFloat, false);
  trained.weight.set_requires_grad(true);
  reference.weight.set_requires_grad(true);
  batchNorm(input, trained, {}, true).sum().backward();
  byOperators(input, reference, {}, true).sum().backward();
  EXPECT_TRUE(trained.weight.grad().equal(reference.weight.grad()));
}

}  // namespace
}  // namespace anchorscope::testing
