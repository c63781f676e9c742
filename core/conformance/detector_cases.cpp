#include "core/conformance/detector_cases.h"

#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/conformance/method_cases.h"

namespace anchorscope::conformance {

namespace {

/// Of one image, in float64.
DenseTargets wideTargets(const ReferenceCase& reference, int classCount, at::Device device) {
  DenseTargets targets = padObjects(reference, 1, classCount, device).targets;
  targets.boxes = targets.boxes.to(at::kDouble);
  targets.ignoreBoxes = targets.ignoreBoxes.to(at::kDouble);
  return targets;
}

}  // namespace

void fillDetector(Detector& detector, const FillRule& rule, const ReferenceCase& reference,
                  at::Device device) {
  detector.toDtype(at::kDouble);
  fillNetwork(detector.stateDict(), rule, reference);
  detector.moveTo(device, false);
}

DenseTargets targetsFromOne(const ReferenceCase& reference, int classCount, at::Device device) {
  ReferenceCase fromZero = reference;
  fromZero.inputs["gt_labels"] = reference.input("gt_labels") - 1;
  return wideTargets(fromZero, classCount, device);
}

std::unique_ptr<Detector> filledDetector(const DetectorPlan& plan, const ReferenceCase& reference,
                                         at::Device device) {
  const std::int64_t classCount = reference.integer("num_classes") - plan.backgroundClasses;
  if (classCount < 1 || classCount > 10000)
    throw MalformedCase("the parameter 'num_classes' is out of range");
  Result<ParamSet> params = modelParams(plan.model);
  ANCHORSCOPE_CHECK(params.ok(), "no model '", plan.model, "'");
  for (const auto& [name, value] : plan.settings)
    ANCHORSCOPE_CHECK(params->set(name, value).ok(), plan.model, " has no option '", name, "' = ", value);
  Result<std::unique_ptr<Detector>> detector =
      makeDetector(plan.model, *params, static_cast<int>(classCount), 0);
  ANCHORSCOPE_CHECK(detector.ok(), "the model of torchvision");
  fillDetector(**detector, plan.fill, reference, device);
  return *std::move(detector);
}

std::int64_t parameterCount(const Detector& detector) {
  std::int64_t count = 0;
  for (const NamedTensor& named : detector.parameters())
    count += named.tensor.numel();
  return count;
}

Outputs networkCounts(const Detector& detector) {
  const auto filled = static_cast<std::int64_t>(withoutCounters(detector.stateDict()).size());
  return {{"num_parameters", at::scalar_tensor(parameterCount(detector), at::kLong)},
          {"num_filled_tensors", at::scalar_tensor(filled, at::kLong)}};
}

at::Tensor matchedByOverlap(const StageInputs& inputs,
                            const std::vector<std::pair<std::string, std::string>>& settings) {
  ParamSet params = unwrapped(methodParams("max_iou"));
  for (const auto& [name, value] : settings)
    ANCHORSCOPE_CHECK(params.set(name, value).ok(), "max_iou has no option '", name, "' = ", value);
  return unwrapped(makeAssigner("max_iou", params))->assign(inputs, nullptr).clsObject;
}

DetectorRun runDetector(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device) {
  DetectorRun run;
  run.detector = filledDetector(plan, reference, device);
  run.detector->setTraining(trainsBatchNorm(reference));
  run.input = networkInput(reference).to(device);
  run.anchors = run.detector->anchors(imageSizeOf(reference));
  run.anchors.boxes = run.anchors.boxes.to(at::kDouble);
  const auto& network = dynamic_cast<const DenseDetector&>(*run.detector);
  run.features = network.features(run.input);
  run.outputs = network.heads(run.features, run.anchors);

  run.targets = wideTargets(reference, run.detector->classCount(), device);
  const std::unique_ptr<Method> method =
      unwrapped(makeMethod(plan.method, unwrapped(methodParams(plan.method))));
  run.loss = method->loss({run.anchors, run.outputs, run.targets}, nullptr);
  return run;
}

Outputs detectorOutputs(const DetectorRun& run) {
  Outputs outputs = networkCounts(*run.detector);
  summarize("input", run.input, outputs);
  const std::vector<std::string> levelNames = {"0", "1", "2", "p6", "p7"};
  for (std::size_t level = 0; level < levelNames.size(); ++level) {
    const LevelLayout& layout = run.anchors.levels[level];
    const auto rowsOfLevel = [&](const at::Tensor& all) {
      return all.slice(1, layout.firstAnchor, layout.firstAnchor + layout.anchorCount());
    };
    summarize("feature." + levelNames[level], run.features[level], outputs);
    summarize("cls_logits." + levelNames[level], rowsOfLevel(run.outputs.logits), outputs);
    summarize("bbox_regression." + levelNames[level], rowsOfLevel(run.outputs.offsets), outputs);
    if (run.outputs.output(kCenternessOutput).defined()) {
      summarize("bbox_ctrness." + levelNames[level],
                rowsOfLevel(run.outputs.output(kCenternessOutput).unsqueeze(2)), outputs);
    }
  }
  summarize("anchors", run.anchors.boxes, outputs);

  for (const NamedScalar& scalar : run.loss.scalars) {
    if (scalar.name == "loss.cls") outputs["loss.classification"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["loss.bbox_regression"] = scalar.value;
    if (scalar.name == "loss.quality") outputs["loss.bbox_ctrness"] = scalar.value;
  }
  return outputs;
}

Outputs detectorGradients(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device) {
  const DetectorRun run = runDetector(plan, reference, device);
  run.loss.total.backward();
  return gradientSummary(run.detector->parameters());
}

}  // namespace anchorscope::conformance
