#pragma once
// Internal header (ATen). Faster R-CNN (Ren et al., NeurIPS 2015) on a feature pyramid (Lin et al., CVPR
// 2017), in two stages: a network that proposes regions, and heads that look at what lies in each; with a
// head for masks Mask R-CNN (He et al., ICCV 2017). Under the names of torchvision 0.26's
// fasterrcnn_resnet50_fpn and maskrcnn_resnet50_fpn.

#include <optional>

#include "core/model/dense_head.h"
#include "core/model/mask_head.h"
#include "core/model/network_detector.h"
#include "core/model/pyramid.h"
#include "core/model/resnet.h"
#include "core/ops/anchors.h"
#include "core/ops/proposals.h"
#include "core/ops/roi_align.h"

namespace anchorscope {

struct MaskHeadOptions {
  std::int64_t channels = 256;
  int depth = 4;  ///< 3x3 convolutions before the map is doubled.
  RoiCells cells{14, 14, 2, false};
};

struct FasterRcnnOptions {
  ModelInfo info;
  int classCount = 1;
  ResNetShape backbone;
  NormKind norm = NormKind::kBatch;
  int trainableStages = 5;  ///< See ResNet.
  std::int64_t channels = 256, boxHeadWidth = 1024;
  double prior = 0.5;  ///< Score of each anchor at first.
  /// One square and two rectangles at each place of each level.
  RetinaAnchorOptions anchors{AnchorConvention::kTorchvision, {4, 8, 16, 32, 64}, 8, 1, {0.5, 1, 2}};
  ProposalOptions whileTraining{2000, 2000}, otherwise{1000, 1000};
  RoiCells cells{7, 7, 2, false};
  std::optional<MaskHeadOptions> masks;

  HeadTraits proposalTraits() const;
  HeadTraits regionTraits() const;
};

class FasterRcnn final : public NetworkDetector {
 public:
  FasterRcnn(const FasterRcnnOptions& options, std::uint64_t seed);

  const ModelInfo& info() const override { return options_.info; }
  /// "rpn": anchors that hold something or nothing. "roi": the proposals, and behind them, where something is
  /// to be learnt, the objects' own boxes.
  std::vector<StageInfo> stages() const override;
  int classCount() const override { return options_.classCount; }
  std::array<float, 3> pixelMean() const override { return {0.485f, 0.456f, 0.406f}; }  // ImageNet's
  std::array<float, 3> pixelStd() const override { return {0.229f, 0.224f, 0.225f}; }

  EvidenceDeclaration declaration() const override { return body_.declaration(); }
  std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets,
                                    const StageSinks& sinks) override;
  /// Of the first stage; the second starts with equal scores.
  void setPrior(double prior) override;

  /// forward in parts: the pyramid's maps, finest first, ...
  std::vector<at::Tensor> features(const at::Tensor& images, EvidenceSink* sink = nullptr) const;
  /// ... what the first stage's heads say of the anchors, ...
  HeadOutputs anchorHeads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const;
  /// ... what of the maps lies in regions [B,N,4] of the input: [B*N,channels,rows,columns], ...
  at::Tensor pooled(const std::vector<at::Tensor>& features, const at::Tensor& regions) const;
  /// ... the same of boxes [K,4] of images [K] in other cells: [K,channels,rows,columns], ...
  at::Tensor pooled(const std::vector<at::Tensor>& features, const at::Tensor& boxes, const at::Tensor& image,
                    const RoiCells& cells) const;
  /// ... numbers for each of them, [B*N,boxHeadWidth], ...
  at::Tensor embedded(const at::Tensor& pooled) const;
  /// ... what the second stage's heads say of these, ...
  HeadOutputs regionHeads(const at::Tensor& embedded, const AnchorSet& regions) const;
  /// ... and, with masks, logits [K,C,rows,columns] of pooled boxes.
  at::Tensor maskLogits(const at::Tensor& pooled) const { return masks_.value()(pooled); }
  /// The second stage's candidates: proposals, places without one (zero boxes, origin -1), the objects'
  /// boxes.
  AnchorSet regions(const HeadOutputs& ofAnchors, const AnchorSet& anchors, SizePx inputSize,
                    const DenseTargets* targets) const;

 private:
  AnchorSet makeAnchors(SizePx inputSize, at::Device device) const override;

  FasterRcnnOptions options_;
  ResNet body_;
  FeaturePyramid pyramid_;
  Conv proposalConv_;
  HeadOutput objectness_, anchorDeltas_;
  Linear fc6_, fc7_, clsScore_, boxDeltas_;
  std::optional<MaskHead> masks_;
};

}  // namespace anchorscope
