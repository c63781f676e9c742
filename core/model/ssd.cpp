#include "core/model/ssd.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/ops/box_coder.h"

namespace anchorscope {
namespace {

std::vector<HeadOutput> outputsOf(StateList& state, const std::string& name, const SsdBackbone& body,
                                  const DefaultBoxOptions& boxes, std::int64_t valuesPerBox) {
  std::vector<HeadOutput> outputs;
  for (std::size_t level = 0; level < SsdBackbone::kMaps; ++level)
    outputs.emplace_back(state, concat("head.", name, ".module_list.", level), body.channels()[level],
                         boxes.boxesPerCell(level), valuesPerBox);
  return outputs;
}

}  // namespace

HeadTraits SsdOptions::traits() const {
  HeadTraits heads;
  heads.anchorsPerCell = boxes.mostPerCell();
  heads.background = true;
  return heads;
}

Ssd::Ssd(const SsdOptions& options, std::uint64_t seed)
    : NetworkDetector(seed, "backbone."),
      options_(options),
      body_(state_, backbone_, options.backbone, options.trainableStages),
      clsOutputs_(outputsOf(state_, "classification_head", body_, options.boxes, options.classCount + 1)),
      boxOutputs_(outputsOf(state_, "regression_head", body_, options.boxes, 4)) {
  setPrior(options.prior);
}

void Ssd::setPrior(double prior) {
  // Logits 0 of the classes and b of the background give each class 1 / (C + e^b).
  const double classes = options_.classCount;
  std::vector<double> biases(static_cast<std::size_t>(options_.classCount) + 1, 0.0);
  biases.front() = std::log(1 / std::min(prior, 0.5 / classes) - classes);
  for (HeadOutput& output : clsOutputs_)
    output.fillBias(biases);
}

std::array<at::Tensor, SsdBackbone::kMaps> Ssd::features(const at::Tensor& images) const {
  return body_(inputOf(images), training_);
}

HeadOutputs Ssd::heads(const std::array<at::Tensor, SsdBackbone::kMaps>& features,
                       const AnchorSet& anchors) const {
  std::vector<at::Tensor> logits, offsets;
  for (std::size_t level = 0; level < features.size(); ++level) {
    logits.push_back(clsOutputs_[level](features[level]));
    offsets.push_back(boxOutputs_[level](features[level]));
  }
  HeadOutputs outputs;
  outputs.activation = ScoreActivation::kSoftmaxWithBackground;
  // torchvision's background comes first.
  outputs.logits = at::cat(logits, 1).to(dtype_).roll(-1, 2);
  ANCHORSCOPE_CHECK(outputs.logits.size(1) == anchors.count(), "outputs for ", outputs.logits.size(1),
                    " anchors, given ", anchors.count(), ": the anchors are of another input size");
  outputs.offsets = at::cat(offsets, 1).to(dtype_);
  outputs.boxes = BoxCoder::of(anchors).decode(anchors.boxes.to(dtype_), outputs.offsets);
  return outputs;
}

std::vector<StageOutputs> Ssd::forward(const at::Tensor& images, const DenseTargets* /*targets*/,
                                       const StageSinks& /*sinks*/) {
  StageOutputs out;
  out.candidates = anchors({static_cast<int>(images.size(3)), static_cast<int>(images.size(2))});
  out.heads = heads(features(images), out.candidates);
  return {std::move(out)};
}

AnchorSet Ssd::makeAnchors(SizePx inputSize, at::Device device) const {
  return makeDefaultBoxes(options_.boxes, inputSize, device);
}

}  // namespace anchorscope
