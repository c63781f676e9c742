#pragma once
// Internal header (ATen). RetinaNet (Lin et al., ICCV 2017) on a residual backbone, with torchvision's tensor
// names.

#include <map>
#include <utility>

#include "core/model/detector.h"
#include "core/model/layers.h"
#include "core/model/pyramid.h"
#include "core/model/resnet.h"
#include "core/ops/anchors.h"
#include "core/ops/box_coder.h"

namespace anchorscope {

struct RetinaNetOptions {
  ModelInfo info;
  int classCount = 1;
  ResNetShape backbone;
  NormKind norm = NormKind::kBatch;
  int trainableStages = 5;      ///< See ResNet.
  std::int64_t channels = 256;  ///< Of the pyramid and the heads.
  int headDepth = 4;            ///< 3x3 convolutions before the last one, in each head.
  bool headNorm =
      false;  ///< Group norm after each of them, which then have no bias (torchvision's v2 heads).
  ConvInit headInit = ConvInit::kNormal001;
  double prior = 0.01;          ///< Score of every class at the start: the bias is -ln((1 - prior) / prior).
  RetinaAnchorOptions anchors;  ///< As many strides as pyramid levels: 8, 16, ...
  BoxCoder coder;               ///< Unit means and deviations, so that losses on offsets need not know it.
  double centerScale = 1, sizeScale = 1;  ///< Offsets are the box head's outputs times these.
};

/// A tower of convolutions shared by all levels, ending in `outPerAnchor` values per anchor.
class DenseHead {
 public:
  DenseHead(StateList& state, const std::string& prefix, const std::string& lastName,
            const RetinaNetOptions& options, std::int64_t outPerAnchor);

  /// [B,channels,H,W] -> [B, H*W*anchorsPerCell, outPerAnchor], order row, column, anchor.
  at::Tensor operator()(const at::Tensor& features, bool training) const;

  void fillLastBias(double value);

 private:
  std::vector<Conv> tower_;
  std::vector<Norm> norms_;
  Conv last_;
  std::int64_t outPerAnchor_;
};

class RetinaNet final : public Detector {
 public:
  RetinaNet(const RetinaNetOptions& options, std::uint64_t seed);

  const ModelInfo& info() const override { return options_.info; }
  HeadTraits traits() const override { return {false, options_.anchors.anchorsPerCell(), false}; }
  int classCount() const override { return options_.classCount; }
  /// 1: every halving rounds up and upsampling goes to the finer map's size, so any size works.
  int sizeMultiple() const override { return 1; }
  std::array<float, 3> pixelMean() const override { return {0.485f, 0.456f, 0.406f}; }  // ImageNet's
  std::array<float, 3> pixelStd() const override { return {0.229f, 0.224f, 0.225f}; }

  DenseOutputs forward(const at::Tensor& images, const AnchorSet& anchors, EvidenceSink* sink) override;
  const AnchorSet& anchors(SizePx inputSize) override;
  void setPrior(double prior) override;

  std::vector<NamedTensor> parameters() const override { return state_.parameters(); }
  std::vector<NamedTensor> buffers() const override { return state_.buffers(); }
  std::vector<NamedTensor> stateDict() const override { return state_.all(); }
  void setTraining(bool training) override { training_ = training; }
  bool training() const override { return training_; }
  void moveTo(at::Device device, bool channelsLast) override;
  void toDtype(at::ScalarType dtype) override;

  /// forward in two parts: the pyramid's maps, finest first, ...
  std::vector<at::Tensor> features(const at::Tensor& images) const;
  /// ... and the heads on them.
  DenseOutputs heads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const;

 private:
  RetinaNetOptions options_;
  StateList state_;
  ResNet body_;
  FeaturePyramid pyramid_;
  DenseHead clsHead_, boxHead_;
  bool training_ = true;
  bool channelsLast_ = false;
  at::Device device_ = at::kCPU;
  at::ScalarType dtype_ = at::kFloat;
  at::Tensor deltaScale_;                             ///< [4]; undefined: all 1.
  std::map<std::pair<int, int>, AnchorSet> anchors_;  ///< By (width, height).
};

}  // namespace anchorscope
