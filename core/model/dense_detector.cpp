#include "core/model/dense_detector.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/ops/distance_distribution.h"

namespace anchorscope {
namespace {

const std::string kClsPrefix = "head.classification_head.", kBoxPrefix = "head.regression_head.";
constexpr const char* kCenternessName = "bbox_ctrness";

/// Distances stop growing at e^20, far beyond any image, so that areas stay finite in float32 (ours).
constexpr double kLargestExponent = 20;

HeadOutput headOutput(StateList& state, const std::string& name, const DenseDetectorOptions& options,
                      std::int64_t valuesPerAnchor) {
  return {state, name, options.tower.channels, options.traits().anchorsPerCell, valuesPerAnchor};
}

HeadOutput centernessOutput(StateList& state, const std::string& prefix, const DenseDetectorOptions& options,
                            CenternessBranch branch) {
  return options.centerness == branch ? headOutput(state, prefix + kCenternessName, options, 1)
                                      : HeadOutput();
}

}  // namespace

HeadTraits DenseDetectorOptions::traits() const {
  const auto* boxes = std::get_if<AnchorBoxes>(&locations);
  HeadTraits heads;
  heads.points = boxes == nullptr;
  if (boxes != nullptr) heads.anchorsPerCell = boxes->anchors.anchorsPerCell();
  if (centerness != CenternessBranch::kNone) heads.outputs = {qualityOutput};
  heads.distanceBins = distanceBins;
  return heads;
}

const std::vector<int>& DenseDetectorOptions::strides() const {
  const auto* boxes = std::get_if<AnchorBoxes>(&locations);
  return boxes != nullptr ? boxes->anchors.strides : std::get<Points>(locations).points.strides;
}

DenseDetector::DenseDetector(const DenseDetectorOptions& options, std::uint64_t seed)
    : NetworkDetector(seed, "backbone.body."),
      options_(options),
      body_(state_, backbone_, options.backbone, options.norm, options.trainableStages),
      pyramid_(state_, "backbone.fpn.", body_.channels(), options.tower.channels,
               static_cast<int>(options.strides().size())),
      clsTower_(state_, kClsPrefix, options.tower),
      clsOutput_(headOutput(state_, kClsPrefix + "cls_logits", options, options.classCount)),
      clsCenterness_(centernessOutput(state_, kClsPrefix, options, CenternessBranch::kClassification)),
      boxTower_(state_, kBoxPrefix, options.tower),
      boxOutput_(headOutput(state_, kBoxPrefix + "bbox_reg", options, 4 * std::max(1, options.distanceBins))),
      boxCenterness_(centernessOutput(state_, kBoxPrefix, options, CenternessBranch::kRegression)) {
  for (std::size_t level = 0; options.levelScales && level < options.strides().size(); ++level) {
    levelScales_.push_back(
        state_.addParameter(concat(kBoxPrefix, "scales.", level), at::ones({}, at::kFloat)));
  }
  if (const auto* boxes = std::get_if<AnchorBoxes>(&options.locations)) {
    coder_ = boxes->coder;
    const double center = boxes->centerScale, size = boxes->sizeScale;
    if (center != 1 || size != 1) deltaScale_ = at::tensor({center, center, size, size}, at::kFloat);
  } else {
    coder_ = BoxCoder::of(BoxOffsets::kSideDistances);
  }
  setPrior(options.prior);
}

void DenseDetector::setPrior(double prior) {
  const double bias = -std::log((1 - prior) / prior);
  clsOutput_.fillBias(bias);
  if (options_.qualityOutput != kObjectnessOutput) return;
  if (options_.centerness == CenternessBranch::kClassification) clsCenterness_.fillBias(bias);
  if (options_.centerness == CenternessBranch::kRegression) boxCenterness_.fillBias(bias);
}

std::vector<at::Tensor> DenseDetector::features(const at::Tensor& images, EvidenceSink* sink) const {
  return pyramid_(body_(inputOf(images), {training_, sink}));
}

HeadOutputs DenseDetector::heads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const {
  std::vector<at::Tensor> logits, offsetOutputs, centerness;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const at::Tensor clsFeatures = clsTower_(features[level], training_);
    logits.push_back(clsOutput_(clsFeatures));
    const at::Tensor boxFeatures = boxTower_(features[level], training_);
    const at::Tensor output = boxOutput_(boxFeatures);
    offsetOutputs.push_back(levelScales_.empty() ? output : output * levelScales_[level]);
    if (options_.centerness == CenternessBranch::kClassification)
      centerness.push_back(clsCenterness_(clsFeatures));
    if (options_.centerness == CenternessBranch::kRegression)
      centerness.push_back(boxCenterness_(boxFeatures));
  }
  HeadOutputs outputs;
  outputs.logits = at::cat(logits, 1).to(dtype_);
  ANCHORSCOPE_CHECK(outputs.logits.size(1) == anchors.count(), "outputs for ", outputs.logits.size(1),
                    " anchors, given ", anchors.count(), ": the anchors are of another input size");
  const at::Tensor raw = at::cat(offsetOutputs, 1).to(dtype_);
  if (options_.distanceBins > 0) {
    outputs.distribution = raw.view({raw.size(0), raw.size(1), 4, options_.distanceBins});
    outputs.offsets = expectedDistances(outputs.distribution);
  } else {
    outputs.offsets = offsets(raw, anchors);
  }
  outputs.boxes = coder_.decode(anchors.boxes.to(dtype_), outputs.offsets);
  if (!centerness.empty()) {
    outputs.further[options_.qualityOutput] = at::cat(centerness, 1).squeeze(2).to(dtype_);
    // An objectness is part of the class score.
    if (options_.qualityOutput != kObjectnessOutput) outputs.rankedBy = options_.qualityOutput;
  }
  return outputs;
}

at::Tensor DenseDetector::offsets(const at::Tensor& outputs, const AnchorSet& anchors) const {
  const auto* points = std::get_if<Points>(&options_.locations);
  if (points == nullptr) return deltaScale_.defined() ? outputs * deltaScale_ : outputs;
  if (points->distances == DistanceForm::kRelu) return at::relu(outputs);
  const at::Tensor distances = at::exp(outputs.clamp_max(kLargestExponent));
  return points->distances == DistanceForm::kExp ? distances
                                                 : distances / anchors.strides.to(dtype_).unsqueeze(1);
}

std::vector<StageOutputs> DenseDetector::forward(const at::Tensor& images, const DenseTargets* /*targets*/,
                                                 const StageSinks& sinks) {
  StageOutputs out;
  out.candidates = anchors({static_cast<int>(images.size(3)), static_cast<int>(images.size(2))});
  out.heads = heads(features(images, sinkOf(sinks, 0)), out.candidates);
  return {std::move(out)};
}

AnchorSet DenseDetector::makeAnchors(SizePx inputSize, at::Device device) const {
  if (const auto* points = std::get_if<Points>(&options_.locations))
    return makePoints(points->points, inputSize, device);
  return makeRetinaAnchors(std::get<AnchorBoxes>(options_.locations).anchors, inputSize, device);
}

void DenseDetector::moveTo(at::Device device, bool channelsLast) {
  NetworkDetector::moveTo(device, channelsLast);
  if (deltaScale_.defined()) deltaScale_ = deltaScale_.to(device);
}

void DenseDetector::toDtype(at::ScalarType dtype) {
  NetworkDetector::toDtype(dtype);
  if (deltaScale_.defined()) deltaScale_ = deltaScale_.to(dtype);
}

}  // namespace anchorscope
