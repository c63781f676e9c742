#pragma once
// Internal header (ATen). What lipPool's two backends offer to core/ops/lip.cpp. All tensors of a call lie on
// one device in one layout, contiguous or channels_last, and none is empty.

#include <ATen/ATen.h>

#include "core/ops/lip_math.h"

namespace anchorscope {

/// Maps [B,C,OH,OW]. The last two are undefined where no backward pass will come.
struct LipResult {
  at::Tensor y, largest;  ///< in the features' dtype
  at::Tensor inverseSum;  ///< 1 / sum of e^(logit - largest): float64 for float64 features, else float32
};

/// Fills the tensors of `result` that are defined.
void lipForwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                     const LipResult& result);
void lipForwardOnCuda(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      const LipResult& result);

/// Maps [B,C,H,W] in the features' dtype.
struct LipGradient {
  at::Tensor x, logit;
};

void lipBackwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      const LipResult& result, const at::Tensor& upstream, const LipGradient& gradient);
void lipBackwardOnCuda(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                       const LipResult& result, const at::Tensor& upstream, const LipGradient& gradient);

}  // namespace anchorscope
