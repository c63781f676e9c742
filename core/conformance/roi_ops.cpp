// roi.*, rpn.*: what lies in regions, which regions are proposed, and what is detected in them.

#include "core/conformance/method_cases.h"
#include "core/conformance/network_cases.h"
#include "core/conformance/op_table.h"
#include "core/eval/postprocess.h"
#include "core/ops/box_coder.h"
#include "core/ops/class_boxes.h"
#include "core/ops/proposals.h"
#include "core/ops/roi_align.h"

namespace anchorscope::conformance {
namespace {

Outputs runAlign(const ReferenceCase& reference, at::Device device) {
  const std::vector<double> size = reference.numbers("output_size", 2);
  const RoiCells cells{static_cast<std::int64_t>(size[0]), static_cast<std::int64_t>(size[1]),
                       reference.integer("sampling_ratio"), reference.flag("aligned", false)};
  const at::Tensor rois = reference.input("rois").to(device);
  const at::Tensor map = reference.input("input").to(device).detach().requires_grad_();
  const at::Tensor output = roiAlign(map, reference.number("spatial_scale"), rois.slice(1, 1),
                                     rois.select(1, 0).to(at::kLong), cells);
  (output * reference.input("upstream").to(device)).sum().backward();
  return {{"output", output}, {"grad_input", map.grad()}};
}

Outputs runFilterProposals(const ReferenceCase& reference, at::Device device) {
  const at::Tensor boxes = reference.input("proposals").to(device);
  const Proposals proposals = filterProposals(
      boxes.unsqueeze(0), reference.input("objectness").to(device).unsqueeze(0),
      levelsOf(reference, boxes.size(0)), {imageSizeOf(reference)},
      {reference.integer("pre_nms_top_n"), reference.integer("post_nms_top_n"),
       reference.number("nms_thresh"), reference.number("min_size"), reference.number("score_thresh")});
  const at::Tensor there = (proposals.origins[0] >= 0).nonzero().flatten();
  return {{"keep", proposals.origins[0].index_select(0, there)},
          {"boxes", proposals.boxes[0].index_select(0, there)},
          {"scores", proposals.scores[0].index_select(0, there)}};
}

/// torchvision's columns, the background's first, as outputs of heads with a box per class.
HeadOutputs regionOutputs(const ReferenceCase& reference, at::Device device) {
  const at::Tensor logits = reference.input("class_logits").to(device);
  const std::int64_t count = logits.size(0), classes = logits.size(1) - 1;
  HeadOutputs outputs;
  outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  outputs.logits = logits.roll(-1, 1).unsqueeze(0);
  outputs.offsets =
      reference.input("box_regression").to(device).view({1, count, classes + 1, 4}).narrow(2, 1, classes);
  const std::vector<double> weights = reference.numbers("weights", 4);
  outputs.boxes = decodedClassBoxes(BoxCoder::torchvision({weights[0], weights[1], weights[2], weights[3]}),
                                    reference.input("proposals").to(device).unsqueeze(0), outputs.offsets);
  return outputs;
}

Outputs runDetections(const ReferenceCase& reference, at::Device device) {
  const HeadOutputs outputs = regionOutputs(reference, device);
  PostprocessOptions options;
  options.scoreThreshold = reference.number("score_thresh");
  options.topKPerLevel = static_cast<int>(outputs.logits.numel());  // no cut there
  options.nmsIou = reference.number("nms_thresh");
  options.maxDetections = static_cast<int>(reference.integer("detections_per_image"));
  options.smallestSide = reference.number("min_size");
  Outputs got;
  describeDetections(postprocess(outputs, {}, {{{}, imageSizeOf(reference)}}, options)[0], "", 1, got);
  return got;
}

}  // namespace

std::vector<OpEntry> roiOps() {
  return {{"roi.align", runAlign},
          {"roi.detections", runDetections},
          {"rpn.filter_proposals", runFilterProposals}};
}

}  // namespace anchorscope::conformance
