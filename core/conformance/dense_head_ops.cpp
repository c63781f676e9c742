// assigner.fcos, assigner.atss, head.fcos, head.atss: the registered assigners and methods on the reference
// files' points, anchors and head outputs.

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/methods/method.h"
#include "core/ops/box_coder.h"

namespace anchorscope::conformance {
namespace {

constexpr std::int64_t kAnyClass = std::int64_t{1} << 31;

AnchorSet anchorBoxes(const ReferenceCase& reference, at::Device device) {
  AnchorSet set;
  set.boxes = reference.input("anchors").to(device);
  if (set.boxes.dim() != 2 || set.boxes.size(1) != 4) throw MalformedCase("anchors are not [N,4]");
  set.levels = levelsOf(reference, set.count());
  set.strides = stridesOf(set.levels, set.boxes.options());
  return set;
}

/// Points at (k + 0.5) strides of the parameter feature_sizes, rows, then columns.
at::Tensor pointsOfFeatures(const ReferenceCase& reference, const at::TensorOptions& options) {
  const std::vector<double> strides = reference.numbers("strides");
  const auto& sizes = reference.params.at("feature_sizes");
  if (!sizes.is_array() || sizes.size() != strides.size())
    throw MalformedCase("feature_sizes is no list of levels");
  std::vector<at::Tensor> points;
  for (std::size_t level = 0; level < strides.size(); ++level) {
    const auto size = sizes[level].get<std::array<std::int64_t, 2>>();
    const auto along = [&](std::int64_t cells) {
      return (at::arange(cells, options) + 0.5) * strides[level];
    };
    const std::vector<at::Tensor> grid = at::meshgrid({along(size[0]), along(size[1])}, "ij");
    points.push_back(at::stack({grid[1].reshape({-1}), grid[0].reshape({-1})}, 1));
  }
  return at::cat(points);
}

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

void set(ParamSet& params, const std::string& name, const std::string& value) {
  if (const Status status = params.set(name, value); !status) throw UnsupportedCase(status.error().text());
}

/// FCOS's options under the file's names.
void setFcos(const ReferenceCase& reference, ParamSet& params) {
  set(params, "center_radius", toText(ParamValue(reference.number("center_sample_radius"))));
  set(params, "center_sampling", reference.flag("center_sampling", true) ? "true" : "false");
  set(params, "fcos_convention", reference.has("convention") ? reference.text("convention") : "mmdet");
  if (reference.has("regress_ranges")) set(params, "regress_ranges", rangesText(reference));
}

ParamSet assignerParams(const std::string& name) {
  for (const AssignerEntry& entry : assignerEntries())
    if (entry.name == name) return ParamSet(entry.params);
  throw UnsupportedCase(concat("there is no assigner '", name, "'"));
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

at::Tensor leafInput(const ReferenceCase& reference, const std::string& name, at::Device device) {
  return reference.input(name).to(device).detach().requires_grad_();
}

/// A method on one image's outputs: labels, the three losses (the box loss times its weight in the total) and
/// the total's gradients. `outputs` must hold leaves in logits and centerness.
Outputs runHead(const ReferenceCase& reference, const std::string& method, const ParamSet& params,
                const AnchorSet& anchors, const HeadOutputs& heads) {
  const PaddedObjects objects = padObjects(reference, 1, heads.logits.size(2), heads.logits.device());
  const LossTerms terms =
      unwrapped(makeMethod(method, params))->loss({anchors, heads, objects.targets}, nullptr);
  terms.total.backward();
  const Assignment assignment =
      unwrapped(makeAssigner(method, params))->assign({anchors, heads, objects.targets}, nullptr);
  Outputs outputs;
  outputs["labels"] = labelsOf(reference, globalWinners(assignment.clsObject, objects).squeeze(0));
  for (const NamedScalar& scalar : terms.scalars) {
    if (scalar.name == "loss.cls") outputs["loss_cls"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["loss_bbox"] = scalar.value * params.getFloat("lambda_reg");
    if (scalar.name == "loss.quality") outputs["loss_centerness"] = scalar.value;
  }
  return outputs;
}

at::Tensor gradientOf(const at::Tensor& leaf) {
  return leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
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
    set(params, option, value);
  const at::Tensor distances =
      reference.flag("norm_on_bbox", false) ? ltrb : ltrb / anchors.strides.unsqueeze(1);
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = distances.unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors.offsets).decode(anchors.boxes, heads.offsets);
  heads.further[kCenternessOutput] = quality.unsqueeze(0);
  Outputs outputs = runHead(reference, "fcos", params, anchors, heads);
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_ltrb"] = gradientOf(ltrb);
  outputs["grad_centerness"] = gradientOf(quality);
  return outputs;
}

Outputs runAtssHead(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device),
                   quality = leafInput(reference, "centerness_logits", device);
  const AnchorSet anchors = anchorBoxes(reference, device);
  ParamSet params = unwrapped(methodParams("atss"));
  setOptions(reference, params);
  const at::Tensor deviations = at::tensor({0.1, 0.1, 0.2, 0.2}, at::kDouble).to(deltas.options());
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = (deltas * deviations).unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors.offsets).decode(anchors.boxes, heads.offsets);
  heads.further[kCenternessOutput] = quality.unsqueeze(0);
  Outputs outputs = runHead(reference, "atss", params, anchors, heads);
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  outputs["grad_centerness"] = gradientOf(quality);
  return outputs;
}

}  // namespace

std::vector<OpEntry> denseHeadOps() {
  return {{"assigner.fcos", runFcosAssigner},
          {"assigner.atss", runAtssAssigner},
          {"head.fcos", runFcosHead},
          {"head.atss", runAtssHead}};
}

}  // namespace anchorscope::conformance
