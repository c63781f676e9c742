// Layers by themselves: what a convolution gives in bf16, in either order of memory.

#include "core/model/layers.h"

#include <gtest/gtest.h>

#include "tests/model/detector_testing.h"

namespace anchorscope::testing {
namespace {

/// A pointwise convolution's output and gradients, float32.
std::vector<at::Tensor> pointwise(at::MemoryFormat layout, bool bf16, bool bias) {
  StateList state(3);
  const Conv conv(state, "conv", {24, 40, 1, 1, bias}, ConvInit::kKaimingLinear);
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

TEST(Layers, APointwiseConvolutionInBf16IsTheSameInEitherOrderOfMemory) {
  for (const bool bias : {false, true}) {
    const auto exact = pointwise(at::MemoryFormat::Contiguous, false, bias);
    for (const at::MemoryFormat layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const auto rounded = pointwise(layout, true, bias);
      ASSERT_EQ(rounded.size(), exact.size());
      for (std::size_t i = 0; i < exact.size(); ++i) {
        ASSERT_EQ(rounded[i].sizes(), exact[i].sizes());
        // Two roundings to 8 bits, of terms that partly cancel.
        EXPECT_LT(largestDifference(rounded[i], exact[i]), 0.02 * exact[i].abs().max().item<double>())
            << "result " << i << (bias ? " with bias" : "");
      }
    }
  }
}

}  // namespace
}  // namespace anchorscope::testing
