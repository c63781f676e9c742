// model.retinanet_*: torchvision's RetinaNet, also on the official LIP backbone.

#include "core/assigners/assigner.h"
#include "core/conformance/detector_cases.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"

namespace anchorscope::conformance {
namespace {

DetectorPlan retinaNet(const char* downsampling) {
  return {"retinanet-r50", {{"norm", "bn"}, {"downsampling", downsampling}}, retinaNetFill, "max_iou"};
}

Outputs runForward(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device) {
  const DetectorRun run = runDetector(plan, reference, device);
  Outputs outputs = detectorOutputs(run);
  const auto assigner = unwrapped(makeAssigner(plan.method, unwrapped(methodParams(plan.method))));
  const at::Tensor object = assigner->assign({run.anchors, run.outputs, run.targets}, nullptr).clsObject;
  outputs["num_foreground"] = (object >= 0).sum();
  outputs["num_background"] = (object == -1).sum();
  outputs["num_ignored"] = (object == -2).sum();
  return outputs;
}

Outputs runStateDict(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device) {
  return stateDictSummary(reference, filledDetector(plan, reference, device)->stateDict());
}

/// A runner with its kind of downsampling.
template <typename Run>
auto with(const char* downsampling, Run run) {
  return [=](const ReferenceCase& reference, at::Device device) {
    return run(retinaNet(downsampling), reference, device);
  };
}

}  // namespace

std::vector<OpEntry> modelOps() {
  return {{"model.retinanet_r50_fpn", with("strided", runForward)},
          {"model.retinanet_r50_fpn_grad", with("strided", detectorGradients)},
          {"model.retinanet_state_dict", with("strided", runStateDict)},
          {"model.retinanet_lip_r50_fpn", with("lip", runForward)},
          {"model.retinanet_lip_r50_fpn_grad", with("lip", detectorGradients)}};
}

}  // namespace anchorscope::conformance
