#pragma once
// Internal header (ATen). Which pixels each detection of a detector with masks covers (He et al., ICCV 2017;
// torchvision 0.26's Mask R-CNN).

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "core/base/geometry.h"
#include "core/data/segmentation.h"
#include "core/evidence/frame.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// [K,rows,columns] on the outputs' device: for each of an image's detections the scores in (0,1) of the mask
/// of its class, looked at in its own box. outputs: with masksOf; image: of the batch. No gradient.
at::Tensor detectionMaskScores(const HeadOutputs& outputs, std::int64_t image,
                               const std::vector<PredictionRecord>& detections,
                               const AxisTransform& inputFromImage);

/// The px of the image (of this size) that each of them covers: its scores resized to its box, where they are
/// at least a half.
std::vector<std::shared_ptr<const RunMask>> masksInImage(const at::Tensor& scores,
                                                         const std::vector<PredictionRecord>& detections,
                                                         SizePx image);

}  // namespace anchorscope
