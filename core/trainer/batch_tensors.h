#pragma once
// Internal header (ATen). A loaded batch as the tensors the detector and the methods take.

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "core/data/loader.h"
#include "core/data/object_shape.h"
#include "core/model/detector.h"
#include "core/ops/dense_types.h"
#include "core/ops/pixels.h"
#include "core/trainer/input_buffers.h"

namespace anchorscope {

/// Pixels as [B,3,H,W] float32 in channels-last order on the buffers' device, normalised there from the 8
/// bits, which lie in the buffers.
at::Tensor pixelTensor(const Batch& batch, const PixelNormalization& normalization, InputBuffers& buffers);

/// What the detector's pixels are, on its device.
inline PixelNormalization normalizationOf(const Detector& detector, at::Device device) {
  return {detector.pixelMean(), detector.pixelStd(), device};
}

/// One object as the methods see it.
struct TargetObject {
  Box boxInInput;
  int classIndex = 0;
  ShapeInInput shape = {};
};

/// The objects of a batch, padded to the same number of rows per image: at least `minObjects` (and
/// `minIgnored`), more where an image has more; on a GPU rounded up to one of few numbers. Every object gets
/// a row. masks: of inputs of this size, drawn from the objects' shapes; without a size none are.
DenseTargets targetTensors(const std::vector<std::vector<TargetObject>>& objects,
                           const std::vector<std::vector<Box>>& ignored, std::int64_t minObjects,
                           std::int64_t minIgnored, InputBuffers& buffers,
                           std::optional<SizePx> masks = std::nullopt);

/// The same from a batch's annotations; crowds and difficult objects are regions to ignore. With masks where
/// the batch has shapes.
DenseTargets targetTensors(const Batch& batch, std::int64_t minObjects, std::int64_t minIgnored,
                           InputBuffers& buffers);

}  // namespace anchorscope
