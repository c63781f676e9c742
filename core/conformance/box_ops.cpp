// boxes.*: similarity, coder, suppression.

#include "core/base/check.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/op_table.h"
#include "core/ops/box_coder.h"
#include "core/ops/box_similarity.h"
#include "core/ops/nms.h"

namespace anchorscope::conformance {
namespace {

/// torchvision's epsilon in every *_iou_loss.
constexpr double kTorchvisionEpsilon = 1e-7;

Outputs runSimilarity(const ReferenceCase& reference, at::Device device, BoxSimilarity kind) {
  // torchvision's plain IoU and GIoU matrices have no epsilon; its distance and complete IoU have one.
  const bool matrixHasEpsilon = kind == BoxSimilarity::kDiou || kind == BoxSimilarity::kCiou;
  const SimilarityOptions forMatrix{kind, matrixHasEpsilon ? EpsilonRule::kTorchvision : EpsilonRule::kExact,
                                    kTorchvisionEpsilon};
  // The reference's IoU loss is 1 - IoU of its matrix form, hence without an epsilon.
  const SimilarityOptions forLoss{
      kind, kind == BoxSimilarity::kIou ? EpsilonRule::kExact : EpsilonRule::kTorchvision,
      kTorchvisionEpsilon};
  Outputs outputs;
  outputs["matrix"] = pairwiseSimilarity(reference.input("boxes1").to(device),
                                         reference.input("boxes2").to(device), forMatrix);
  if (reference.hasInput("pred")) {
    const at::Tensor pred = reference.input("pred").to(device).detach().requires_grad_();
    const at::Tensor loss = similarityElements(pred, reference.input("target").to(device), forLoss);
    loss.sum().backward();
    outputs["loss"] = loss;
    outputs["loss_sum"] = loss.sum();
    outputs["grad_pred"] = pred.grad();
  }
  return outputs;
}

Outputs runIof(const ReferenceCase& reference, at::Device device) {
  return {
      {"matrix", pairwiseIof(reference.input("boxes1").to(device), reference.input("boxes2").to(device))}};
}

std::array<double, 4> fourNumbers(const ReferenceCase& reference, const std::string& name) {
  const std::vector<double> values = reference.numbers(name, 4);
  return {values[0], values[1], values[2], values[3]};
}

BoxCoder coderOf(const ReferenceCase& reference) {
  const std::string convention = reference.text("convention");
  BoxCoder coder;
  if (convention == "torchvision") {
    coder = BoxCoder::torchvision(fourNumbers(reference, "weights"));
  } else if (convention == "mmdet") {
    coder = BoxCoder::mmdet(fourNumbers(reference, "means"), fourNumbers(reference, "stds"));
  } else {
    throw UnsupportedCase(concat("there is no box coder convention '", convention, "'"));
  }
  return coder;
}

Outputs runEncode(const ReferenceCase& reference, at::Device device) {
  return {{"deltas", coderOf(reference).encode(reference.input("anchors").to(device),
                                               reference.input("gt").to(device))}};
}

/// The deltas with the shifts of the centres limited to +-`bound` px, as mmdet's add_ctr_clamp does.
at::Tensor withNearCenters(const BoxCoder& coder, const at::Tensor& anchors, const at::Tensor& deltas,
                           double bound) {
  std::vector<at::Tensor> columns;
  for (int axis = 0; axis < 2; ++axis) {
    const double mean = coder.means[axis], std = coder.stds[axis];
    const at::Tensor size = anchors.select(-1, 2 + axis) - anchors.select(-1, axis);
    const at::Tensor shift = ((deltas.select(-1, axis) * std + mean) * size).clamp(-bound, bound);
    columns.push_back((shift / size - mean) / std);
  }
  columns.insert(columns.end(), {deltas.select(-1, 2), deltas.select(-1, 3)});
  return at::stack(columns, -1);
}

/// Boxes cut at the edges of an image of `shape`: height, width.
at::Tensor clipped(const at::Tensor& boxes, const std::vector<double>& shape) {
  std::vector<at::Tensor> columns;
  for (int k = 0; k < 4; ++k)
    columns.push_back(boxes.select(-1, k).clamp(0, k % 2 == 0 ? shape[1] : shape[0]));
  return at::stack(columns, -1);
}

Outputs runDecode(const ReferenceCase& reference, at::Device device) {
  const at::Tensor deltas = reference.input("deltas").to(device).detach().requires_grad_();
  const at::Tensor anchors = reference.input("anchors").to(device);
  BoxCoder coder = coderOf(reference);
  at::Tensor boxes;
  if (reference.flag("add_ctr_clamp", false)) {
    coder.limitShrinking = false;  // as there
    boxes = coder.decode(anchors, withNearCenters(coder, anchors, deltas, reference.number("ctr_clamp")));
  } else {
    boxes = coder.decode(anchors, deltas);
  }
  if (reference.has("max_shape")) boxes = clipped(boxes, reference.numbers("max_shape", 2));
  (boxes * reference.input("upstream").to(device)).sum().backward();
  return {{"boxes", boxes}, {"grad_deltas", deltas.grad()}};
}

Outputs runNms(const ReferenceCase& reference, at::Device device) {
  const at::Tensor boxes = reference.input("boxes").to(device);
  return {{"keep", batchedNms(boxes, reference.input("scores").to(device),
                              at::zeros({boxes.size(0)}, boxes.options().dtype(at::kLong)),
                              reference.number("iou_threshold"))}};
}

Outputs runBatchedNms(const ReferenceCase& reference, at::Device device) {
  return {{"keep", batchedNms(reference.input("boxes").to(device), reference.input("scores").to(device),
                              reference.input("labels").to(device), reference.number("iou_threshold"))}};
}

std::function<Outputs(const ReferenceCase&, at::Device)> similarity(BoxSimilarity kind) {
  return [kind](const ReferenceCase& reference, at::Device device) {
    return runSimilarity(reference, device, kind);
  };
}

}  // namespace

std::vector<OpEntry> boxOps() {
  return {{"boxes.iou", similarity(BoxSimilarity::kIou)},
          {"boxes.giou", similarity(BoxSimilarity::kGiou)},
          {"boxes.diou", similarity(BoxSimilarity::kDiou)},
          {"boxes.ciou", similarity(BoxSimilarity::kCiou)},
          {"boxes.iof", runIof},
          {"boxes.encode", runEncode},
          {"boxes.decode", runDecode},
          {"boxes.nms", runNms},
          {"boxes.batched_nms", runBatchedNms}};
}

}  // namespace anchorscope::conformance
