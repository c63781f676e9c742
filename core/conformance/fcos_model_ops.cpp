// model.fcos_*: torchvision's FCOS, its losses and its detections.

#include "core/assigners/assigner.h"
#include "core/conformance/detector_cases.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/eval/postprocess.h"

namespace anchorscope::conformance {
namespace {

const DetectorPlan& fcos() {
  static const DetectorPlan plan = {"fcos-r50", {{"norm", "bn"}}, fcosFill, "fcos"};
  return plan;
}

/// The points that have an object, ascending, and the objects.
void addMatches(const DetectorRun& run, Outputs& outputs) {
  const auto assigner = unwrapped(makeAssigner(fcos().method, unwrapped(methodParams(fcos().method))));
  const at::Tensor object = assigner->assign({run.anchors, run.outputs, run.targets}, nullptr).clsObject[0];
  outputs["matched"] = at::nonzero(object >= 0).flatten();
  outputs["matched_gt"] = object.index_select(0, outputs["matched"]);
}

void addDetections(const DetectorRun& run, const ReferenceCase& reference, Outputs& outputs) {
  PostprocessOptions options;
  options.scoreThreshold = reference.number("score_thresh");
  options.topKPerLevel = static_cast<int>(reference.integer("topk_candidates"));
  options.maxDetections = static_cast<int>(reference.integer("detections_per_image"));
  options.nmsIou = 0.6;  // torchvision's default for FCOS
  describeDetections(postprocess(run.outputs, run.anchors.levels, {{{}, imageSizeOf(reference)}}, options)[0],
                     "detections.", 0, outputs);
}

Outputs runForward(const ReferenceCase& reference, at::Device device) {
  const DetectorRun run = runDetector(fcos(), reference, device);
  Outputs outputs = detectorOutputs(run);
  addMatches(run, outputs);
  addDetections(run, reference, outputs);
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, at::Device device) {
  return detectorGradients(fcos(), reference, device);
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<Detector> detector = filledDetector(fcos(), reference, device);
  Outputs outputs = stateDictSummary(reference, detector->stateDict());
  outputs["num_parameters"] = at::scalar_tensor(parameterCount(*detector), at::kLong);
  return outputs;
}

}  // namespace

std::vector<OpEntry> fcosModelOps() {
  return {{"model.fcos_r50_fpn", runForward},
          {"model.fcos_r50_fpn_grad", runGradient},
          {"model.fcos_r50_fpn_state_dict", runStateDict}};
}

}  // namespace anchorscope::conformance
