// freeanchor.bag_losses, head.autoassign, head.dw, assigner.paa, assigner.ota: methods whose candidates are
// chosen or weighed by their own losses.

#include "core/assigners/assigner.h"
#include "core/conformance/head_cases.h"
#include "core/conformance/leaves.h"
#include "core/conformance/op_table.h"
#include "core/methods/method_info.h"
#include "core/ops/box_coder.h"

namespace anchorscope::conformance {
namespace {

std::string numberText(const ReferenceCase& reference, const std::string& param) {
  return toText(ParamValue(reference.number(param)));
}

/// Heads on anchor boxes whose deltas are in units of the deviations 0.1, 0.1, 0.2, 0.2.
HeadOutputs anchorHeads(const AnchorSet& anchors, const at::Tensor& logits, const at::Tensor& deltas) {
  const at::Tensor deviations = at::tensor({0.1, 0.1, 0.2, 0.2}, at::kDouble).to(deltas.device());
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = (deltas * deviations).unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors).decode(anchors.boxes, heads.offsets);
  return heads;
}

/// Heads on points with distances in px.
HeadOutputs pointHeads(const AnchorSet& anchors, const at::Tensor& logits, const at::Tensor& ltrb) {
  HeadOutputs heads;
  heads.logits = logits.unsqueeze(0);
  heads.offsets = (ltrb / anchors.strides.unsqueeze(1)).unsqueeze(0);
  heads.boxes = BoxCoder::of(anchors).decode(anchors.boxes, heads.offsets);
  return heads;
}

Outputs runFreeAnchor(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device);
  AnchorSet anchors;
  anchors.boxes = reference.input("anchors").to(device, at::kDouble);
  anchors.strides = at::ones({anchors.count()}, anchors.boxes.options());
  ParamSet params = unwrapped(methodParams("free_anchor"));
  for (const auto& [option, name] : {std::pair<const char*, const char*>{"bag_size", "pre_anchor_topk"},
                                     {"bbox_thr", "bbox_thr"},
                                     {"bag_gamma", "gamma"},
                                     {"bag_alpha", "alpha"},
                                     {"smooth_l1_beta", "beta"},
                                     {"box_likelihood_weight", "loc_weight"}})
    setOption(params, option, numberText(reference, name));
  HeadRun run = runHead(reference, "free_anchor", params, anchors, anchorHeads(anchors, logits, deltas));
  const std::int64_t count = run.objects.image.numel();
  Outputs& outputs = run.outputs;
  outputs["bag"] =
      pairMatrix(run.sink.tables.at("iou_bag.pairs"), "in_bag", anchors.count(), count).t().to(at::kBool);
  outputs["positive_loss_per_object"] =
      run.sink.objectColumns.at("loss.positive_bag").squeeze(0).slice(0, 0, count);
  outputs["positive_bag_loss"] = run.scalars.at("loss.positive_bag");
  outputs["negative_bag_loss"] = run.scalars.at("loss.negative_bag");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  return outputs;
}

/// [N,C]: 1, and at the pairs' classes the column's values.
at::Tensor classMatrix(const ReferenceCase& reference, const CaptureSink::PairColumns& rows,
                       const std::string& column, std::int64_t anchors, std::int64_t classes) {
  const at::Tensor matrix = at::ones({anchors, classes}, at::kDouble);
  if (rows.object.numel() == 0) return matrix;
  const at::Tensor labels = reference.input("gt_labels").index({rows.object.cpu()});
  return matrix.index_put({rows.anchor.cpu(), labels}, rows.columns.at(column).to(at::kCPU, at::kDouble));
}

/// What AutoAssign and DW have in common.
HeadRun runInside(const ReferenceCase& reference, Method& method, const AnchorSet& anchors,
                  const std::string& prefix, const at::Tensor& logits, const at::Tensor& ltrb,
                  const at::Tensor& objectness) {
  HeadOutputs heads = pointHeads(anchors, logits, ltrb);
  heads.further[kObjectnessOutput] = objectness.unsqueeze(0);
  HeadRun run = runHead(reference, method, anchors, heads);
  const std::int64_t count = run.objects.image.numel(), all = anchors.count();
  const CaptureSink::PairColumns& rows = run.sink.tables.at(prefix + ".pairs");
  run.outputs["inside"] = pairMatrix(run.sink.tables.at("inside.pairs"), "in_bag", all, count).to(at::kBool);
  run.outputs["center_prior"] = pairMatrix(rows, "prior", all, count);
  run.outputs["weight_pos"] = pairMatrix(rows, "w_pos", all, count);
  run.outputs["weight_neg"] = classMatrix(reference, rows, "w_neg", all, logits.size(1));
  run.outputs["grad_logits"] = gradientOf(logits);
  run.outputs["grad_ltrb"] = gradientOf(ltrb);
  run.outputs["grad_objectness"] = gradientOf(objectness);
  return run;
}

Outputs runAutoAssign(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   ltrb = leafInput(reference, "ltrb", device),
                   objectness = leafInput(reference, "objectness_logits", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false), 0));
  ParamSet params = unwrapped(methodParams("auto_assign"));
  setOption(params, "center_classes", std::to_string(logits.size(1)));
  const auto method = unwrapped(makeMethod("auto_assign", params));
  for (const NamedTensor& learnt : method->parameters())
    learnt.tensor.set_data(
        reference.input(learnt.name == "auto_assign.center_mean" ? "center_mean" : "center_sigma")
            .to(device, at::kDouble));
  HeadRun run = runInside(reference, *method, anchors, "auto_assign", logits, ltrb, objectness);
  run.outputs["loss_pos"] = run.scalars.at("loss.positive_bag");
  run.outputs["loss_neg"] = run.scalars.at("loss.negative_bag");
  run.outputs["loss_center"] = run.scalars.at("loss.center");
  for (const NamedTensor& learnt : method->parameters())
    run.outputs[learnt.name == "auto_assign.center_mean" ? "grad_center_mean" : "grad_center_sigma"] =
        gradientOf(learnt.tensor);
  return run.outputs;
}

Outputs runDualWeighting(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   ltrb = leafInput(reference, "ltrb", device),
                   objectness = leafInput(reference, "objectness_logits", device);
  const AnchorSet anchors =
      pointBoxes(reference, pointsOfFeatures(reference, logits.options().requires_grad(false)));
  const auto method = unwrapped(makeMethod("dw", unwrapped(methodParams("dw"))));
  HeadRun run = runInside(reference, *method, anchors, "dw", logits, ltrb, objectness);
  run.outputs["loss_cls_pos"] = run.scalars.at("loss.cls_pos");
  run.outputs["loss_loc"] = run.scalars.at("loss.loc");
  run.outputs["loss_cls_neg"] = run.scalars.at("loss.cls_neg");
  return run.outputs;
}

Outputs runPaa(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device),
                   quality = leafInput(reference, "iou_logits", device);
  const AnchorSet anchors = anchorBoxes(reference, device);
  ParamSet params = unwrapped(methodParams("paa"));
  setOption(params, "paa_topk", toText(ParamValue(reference.integer("topk"))));
  setOption(params, "paa_box_weight", numberText(reference, "giou_weight"));
  setOption(params, "lambda_reg", numberText(reference, "giou_weight"));
  setOption(params, "lambda_quality", numberText(reference, "iou_weight"));
  HeadOutputs heads = anchorHeads(anchors, logits, deltas);
  heads.further[kIouOutput] = quality.view({1, -1});
  HeadRun run = runHead(reference, "paa", params, anchors, heads);
  Outputs& outputs = run.outputs;
  outputs["num_pos"] = outputs.at("labels").ge(0).sum();
  outputs["candidate_gt"] =
      globalWinners(run.sink.channels.at("paa.candidate_of"), run.objects).squeeze(0).clamp_min(-1);
  outputs["candidate_score"] = run.sink.channels.at("paa.cost").squeeze(0).nan_to_num(0);
  outputs["loss_iou"] = run.scalars.at("loss.iou") * params.getFloat("lambda_quality");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  outputs["grad_iou_logits"] = gradientOf(quality);
  return outputs;
}

Outputs runOta(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   ltrb = leafInput(reference, "ltrb", device),
                   quality = leafInput(reference, "iou_logits", device);
  const AnchorSet anchors = pointBoxes(reference, reference.input("points").to(device, at::kDouble));
  ParamSet params = unwrapped(methodParams("ota"));
  for (const auto& [option, name] : {std::pair<const char*, const char*>{"ota_reg_weight", "reg_weight"},
                                     {"sinkhorn_eps", "sinkhorn_eps"},
                                     {"sinkhorn_iter", "sinkhorn_iter"},
                                     {"ota_topk", "top_candidates"},
                                     {"ota_center_radius", "center_radius"}})
    setOption(params, option, numberText(reference, name));
  HeadOutputs heads = pointHeads(anchors, logits, ltrb);
  heads.further[kIouOutput] = quality.unsqueeze(0);
  HeadRun run = runHead(reference, "ota", params, anchors, heads);
  const std::int64_t count = run.objects.image.numel();
  Outputs& outputs = run.outputs;
  outputs["dynamic_k"] = run.sink.objectColumns.at("ota.needed").squeeze(0).slice(0, 0, count);
  outputs["loss_box_reg"] = outputs.at("loss_bbox");
  outputs["loss_iou"] = run.scalars.at("loss.iou") * params.getFloat("lambda_quality");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_ltrb"] = gradientOf(ltrb);
  outputs["grad_iou_logits"] = gradientOf(quality);
  return outputs;
}

}  // namespace

std::vector<OpEntry> bagOps() {
  return {{"freeanchor.bag_losses", runFreeAnchor},
          {"head.autoassign", runAutoAssign},
          {"head.dw", runDualWeighting},
          {"assigner.paa", runPaa},
          {"assigner.ota", runOta}};
}

}  // namespace anchorscope::conformance
