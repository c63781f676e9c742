// assigner.dynamic_soft_label, head.rtmdet: the assigners by dynamic k and the heads trained with them.

#include "core/assigners/assigner.h"
#include "core/conformance/head_cases.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"
#include "core/methods/method_info.h"
#include "core/ops/box_coder.h"

namespace anchorscope::conformance {
namespace {

/// Stride-sized boxes around priors [N,4] = x, y, horizontal and vertical stride.
AnchorSet priorBoxes(const at::Tensor& priors) {
  AnchorSet points;
  points.strides = priors.select(1, 2);
  const at::Tensor centre = priors.slice(1, 0, 2), half = priors.slice(1, 2, 4) / 2;
  points.boxes = at::cat({centre - half, centre + half}, 1);
  points.offsets = BoxOffsets::kSideDistances;
  return points;
}

Outputs runSoftLabel(const ReferenceCase& reference, at::Device device) {
  const AnchorSet points = priorBoxes(reference.input("priors").to(device, at::kDouble));
  HeadOutputs heads;
  heads.logits = reference.input("logits").to(device, at::kDouble).unsqueeze(0);
  heads.boxes = reference.input("pred_boxes").to(device, at::kDouble).unsqueeze(0);
  const PaddedObjects objects = padObjects(reference, 1, heads.logits.size(2), device);
  if (reference.text("iou_calculator") != "BboxOverlaps2D")
    throw UnsupportedCase("overlaps count no extra pixel here");
  ParamSet params = assignerParams("dynamic_soft_label");
  setOption(params, "soft_label_convention", reference.text("convention"));
  setOption(params, "soft_label_topk", toText(ParamValue(reference.integer("topk"))));
  setOption(params, "soft_center_radius", toText(ParamValue(reference.number("soft_center_radius"))));
  setOption(params, "soft_iou_weight", toText(ParamValue(reference.number("iou_weight"))));
  CaptureSink sink;
  const Assignment assignment =
      unwrapped(makeAssigner("dynamic_soft_label", params))->assign({points, heads, objects.targets}, &sink);
  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const std::int64_t count = objects.image.numel();
  Outputs outputs{{"assigned_gt", assigned},
                  {"labels", labelsOf(reference, assigned)},
                  {"assigned_iou", assignment.clsTarget.amax(2).squeeze(0)},
                  {"candidate", sink.channels.at("soft_label.candidate").squeeze(0)},
                  {"dynamic_k", sink.objectColumns.at("soft_label.needed").squeeze(0).slice(0, 0, count)}};
  return outputs;
}

Outputs runRtmdet(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   ltrb = leafInput(reference, "ltrb", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false), 0));
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = (ltrb / anchors.strides.unsqueeze(1)).unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors).decode(anchors.boxes, heads.offsets);
  ParamSet params = unwrapped(methodParams("rtmdet"));
  setOption(params, "soft_label_topk", toText(ParamValue(reference.integer("topk"))));
  HeadRun run = runHead(reference, "rtmdet", params, anchors, heads);
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_ltrb"] = gradientOf(ltrb);
  return run.outputs;
}

Outputs runYolox(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   raw = leafInput(reference, "box_preds", device),
                   objectness = leafInput(reference, "objectness_logits", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false)));
  const at::Tensor stride = anchors.strides.unsqueeze(1);
  const at::Tensor corner = anchors.boxes.slice(1, 0, 2);  // k * stride
  const at::Tensor centre = corner + raw.slice(1, 0, 2) * stride,
                   half = raw.slice(1, 2, 4).exp() * stride / 2;
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.boxes = at::cat({centre - half, centre + half}, 1).unsqueeze(0);
  heads.offsets = at::zeros_like(heads.boxes);  // no loss of YOLOX reads them
  heads.further[kObjectnessOutput] = objectness.unsqueeze(0);
  ParamSet params = unwrapped(methodParams("yolox"));
  setOption(params, "center_radius", toText(ParamValue(reference.number("center_radius"))));
  setOption(params, "l1_share", reference.flag("use_l1", false) ? "1" : "0");
  HeadRun run = runHead(reference, "yolox", params, anchors, heads);
  run.outputs["loss_l1"] = run.scalars.at("loss.l1_center_size");
  run.outputs["loss_obj"] = run.scalars.at("loss.objectness");
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_box_preds"] = gradientOf(raw);
  run.outputs["grad_objectness"] = gradientOf(objectness);
  return run.outputs;
}

}  // namespace

std::vector<OpEntry> dynamicKOps() {
  return {
      {"assigner.dynamic_soft_label", runSoftLabel}, {"head.rtmdet", runRtmdet}, {"head.yolox", runYolox}};
}

}  // namespace anchorscope::conformance
