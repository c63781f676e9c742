// Local importance-based pooling on the CPU and on a GPU, against tensor operations in float64. The GPU's
// half skips where there is none; the CPU's always runs.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/ops/lip.h"
#include "tests/cuda/device_test.h"
#include "tests/support/random_boxes.h"

namespace anchorscope {
namespace {

using testing::randomValues;

class LipParity : public testing::DeviceTest {};

// One thread per element, and none waits: one order will do.
INSTANTIATE_TEST_SUITE_P(Devices, LipParity, testing::devicesInOneOrder(), testing::deviceTitle);

struct Result {
  at::Tensor y, gradX, gradLogit;
};

/// The formula with a softmax over each window's pixels, which is stable too; float64, on the CPU. Padding is
/// given a logit that leaves it nothing.
at::Tensor bySoftmax(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window) {
  constexpr double kNothing = -1e300;
  const std::int64_t border = window.padding, outH = window.outputs(x.size(2)),
                     outW = window.outputs(x.size(3));
  const auto windows = [&](const at::Tensor& map, double outside) {
    const at::Tensor padded = at::constant_pad_nd(map, {border, border, border, border}, outside);
    return padded.unfold(2, window.kernel, window.stride)
        .unfold(3, window.kernel, window.stride)
        .reshape({x.size(0), x.size(1), outH, outW, window.kernel * window.kernel});
  };
  return (windows(x, 0) * at::softmax(windows(logit, kNothing), -1)).sum(-1);
}

Result graded(const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& form,
              const at::Tensor& x, const at::Tensor& logit, const at::Tensor& upstream) {
  const at::Tensor a = x.detach().requires_grad_(), b = logit.detach().requires_grad_();
  const at::Tensor y = form(a, b);
  y.backward(upstream.to(y.options().requires_grad(false)));
  return {y.detach(), a.grad(), b.grad()};
}

void expectClose(const at::Tensor& got, const at::Tensor& wanted, double rtol, double atol,
                 const char* what) {
  const at::Tensor a = got.cpu().to(at::kDouble).contiguous();
  EXPECT_TRUE(at::allclose(a, wanted, rtol, atol))
      << what << " is off by " << (a - wanted).abs().max().item<double>();
}

struct Shape {
  std::int64_t batch, channels, height, width;
  LipWindow window;
};

const std::vector<Shape> kShapes{{2, 70, 15, 18, {3, 2, 1}}, {1, 3, 8, 10, {2, 2, 0}},
                                 {2, 5, 9, 7, {3, 1, 1}},    {1, 33, 11, 13, {5, 3, 2}},
                                 {3, 1, 5, 5, {2, 3, 1}},    {2, 6, 1, 1, {2, 1, 1}},
                                 {1, 260, 12, 14, {3, 2, 1}}};

TEST_P(LipParity, PoolAndGradients) {
  for (const Shape& shape : kShapes) {
    const at::Tensor x =
        randomValues({shape.batch, shape.channels, shape.height, shape.width}, 1, -2, 3, at::kDouble);
    const at::Tensor upstream = randomValues(
        {shape.batch, shape.channels, shape.window.outputs(shape.height), shape.window.outputs(shape.width)},
        2, -1, 1, at::kDouble);
    for (const double spread : {12.0, 90.0, 30000.0}) {
      const at::Tensor logit = (randomValues(x.sizes(), 3, 0, 1, at::kDouble) * spread).round();
      for (const at::ScalarType dtype : {at::kDouble, at::kFloat, at::kBFloat16, at::kHalf}) {
        // What the dtype holds of the inputs is what counts.
        const auto held = [&](const at::Tensor& map) { return map.to(dtype).to(at::kDouble); };
        const Result wanted =
            graded([&](const at::Tensor& a, const at::Tensor& b) { return bySoftmax(a, b, shape.window); },
                   held(x), held(logit), held(upstream));
        const double unit = dtype == at::kDouble     ? 1e-12
                            : dtype == at::kFloat    ? 2e-6
                            : dtype == at::kBFloat16 ? std::ldexp(1.01, -8)
                                                     : std::ldexp(1.01, -11);
        for (const bool last : {false, true}) {
          SCOPED_TRACE(::testing::Message() << shape.channels << "x" << shape.height << "x" << shape.width
                                            << " k" << shape.window.kernel << ", logits up to " << spread
                                            << ", " << toString(dtype) << (last ? ", channels_last" : ""));
          const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
          const auto as = [&](const at::Tensor& map) { return map.to(device(), dtype).contiguous(format); };
          const Result got =
              graded([&](const at::Tensor& a, const at::Tensor& b) { return lipPool(a, b, shape.window); },
                     as(x), as(logit), as(upstream));
          EXPECT_EQ(got.y.scalar_type(), dtype);
          EXPECT_TRUE(got.y.is_contiguous(format) || shape.height == 1);
          expectClose(got.y, wanted.y, unit, unit, "y");
          expectClose(got.gradX, wanted.gradX, unit, 2 * unit, "gradX");
          // y stands rounded in it: up to 5 units of x - y, from up to 9 windows.
          expectClose(got.gradLogit, wanted.gradLogit, unit, 24 * unit, "gradLogit");
          // The kernel without a backward pass to come.
          EXPECT_TRUE(at::equal(lipPool(as(x), as(logit), shape.window), got.y));
        }
      }
    }
  }
}

TEST_P(LipParity, EmptyBatchesLaunchNothing) {
  const at::Tensor x = at::zeros({0, 4, 8, 8}, at::TensorOptions(device())).requires_grad_();
  lipPool(x, at::zeros_like(x), 3, 2, 1).sum().backward();
  EXPECT_EQ(x.grad().numel(), 0);
}

TEST_P(LipParity, TwoRunsGiveTheSameBits) {
  const at::Tensor x = randomValues({2, 64, 40, 40}, 4, -2, 3).to(device());
  const at::Tensor logit = randomValues(x.sizes(), 5, 0, 12).to(device());
  const at::Tensor upstream = randomValues({2, 64, 20, 20}, 6, -1, 1).to(device());
  const auto run = [&] {
    return graded([](const at::Tensor& a, const at::Tensor& b) { return lipPool(a, b, 3, 2, 1); }, x, logit,
                  upstream);
  };
  const Result first = run(), second = run();
  EXPECT_TRUE(at::equal(first.y, second.y));
  EXPECT_TRUE(at::equal(first.gradX, second.gradX));
  EXPECT_TRUE(at::equal(first.gradLogit, second.gradLogit));
}

TEST_P(LipParity, Statistics) {
  const at::Tensor logit = randomValues({2, 8, 15, 14}, 7, 0, 12);
  const LipStatistics wanted = lipWindowStatistics(logit, {}),
                      got = lipWindowStatistics(logit.to(device()), {});
  for (const auto map : {&LipStatistics::share, &LipStatistics::importance, &LipStatistics::entropy,
                         &LipStatistics::saturated})
    EXPECT_TRUE(at::allclose((got.*map).cpu(), wanted.*map, 1e-5, 1e-6));
}

}  // namespace
}  // namespace anchorscope
