#pragma once
// Internal header (ATen). What lipPool's two backends offer to core/ops/lip.cpp. All tensors of a call lie on
// one device in one layout, contiguous or channels_last, and none is empty.

#include <ATen/ATen.h>

#include "core/ops/lip_math.h"

namespace anchorscope {

/// The last two are undefined where no backward pass will come.
struct LipResult {
  at::Tensor y;  ///< [B,C,OH,OW] in the features' dtype
  at::Tensor
      inverseSum;        ///< [B,C,OH,OW] 1 / sum of e^(logit - r): float64 for float64 features, else float32
  at::Tensor reference;  ///< what the backend needs to know r
};

/// On the CPU r is 0 where all logits of a row of windows are moderate, otherwise each window's largest logit
/// (lip_rows.h): a bool says which, for each row of windows of some channels. Uninitialised.
at::Tensor lipReferenceOnCpu(const at::Tensor& x, const at::Tensor& y, const LipWindow& window);
/// On CUDA r is each window's largest logit, kept as a map in the logits' dtype. Uninitialised.
at::Tensor lipReferenceOnCuda(const at::Tensor& x, const at::Tensor& y, const LipWindow& window);

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
