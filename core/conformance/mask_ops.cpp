// mask.*: masks of regions.

#include "core/conformance/network_cases.h"
#include "core/conformance/op_table.h"
#include "core/ops/masks.h"

namespace anchorscope::conformance {
namespace {

at::Tensor projected(const ReferenceCase& reference, at::Device device, std::int64_t side) {
  return projectMasks(reference.input("masks").to(device), reference.input("boxes").to(device),
                      reference.input("matched_gt").to(device), side);
}

Outputs runProject(const ReferenceCase& reference, at::Device device) {
  return {{"targets", projected(reference, device, reference.integer("size"))}};
}

Outputs runLoss(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = reference.input("mask_logits").to(device).detach().requires_grad_();
  const at::Tensor classes =
      reference.input("gt_labels").to(device).index_select(0, reference.input("matched_gt").to(device));
  const at::Tensor loss = maskLossRows(logits, projected(reference, device, logits.size(3)), classes).mean();
  loss.backward();
  return {{"loss", loss}, {"grad_mask_logits", logits.grad()}};
}

Outputs runPaste(const ReferenceCase& reference, at::Device device) {
  const at::Tensor masks = reference.input("masks").to(device), boxes = reference.input("boxes").to(device);
  const at::Tensor pasted = pasteMasks(masks, boxes, imageSizeOf(reference));
  return {{"box_int", pastedBoxes(boxes, masks.size(1))}, {"pasted", pasted}, {"binary", pasted >= 0.5}};
}

}  // namespace

std::vector<OpEntry> maskOps() {
  return {{"mask.project", runProject}, {"mask.loss", runLoss}, {"mask.paste", runPaste}};
}

}  // namespace anchorscope::conformance
