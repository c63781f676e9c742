#pragma once
// Internal header (ATen). SSD (Liu et al., ECCV 2016): default boxes of six maps, each with two convolutions
// of its own, one for scores by a softmax with background and one for boxes; under the names of torchvision
// 0.26's ssd300_vgg16.

#include "core/model/dense_head.h"
#include "core/model/network_detector.h"
#include "core/model/vgg.h"
#include "core/ops/default_boxes.h"

namespace anchorscope {

struct SsdOptions {
  ModelInfo info;
  int classCount = 1;
  VggShape backbone;
  int trainableStages = 5;  ///< See SsdBackbone.
  DefaultBoxOptions boxes;
  double prior = 0.01;  ///< See Ssd::setPrior.
  std::array<float, 3> pixelMean{0.485f, 0.456f, 0.406f}, pixelStd{0.229f, 0.224f, 0.225f};

  HeadTraits traits() const;
};

class Ssd final : public NetworkDetector {
 public:
  Ssd(const SsdOptions& options, std::uint64_t seed);

  const ModelInfo& info() const override { return options_.info; }
  std::vector<StageInfo> stages() const override { return {{StageSpec(), options_.traits()}}; }
  int classCount() const override { return options_.classCount; }
  std::array<float, 3> pixelMean() const override { return options_.pixelMean; }
  std::array<float, 3> pixelStd() const override { return options_.pixelStd; }

  std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets,
                                    const StageSinks& sinks) override;
  /// Every class together at most one half.
  void setPrior(double prior) override;

  /// forward in two parts: the backbone's maps, finest first, ...
  std::array<at::Tensor, SsdBackbone::kMaps> features(const at::Tensor& images) const;
  /// ... and the heads on them.
  HeadOutputs heads(const std::array<at::Tensor, SsdBackbone::kMaps>& features,
                    const AnchorSet& anchors) const;

 private:
  AnchorSet makeAnchors(SizePx inputSize, at::Device device) const override;

  SsdOptions options_;
  SsdBackbone body_;
  std::vector<HeadOutput> clsOutputs_, boxOutputs_;  ///< One per map.
};

}  // namespace anchorscope
