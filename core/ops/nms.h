#pragma once
// Internal header (ATen). Non-maximum suppression as torchvision 0.26 does it.

#include <ATen/ATen.h>

namespace anchorscope {

/// boxes [N,4], scores [N], float32 or float64, labels [N] int64 -> indices kept [K] int64, by (score
/// descending, index ascending) over all labels. A box is dropped when its IoU with a kept box of its label
/// and of higher order is > iouThreshold; exact, without offsets of coordinates. NaN scores come last; boxes
/// with NaN overlap nothing. No gradient. On CUDA the result's size is read back (one synchronisation).
at::Tensor batchedNms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& labels,
                      double iouThreshold);

/// For boxes [N,4] that are in that order already, with their labels [N]: which are kept, [N] bool. Nothing
/// is read back.
at::Tensor standingBoxes(const at::Tensor& boxes, const at::Tensor& labels, double iouThreshold);

}  // namespace anchorscope
