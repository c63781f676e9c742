// sampling_free.prior, sampling_free.guided_scale, sampling_free.fcos_loss: counts by the registered method,
// losses through the registered combiner, step after step with plain gradient descent on what it learns.

#include <c10/core/GradMode.h>

#include <cmath>

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/element_losses.h"
#include "core/conformance/leaves.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/conformance/steps.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/normalizer.h"
#include "core/methods/method.h"
#include "core/ops/box_coder.h"
#include "core/ops/box_losses.h"

namespace anchorscope::conformance {
namespace {

constexpr double kBeta = 0.11;  // smooth L1 of the authors' RetinaNet

void set(ParamSet& params, const std::string& name, const std::string& value) {
  if (const Status status = params.set(name, value); !status) throw UnsupportedCase(status.error().text());
}

std::string textOf(double value) {
  return toText(ParamValue(value));
}

Outputs runPrior(const ReferenceCase& reference, at::Device device) {
  const std::int64_t images = reference.integer("num_images"), classes = reference.integer("num_classes");
  ReferenceCase labelled = reference;  // counts do not depend on classes
  labelled.inputs["gt_labels"] = at::zeros({reference.input("gt_boxes").size(0)}, at::kLong);
  const PaddedObjects objects = padObjects(labelled, images, classes, device);
  AnchorSet anchors;
  anchors.boxes = reference.input("anchors").to(device);
  ParamSet params = unwrapped(methodParams("sampling_free"));
  set(params, "pos_iou_thr", textOf(reference.number("fg_iou")));
  set(params, "neg_iou_thr", textOf(reference.number("bg_iou")));
  set(params, "low_quality", reference.flag("low_quality", true) ? "true" : "false");
  const AnchorCounts counts =
      unwrapped(makeMethod("sampling_free", params))->countAnchors(anchors, objects.targets);
  const double prior = countedPrior(counts.positives.sum().item<std::int64_t>(),
                                    counts.background.sum().item<std::int64_t>(), classes);
  return {{"num_fg", counts.positives},
          {"num_bg", counts.background},
          {"num_ignored", counts.ignored},
          {"prior", at::scalar_tensor(prior, at::kDouble)},
          {"bias", at::scalar_tensor(-std::log((1 - prior) / prior), at::kDouble)}};
}

at::Tensor scalarOf(const std::vector<NamedScalar>& scalars, const std::string& name) {
  for (const NamedScalar& scalar : scalars)
    if (scalar.name == name) return scalar.value;
  throw UnsupportedCase(concat("the method has no scalar '", name, "'"));
}

/// What the file tells of the scale. Its classification loss is scaled by all that comes before the sigmas.
void addScale(Steps& steps, const std::string& generation, const std::vector<NamedScalar>& scalars,
              const at::Tensor& total) {
  const bool learns = generation != "2020", sigmas = generation == "2021b" || generation == "2021c";
  steps.add("ratio", scalarOf(scalars, "sampling_free.ratio"));
  steps.add("scaled_cls_loss",
            scalarOf(scalars, sigmas ? "sampling_free.scaled_cls" : "sampling_free.weighted_cls"));
  steps.add("log_term", learns ? scalarOf(scalars, "sampling_free.log_term") : at::zeros_like(total));
  steps.add("total_loss", total);
}

/// The learnt factors before and after a step of gradient descent, as many as the file has losses.
void descend(Steps& steps, const std::vector<NamedTensor>& parameters, std::int64_t used, double lr) {
  if (parameters.empty()) return;
  const c10::NoGradGuard noGrad;
  const at::Tensor factors = parameters.front().tensor;
  const auto told = [&](const at::Tensor& values) {
    return values.narrow(0, 0, std::min(used, values.size(0)));
  };
  steps.add("param", told(factors));
  steps.add("grad_param", told(gradientOf(factors)));
  factors.sub_(gradientOf(factors) * lr);
  steps.add("param_after", told(factors));
  factors.mutable_grad() = at::Tensor();
}

/// Parameters as the file has them.
void toDouble(const std::vector<NamedTensor>& parameters, at::Device device) {
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& parameter : parameters)
    parameter.tensor.set_data(parameter.tensor.to(device, at::kDouble));
}

void place(const std::vector<NamedTensor>& buffers, at::Device device) {
  const c10::NoGradGuard noGrad;
  for (const NamedTensor& buffer : buffers) {
    const bool floating = at::isFloatingType(buffer.tensor.scalar_type());
    buffer.tensor.set_data(buffer.tensor.to(device, floating ? at::kDouble : buffer.tensor.scalar_type()));
  }
}

ParamSet combinerParams(const ReferenceCase& reference) {
  for (const LossCombinerEntry& entry : lossCombinerEntries())
    if (entry.name == "sampling_free") {
      ParamSet params(entry.params);
      setOptions(reference, params);
      set(params, "guard", "false");
      return params;
    }
  throw UnsupportedCase("there is no combiner 'sampling_free'");
}

Outputs runGuidedScale(const ReferenceCase& reference, at::Device device) {
  const std::string generation = reference.text("generation");
  const at::Tensor& targets = reference.input("targets");
  const auto combiner = unwrapped(makeLossCombiner("sampling_free", combinerParams(reference)));
  toDouble(combiner->parameters(), device);
  place(combiner->buffers(), device);
  const auto clsLoss = unwrapped(makeClsLoss("bce", ParamSet()));
  const bool extra = reference.hasInput("extra_loss");
  const std::string clsNormalizer = generation == "2020"    ? "positives_plus_images"
                                    : generation == "2021a" ? "positives_unguarded"
                                                            : "positives";
  Steps steps;
  for (std::int64_t step = 0; step < targets.size(0); ++step) {
    const auto input = [&](const char* name) { return reference.input(name)[step].to(device).unsqueeze(0); };
    const at::Tensor logits = leafOf(input("logits")), deltas = leafOf(input("deltas"));
    at::Tensor label = input("targets") - 1;  // -2 ignored, -1 background, classes from 0
    if (generation == "2020") label = label.clamp_min(-1);
    const at::Tensor positive = label >= 0;
    LossTable losses;
    losses.clsObject = losses.regObject = label;
    losses.regWeight = positive.to(at::kDouble);
    const at::Tensor positives = positive.sum(1);
    const auto divisor = [&](const std::string& name) {
      return divisors(normalizerOf(name), positives, losses.regWeight.sum(1), 1);
    };
    losses.rows = {
        {kClsHead, clsLoss->rows(logits, {label, {}, {}}, {}), divisor(clsNormalizer)},
        {kLocHead,
         smoothL1Elements(deltas, input("delta_targets").to(at::kDouble), kBeta).sum(2) * losses.regWeight,
         divisor("four_positives")}};
    if (extra) {
      const at::Tensor values = input("extra_loss").to(at::kDouble).view({1, 1});
      losses.rows.push_back(
          {kQualityHead, values, at::ones({1}, values.options()), LossDomain::kBatch, /*ofOutput=*/true});
    }
    const AnchorSet anchors;
    const HeadOutputs outputs;
    const DenseTargets none;
    const CombinedLoss combined = combiner->combine(losses, {anchors, outputs, none}, nullptr);
    combined.total.backward();
    steps.add("cls_loss", combined.heads[0]);
    steps.add("loc_loss", combined.heads[1]);
    addScale(steps, generation, combined.scalars, combined.total);
    steps.add("grad_logits", gradientOf(logits).squeeze(0));
    steps.add("grad_deltas", gradientOf(deltas).squeeze(0));
    descend(steps, combiner->parameters(), extra ? 3 : 2, reference.number("lr"));
  }
  return steps.stacked();
}

/// The combiner of one stage of Faster R-CNN, as the method has it; region proposals measure 0.5 of their
/// box loss, regions learn classes twice. The versions do not differ but in what the classification loss was
/// divided by, which cancels.
std::unique_ptr<LossCombiner> stageCombiner(const std::string& stage) {
  ParamSet params = unwrapped(methodParams("sampling_free_rcnn")).sub(stage);
  set(params, "guard", "false");
  return unwrapped(makeLossCombiner("sampling_free", params));
}

/// The losses of a stage's candidates [1,N]; labels [N]: -2 ignored, -1 background.
struct StageCase {
  at::Tensor logits, label, cls, loc;
  at::Tensor clsDivisor;  ///< [1]
  ScoreActivation activation = ScoreActivation::kSigmoid;
};

Outputs scaledStage(const std::string& stage, const StageCase& given, const char* clsName) {
  const auto combiner = stageCombiner(stage);
  place(combiner->buffers(), given.logits.device());
  LossTable losses;
  losses.clsObject = losses.regObject = given.label.unsqueeze(0);
  const at::Tensor positive = losses.clsObject >= 0;
  losses.regWeight = positive.to(at::kDouble);
  losses.rows = {{kClsHead, given.cls, given.clsDivisor},
                 {kLocHead, given.loc * losses.regWeight,
                  divisors(Normalizer::kFourPositives, positive.sum(1), losses.regWeight.sum(1), 1)}};
  const AnchorSet anchors;
  HeadOutputs outputs;
  outputs.activation = given.activation;
  const DenseTargets none;
  const CombinedLoss combined = combiner->combine(losses, {anchors, outputs, none}, nullptr);
  combined.total.backward();
  return {{clsName, combined.heads[0]},
          {"loc_loss", scalarOf(combined.scalars, "sampling_free.weighted_loc")},
          {"ratio", scalarOf(combined.scalars, "sampling_free.ratio")},
          {concat("scaled_", clsName), scalarOf(combined.scalars, "sampling_free.weighted_cls")},
          {"total_loss", combined.total}};
}

Outputs runRpnLoss(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device);
  StageCase stage;
  stage.logits = logits;
  stage.label = reference.input("targets").to(device).to(at::kLong) - 1;
  stage.cls = unwrapped(makeClsLoss("bce", ParamSet()))
                  ->rows(logits.view({1, -1, 1}), {stage.label.unsqueeze(0), {}, {}}, {});
  stage.loc =
      smoothL1Elements(deltas, reference.input("delta_targets").to(device, at::kDouble), 1.0 / 9).sum(1);
  const at::Tensor positives = stage.label.ge(0).sum().to(at::kDouble);
  stage.clsDivisor = positives.clamp_min(1).view({1});
  if (reference.text("generation") == "2020") stage.clsDivisor = stage.clsDivisor * stage.label.ge(-1).sum();
  Outputs outputs = scaledStage("rpn", stage, "obj_loss");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  // Their code looks at no score without a positive; here the ratio of 0 takes the loss out.
  if (positives.item<double>() == 0) outputs.erase("obj_loss");
  return outputs;
}

Outputs runRoiLoss(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = leafInput(reference, "logits", device),
                   deltas = leafInput(reference, "deltas", device);
  StageCase stage;
  stage.logits = logits;
  stage.label = reference.input("labels").to(device).to(at::kLong) - 1;
  stage.activation = ScoreActivation::kSoftmaxWithBackground;
  stage.cls = unwrapped(makeClsLoss("softmax_ce", ParamSet()))
                  ->rows(logits.roll(-1, 1).unsqueeze(0), {stage.label.unsqueeze(0), {}, {}}, {});
  const at::Tensor ofClass = (stage.label.clamp_min(0) + 1).view({-1, 1, 1}).expand({-1, 1, 4});
  const at::Tensor own = deltas.view({deltas.size(0), -1, 4}).gather(1, ofClass).squeeze(1);
  const double beta = unwrapped(methodParams("sampling_free_rcnn")).getFloat("roi.smooth_l1_beta");
  stage.loc = smoothL1Elements(own, reference.input("delta_targets").to(device, at::kDouble), beta).sum(1);
  stage.clsDivisor = stage.label.ge(-1).sum().to(at::kDouble).view({1});
  Outputs outputs = scaledStage("roi", stage, "cls_loss");
  outputs["grad_logits"] = gradientOf(logits);
  outputs["grad_deltas"] = gradientOf(deltas);
  return outputs;
}

ParamSet fcosParams(const ReferenceCase& reference) {
  ParamSet params = unwrapped(methodParams("sampling_free"));
  const double radius = reference.number("center_sampling_radius");
  const std::string form = reference.text("iou_loss_type");
  if (form != "iou" && form != "giou") throw UnsupportedCase(concat("there is no box loss '", form, "'"));
  for (const auto& [option, value] :
       {std::pair<const char*, std::string>{"assigner", "fcos"},
        {"fcos_convention", "mmdet"},
        {"center_sampling", radius > 0 ? "true" : "false"},
        {"regress_ranges", "64,128,256,512"},
        {"box_weight", "centerness"},
        {"box_loss", form == "iou" ? "iou_log_plus1" : "giou_plus1"},
        {"plus_one_unit", reference.flag("norm_reg_targets", false) ? "stride" : "px"},
        {"cls_normalizer", "positives"},
        {"loc_normalizer", "sum_of_weights"},
        {"generation", reference.text("generation")},
        {"guard", "false"}})
    set(params, option, value);
  if (radius > 0) set(params, "center_radius", textOf(radius));
  set(params, "warmup_iters", std::to_string(reference.integer("warmup_iters")));
  return params;
}

Outputs runFcosLoss(const ReferenceCase& reference, at::Device device) {
  const std::string generation = reference.text("generation");
  const at::Tensor points = reference.input("points").to(device, at::kDouble);
  const AnchorSet anchors = pointBoxes(reference, points);
  const bool inStrides = reference.flag("norm_reg_targets", false);
  const ParamSet params = fcosParams(reference);
  const auto method = unwrapped(makeMethod("sampling_free", params));
  toDouble(method->parameters(), device);
  place(method->buffers(), device);
  const at::Tensor& logitsOfSteps = reference.input("logits");
  const PaddedObjects objects = padObjects(reference, 1, logitsOfSteps.size(2), device);
  const BoxCoder coder = BoxCoder::of(anchors.offsets);

  Steps steps;
  for (std::int64_t step = 0; step < logitsOfSteps.size(0); ++step) {
    const auto input = [&](const char* name) { return leafOf(reference.input(name)[step].to(device)); };
    const at::Tensor logits = input("logits"), ltrb = input("ltrb"), quality = input("centerness_logits");
    HeadOutputs heads;
    heads.logits = logits.unsqueeze(0);
    heads.offsets = (inStrides ? ltrb : ltrb / anchors.strides.unsqueeze(1)).unsqueeze(0);
    heads.boxes = coder.decode(anchors.boxes, heads.offsets);
    heads.further[kCenternessOutput] = quality.unsqueeze(0);
    const LossTerms terms = method->loss({anchors, heads, objects.targets}, nullptr);
    terms.total.backward();
    steps.add("cls_loss", scalarOf(terms.scalars, "loss.cls"));
    steps.add("reg_loss", scalarOf(terms.scalars, "loss.loc"));
    steps.add("centerness_loss", scalarOf(terms.scalars, "loss.quality"));
    addScale(steps, generation, terms.scalars, terms.total);
    steps.add("grad_logits", gradientOf(logits));
    steps.add("grad_ltrb", gradientOf(ltrb));
    steps.add("grad_centerness", gradientOf(quality));
    descend(steps, method->parameters(), 3, reference.number("lr"));
  }

  Outputs outputs = steps.stacked();
  const Assignment assignment =
      unwrapped(makeAssigner("fcos", params))->assign({anchors, HeadOutputs{}, objects.targets}, nullptr);
  const at::Tensor assigned = globalWinners(assignment.clsObject, objects).squeeze(0);
  const at::Tensor boxes = gatherObjects(withPadding(objects.targets).boxes, assignment.clsObject).squeeze(0);
  const at::Tensor sides = coder.encode(anchors.boxes, boxes.to(at::kDouble));
  outputs["labels"] = labelsOf(reference, assigned);
  outputs["ltrb_targets"] =
      (inStrides ? sides : sides * anchors.strides.unsqueeze(1)).masked_fill(assigned.unsqueeze(1) < 0, 0);
  return outputs;
}

}  // namespace

std::vector<OpEntry> samplingFreeOps() {
  return {{"sampling_free.prior", runPrior},
          {"sampling_free.guided_scale", runGuidedScale},
          {"sampling_free.fcos_loss", runFcosLoss},
          {"sampling_free.rpn_loss", runRpnLoss},
          {"sampling_free.roi_loss", runRoiLoss}};
}

}  // namespace anchorscope::conformance
