// assigner.task_aligned, assigner.yolov8_tal, head.tood: task-aligned assignment and the heads trained with
// it.

#include "core/assigners/assigner.h"
#include "core/conformance/head_cases.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"
#include "core/methods/method_info.h"
#include "core/ops/box_coder.h"
#include "core/ops/distance_distribution.h"

namespace anchorscope::conformance {
namespace {

/// Of each anchor the value of the pair that it learns; 0 without.
at::Tensor ofWinners(const CaptureSink::PairColumns& rows, const std::string& column, std::int64_t anchors,
                     std::int64_t objects) {
  return (pairMatrix(rows, column, anchors, objects) * pairMatrix(rows, "member", anchors, objects)).sum(1);
}

void setTaskAligned(const ReferenceCase& reference, ParamSet& params, bool mmyolo) {
  setOption(params, "tal_convention", mmyolo ? "mmyolo" : "mmdet");
  setOption(params, "tal_topk", toText(ParamValue(reference.integer("topk"))));
  setOption(params, "tal_alpha", toText(ParamValue(reference.number("alpha"))));
  setOption(params, "tal_beta", toText(ParamValue(reference.number("beta"))));
  setOption(params, "tal_overlap", mmyolo && reference.flag("use_ciou", true) ? "ciou" : "iou");
}

Outputs runAssigner(const ReferenceCase& reference, const AnchorSet& anchors, bool mmyolo,
                    at::Device device) {
  HeadOutputs heads;
  heads.logits = reference.input("scores").to(device, at::kDouble).logit().unsqueeze(0);
  heads.boxes = reference.input("pred_boxes").to(device, at::kDouble).unsqueeze(0);
  const PaddedObjects objects = padObjects(reference, 1, heads.logits.size(2), device);
  ParamSet params = assignerParams("task_aligned");
  setTaskAligned(reference, params, mmyolo);
  CaptureSink sink;
  const Assignment assignment =
      unwrapped(makeAssigner("task_aligned", params))->assign({anchors, heads, objects.targets}, &sink);
  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const CaptureSink::PairColumns& rows = sink.tables.at("task_aligned.pairs");
  const std::int64_t count = objects.image.numel(), all = anchors.count();
  Outputs outputs{{"assigned_gt", assigned}, {"labels", labelsOf(reference, assigned)}};
  outputs["metric"] = ofWinners(rows, "metric", all, count);
  outputs["metric_normalized"] = assignment.clsTarget.amax(2).squeeze(0);
  outputs["assigned_iou"] = outputs["assigned_overlap"] = ofWinners(rows, "overlap", all, count);
  outputs["assigned_scores"] = assignment.clsTarget.squeeze(0);
  if (mmyolo)
    outputs["candidate"] = pairMatrix(rows, "inside", all, count).to(at::kBool) &
                           pairMatrix(rows, "selected", all, count).to(at::kBool) &
                           pairMatrix(rows, "given", all, count).eq(0);
  return outputs;
}

Outputs runTaskAligned(const ReferenceCase& reference, at::Device device) {
  AnchorSet anchors;
  anchors.boxes = reference.input("anchors").to(device, at::kDouble);
  anchors.strides = at::ones({anchors.count()}, anchors.boxes.options());
  return runAssigner(reference, anchors, /*mmyolo=*/false, device);
}

Outputs runYolov8Tal(const ReferenceCase& reference, at::Device device) {
  const at::Tensor points = reference.input("points").to(device, at::kDouble);
  AnchorSet anchors;
  anchors.boxes = at::cat({points - 0.5, points + 0.5}, 1);
  anchors.strides = at::ones({points.size(0)}, points.options());
  return runAssigner(reference, anchors, /*mmyolo=*/true, device);
}

Outputs runTood(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   boxes = leafInput(reference, "pred_boxes", device);
  const AnchorSet anchors = anchorBoxes(reference, device);
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.boxes = boxes.unsqueeze(0);
  heads.offsets = at::zeros_like(heads.boxes);  // no loss of TOOD reads them
  const bool initial = reference.text("phase") == "initial";
  ParamSet params = unwrapped(methodParams("tood"));
  if (initial) {
    setOption(params, "assigner", "atss");
    setOption(params, "cls_loss", "focal");
  } else {
    setTaskAligned(reference, params, /*mmyolo=*/false);
  }
  HeadRun run = runHead(reference, "tood", params, anchors, heads);
  run.outputs["alignment_target"] =
      initial ? run.outputs.at("assigned_gt").ge(0).to(at::kDouble)
              : run.sink.channels.at("task_aligned.target").squeeze(0).nan_to_num(0);
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_pred_boxes"] = gradientOf(boxes);
  return run.outputs;
}

Outputs runYolov8(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   given = leafInput(reference, "box_distribution", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false)));
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.distribution = given.view({1, given.size(0), 4, -1});
  heads.offsets = expectedDistances(heads.distribution);
  heads.boxes = BoxCoder::of(anchors).decode(anchors.boxes, heads.offsets);
  ParamSet params = unwrapped(methodParams("yolov8"));
  setTaskAligned(reference, params, /*mmyolo=*/true);
  HeadRun run = runHead(reference, "yolov8", params, anchors, heads);
  run.outputs["loss_dfl"] = run.scalars.at("loss.dfl");
  run.outputs["ltrb_strides"] = heads.offsets.squeeze(0);
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_box_distribution"] = gradientOf(given);
  return run.outputs;
}

Outputs runGfl(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   given = leafInput(reference, "box_distribution", device);
  const at::Tensor squares = reference.input("anchors").to(device, at::kDouble);
  const AnchorSet anchors = pointBoxes(
      reference, (squares.slice(1, 0, 2) + squares.slice(1, 2, 4)) / 2);  // of 8 strides, as ATSS takes them
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.distribution = given.view({1, given.size(0), 4, -1});
  heads.offsets = expectedDistances(heads.distribution);
  heads.boxes = BoxCoder::of(anchors).decode(anchors.boxes, heads.offsets);
  ParamSet params = unwrapped(methodParams("gfl"));
  setOption(params, "topk", toText(ParamValue(reference.integer("topk"))));
  HeadRun run = runHead(reference, "gfl", params, anchors, heads);
  run.outputs["loss_dfl"] = run.scalars.at("loss.dfl");
  run.outputs["quality_target"] =
      ofWinners(run.sink.tables.at("atss.pairs"), "box_iou", anchors.count(), run.objects.image.numel());
  run.outputs["ltrb_strides"] = heads.offsets.squeeze(0);
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_box_distribution"] = gradientOf(given);
  return run.outputs;
}

}  // namespace

std::vector<OpEntry> alignedOps() {
  return {{"assigner.task_aligned", runTaskAligned},
          {"assigner.yolov8_tal", runYolov8Tal},
          {"head.tood", runTood},
          {"head.yolov8", runYolov8},
          {"head.gfl", runGfl}};
}

}  // namespace anchorscope::conformance
