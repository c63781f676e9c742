#include "core/ops/class_boxes.h"

#include <tuple>
#include <vector>

#include "core/ops/box_similarity.h"
#include "core/ops/scores.h"

namespace anchorscope {
namespace {

/// [B,N,K]: of each candidate what one class has. values [B,N,C,K], classes [B,N].
at::Tensor ofClass(const at::Tensor& values, const at::Tensor& classes) {
  const at::Tensor index = classes.unsqueeze(2).unsqueeze(3).expand({-1, -1, 1, values.size(3)});
  return values.gather(2, index).squeeze(2);
}

}  // namespace

bool boxPerClass(const HeadOutputs& outputs) {
  return outputs.boxes.dim() == 4;
}

HeadOutputs withBoxesOfObjects(const HeadOutputs& outputs, const at::Tensor& labels,
                               const at::Tensor& matched) {
  if (!boxPerClass(outputs)) return outputs;
  const at::Tensor classes = labels.gather(1, matched.clamp_min(0)).clamp_min(0);
  HeadOutputs out = outputs;
  out.boxes = ofClass(outputs.boxes, classes);
  if (outputs.offsets.defined()) out.offsets = ofClass(outputs.offsets, classes);
  return out;
}

at::Tensor predictedBoxes(const HeadOutputs& outputs) {
  at::Tensor boxes = outputs.boxes.detach();
  if (!boxPerClass(outputs)) return boxes;
  return ofClass(boxes, std::get<1>(foregroundLogits(outputs).detach().max(2)));
}

at::Tensor predictedIou(const HeadOutputs& outputs, const at::Tensor& objects, const at::Tensor& labels) {
  const at::Tensor boxes = outputs.boxes.detach();
  if (!boxPerClass(outputs)) return pairwiseIou(objects, boxes);
  std::vector<at::Tensor> images;
  for (std::int64_t b = 0; b < boxes.size(0); ++b) {
    const at::Tensor own = boxes[b].transpose(0, 1).index_select(0, labels[b].clamp_min(0));  // [G,N,4]
    images.push_back(pairwiseIou(objects[b].unsqueeze(1), own).squeeze(1));
  }
  return at::stack(images);
}

at::Tensor boxesAt(const HeadOutputs& outputs, const at::Tensor& image, const at::Tensor& candidate,
                   const at::Tensor& classes) {
  return boxPerClass(outputs) ? outputs.boxes.index({image, candidate, classes})
                              : outputs.boxes.index({image, candidate});
}

at::Tensor boxesAt(const at::Tensor& boxes, const at::Tensor& candidate, const at::Tensor& classes) {
  const at::Device device = boxes.device();
  if (boxes.dim() == 2) return boxes.index_select(0, candidate.to(device));
  return boxes.flatten(0, 1).index_select(0, (candidate * boxes.size(1) + classes).to(device));
}

at::Tensor decodedClassBoxes(const BoxCoder& coder, const at::Tensor& candidates, const at::Tensor& offsets) {
  const at::Tensor anchors = candidates.unsqueeze(2).expand_as(offsets).reshape({-1, 4});
  return coder.decode(anchors, offsets.reshape({-1, 4})).view(offsets.sizes());
}

}  // namespace anchorscope
