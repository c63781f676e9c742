#pragma once
// Internal header (ATen). SSD (Liu et al., ECCV 2016): default boxes of six maps, each with two convolutions
// of its own, one for scores by a softmax with background and one for boxes; under the names of torchvision
// 0.26's ssd300_vgg16.

#include "core/model/anchor_cache.h"
#include "core/model/dense_head.h"
#include "core/model/detector.h"
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

class Ssd final : public Detector {
 public:
  Ssd(const SsdOptions& options, std::uint64_t seed);

  const ModelInfo& info() const override { return options_.info; }
  std::vector<StageInfo> stages() const override { return {{StageSpec(), options_.traits()}}; }
  int classCount() const override { return options_.classCount; }
  std::array<float, 3> pixelMean() const override { return options_.pixelMean; }
  std::array<float, 3> pixelStd() const override { return options_.pixelStd; }

  std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets,
                                    const StageSinks& sinks) override;
  AnchorSet anchors(SizePx inputSize) override;
  /// Every class together at most one half.
  void setPrior(double prior) override;

  std::vector<NamedTensor> parameters() const override { return state_.parameters(); }
  std::vector<NamedTensor> buffers() const override { return state_.buffers(); }
  std::vector<ParameterRole> parameterRoles() const override;
  std::vector<NamedTensor> stateDict() const override { return state_.all(); }
  void setTraining(bool training) override { training_ = training; }
  bool training() const override { return training_; }
  void moveTo(at::Device device, bool channelsLast) override;
  void toDtype(at::ScalarType dtype) override;

  /// forward in two parts: the backbone's maps, finest first, ...
  std::array<at::Tensor, SsdBackbone::kMaps> features(const at::Tensor& images) const;
  /// ... and the heads on them.
  HeadOutputs heads(const std::array<at::Tensor, SsdBackbone::kMaps>& features,
                    const AnchorSet& anchors) const;

 private:
  SsdOptions options_;
  StateList state_;
  SsdBackbone body_;
  std::size_t backboneParameters_;                   ///< The first so many.
  std::vector<HeadOutput> clsOutputs_, boxOutputs_;  ///< One per map.
  bool training_ = true;
  bool channelsLast_ = false;
  at::Device device_ = at::kCPU;
  at::ScalarType dtype_ = at::kFloat;
  AnchorCache anchors_;
};

}  // namespace anchorscope
