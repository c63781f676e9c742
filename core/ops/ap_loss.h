#pragma once
// Internal header (ATen). AP loss (Chen et al., CVPR 2019): one minus the average precision of all scores of
// a batch, learnt by the error-driven update that the paper defines in place of a gradient.

#include <ATen/ATen.h>

namespace anchorscope {

/// logits [R,C], labels [R] int64 (class, -1 background, -2 takes no part) -> [R]: of each positive row
/// (1 - its precision) / positives, 0 of others; their sum is the loss. delta: half the width of the step, >
/// 0. Backward gives the paper's update. Only the logits' own size is needed besides a fixed amount of
/// memory, and the formulas are summed in float64. Waits for the device.
at::Tensor apLossRows(const at::Tensor& logits, const at::Tensor& labels, double delta);

}  // namespace anchorscope
