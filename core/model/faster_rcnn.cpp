#include "core/model/faster_rcnn.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "core/base/check.h"
#include "core/ops/box_coder.h"
#include "core/ops/class_boxes.h"

namespace anchorscope {
namespace {

/// torchvision's weights of the second stage's deltas.
constexpr std::array<double, 4> kRegionWeights{10, 10, 5, 5};

/// How many maps regions are cut from, the finest ones.
std::size_t pooledMaps(const std::vector<at::Tensor>& features) {
  return features.size() - 1;  // the last one is for anchors alone
}

}  // namespace

HeadTraits FasterRcnnOptions::proposalTraits() const {
  HeadTraits heads;
  heads.anchorsPerCell = anchors.anchorsPerCell();
  heads.classAgnostic = true;
  heads.stage = "rpn";
  return heads;
}

HeadTraits FasterRcnnOptions::regionTraits() const {
  HeadTraits heads;
  heads.background = true;
  heads.ownCandidates = true;
  heads.boxPerClass = true;
  heads.masks = masks.has_value();
  heads.stage = "roi";
  return heads;
}

FasterRcnn::FasterRcnn(const FasterRcnnOptions& options, std::uint64_t seed)
    : NetworkDetector(seed, "backbone.body."),
      options_(options),
      body_(state_, backbone_, options.backbone, options.norm, options.trainableStages),
      pyramid_(state_, "backbone.fpn.", body_.fourChannels(), options.channels,
               static_cast<int>(options.anchors.strides.size()), TopLevels::kPool),
      proposalConv_(state_, "rpn.head.conv.0.0", {options.channels, options.channels, 3, 1, true},
                    ConvInit::kNormal001),
      objectness_(state_, "rpn.head.cls_logits", options.channels, options.anchors.anchorsPerCell(), 1,
                  ConvInit::kNormal001, 1),
      anchorDeltas_(state_, "rpn.head.bbox_pred", options.channels, options.anchors.anchorsPerCell(), 4,
                    ConvInit::kNormal001, 1),
      fc6_(state_, "roi_heads.box_head.fc6", options.channels * options.cells.rows * options.cells.columns,
           options.boxHeadWidth, ConvInit::kKaimingLinear),
      fc7_(state_, "roi_heads.box_head.fc7", options.boxHeadWidth, options.boxHeadWidth,
           ConvInit::kKaimingLinear),
      clsScore_(state_, "roi_heads.box_predictor.cls_score", options.boxHeadWidth, options.classCount + 1,
                ConvInit::kNormal001),
      boxDeltas_(state_, "roi_heads.box_predictor.bbox_pred", options.boxHeadWidth,
                 4 * (options.classCount + 1), ConvInit::kNormal001) {
  if (options.masks)
    masks_.emplace(state_, "roi_heads.", options.channels, options.masks->channels, options.masks->depth,
                   options.classCount);
  setPrior(options.prior);
}

std::vector<StageInfo> FasterRcnn::stages() const {
  return {{{"rpn", "Region proposals", "anchor", ""}, options_.proposalTraits()},
          {{"roi", "Regions", "proposal", "anchor"}, options_.regionTraits()}};
}

void FasterRcnn::setPrior(double prior) {
  objectness_.fillBias(-std::log((1 - prior) / prior));
}

std::vector<at::Tensor> FasterRcnn::features(const at::Tensor& images, EvidenceSink* sink) const {
  return pyramid_(body_.fourMaps(inputOf(images), {training_, sink}));
}

HeadOutputs FasterRcnn::anchorHeads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const {
  std::vector<at::Tensor> logits, offsets;
  for (const at::Tensor& map : features) {
    const at::Tensor shared = at::relu(proposalConv_(map));
    logits.push_back(objectness_(shared));
    offsets.push_back(anchorDeltas_(shared));
  }
  HeadOutputs outputs;
  outputs.logits = at::cat(logits, 1).to(dtype_);
  ANCHORSCOPE_CHECK(outputs.logits.size(1) == anchors.count(), "outputs for ", outputs.logits.size(1),
                    " anchors, given ", anchors.count(), ": the anchors are of another input size");
  outputs.offsets = at::cat(offsets, 1).to(dtype_);
  outputs.boxes = BoxCoder::of(anchors).decode(anchors.boxes.to(dtype_), outputs.offsets);
  return outputs;
}

AnchorSet FasterRcnn::regions(const HeadOutputs& ofAnchors, const AnchorSet& anchors, SizePx inputSize,
                              const DenseTargets* targets) const {
  const at::NoGradGuard noGrad;
  const std::vector<SizePx> sizes(static_cast<std::size_t>(ofAnchors.boxes.size(0)), inputSize);
  const Proposals proposals =
      filterProposals(ofAnchors.boxes.detach(), ofAnchors.logits.detach().squeeze(2), anchors.levels, sizes,
                      training_ ? options_.whileTraining : options_.otherwise);
  AnchorSet set;
  set.boxes = proposals.boxes;
  set.origins = proposals.origins;
  set.deltaWeights = kRegionWeights;
  if (targets != nullptr) {
    set.boxes = at::cat({set.boxes, targets->boxes.to(set.boxes.scalar_type())}, 1);
    set.origins = at::cat({set.origins, at::full_like(targets->labels, -1)}, 1);
  }
  return set;
}

at::Tensor FasterRcnn::pooled(const std::vector<at::Tensor>& features, const at::Tensor& regions) const {
  const std::int64_t batch = regions.size(0), count = regions.size(1);
  const at::Tensor image = at::arange(batch, regions.options().dtype(at::kLong));
  return pooled(features, regions.reshape({-1, 4}), image.unsqueeze(1).expand({batch, count}).reshape({-1}),
                options_.cells);
}

at::Tensor FasterRcnn::pooled(const std::vector<at::Tensor>& features, const at::Tensor& boxes,
                              const at::Tensor& image, const RoiCells& cells) const {
  RoiMaps maps;
  for (std::size_t level = 0; level < pooledMaps(features); ++level) {
    // 16-bit maps of autocast are summed in 32.
    maps.maps.push_back(features[level].to(dtype_));
    maps.scales.push_back(1.0 / options_.anchors.strides[level]);
  }
  const at::Tensor own = boxes.to(dtype_);
  return roiAlign(maps, own, image, roiLevels(own, {}), cells);
}

at::Tensor FasterRcnn::embedded(const at::Tensor& pooled) const {
  return at::relu(fc7_(at::relu(fc6_(pooled.flatten(1)))));
}

HeadOutputs FasterRcnn::regionHeads(const at::Tensor& embedded, const AnchorSet& regions) const {
  const std::int64_t batch = regions.boxes.size(0), count = regions.count(), classes = options_.classCount;
  HeadOutputs outputs;
  outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  // torchvision's background comes first, in the boxes, too, where it learns nothing.
  outputs.logits = clsScore_(embedded).to(dtype_).view({batch, count, classes + 1}).roll(-1, 2);
  outputs.offsets =
      boxDeltas_(embedded).to(dtype_).view({batch, count, classes + 1, 4}).narrow(2, 1, classes);
  outputs.boxes = decodedClassBoxes(BoxCoder::of(regions), regions.boxes.to(dtype_), outputs.offsets);
  return outputs;
}

std::vector<StageOutputs> FasterRcnn::forward(const at::Tensor& images, const DenseTargets* targets,
                                              const StageSinks& sinks) {
  const SizePx size{static_cast<int>(images.size(3)), static_cast<int>(images.size(2))};
  const std::vector<at::Tensor> maps = features(images, sinkOf(sinks, 0));
  StageOutputs rpn, roi;
  rpn.candidates = anchors(size);
  rpn.heads = anchorHeads(maps, rpn.candidates);
  roi.candidates = regions(rpn.heads, rpn.candidates, size, targets);
  roi.heads = regionHeads(embedded(pooled(maps, roi.candidates.boxes)), roi.candidates);
  if (masks_)
    roi.heads.masksOf = [this, maps](const at::Tensor& boxes, const at::Tensor& image) {
      return maskLogits(pooled(maps, boxes, image, options_.masks->cells)).to(dtype_);
    };
  return {std::move(rpn), std::move(roi)};
}

AnchorSet FasterRcnn::makeAnchors(SizePx inputSize, at::Device device) const {
  return makeRetinaAnchors(options_.anchors, inputSize, device);
}

}  // namespace anchorscope
