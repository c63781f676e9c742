#include "core/eval/detection_masks.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/ops/masks.h"

namespace anchorscope {
namespace {

/// [K,4] float32 on the CPU.
at::Tensor boxesOf(const std::vector<PredictionRecord>& detections, const AxisTransform& targetFromImage) {
  at::Tensor boxes = at::empty({static_cast<std::int64_t>(detections.size()), 4}, at::kFloat);
  float* out = boxes.mutable_data_ptr<float>();
  for (const PredictionRecord& detection : detections) {
    const Box box = targetFromImage.map(detection.boxInImage);
    for (const float edge : {box.x1, box.y1, box.x2, box.y2})
      *out++ = edge;
  }
  return boxes;
}

}  // namespace

at::Tensor detectionMaskScores(const HeadOutputs& outputs, std::int64_t image,
                               const std::vector<PredictionRecord>& detections,
                               const AxisTransform& inputFromImage) {
  ANCHORSCOPE_CHECK(outputs.masksOf, "heads without masks");
  const c10::NoGradGuard noGrad;
  std::vector<std::int64_t> classes;
  for (const PredictionRecord& detection : detections)
    classes.push_back(detection.classIndex);
  const at::Device device = outputs.logits.device();
  const at::Tensor label = at::tensor(classes, at::kLong).to(device);
  const at::Tensor logits =
      outputs.masksOf(boxesOf(detections, inputFromImage).to(device), at::full_like(label, image));
  const at::Tensor own = label.view({-1, 1, 1, 1}).expand({-1, 1, logits.size(2), logits.size(3)});
  return logits.gather(1, own).squeeze(1).sigmoid();
}

std::vector<std::shared_ptr<const RunMask>> masksInImage(const at::Tensor& scores,
                                                         const std::vector<PredictionRecord>& detections,
                                                         SizePx image) {
  constexpr std::int64_t kAtOnce = 16;  // whole images of float32
  const at::Tensor boxes = boxesOf(detections, {});
  const at::Tensor onHost = scores.to(at::kCPU, at::kFloat);
  std::vector<std::shared_ptr<const RunMask>> out;
  for (std::int64_t first = 0; first < boxes.size(0); first += kAtOnce) {
    const std::int64_t count = std::min(kAtOnce, boxes.size(0) - first);
    const at::Tensor covered =
        pasteMasks(onHost.narrow(0, first, count), boxes.narrow(0, first, count), image)
            .ge(0.5)
            .to(at::kByte)
            .contiguous();
    for (std::int64_t i = 0; i < count; ++i)
      out.push_back(
          std::make_shared<const RunMask>(maskOfPixels(covered[i].const_data_ptr<std::uint8_t>(), image)));
  }
  return out;
}

}  // namespace anchorscope
