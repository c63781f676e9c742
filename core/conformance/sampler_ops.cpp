// sampler.ohem, sampler.iou_balanced_neg, pisa.score_hlr: registered samplers; pisa.carl: the registered
// transform of losses; pisa.isr_p: its formulas.

#include "core/base/check.h"
#include "core/conformance/capture_sink.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/op_table.h"
#include "core/conformance/registered_losses.h"
#include "core/losses/cls_loss.h"
#include "core/losses/transform.h"
#include "core/ops/box_coder.h"
#include "core/ops/box_similarity.h"
#include "core/ops/pisa.h"
#include "core/samplers/sampler.h"

namespace anchorscope::conformance {
namespace {

/// mmdet's gt_inds (above 0 positive, 0 negative, -1 ignored) -> [1,N] as Assignment::clsObject.
at::Tensor objectsOf(const ReferenceCase& reference, at::Device device) {
  return (reference.input("gt_inds").to(device) - 1).unsqueeze(0);
}

std::vector<double> stdsOf(const ReferenceCase& reference) {
  return reference.has("stds") ? reference.numbers("stds", 4) : std::vector<double>{1, 1, 1, 1};
}

BoxCoder coderOf(const ReferenceCase& reference) {
  const std::vector<double> stds = stdsOf(reference);
  return BoxCoder::mmdet({0, 0, 0, 0}, {stds[0], stds[1], stds[2], stds[3]});
}

Outputs runOhem(const ReferenceCase& reference, at::Device device) {
  const auto sampler = madePart(
      samplerEntries(), "ohem", reference,
      {{"sample_number", "num"}, {"positive_fraction", "pos_fraction"}, {"neg_pos_ub", "neg_pos_ub"}});
  SamplerInputs inputs;
  inputs.object = objectsOf(reference, device);
  inputs.loss = reference.input("losses").to(device).unsqueeze(0);
  const at::Tensor kept = sampler->choose(inputs, {}).kept;
  const auto indices = [&](const at::Tensor& of) { return kept.logical_and(of)[0].nonzero().squeeze(1); };
  return {{"pos", indices(inputs.object >= 0)}, {"neg", indices(inputs.object == -1)}};
}

Outputs runIouBalanced(const ReferenceCase& reference, at::Device device) {
  const auto sampler = madePart(samplerEntries(), "iou_balanced", reference,
                                {{"sample_number", "num_expected"},
                                 {"floor_thr", "floor_thr"},
                                 {"floor_fraction", "floor_fraction"},
                                 {"iou_bins", "num_bins"}},
                                {{"positive_fraction", "0"}, {"floor_state", "mmdet"}});
  placeState(sampler->buffers(), device);
  SamplerInputs inputs;
  inputs.object = objectsOf(reference, device);
  inputs.iou = reference.input("max_overlaps").to(device).unsqueeze(0);
  std::map<std::string, std::vector<at::Tensor>> calls;
  for (std::int64_t call = 0; call < reference.integer("calls"); ++call) {
    CaptureSink sink;
    const at::Tensor kept = sampler->choose(inputs, &sink).kept[0];
    const at::Tensor bin = sink.channels.at("iou_balanced.bin")[0],
                     round = sink.channels.at("iou_balanced.round")[0];
    const auto keptIn = [&](int which) { return kept.logical_and(round == which); };
    std::vector<at::Tensor> population, picked;
    for (std::int64_t b = 0; b < reference.integer("num_bins"); ++b) {
      population.push_back(bin.eq(b).sum());
      picked.push_back(keptIn(3).logical_and(bin == b).sum());
    }
    calls["bin_id"].push_back(bin.to(at::kLong));
    calls["bin_population"].push_back(at::stack(population));
    calls["bin_picked"].push_back(at::stack(picked));
    calls["num_extra"].push_back(keptIn(4).sum());
    calls["num_floor_picked"].push_back(keptIn(5).sum());
    calls["num_selected"].push_back(kept.sum());
  }
  Outputs outputs;
  for (const auto& [name, values] : calls)
    outputs[name] = at::stack(values);
  return outputs;
}

Outputs runScoreHlr(const ReferenceCase& reference, at::Device device) {
  const auto sampler = madePart(samplerEntries(), "score_hlr", reference,
                                {{"sample_number", "num_expected"},
                                 {"hlr_k", "k"},
                                 {"hlr_bias", "bias"},
                                 {"hlr_score_thr", "score_thr"},
                                 {"hlr_iou_thr", "iou_thr"}},
                                {{"positive_fraction", "0"}});
  const at::Tensor logits = reference.input("logits").to(device, at::kDouble);
  const std::int64_t classes = logits.size(1) - 1;
  const auto [score, label] = logits.softmax(1).narrow(1, 0, classes).max(1);
  const at::Tensor deltas = reference.input("deltas").to(device, at::kDouble).view({-1, classes, 4});
  SamplerInputs inputs;
  inputs.object = objectsOf(reference, device);
  inputs.score = score.unsqueeze(0);
  inputs.boxes = coderOf(reference)
                     .decode(reference.input("boxes").to(device, at::kDouble),
                             deltas.gather(1, label.view({-1, 1, 1}).expand({-1, 1, 4})).squeeze(1))
                     .unsqueeze(0);
  const auto loss = madePart(clsLossEntries(), "softmax_ce", reference, {});
  inputs.loss = loss->rows(logits.unsqueeze(0), {at::full_like(inputs.object, -1), {}, {}}, {});
  const SampledCandidates selection = sampler->choose(inputs, {});
  return {{"selected", selection.kept[0]},
          {"label_weights", selection.weight[0].masked_fill(selection.kept[0].logical_not(), 0)}};
}

/// A case's anchors with the positives' objects, and what heads say of them.
struct PisaStage {
  AnchorSet anchors;
  HeadOutputs outputs;
  DenseTargets targets;
  at::Tensor logits, deltas;  ///< Leaves, [N,..].
  LossTable losses;

  StageInputs inputs() const { return {anchors, outputs, targets}; }
};

PisaStage pisaStage(const ReferenceCase& reference, at::Device device, bool softmax) {
  const auto input = [&](const char* name) { return reference.input(name).to(device, at::kDouble); };
  const at::Tensor labels = reference.input("labels").to(device);
  const at::Tensor object = reference.input("pos_gt").to(device).masked_fill(labels < 0, -1);
  PisaStage stage;
  stage.logits = input("logits").requires_grad_();
  stage.deltas = input("deltas").requires_grad_();
  stage.anchors.boxes = input("anchors");
  stage.outputs.logits = stage.logits.unsqueeze(0);
  stage.outputs.activation = softmax ? ScoreActivation::kSoftmaxWithBackground : ScoreActivation::kSigmoid;
  const BoxCoder coder = coderOf(reference);
  stage.outputs.boxes = coder.decode(stage.anchors.boxes, stage.deltas).unsqueeze(0);
  // Every object is the box that its positives' targets stand for.
  const at::Tensor wanted = coder.decode(stage.anchors.boxes, input("delta_targets"));
  const std::int64_t count = object.numel() > 0 ? object.max().item<std::int64_t>() + 1 : 0;
  const at::Tensor index = object.masked_fill(object < 0, count);
  stage.targets.boxes = at::zeros({count + 1, 4}, wanted.options()).index_put({index}, wanted).unsqueeze(0);
  stage.targets.labels = at::zeros({count + 1}, labels.options()).index_put({index}, labels).unsqueeze(0);
  stage.targets.labels.select(1, count).fill_(-1);
  stage.targets.valid = stage.targets.labels >= 0;
  stage.losses.clsObject = stage.losses.regObject = object.unsqueeze(0);
  stage.losses.regWeight = object.ge(0).to(at::kDouble).unsqueeze(0);
  return stage;
}

Outputs runIsr(const ReferenceCase& reference, at::Device device) {
  const std::string kind = reference.text("loss");
  const bool softmax = kind == "ce";
  if (!softmax && kind != "focal")
    throw UnsupportedCase(concat("there is no classification loss '", kind, "' here"));
  const auto input = [&](const char* name) { return reference.input(name).to(device, at::kDouble); };
  const at::Tensor logits = input("logits"), labels = reference.input("labels").to(device);
  const at::Tensor positive = labels >= 0;
  const BoxCoder coder = coderOf(reference);
  // Targets are rounded offsets, so that an object's are not quite one box: each candidate has its own here.
  const at::Tensor iou = elementwiseIou(coder.decode(input("anchors"), input("deltas")),
                                        coder.decode(input("anchors"), input("delta_targets")));
  const PrimeRanks ranks = primeRanks(iou, reference.input("pos_gt").to(device), labels.clamp_min(0),
                                      positive, reference.integer("num_classes"));
  const auto loss = madePart(clsLossEntries(), softmax ? "softmax_ce" : "focal", reference, {});
  const at::Tensor losses = loss->rows(logits.unsqueeze(0), {labels.unsqueeze(0), {}, {}}, {}).squeeze(0);
  return {{"label_weights",
           primeWeights(ranks, losses, positive, reference.number("bias"), reference.number("k")).factor},
          {"iou", iou.masked_fill(positive.logical_not(), 0)},
          {"rank_in_object", ranks.inObject},
          {"iou_hlr", ranks.inClass}};
}

Outputs runCarl(const ReferenceCase& reference, at::Device device) {
  PisaStage stage = pisaStage(reference, device, !reference.flag("sigmoid", true));
  const at::Tensor ones = at::ones({1}, stage.logits.options());
  const at::Tensor loc =
      smoothL1Elements(stage.deltas, reference.input("delta_targets").to(device, at::kDouble),
                       reference.number("beta"))
          .sum(1)
          .unsqueeze(0);
  stage.losses.rows = {
      {kLocHead, loc.masked_fill(stage.losses.regObject < 0, 0), ones * reference.number("avg_factor")}};
  const auto transform =
      madePart(lossTransformEntries(), "carl", reference, {{"carl_k", "k"}, {"carl_bias", "bias"}});
  transform->apply(stage.losses, stage.inputs(), nullptr);
  const at::Tensor total = stage.losses.at("carl").sum();
  total.backward();
  return {{"loss", total}, {"grad_logits", stage.logits.grad()}, {"grad_deltas", stage.deltas.grad()}};
}

}  // namespace

std::vector<OpEntry> samplerOps() {
  return {{"sampler.ohem", runOhem},
          {"sampler.iou_balanced_neg", runIouBalanced},
          {"pisa.isr_p", runIsr},
          {"pisa.carl", runCarl},
          {"pisa.score_hlr", runScoreHlr}};
}

}  // namespace anchorscope::conformance
