#pragma once
// Internal header (ATen). A loaded batch as the tensors the detector and the methods take.

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "core/data/loader.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// Pixels as [B,3,H,W] in channels-last order on `device`: on the CPU a view that keeps the batch alive, to a
/// GPU one copy from pinned memory that is not waited for.
at::Tensor pixelTensor(std::shared_ptr<const Batch> batch, at::Device device);

/// One object as the methods see it.
struct TargetObject {
  Box boxInInput;
  int classIndex = 0;
};

/// The objects of a batch, padded to the same number of rows per image: at least `minObjects` (and
/// `minIgnored`), more where an image has more; on a GPU rounded up to one of few numbers. Every object gets
/// a row.
DenseTargets targetTensors(const std::vector<std::vector<TargetObject>>& objects,
                           const std::vector<std::vector<Box>>& ignored, std::int64_t minObjects,
                           std::int64_t minIgnored, at::Device device);

/// The same from a batch's annotations; crowds and difficult objects are regions to ignore.
DenseTargets targetTensors(const Batch& batch, std::int64_t minObjects, std::int64_t minIgnored,
                           at::Device device);

}  // namespace anchorscope
