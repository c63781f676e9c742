#pragma once
// Internal header (ATen). The dense detectors: a residual backbone, a feature pyramid, and one of three kinds
// of heads, under torchvision's tensor names where torchvision has the network. RetinaNet (Lin et al., ICCV
// 2017), FCOS (Tian et al., ICCV 2019) and the head of ATSS (Zhang et al., CVPR 2020) differ in what a
// location stands for and in their extra outputs, which are options here.

#include <optional>
#include <variant>

#include "core/model/dense_head.h"
#include "core/model/layers.h"
#include "core/model/network_detector.h"
#include "core/model/pyramid.h"
#include "core/model/resnet.h"
#include "core/ops/anchors.h"
#include "core/ops/box_coder.h"

namespace anchorscope {

/// Locations are anchor boxes, which the box head moves and stretches.
struct AnchorBoxes {
  RetinaAnchorOptions anchors;  ///< As many strides as pyramid levels: 8, 16, ...
  BoxCoder coder;               ///< Unit means and deviations, so that losses on offsets need not know it.
  double centerScale = 1, sizeScale = 1;  ///< Offsets are the box head's outputs times these.
};

/// How the box head's output x becomes a distance to a side.
enum class DistanceForm {
  kRelu,      ///< max(0, x) strides: torchvision 0.26, mmdet 3.3 with norm_on_bbox.
  kExp,       ///< e^x strides: ours, so that every level starts at its own size.
  kExpPixels  ///< e^x px: Tian et al., mmdet 3.3 without norm_on_bbox.
};

/// Locations are points; the box head gives distances to the four sides.
struct Points {
  PointOptions points;  ///< As many strides as pyramid levels.
  DistanceForm distances = DistanceForm::kRelu;
};

enum class CenternessBranch { kNone, kRegression, kClassification };

struct DenseDetectorOptions {
  ModelInfo info;
  int classCount = 1;
  ResNetShape backbone;
  NormKind norm = NormKind::kBatch;
  int trainableStages = 5;  ///< See ResNet.
  TowerOptions tower;       ///< Its channels are also the pyramid's.
  double prior = 0.01;      ///< Score of every class at the start: the bias is -ln((1 - prior) / prior).
  std::variant<AnchorBoxes, Points> locations;
  CenternessBranch centerness = CenternessBranch::kNone;  ///< The tower that the centerness output sits on.
  std::string qualityOutput = kCenternessOutput;          ///< What it says: centerness, IoU or objectness.
  /// Of points: each distance is learnt as a distribution over so many whole strides (GFL); 0: as one number.
  int distanceBins = 0;
  bool levelScales = false;  ///< The box head's output is multiplied by a learned number per level.

  HeadTraits traits() const;
  const std::vector<int>& strides() const;
};

class DenseDetector final : public NetworkDetector {
 public:
  DenseDetector(const DenseDetectorOptions& options, std::uint64_t seed);

  const ModelInfo& info() const override { return options_.info; }
  std::vector<StageInfo> stages() const override { return {{StageSpec(), options_.traits()}}; }
  int classCount() const override { return options_.classCount; }
  std::array<float, 3> pixelMean() const override { return {0.485f, 0.456f, 0.406f}; }  // ImageNet's
  std::array<float, 3> pixelStd() const override { return {0.229f, 0.224f, 0.225f}; }

  EvidenceDeclaration declaration() const override { return body_.declaration(); }
  std::vector<StageOutputs> forward(const at::Tensor& images, const DenseTargets* targets,
                                    const StageSinks& sinks) override;
  /// Of an objectness output, too, as YOLOX.
  void setPrior(double prior) override;

  void moveTo(at::Device device, bool channelsLast) override;
  void toDtype(at::ScalarType dtype) override;

  /// forward in two parts: the pyramid's maps, finest first, ...
  std::vector<at::Tensor> features(const at::Tensor& images, EvidenceSink* sink = nullptr) const;
  /// ... and the heads on them.
  HeadOutputs heads(const std::vector<at::Tensor>& features, const AnchorSet& anchors) const;

 private:
  AnchorSet makeAnchors(SizePx inputSize, at::Device device) const override;
  /// The box head's outputs of all levels as offsets of the set's form.
  at::Tensor offsets(const at::Tensor& outputs, const AnchorSet& anchors) const;

  DenseDetectorOptions options_;
  ResNet body_;
  FeaturePyramid pyramid_;
  HeadTower clsTower_;
  HeadOutput clsOutput_, clsCenterness_;
  HeadTower boxTower_;
  HeadOutput boxOutput_, boxCenterness_;
  std::vector<at::Tensor> levelScales_;  ///< 0-dim, one per level; empty without.
  BoxCoder coder_;
  at::Tensor deltaScale_;  ///< [4]; undefined: all 1.
};

}  // namespace anchorscope
