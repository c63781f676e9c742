#include "core/trainer/batch_tensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/base/check.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

/// Rows for `count` of a batch: on the CPU as many, on a GPU one of few numbers, so that memory of one size
/// is used again.
std::int64_t paddedRows(std::int64_t count, at::Device device) {
  constexpr std::int64_t kFewest = 8;
  if (device.is_cpu() || count == 0) return count;
  return std::max(kFewest, static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(count))));
}

/// [B,rows,height,width] bool of the objects' shapes.
at::Tensor drawnMasks(const std::vector<std::vector<TargetObject>>& objects, std::int64_t rows,
                      SizePx input) {
  const auto images = static_cast<std::int64_t>(objects.size());
  const at::Tensor masks = at::zeros({images, rows, input.height, input.width}, at::kBool);
  const std::int64_t pixels = std::int64_t{input.height} * input.width;
  parallelFor(0, images * rows, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const std::vector<TargetObject>& its = objects[static_cast<std::size_t>(row / rows)];
      const auto object = static_cast<std::size_t>(row % rows);
      if (object >= its.size() || !its[object].shape.shape) continue;
      const std::vector<std::uint8_t> drawn = maskInInput(its[object].shape, input);
      std::memcpy(masks.mutable_data_ptr<bool>() + row * pixels, drawn.data(), drawn.size());
    }
  });
  return masks;
}

}  // namespace

at::Tensor pixelTensor(const Batch& batch, const PixelNormalization& normalization, InputBuffers& buffers) {
  const auto images = static_cast<std::int64_t>(batch.samples.size());
  const std::int64_t height = batch.inputSize.height, width = batch.inputSize.width;
  ANCHORSCOPE_CHECK(static_cast<std::int64_t>(batch.pixels.size()) == images * height * width * 3,
                    "a batch of ", images, " images holds ", batch.pixels.size(), " values");
  const at::Tensor filled = at::empty({images, 4}, at::kInt);
  auto* rect = filled.mutable_data_ptr<std::int32_t>();
  for (const BatchSample& sample : batch.samples) {
    const PixelRect& its = sample.filledInInput;
    for (const int edge : {its.left, its.top, its.right, its.bottom})
      *rect++ = edge;
  }
  auto* pixels = const_cast<std::uint8_t*>(
      batch.pixels.data());  // NOLINT: from_blob has no const form; the tensor is only read
  // Used up before this returns: on the CPU by normalising, to a GPU by copying into pinned memory.
  const at::Tensor bytes = at::from_blob(pixels, {images, height, width, 3}, at::kByte);
  return normalization(buffers.moved(BatchPart::kPixels, bytes), buffers.moved(BatchPart::kFilled, filled));
}

DenseTargets targetTensors(const std::vector<std::vector<TargetObject>>& objects,
                           const std::vector<std::vector<Box>>& ignored, std::int64_t minObjects,
                           std::int64_t minIgnored, InputBuffers& buffers, std::optional<SizePx> masks) {
  ANCHORSCOPE_CHECK(objects.size() == ignored.size(), objects.size(), " and ", ignored.size(), " images");
  const auto images = static_cast<std::int64_t>(objects.size());
  for (const auto& list : objects)
    minObjects = std::max(minObjects, static_cast<std::int64_t>(list.size()));
  for (const auto& list : ignored)
    minIgnored = std::max(minIgnored, static_cast<std::int64_t>(list.size()));
  minObjects = paddedRows(minObjects, buffers.device());
  minIgnored = paddedRows(minIgnored, buffers.device());
  const at::Tensor boxes = at::zeros({images, minObjects, 4}, at::kFloat);
  const at::Tensor labels = at::full({images, minObjects}, -1, at::kLong);
  const at::Tensor valid = at::zeros({images, minObjects}, at::kBool);
  const at::Tensor regions = at::zeros({images, minIgnored, 4}, at::kFloat);
  static_assert(sizeof(Box) == 4 * sizeof(float));
  for (std::size_t image = 0; image < objects.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image) * minObjects;
    for (std::size_t i = 0; i < objects[image].size(); ++i) {
      const auto entry = row + static_cast<std::int64_t>(i);
      std::memcpy(boxes.mutable_data_ptr<float>() + entry * 4, &objects[image][i].boxInInput, sizeof(Box));
      labels.mutable_data_ptr<std::int64_t>()[entry] = objects[image][i].classIndex;
      valid.mutable_data_ptr<bool>()[entry] = true;
    }
    if (!ignored[image].empty())
      std::memcpy(regions.mutable_data_ptr<float>() + static_cast<std::int64_t>(image) * minIgnored * 4,
                  ignored[image].data(), ignored[image].size() * sizeof(Box));
  }
  DenseTargets targets;
  targets.boxes = buffers.moved(BatchPart::kBoxes, boxes);
  targets.labels = buffers.moved(BatchPart::kLabels, labels);
  targets.valid = buffers.moved(BatchPart::kValid, valid);
  targets.ignoreBoxes = buffers.moved(BatchPart::kIgnored, regions);
  if (masks) targets.masks = buffers.moved(BatchPart::kMasks, drawnMasks(objects, minObjects, *masks));
  return targets;
}

DenseTargets targetTensors(const Batch& batch, std::int64_t minObjects, std::int64_t minIgnored,
                           InputBuffers& buffers) {
  std::vector<std::vector<TargetObject>> objects(batch.samples.size());
  std::vector<std::vector<Box>> ignored(batch.samples.size());
  bool withShapes = false;
  for (std::size_t image = 0; image < batch.samples.size(); ++image) {
    const BatchSample& sample = batch.samples[image];
    withShapes = withShapes || !sample.shapesInInput.empty();
    for (std::size_t i = 0; i < sample.objectsInInput.size(); ++i) {
      const Annotation& annotation = sample.objectsInInput[i];
      if (isIgnored(annotation))
        ignored[image].push_back(annotation.boxInImage);
      else
        objects[image].push_back({annotation.boxInImage, annotation.classIndex,
                                  sample.shapesInInput.empty() ? ShapeInInput() : sample.shapesInInput[i]});
    }
  }
  return targetTensors(objects, ignored, minObjects, minIgnored, buffers,
                       withShapes ? std::optional(batch.inputSize) : std::nullopt);
}

}  // namespace anchorscope
