// model.ssd300*: torchvision's SSD300.

#include "core/conformance/capture_sink.h"
#include "core/conformance/detector_cases.h"
#include "core/conformance/method_cases.h"
#include "core/conformance/op_table.h"
#include "core/eval/postprocess.h"
#include "core/methods/method.h"
#include "core/model/ssd.h"

namespace anchorscope::conformance {
namespace {

DetectorPlan ssd() {
  return {"ssd300-vgg16", {}, torchvisionFill, "ssd", /*backgroundClasses=*/1};
}

void addDetections(const HeadOutputs& heads, const ReferenceCase& reference, Outputs& outputs) {
  PostprocessOptions options;
  options.scoreThreshold = reference.number("score_thresh");
  options.topKPerClass = static_cast<int>(reference.integer("topk_candidates"));
  options.topKPerLevel = static_cast<int>(heads.logits.numel());
  options.maxDetections = static_cast<int>(reference.integer("detections_per_image"));
  options.nmsIou = 0.45;  // torchvision's default for SSD
  describeDetections(postprocess(heads, {}, {{{}, imageSizeOf(reference)}}, options)[0], "detections.", 1,
                     outputs);
}

Outputs runForward(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<Detector> detector = filledDetector(ssd(), reference, device);
  detector->setTraining(false);
  const auto& network = dynamic_cast<const Ssd&>(*detector);
  AnchorSet anchors = detector->anchors(imageSizeOf(reference));
  anchors.boxes = anchors.boxes.to(at::kDouble);
  const at::Tensor input = networkInput(reference).to(device);
  const auto features = network.features(input);
  const HeadOutputs heads = network.heads(features, anchors);

  Outputs outputs = networkCounts(*detector);
  summarize("input", input, outputs);
  summarize("anchors", anchors.boxes, outputs);
  const at::Tensor inTheirOrder = heads.logits.roll(1, 2);  // the background first
  for (std::size_t level = 0; level < features.size(); ++level) {
    const LevelLayout& layout = anchors.levels[level];
    const std::string name = "." + std::to_string(level);
    summarize("feature" + name, features[level], outputs);
    summarize("cls_logits" + name, inTheirOrder.narrow(1, layout.firstAnchor, layout.anchorCount()), outputs);
    summarize("bbox_regression" + name, heads.offsets.narrow(1, layout.firstAnchor, layout.anchorCount()),
              outputs);
  }

  const DenseTargets targets = targetsFromOne(reference, detector->classCount(), device);
  // An object's best default box is its own, others are of the object they overlap most, by a half at least.
  const at::Tensor object = matchedByOverlap(
      {anchors, heads, targets}, {{"convention", "mmdet"}, {"pos_iou_thr", "0.5"}, {"neg_iou_thr", "0.5"}});
  outputs["matched"] = at::nonzero(object[0] >= 0).flatten();
  outputs["matched_gt"] = object[0].index_select(0, outputs["matched"]);
  CaptureSink sink;
  const LossTerms terms =
      unwrapped(makeMethod("ssd", unwrapped(methodParams("ssd"))))->loss({anchors, heads, targets}, &sink);
  for (const NamedScalar& scalar : terms.scalars) {
    if (scalar.name == "loss.cls") outputs["loss.classification"] = scalar.value;
    if (scalar.name == "loss.loc") outputs["loss.bbox_regression"] = scalar.value;
  }
  addDetections(heads, reference, outputs);
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<Detector> detector = filledDetector(ssd(), reference, device);
  const DenseTargets targets = targetsFromOne(reference, detector->classCount(), device);
  const std::vector<StageOutputs> stages = detector->forward(networkInput(reference).to(device));
  AnchorSet anchors = stages.front().candidates;
  anchors.boxes = anchors.boxes.to(at::kDouble);
  unwrapped(makeMethod("ssd", unwrapped(methodParams("ssd"))))
      ->loss({anchors, stages.front().heads, targets}, nullptr)
      .total.backward();
  return gradientSummary(detector->parameters());
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<Detector> detector = filledDetector(ssd(), reference, device);
  Outputs outputs = stateDictSummary(reference, detector->stateDict());
  outputs["num_parameters"] = at::scalar_tensor(parameterCount(*detector), at::kLong);
  return outputs;
}

}  // namespace

std::vector<OpEntry> ssdModelOps() {
  return {{"model.ssd300", runForward},
          {"model.ssd300_grad", runGradient},
          {"model.ssd300_state_dict", runStateDict}};
}

}  // namespace anchorscope::conformance
