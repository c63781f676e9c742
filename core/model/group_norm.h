#pragma once
// Internal header (ATen). Group norm that is fast in channels_last on the CPU, where ATen's takes several
// times as long as in the contiguous layout.

#include <ATen/ATen.h>

#include <cstdint>

namespace anchorscope {

/// Group norm (Wu & He, ECCV 2018) of input [B,C,H,W] over `groups` groups of channels; weight and bias [C].
/// Gradient to all three, once. A float32 or bfloat16 input in channels_last on the CPU (parameters float32)
/// is computed here, one in channels_last on a GPU from its moments in that layout; everything else, and an
/// empty input, by at::group_norm. The result has the input's dtype and layout.
at::Tensor groupNorm(const at::Tensor& input, std::int64_t groups, const at::Tensor& weight,
                     const at::Tensor& bias, double epsilon);

}  // namespace anchorscope
