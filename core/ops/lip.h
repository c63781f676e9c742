#pragma once
// Internal header (ATen). Local importance-based pooling (LIP; Gao, Wang and Wu, ICCV 2019).
//
// For an output cell o with the window's in-map pixels j, per image and channel:
//   y_o = sum_j x_j e^{g_j} / sum_j e^{g_j},   share_jo = e^{g_j} / sum_i e^{g_i}
//   dy_o/dx_j = share_jo,   dy_o/dg_j = (x_j - y_o) share_jo
// with x the features and g their logits. Padding takes no part. Zero logits are average pooling over the
// in-map pixels; large ones approach max pooling where g follows x.
//
// The formula is the paper's. Ours: exponentials are taken in float32 (float64 for float64) relative to the
// window's largest logit, so that every finite logit gives a finite result in every dtype (the official code
// takes e^g as it is, which float16 cannot hold beyond g = 11). Where all logits are within 40 of 0, which
// the official gate's are, the CPU leaves the reference out: float32 holds e^40, and the ratio is the same.

#include <ATen/ATen.h>

#include <cstdint>

#include "core/ops/lip_math.h"

namespace anchorscope {

/// x, logit [B,C,H,W] -> [B,C,OH,OW], OH = floor((H + 2 padding - kernel) / stride) + 1.
/// float32, float64, bfloat16 or float16; where the two dtypes differ both are brought to the wider one.
/// Contiguous or channels_last as x is, and so is the result; other strides, and a logit in another layout,
/// are copied first. Gradient to both, by gathering: the same bits on every run. Keeps for the backward pass
/// x, logit, y and a float32 (float64: double) per element of y, on CUDA also the window's largest logit.
/// Misuse throws: other shapes or dtypes, kernel or stride < 1, padding outside [0, kernel), a map smaller
/// than one window.
at::Tensor lipPool(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window);
at::Tensor lipPool(const at::Tensor& x, const at::Tensor& logit, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding);

/// What the logits do, for display. All float32, on the logit's device, without gradient.
struct LipStatistics {
  at::Tensor share;       ///< [B,H,W]: a pixel's shares summed over its windows, mean over channels. Sums
                          ///< to OH OW per image; differs between pixels also when all logits are equal.
  at::Tensor importance;  ///< [B,H,W]: share over that of average pooling: 1 = as much as average pooling
                          ///< gives this pixel. 0 for a pixel in no window.
  at::Tensor entropy;     ///< [B,OH,OW]: entropy of the window's shares in nat, mean over channels;
                          ///< ln(pixels in the window) = average pooling, 0 = one pixel takes all.
  at::Tensor saturated;   ///< [B,H,W]: part of the channels whose logit is below kLipGateLow or above
                          ///< kLipGateHigh.
};

/// Saturation of the official gate, 12 sigmoid(.): where its slope is nearly gone.
inline constexpr double kLipGateLow = 0.5;
inline constexpr double kLipGateHigh = 11.5;

/// logit [B,C,H,W] of any of lipPool's dtypes, C >= 1. Takes several passes over the logits: for evidence,
/// not for every step.
LipStatistics lipWindowStatistics(const at::Tensor& logit, const LipWindow& window);

}  // namespace anchorscope
