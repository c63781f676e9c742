// model.retinanet_*: torchvision's RetinaNet, also on the official LIP backbone, rebuilt by name, filled by
// formula, run in float64.

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/network_cases.h"
#include "core/conformance/op_table.h"
#include "core/methods/method.h"
#include "core/model/retinanet.h"

namespace anchorscope::conformance {
namespace {

/// The detector with its defaults but batch norm, and `downsampling`.
std::unique_ptr<Detector> filledRetinaNet(const ReferenceCase& reference, const std::string& downsampling,
                                          at::Device device) {
  const std::int64_t classCount = reference.integer("num_classes");
  if (classCount < 1 || classCount > 10000)
    throw MalformedCase("the parameter 'num_classes' is out of range");
  Result<ParamSet> params = modelParams("retinanet-r50");
  ANCHORSCOPE_CHECK(
      params.ok() && params->set("norm", "bn").ok() && params->set("downsampling", downsampling).ok(),
      "the model of torchvision");
  Result<std::unique_ptr<Detector>> detector =
      makeDetector("retinanet-r50", *params, static_cast<int>(classCount), 0);
  ANCHORSCOPE_CHECK(detector.ok(), "the model of torchvision");
  (*detector)->toDtype(at::kDouble);
  fillNetwork((*detector)->stateDict(), retinaNetFill, reference);
  (*detector)->moveTo(device, false);
  return *std::move(detector);
}

/// The network, its input and what training on the case's objects gives.
struct RetinaNetRun {
  std::unique_ptr<Detector> detector;
  at::Tensor input;
  AnchorSet anchors;
  std::vector<at::Tensor> features;
  DenseOutputs outputs;
  DenseTargets targets;
  LossTerms loss;
};

RetinaNetRun runRetinaNet(const ReferenceCase& reference, const std::string& downsampling,
                          at::Device device) {
  RetinaNetRun run;
  run.detector = filledRetinaNet(reference, downsampling, device);
  run.detector->setTraining(trainsBatchNorm(reference));
  run.input = networkInput(reference).to(device);
  run.anchors = run.detector->anchors(imageSizeOf(reference));
  run.anchors.boxes = run.anchors.boxes.to(at::kDouble);
  const auto& network = dynamic_cast<const RetinaNet&>(*run.detector);
  run.features = network.features(run.input);
  run.outputs = network.heads(run.features, run.anchors);

  const at::Tensor boxes = reference.input("gt_boxes").to(device).to(at::kDouble);
  const at::Tensor labels = reference.input("gt_labels").to(device);
  if (boxes.dim() != 2 || boxes.size(1) != 4 || labels.sizes() != at::IntArrayRef{boxes.size(0)}) {
    throw MalformedCase("gt_boxes must be [G,4] and gt_labels [G]");
  }
  run.targets = {boxes.unsqueeze(0), labels.unsqueeze(0), at::ones_like(labels.unsqueeze(0), at::kBool),
                 at::zeros({1, 0, 4}, boxes.options())};
  Result<std::unique_ptr<Method>> method = makeMethod("max_iou", *methodParams("max_iou"));
  ANCHORSCOPE_CHECK(method.ok(), "torchvision's method");
  run.loss = (*method)->loss(run.anchors, run.outputs, run.targets, nullptr);
  return run;
}

Outputs runForward(const ReferenceCase& reference, const std::string& downsampling, at::Device device) {
  const RetinaNetRun run = runRetinaNet(reference, downsampling, device);
  Outputs outputs;
  std::int64_t parameterCount = 0;
  for (const NamedTensor& named : run.detector->parameters())
    parameterCount += named.tensor.numel();
  outputs["num_parameters"] = at::scalar_tensor(parameterCount, at::kLong);
  outputs["num_filled_tensors"] = at::scalar_tensor(
      static_cast<std::int64_t>(withoutCounters(run.detector->stateDict()).size()), at::kLong);

  const std::vector<std::string> levelNames = {"0", "1", "2", "p6", "p7"};
  summarize("input", run.input, outputs);
  for (std::size_t level = 0; level < levelNames.size(); ++level) {
    const LevelLayout& layout = run.anchors.levels[level];
    const auto rowsOfLevel = [&](const at::Tensor& all) {
      return all.slice(1, layout.firstAnchor, layout.firstAnchor + layout.anchorCount());
    };
    summarize("feature." + levelNames[level], run.features[level], outputs);
    summarize("cls_logits." + levelNames[level], rowsOfLevel(run.outputs.logits), outputs);
    summarize("bbox_regression." + levelNames[level], rowsOfLevel(run.outputs.deltas), outputs);
  }
  summarize("anchors", run.anchors.boxes, outputs);

  Result<std::unique_ptr<Assigner>> assigner = makeAssigner("max_iou", *methodParams("max_iou"));
  ANCHORSCOPE_CHECK(assigner.ok(), "torchvision's matcher");
  const at::Tensor object = (*assigner)->assign(run.anchors, run.outputs, run.targets, nullptr).clsObject;
  outputs["num_foreground"] = (object >= 0).sum();
  outputs["num_background"] = (object == -1).sum();
  outputs["num_ignored"] = (object == -2).sum();
  for (const NamedScalar& scalar : run.loss.scalars) {
    if (scalar.name == "loss.cls") outputs["loss.classification"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["loss.bbox_regression"] = scalar.value;
  }
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, const std::string& downsampling, at::Device device) {
  const RetinaNetRun run = runRetinaNet(reference, downsampling, device);
  run.loss.total.backward();
  return gradientSummary(run.detector->parameters());
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  return stateDictSummary(reference, filledRetinaNet(reference, "strided", device)->stateDict());
}

/// A runner with its kind of downsampling.
template <typename Run>
auto with(const char* downsampling, Run run) {
  return
      [=](const ReferenceCase& reference, at::Device device) { return run(reference, downsampling, device); };
}

}  // namespace

std::vector<OpEntry> modelOps() {
  return {{"model.retinanet_r50_fpn", with("strided", runForward)},
          {"model.retinanet_r50_fpn_grad", with("strided", runGradient)},
          {"model.retinanet_state_dict", runStateDict},
          {"model.retinanet_lip_r50_fpn", with("lip", runForward)},
          {"model.retinanet_lip_r50_fpn_grad", with("lip", runGradient)}};
}

}  // namespace anchorscope::conformance
