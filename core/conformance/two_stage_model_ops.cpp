// model.fasterrcnn_r50_fpn*, model.maskrcnn_r50_fpn*: torchvision's Faster and Mask R-CNN. Their samplers'
// random choices are replaced as the files say, so that the losses are those of the samples; what the
// background's own boxes would be the program does not give.

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/conformance/detector_cases.h"
#include "core/conformance/op_table.h"
#include "core/eval/postprocess.h"
#include "core/model/faster_rcnn.h"
#include "core/ops/box_losses.h"
#include "core/ops/class_boxes.h"
#include "core/ops/masks.h"

namespace anchorscope::conformance {
namespace {

constexpr double kBeta = 1.0 / 9;

/// The parameters of a stage, as a case of their own.
ReferenceCase stageOf(const ReferenceCase& reference, const char* stage) {
  const auto found = reference.params.find(stage);
  if (found == reference.params.end() || !found->is_object())
    throw MalformedCase(concat("the parameter '", stage, "' is missing"));
  ReferenceCase own;
  own.params = *found;
  return own;
}

bool givesMasks(const ReferenceCase& reference) {
  return reference.text("model") == "maskrcnn";
}

std::unique_ptr<FasterRcnn> filledNetwork(const ReferenceCase& reference, at::Device device) {
  const std::int64_t classes = reference.integer("num_classes") - 1;
  if (classes < 1 || classes > 10000) throw MalformedCase("the parameter 'num_classes' is out of range");
  FasterRcnnOptions options;
  options.classCount = static_cast<int>(classes);
  options.backbone = {{3, 4, 6, 3}, true};
  if (givesMasks(reference)) options.masks.emplace();
  auto network = std::make_unique<FasterRcnn>(options, 0);
  fillDetector(*network, torchvisionFill, reference, device);
  return network;
}

/// [B,N]: by their largest overlap, each object at least once where `rescue`.
at::Tensor matched(const StageInputs& inputs, const ReferenceCase& stage, bool rescue) {
  const auto text = [&](const char* name) { return toText(ParamValue(stage.number(name))); };
  return matchedByOverlap(inputs, {{"pos_iou_thr", text("fg_iou")},
                                   {"neg_iou_thr", text("bg_iou")},
                                   {"low_quality", rescue ? "true" : "false"}});
}

/// Ascending indices.
struct Sample {
  at::Tensor positive, negative;

  at::Tensor all() const { return std::get<0>(at::sort(at::cat({positive, negative}))); }
};

/// The first `count` of [n] by the hash that stands for a random order, ascending.
at::Tensor firstByHash(const at::Tensor& indices, std::int64_t count) {
  std::vector<std::uint32_t> places(static_cast<std::size_t>(indices.size(0)));
  std::iota(places.begin(), places.end(), 0U);
  std::sort(places.begin(), places.end(),
            [](std::uint32_t a, std::uint32_t b) { return a * 2654435761U < b * 2654435761U; });
  places.resize(static_cast<std::size_t>(count));
  std::sort(places.begin(), places.end());
  const std::vector<std::int64_t> chosen(places.begin(), places.end());
  return indices.index_select(0, at::tensor(chosen, indices.options()));
}

/// Of one image's objects [N].
Sample sampled(const at::Tensor& object, const ReferenceCase& stage) {
  const at::Tensor positive = at::nonzero(object >= 0).flatten(),
                   negative = at::nonzero(object == -1).flatten();
  const std::int64_t size = stage.integer("batch_size");
  const auto mostPositive =
      static_cast<std::int64_t>(static_cast<double>(size) * stage.number("positive_fraction"));
  const std::int64_t ofPositive = std::min(positive.size(0), mostPositive);
  return {firstByHash(positive, ofPositive),
          firstByHash(negative, std::min(negative.size(0), size - ofPositive))};
}

/// A forward pass with its losses.
struct NetworkRun {
  std::unique_ptr<FasterRcnn> network;
  at::Tensor input;
  std::vector<at::Tensor> features;
  AnchorSet anchors;
  HeadOutputs ofAnchors;
  DenseTargets targets;
  at::Tensor anchorObject;  ///< [N]
  Sample anchorSample;
  AnchorSet regions;        ///< Those that were sampled.
  at::Tensor regionObject;  ///< [1,S]
  at::Tensor pooled, embedded;
  HeadOutputs ofRegions;
  at::Tensor objectness, proposalBoxes, classifier, regionBoxes;  ///< Losses.
  // Of the regions with an object, where the network gives masks:
  at::Tensor maskPooled, maskLogits, maskTargets, mask;

  at::Tensor total() const {
    const at::Tensor sum = objectness + proposalBoxes + classifier + regionBoxes;
    return mask.defined() ? sum + mask : sum;
  }
};

void addProposalLosses(NetworkRun& run, const ReferenceCase& stage) {
  const at::Tensor object = matched({run.anchors, run.ofAnchors, run.targets}, stage, /*rescue=*/true);
  run.anchorObject = object[0];
  run.anchorSample = sampled(run.anchorObject, stage);
  const at::Tensor all = run.anchorSample.all();
  const at::Tensor logits = run.ofAnchors.logits[0].squeeze(1).index_select(0, all);
  run.objectness = at::binary_cross_entropy_with_logits(
      logits, (run.anchorObject.index_select(0, all) >= 0).to(logits.scalar_type()));
  const at::Tensor weights = at::zeros_like(object, run.ofAnchors.logits.options().requires_grad(false));
  weights[0].index_fill_(0, run.anchorSample.positive, 1);
  run.proposalBoxes =
      matchedOffsetLoss(run.anchors, run.ofAnchors.offsets, run.targets.boxes, object, weights, kBeta).sum() /
      all.size(0);
}

AnchorSet regionSet(const at::Tensor& boxes) {
  AnchorSet set;
  set.boxes = boxes.unsqueeze(0);
  set.deltaWeights = {10, 10, 5, 5};
  return set;
}

void addRegionLosses(NetworkRun& run, const ReferenceCase& reference) {
  const ReferenceCase stage = stageOf(reference, "roi");
  const at::Tensor proposals = reference.input("proposals").to(run.input.options());
  const AnchorSet all = regionSet(at::cat({proposals, run.targets.boxes[0]}));
  HeadOutputs none;  // overlaps alone decide
  none.logits = at::zeros({1, all.count(), run.network->classCount() + 1}, run.input.options());
  none.boxes = all.boxes;
  none.activation = ScoreActivation::kSoftmaxWithBackground;
  const at::Tensor object = matched({all, none, run.targets}, stage, /*rescue=*/false);
  const at::Tensor chosen = sampled(object[0], stage).all();
  run.regions = regionSet(all.boxes[0].index_select(0, chosen));
  run.regionObject = object.index_select(1, chosen);
  run.pooled = run.network->pooled(run.features, run.regions.boxes);
  run.embedded = run.network->embedded(run.pooled);
  run.ofRegions = run.network->regionHeads(run.embedded, run.regions);
  const at::Tensor label =
      at::where(run.regionObject >= 0, run.targets.labels.gather(1, run.regionObject.clamp_min(0)),
                run.network->classCount());
  run.classifier = at::cross_entropy_loss(run.ofRegions.logits[0], label[0]);
  const HeadOutputs own = withBoxesOfObjects(run.ofRegions, run.targets.labels, run.regionObject);
  run.regionBoxes =
      matchedOffsetLoss(run.regions, own.offsets, run.targets.boxes, run.regionObject, {}, kBeta).sum() /
      chosen.size(0);
}

void addMaskLoss(NetworkRun& run, const ReferenceCase& reference) {
  const at::Tensor chosen = at::nonzero(run.regionObject[0] >= 0).flatten();
  const at::Tensor object = run.regionObject[0].index_select(0, chosen),
                   boxes = run.regions.boxes[0].index_select(0, chosen);
  const RoiCells cells = MaskHeadOptions().cells;
  run.maskPooled = run.network->pooled(run.features, boxes, at::zeros_like(object), cells);
  run.maskLogits = run.network->maskLogits(run.maskPooled);
  run.maskTargets = projectMasks(reference.input("gt_masks").to(run.input.device()).to(at::kBool), boxes,
                                 object, run.maskLogits.size(3));
  run.mask =
      maskLossRows(run.maskLogits, run.maskTargets, run.targets.labels[0].index_select(0, object)).mean();
}

NetworkRun runNetwork(const ReferenceCase& reference, at::Device device) {
  NetworkRun run;
  run.network = filledNetwork(reference, device);
  run.network->setTraining(trainsBatchNorm(reference));
  run.input = networkInput(reference).to(device);
  run.features = run.network->features(run.input);
  run.anchors = run.network->anchors(imageSizeOf(reference));
  run.anchors.boxes = run.anchors.boxes.to(at::kDouble);
  run.ofAnchors = run.network->anchorHeads(run.features, run.anchors);
  run.targets = targetsFromOne(reference, run.network->classCount(), device);
  addProposalLosses(run, stageOf(reference, "rpn"));
  addRegionLosses(run, reference);
  if (givesMasks(reference)) addMaskLoss(run, reference);
  return run;
}

void addAnchorOutputs(const NetworkRun& run, const ReferenceCase& reference, Outputs& outputs) {
  const std::vector<std::string> names = {"0", "1", "2", "3", "pool"};
  for (std::size_t level = 0; level < names.size(); ++level) {
    const LevelLayout& layout = run.anchors.levels[level];
    const auto rows = [&](const at::Tensor& all) {
      return all[0].narrow(0, layout.firstAnchor, layout.anchorCount());
    };
    summarize("feature." + names[level], run.features[level], outputs);
    summarize("rpn.objectness." + names[level], rows(run.ofAnchors.logits).squeeze(1), outputs);
    summarize("rpn.deltas." + names[level], rows(run.ofAnchors.offsets), outputs);
  }
  summarize("rpn.anchors", run.anchors.boxes, outputs);
  const ReferenceCase stage = stageOf(reference, "rpn");
  const Proposals proposals = filterProposals(
      run.ofAnchors.boxes.detach(), run.ofAnchors.logits.detach().squeeze(2), run.anchors.levels,
      {imageSizeOf(reference)},
      {stage.integer("pre_nms_top_n"), stage.integer("post_nms_top_n"), stage.number("nms_thresh")});
  const at::Tensor there = at::nonzero(proposals.origins[0] >= 0).flatten();
  outputs["rpn.proposals"] = proposals.boxes[0].index_select(0, there);
  outputs["rpn.scores"] = proposals.scores[0].index_select(0, there);
  outputs["rpn.sampled_positive"] = run.anchorSample.positive;
  outputs["rpn.sampled_negative"] = run.anchorSample.negative;
  outputs["rpn.num_positive"] = (run.anchorObject >= 0).sum();
  outputs["rpn.num_negative"] = (run.anchorObject == -1).sum();
  outputs["rpn.num_ignored"] = (run.anchorObject == -2).sum();
}

void addRegionOutputs(const NetworkRun& run, Outputs& outputs) {
  const at::Tensor object = run.regionObject[0], boxes = run.regions.boxes[0], some = object.clamp_min(0);
  outputs["roi.sampled_boxes"] = boxes;
  outputs["roi.sampled_gt"] = object;
  outputs["roi.sampled_labels"] = at::where(object >= 0, run.targets.labels[0].index_select(0, some) + 1, 0);
  const at::Tensor deltas =
      BoxCoder::of(run.regions).encode(boxes, run.targets.boxes[0].index_select(0, some));
  outputs["roi.regression_targets"] = at::where((object >= 0).unsqueeze(1), deltas, 0.0);
  summarize("roi.pooled", run.pooled, outputs);
  summarize("roi.head", run.embedded, outputs);
  summarize("roi.class_logits", run.ofRegions.logits[0].roll(1, 1), outputs);
}

/// Of the detections' classes.
void describeMasks(const NetworkRun& run, const std::vector<PredictionRecord>& found, Outputs& outputs) {
  const auto count = static_cast<std::int64_t>(found.size());
  const at::Tensor boxes = at::empty({count, 4}, run.input.options()),
                   label = at::empty({count}, run.targets.labels.options());
  for (std::int64_t i = 0; i < count; ++i) {
    const PredictionRecord& one = found[static_cast<std::size_t>(i)];
    const Box& box = one.boxInImage;
    boxes[i].copy_(at::tensor({box.x1, box.y1, box.x2, box.y2}));
    label[i].fill_(one.classIndex);
  }
  const at::Tensor logits = run.network->maskLogits(
      run.network->pooled(run.features, boxes, at::zeros_like(label), MaskHeadOptions().cells));
  const at::Tensor own = label.view({-1, 1, 1, 1}).expand({-1, 1, logits.size(2), logits.size(3)});
  summarize("detections.masks", logits.gather(1, own).sigmoid(), outputs);
}

void addDetections(const NetworkRun& run, const ReferenceCase& reference, Outputs& outputs) {
  const ReferenceCase stage = stageOf(reference, "roi");
  const AnchorSet regions = regionSet(reference.input("proposals").to(run.input.options()));
  const HeadOutputs heads = run.network->regionHeads(
      run.network->embedded(run.network->pooled(run.features, regions.boxes)), regions);
  PostprocessOptions options;
  options.scoreThreshold = stage.number("score_thresh");
  options.topKPerLevel = static_cast<int>(heads.logits.numel());  // no cut there
  options.nmsIou = stage.number("nms_thresh");
  options.maxDetections = static_cast<int>(stage.integer("detections_per_image"));
  options.smallestSide = 0.01;
  const std::vector<PredictionRecord> found =
      postprocess(heads, {}, {{{}, imageSizeOf(reference)}}, options)[0];
  describeDetections(found, "detections.", 1, outputs);
  if (givesMasks(reference)) describeMasks(run, found, outputs);
}

Outputs runForward(const ReferenceCase& reference, at::Device device) {
  const NetworkRun run = runNetwork(reference, device);
  Outputs outputs = networkCounts(*run.network);
  summarize("input", run.input, outputs);
  addAnchorOutputs(run, reference, outputs);
  addRegionOutputs(run, outputs);
  outputs["loss.objectness"] = run.objectness;
  outputs["loss.rpn_box_reg"] = run.proposalBoxes;
  outputs["loss.classifier"] = run.classifier;
  outputs["loss.box_reg"] = run.regionBoxes;
  if (run.mask.defined()) {
    summarize("roi.mask_pooled", run.maskPooled, outputs);
    // torchvision's background has a map, too, of which nothing is learnt.
    summarize("roi.mask_targets", run.maskTargets, outputs);
    outputs["loss.mask"] = run.mask;
  }
  addDetections(run, reference, outputs);
  return outputs;
}

Outputs runGradient(const ReferenceCase& reference, at::Device device) {
  const NetworkRun run = runNetwork(reference, device);
  run.total().backward();
  return gradientSummary(run.network->parameters());
}

Outputs runStateDict(const ReferenceCase& reference, at::Device device) {
  const std::unique_ptr<FasterRcnn> network = filledNetwork(reference, device);
  Outputs outputs = stateDictSummary(reference, network->stateDict());
  outputs["num_parameters"] = at::scalar_tensor(parameterCount(*network), at::kLong);
  return outputs;
}

}  // namespace

std::vector<OpEntry> twoStageModelOps() {
  return {{"model.fasterrcnn_r50_fpn", runForward},
          {"model.fasterrcnn_r50_fpn_grad", runGradient},
          {"model.fasterrcnn_r50_fpn_state_dict", runStateDict},
          {"model.maskrcnn_r50_fpn", runForward},
          {"model.maskrcnn_r50_fpn_grad", runGradient},
          {"model.maskrcnn_r50_fpn_state_dict", runStateDict}};
}

}  // namespace anchorscope::conformance
