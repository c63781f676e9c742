#pragma once
// Internal header (ATen). Batch normalisation together with what follows it in a residual network: the sum
// with the shortcut and the ReLU, which take a pass over the map each when they are operators of their own.

#include <ATen/ATen.h>

namespace anchorscope {

struct BatchNormState {
  at::Tensor weight, bias;                  ///< [C]
  at::Tensor runningMean, runningVariance;  ///< [C]
  /// Normalise by the batch's own statistics, and move the running ones (momentum; the variance unbiased).
  /// Otherwise by the running ones: a multiplication and a sum per element, and nothing of the input is kept
  /// for the backward pass.
  bool batchStatistics = false;
  double momentum = 0.1, epsilon = 1e-5;
};

/// relu(batchnorm(input) + residual), rectify and residual (undefined: none) as asked for; input and residual
/// [B,C,H,W], the result in the input's dtype and layout. Gradient, once, to input, residual, weight and
/// bias.
///
/// In one pass, and one more for batch statistics, for float32 and bfloat16 in channels_last on the CPU
/// (state in float32), summed in an order that does not depend on the number of threads. There the running
/// variance of a single value is taken as biased (0), where ATen divides by 0. Everything else, an empty
/// input, and running statistics beside a weight or bias that wants a gradient: by ATen's operators.
at::Tensor batchNorm(const at::Tensor& input, const BatchNormState& state, const at::Tensor& residual = {},
                     bool rectify = false);

}  // namespace anchorscope
