// Layers by themselves: what a convolution of one pixel gives in either order of memory and precision.

#include "core/model/layers.h"

#include <gtest/gtest.h>

#include "tests/model/detector_testing.h"

namespace anchorscope::testing {
namespace {

/// A pointwise convolution's output and gradients, float32.
std::vector<at::Tensor> pointwise(at::MemoryFormat layout, bool bf16, std::int64_t stride, bool bias) {
  StateList state(3);
  const Conv conv(state, "conv", {24, 40, 1, stride, bias}, ConvInit::kKaimingLinear);
  state.moveTo(at::kCPU, layout == at::MemoryFormat::ChannelsLast);
  if (bias) {
    const at::NoGradGuard noGrad;
    conv.bias().copy_(at::linspace(-1, 1, 40));
  }
  const at::Tensor input =
      at::linspace(-2, 2, 2 * 24 * 5 * 7).sin().reshape({2, 24, 5, 7}).contiguous(layout);
  input.set_requires_grad(true);
  at::Tensor output;
  if (bf16) {
    const Autocast autocast;
    output = conv(input);
    EXPECT_EQ(output.scalar_type(), at::kBFloat16);
  } else {
    output = conv(input);
  }
  EXPECT_TRUE(output.is_contiguous(layout));
  (output.to(at::kFloat) * at::linspace(0, 1, output.numel()).reshape(output.sizes())).sum().backward();
  std::vector<at::Tensor> out{output.to(at::kFloat), input.grad()};
  for (const NamedTensor& named : state.parameters())
    out.push_back(named.tensor.grad());
  return out;
}

TEST(Layers, APointwiseConvolutionIsTheSameInEitherOrderOfMemory) {
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const bool bias : {false, true}) {
      const auto exact = pointwise(at::MemoryFormat::Contiguous, false, stride, bias);
      ASSERT_EQ(exact[0].sizes(), (at::IntArrayRef{2, 40, (5 - 1) / stride + 1, (7 - 1) / stride + 1}));
      for (const bool bf16 : {false, true}) {
        for (const at::MemoryFormat layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
          const auto own = pointwise(layout, bf16, stride, bias);
          ASSERT_EQ(own.size(), exact.size());
          for (std::size_t i = 0; i < exact.size(); ++i) {
            ASSERT_EQ(own[i].sizes(), exact[i].sizes());
            // In bf16 two roundings to 8 bits, of terms that partly cancel.
            const double tolerance = bf16 ? 0.02 : 1e-5;
            EXPECT_LT(largestDifference(own[i], exact[i]), tolerance * exact[i].abs().max().item<double>())
                << "result " << i << ", stride " << stride << (bias ? ", bias" : "")
                << (bf16 ? ", bf16" : "");
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
