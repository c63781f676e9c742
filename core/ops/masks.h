#pragma once
// Internal header (ATen). Masks of regions (He et al., ICCV 2017) as torchvision 0.26 does it: what of the
// objects' masks a region learns, the loss, and a region's mask brought back into its image.

#include <ATen/ATen.h>

#include <cstdint>

#include "core/base/geometry.h"

namespace anchorscope {

/// What regions see of their objects: masks [M,H,W] (bool or of the boxes' dtype; the batch's, one after the
/// other), boxes [K,4] px of the masks, float32 or float64, object [K] int64 in 0..M-1 -> [K,side,side] in
/// [0,1] by RoIAlign, without a threshold; 0 outside the mask. No gradient.
at::Tensor projectMasks(const at::Tensor& masks, const at::Tensor& boxes, const at::Tensor& object,
                        std::int64_t side);

/// logits [K,C,side,side], targets [K,side,side], classes [K] int64, columns of the logits -> [K] binary
/// cross entropy of each region's own class, mean over its pixels. Gradient to the logits.
at::Tensor maskLossRows(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& classes);

/// Scores of regions [K,side,side], boxes [K,4] px of the image -> [K,height,width] on the CPU: each resized
/// to its box (bilinear), with a border of 0, corners on whole px; 0 outside. float32 or float64. On all
/// threads.
at::Tensor pasteMasks(const at::Tensor& masks, const at::Tensor& boxes, SizePx image);

/// Where pasteMasks puts them: [K,4] int64 first and last px (both included) along x and y: x1, y1, x2, y2.
at::Tensor pastedBoxes(const at::Tensor& boxes, std::int64_t side);

}  // namespace anchorscope
