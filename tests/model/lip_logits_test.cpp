#include "core/model/lip_logits.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "core/base/check.h"

namespace anchorscope {
namespace {

at::Tensor mapOf(std::int64_t batch, std::int64_t channels, std::int64_t height, std::int64_t width) {
  return at::sin(at::arange(batch * channels * height * width, at::kFloat) * 0.61)
      .view({batch, channels, height, width});
}

void fill(const StateList& state, double scale) {
  const at::NoGradGuard noGrad;
  double phase = 0;
  for (const NamedTensor& named : state.parameters())
    named.tensor.add_((at::cos(at::arange(named.tensor.numel(), at::kFloat) * 1.3 + phase++) * scale)
                          .view(named.tensor.sizes()));
}

TEST(LipLogits, AreTheMiddleOfTheGateAtFirst) {
  StateList state(3);
  for (const std::int64_t kernel : {1, 3}) {
    const LipLogit logit(state, concat("k", kernel, "."), 6, 5, kernel);
    const at::Tensor values = logit(mapOf(2, 6, 7, 4) * 100);
    EXPECT_EQ(values.sizes(), (at::IntArrayRef{2, 5, 7, 4}));
    EXPECT_TRUE(values.eq(6).all().item<bool>());
  }
}

TEST(LipLogits, StayWithinTheGateAndInFloat32) {
  StateList state(3);
  const LipLogit logit(state, "", 6, 5, 3);
  fill(state, 3);
  const at::Tensor values = logit(mapOf(2, 6, 7, 4) * 1000);
  EXPECT_GE(values.min().item<float>(), 0);
  EXPECT_LE(values.max().item<float>(), 12);
  EXPECT_GT((values - 6).abs().max().item<float>(), 3);
}

TEST(LipLogits, InstanceNormIsPerImageAndChannelWithoutStatistics) {
  for (const bool channelsLast : {false, true}) {
    StateList state(1);
    const Norm norm(state, "norm", NormKind::kInstance, 40);
    EXPECT_EQ(state.buffers().size(), 0u);
    fill(state, 0.5);
    at::Tensor x = mapOf(3, 40, 5, 6) + 7;
    if (channelsLast) x = x.contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor weight = state.parameters()[0].tensor.detach(),
                     bias = state.parameters()[1].tensor.detach();
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor centred = wide - wide.mean({2, 3}, true);
    const at::Tensor expected =
        centred / (centred.square().mean({2, 3}, true) + 1e-5).sqrt() * weight.view({1, 40, 1, 1}) +
        bias.view({1, 40, 1, 1});
    for (const bool training : {false, true})
      EXPECT_LT((norm(x, training) - expected).abs().max().item<double>(), 1e-4);
  }
}

TEST(LipLogits, InstanceNormOfOnePixelIsTheBias) {
  for (const bool channelsLast : {false, true}) {
    StateList state(1);
    const Norm norm(state, "norm", NormKind::kInstance, 4);
    fill(state, 0.5);
    at::Tensor x = mapOf(2, 4, 1, 1) * 1e4;
    if (channelsLast) x = x.contiguous(at::MemoryFormat::ChannelsLast);
    x.requires_grad_();
    const at::Tensor y = norm(x, true);
    EXPECT_LT((y - state.parameters()[1].tensor.view({1, 4, 1, 1})).abs().max().item<double>(), 1e-6);
    y.square().sum().backward();
    EXPECT_EQ(x.grad().abs().max().item<float>(), 0);
  }
}

}  // namespace
}  // namespace anchorscope
