#include "core/ops/lip.h"

#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "core/ops/dispatch.h"
#include "core/ops/lip_backends.h"
#include "core/ops/packed.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool isPoolable(at::ScalarType dtype) {
  return dtype == at::kFloat || dtype == at::kDouble || dtype == at::kBFloat16 || dtype == at::kHalf;
}

/// Logits alone, or logits and features.
void checkLogit(const at::Tensor& logit, const LipWindow& window) {
  ANCHORSCOPE_CHECK(logit.dim() == 4, "a logit [B,C,H,W] is needed, not ", logit.sizes());
  ANCHORSCOPE_CHECK(isPoolable(logit.scalar_type()), "a logit of dtype ", toString(logit.scalar_type()));
  ANCHORSCOPE_CHECK(window.kernel >= 1 && window.stride >= 1, "kernel ", window.kernel, ", stride ",
                    window.stride);
  ANCHORSCOPE_CHECK(window.padding >= 0 && window.padding < window.kernel, "padding ", window.padding,
                    " with kernel ", window.kernel);
  for (const std::int64_t dimension : {2, 3}) {
    ANCHORSCOPE_CHECK(
        logit.size(dimension) + 2 * window.padding >= window.kernel && logit.size(dimension) > 0, "a map of ",
        logit.sizes(), " holds no window of ", window.kernel);
  }
}

/// The layout of features that lipPool has brought into one of the two. A map that is both is taken as
/// contiguous.
at::MemoryFormat layoutOf(const at::Tensor& x) {
  return x.is_contiguous() ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
}

at::Tensor emptyOutput(const at::Tensor& x, const LipWindow& window, at::ScalarType dtype) {
  return at::empty({x.size(0), x.size(1), window.outputs(x.size(2)), window.outputs(x.size(3))},
                   x.options().dtype(dtype).memory_format(layoutOf(x)));
}

/// x, logit in one layout and dtype.
LipResult forwardPass(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      bool backwardComes) {
  LipResult result;
  result.y = emptyOutput(x, window, x.scalar_type());
  if (backwardComes) {
    result.inverseSum = emptyOutput(x, window, x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
    result.reference = (usesKernels(x) ? lipReferenceOnCuda : lipReferenceOnCpu)(x, result.y, window);
  }
  if (result.y.numel() > 0) {
    const c10::DeviceGuard guard(x.device());
    (usesKernels(x) ? lipForwardOnCuda : lipForwardOnCpu)(x, logit, window, result);
  }
  return result;
}

class LipPool : public torch::autograd::Function<LipPool> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& logit,
                            const LipWindow& window) {
    const LipResult result = forwardPass(x, logit, window, true);
    context->save_for_backward({x, logit, result.y, result.inverseSum, result.reference});
    context->saved_data["window"] = packed(window);
    return result.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &logit = saved[1];
    const LipGradient gradient{at::empty_like(x), at::empty_like(logit)};
    if (x.numel() > 0) {
      const auto window = unpacked<LipWindow>(context->saved_data["window"].toTensor());
      const at::Tensor upstream = upstreams[0].contiguous(layoutOf(x));
      const c10::DeviceGuard guard(x.device());
      (usesKernels(x) ? lipBackwardOnCuda : lipBackwardOnCpu)(
          x, logit, window, {saved[2], saved[3], saved[4]}, upstream, gradient);
    }
    return {gradient.x, gradient.logit, at::Tensor()};
  }
};

/// For each position in the window: body(viewOf), where viewOf(map) is every window's pixel at that position,
/// a view [...,OH,OW] of a padded map.
template <typename Body>
void forPositions(const LipWindow& window, std::int64_t outH, std::int64_t outW, const Body& body) {
  for (std::int64_t dy = 0; dy < window.kernel; ++dy) {
    for (std::int64_t dx = 0; dx < window.kernel; ++dx) {
      body([&](const at::Tensor& map) {
        return map.slice(-2, dy, dy + (outH - 1) * window.stride + 1, window.stride)
            .slice(-1, dx, dx + (outW - 1) * window.stride + 1, window.stride);
      });
    }
  }
}

/// LipStatistics' share and entropy.
struct Shares {
  at::Tensor share, entropy;
};

Shares sharesOf(const at::Tensor& logit, const LipWindow& window) {
  const std::int64_t border = window.padding, height = logit.size(2), width = logit.size(3);
  const std::int64_t outH = window.outputs(height), outW = window.outputs(width);
  const at::Tensor padded =
      at::constant_pad_nd(logit, {border, border, border, border}, -std::numeric_limits<double>::infinity());
  at::Tensor largest;
  forPositions(window, outH, outW, [&](const auto& viewOf) {
    const at::Tensor pixels = viewOf(padded);
    largest = largest.defined() ? at::maximum(largest, pixels) : pixels.clone();
  });
  at::Tensor sum = at::zeros_like(largest), moment = at::zeros_like(largest);
  forPositions(window, outH, outW, [&](const auto& viewOf) {
    const at::Tensor below = viewOf(padded) - largest, weight = below.exp();
    sum += weight;
    moment += weight * below.clamp_min(std::numeric_limits<float>::lowest());  // padding: 0, not 0 * -inf
  });
  const at::Tensor share = at::zeros({logit.size(0), padded.size(2), padded.size(3)}, logit.options());
  forPositions(window, outH, outW, [&](const auto& viewOf) {
    viewOf(share) += ((viewOf(padded) - largest).exp() / sum).mean(1);
  });
  return {share.slice(1, border, border + height).slice(2, border, border + width),
          (sum.log() - moment / sum).mean(1)};
}

}  // namespace

at::Tensor lipPool(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window) {
  checkLogit(logit, window);
  ANCHORSCOPE_CHECK(isPoolable(x.scalar_type()), "features of dtype ", toString(x.scalar_type()));
  ANCHORSCOPE_CHECK(x.sizes() == logit.sizes(), "features are ", x.sizes(), ", logits ", logit.sizes());
  ANCHORSCOPE_CHECK(x.device() == logit.device(), "features are on ", x.device(), ", logits on ",
                    logit.device());
  const at::ScalarType dtype = at::promote_types(x.scalar_type(), logit.scalar_type());
  const at::Tensor features = x.to(dtype).contiguous(x.suggest_memory_format());
  const at::Tensor logits = logit.to(dtype).contiguous(layoutOf(features));
  if (at::GradMode::is_enabled() && (x.requires_grad() || logit.requires_grad()))
    return LipPool::apply(features, logits, window);
  return forwardPass(features, logits, window, false).y;
}

at::Tensor lipPool(const at::Tensor& x, const at::Tensor& logit, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding) {
  return lipPool(x, logit, LipWindow{kernel, stride, padding});
}

LipStatistics lipWindowStatistics(const at::Tensor& logit, const LipWindow& window) {
  checkLogit(logit, window);
  ANCHORSCOPE_CHECK(logit.size(1) >= 1, "there is no channel in ", logit.sizes());
  const at::NoGradGuard noGrad;
  const at::Tensor logits = logit.detach().to(at::kFloat);
  const Shares shares = sharesOf(logits, window);
  const at::Tensor ofAverage =
      sharesOf(at::zeros({1, 1, logits.size(2), logits.size(3)}, logits.options()), window).share;
  LipStatistics result;
  result.share = shares.share.contiguous();
  result.importance = at::where(ofAverage > 0, result.share / ofAverage, at::zeros_like(result.share));
  result.entropy = shares.entropy;
  result.saturated = at::logical_or(logits<kLipGateLow, logits> kLipGateHigh).to(at::kFloat).mean(1);
  return result;
}

}  // namespace anchorscope
