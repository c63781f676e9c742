// assigner.fcos, assigner.atss, head.fcos, head.atss, head.ddod: the registered assigners and methods on the
// reference files' points, anchors and head outputs.

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/head_cases.h"
#include "core/conformance/leaves.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/methods/method.h"
#include "core/ops/box_coder.h"

namespace anchorscope::conformance {
namespace {

constexpr std::int64_t kAnyClass = std::int64_t{1} << 31;

/// The file's [from, to] per level as the option regress_ranges.
std::string rangesText(const ReferenceCase& reference) {
  const auto& ranges = reference.params.at("regress_ranges");
  std::vector<std::string> bounds;
  for (std::size_t level = 0; level + 1 < ranges.size(); ++level) {
    if (ranges[level].at(1) != ranges[level + 1].at(0))
      throw UnsupportedCase("regress_ranges leave a gap between levels");
    bounds.push_back(toText(ParamValue(ranges[level].at(1).get<double>())));
  }
  return join(bounds, ",");
}

/// FCOS's options under the file's names.
void setFcos(const ReferenceCase& reference, ParamSet& params) {
  setOption(params, "center_radius", toText(ParamValue(reference.number("center_sample_radius"))));
  setOption(params, "center_sampling", reference.flag("center_sampling", true) ? "true" : "false");
  setOption(params, "fcos_convention", reference.has("convention") ? reference.text("convention") : "mmdet");
  if (reference.has("regress_ranges")) setOption(params, "regress_ranges", rangesText(reference));
}

Outputs runFcosAssigner(const ReferenceCase& reference, at::Device device) {
  const AnchorSet anchors = pointBoxes(reference, reference.input("points").to(device));
  const PaddedObjects objects = padObjects(reference, 1, kAnyClass, device);
  ParamSet params = assignerParams("fcos");
  setFcos(reference, params);
  const Assignment assignment =
      unwrapped(makeAssigner("fcos", params))->assign({anchors, HeadOutputs{}, objects.targets}, nullptr);
  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const at::Tensor boxes = gatherObjects(withPadding(objects.targets).boxes, assignment.clsObject).squeeze(0);
  const at::Tensor inStrides = BoxCoder::of(anchors.offsets).encode(anchors.boxes, boxes);
  const at::Tensor distances =
      reference.flag("norm_on_bbox", false) ? inStrides : inStrides * anchors.strides.unsqueeze(1);
  return {{"assigned_gt", assigned},
          {"labels", labelsOf(reference, assigned)},
          {"ltrb_targets", distances.masked_fill(assigned.unsqueeze(1) < 0, 0)},
          {"centerness", assignment.quality.front().target.squeeze(0)}};
}

Outputs runAtssAssigner(const ReferenceCase& reference, at::Device device) {
  const AnchorSet anchors = anchorBoxes(reference, device);
  const PaddedObjects objects = padObjects(reference, 1, kAnyClass, device);
  ParamSet params = assignerParams("atss");
  setOptions(reference, params);
  CaptureSink sink;
  const Assignment assignment =
      unwrapped(makeAssigner("atss", params))->assign({anchors, HeadOutputs{}, objects.targets}, &sink);
  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const std::int64_t count = objects.image.numel();  // the objects of the only image, in order
  return {{"assigned_gt", assigned},
          {"labels", labelsOf(reference, assigned)},
          {"assigned_iou", sink.channels.at("atss.iou").squeeze(0).nan_to_num(0)},
          {"threshold", sink.objectColumns.at("atss.threshold").squeeze(0).slice(0, 0, count)},
          {"num_candidates", sink.objectColumns.at("atss.candidates").squeeze(0).slice(0, 0, count)}};
}

Outputs runFcosHead(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   ltrb = leafInput(reference, "ltrb", device),
                   quality = leafInput(reference, "centerness_logits", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false)));
  ParamSet params = unwrapped(methodParams("fcos"));
  setFcos(reference, params);
  const std::string boxLoss = reference.text("box_loss");
  if (boxLoss != "IoULoss" && boxLoss != "GIoULoss")
    throw UnsupportedCase(concat("there is no box loss '", boxLoss, "'"));
  for (const auto& [option, value] : {std::pair<const char*, const char*>{"box_weight", "centerness"},
                                      {"loc_normalizer", "sum_of_weights"},
                                      {"box_loss", boxLoss == "IoULoss" ? "iou_log" : "giou"}})
    setOption(params, option, value);
  const at::Tensor distances =
      reference.flag("norm_on_bbox", false) ? ltrb : ltrb / anchors.strides.unsqueeze(1);
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = distances.unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors.offsets).decode(anchors.boxes, heads.offsets);
  heads.further[kCenternessOutput] = quality.unsqueeze(0);
  Outputs outputs = runHead(reference, "fcos", params, anchors, heads).outputs;
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_ltrb"] = gradientOf(ltrb);
  outputs["grad_centerness"] = gradientOf(quality);
  return outputs;
}

/// Heads on anchors: deltas in units of mmdet's standard deviations, and an output that says how good a box
/// is.
HeadOutputs deltaHeads(const AnchorSet& anchors, const at::Tensor& logits, const at::Tensor& deltas,
                       const std::string& output, const at::Tensor& quality) {
  const at::Tensor deviations = at::tensor({0.1, 0.1, 0.2, 0.2}, at::kDouble).to(deltas.options());
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = (deltas * deviations).unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors.offsets).decode(anchors.boxes, heads.offsets);
  heads.further[output] = quality.unsqueeze(0);
  return heads;
}

Outputs runAtssHead(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device),
                   quality = leafInput(reference, "centerness_logits", device);
  const AnchorSet anchors = anchorBoxes(reference, device);
  ParamSet params = unwrapped(methodParams("atss"));
  setOptions(reference, params);
  Outputs outputs = runHead(reference, "atss", params, anchors,
                            deltaHeads(anchors, logits, deltas, kCenternessOutput, quality))
                        .outputs;
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  outputs["grad_centerness"] = gradientOf(quality);
  return outputs;
}

Outputs runDdodHead(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device),
                   quality = leafInput(reference, "iou_logits", device);
  const AnchorSet anchors = anchorBoxes(reference, device);
  HeadRun run = runHead(reference, "ddod", unwrapped(methodParams("ddod")), anchors,
                        deltaHeads(anchors, logits, deltas, kIouOutput, quality));
  Outputs& outputs = run.outputs;
  const auto labels = [&](const char* channel) {
    return labelsOf(reference, globalWinners(run.sink.channels.at(channel), run.objects).squeeze(0));
  };
  outputs["labels_cls"] = labels(kClsObjectChannel);
  outputs["labels_reg"] = labels(kRegObjectChannel);
  outputs["loss_iou"] = run.scalars.at("loss.iou");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  outputs["grad_iou_logits"] = gradientOf(quality);
  return outputs;
}

}  // namespace

std::vector<OpEntry> denseHeadOps() {
  return {{"assigner.fcos", runFcosAssigner},
          {"assigner.atss", runAtssAssigner},
          {"head.fcos", runFcosHead},
          {"head.atss", runAtssHead},
          {"head.ddod", runDdodHead}};
}

}  // namespace anchorscope::conformance
