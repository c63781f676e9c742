// Box losses on encoded offsets (L1, smooth L1) and on decoded boxes (IoU and its relatives).

#include "core/ops/box_losses.h"

#include <array>
#include <optional>

#include "core/losses/box_loss.h"

namespace anchorscope {
namespace {

constexpr const char* kPlainWeights = "1,1,1,1";
constexpr const char* kScaledWeights = "10,10,5,5";

/// On the box head's offsets, in the form the anchors say they have; offsets from anchor boxes are multiplied
/// by the coder's weights first.
class DeltaLoss final : public BoxLoss {
 public:
  explicit DeltaLoss(double beta, std::optional<std::array<double, 4>> weights = std::nullopt)
      : beta_(beta), weights_(weights) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    if (!weights_ || anchors.offsets != BoxOffsets::kAnchorDeltas)
      return matchedOffsetLoss(anchors, outputs.offsets, targets.boxes, targets.matched, targets.weights,
                               beta_);
    const at::TensorOptions options = outputs.offsets.options().requires_grad(false);
    if (!scale_.defined() || scale_.device() != options.device() || scale_.dtype() != options.dtype())
      scale_ = at::tensor(at::ArrayRef<double>(*weights_), options);  // once: a GPU would wait for each
    const at::Tensor scaled = outputs.offsets * scale_;
    return matchedDeltaLoss(scaled, anchors.boxes, targets.boxes, targets.matched, targets.weights,
                            BoxCoder::torchvision(*weights_), beta_);
  }

 private:
  double beta_;
  std::optional<std::array<double, 4>> weights_;
  at::Tensor scale_;  ///< [4] the weights where the offsets are
};

class SimilarityLoss final : public BoxLoss {
 public:
  explicit SimilarityLoss(BoxSimilarity kind) { options_.kind = kind; }

  at::Tensor rows(const AnchorSet&, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    return matchedSimilarityLoss(outputs.boxes, targets.boxes, targets.matched, targets.weights, options_);
  }

 private:
  SimilarityOptions options_;
};

BoxLossEntry similarityEntry(std::string name, std::string title, std::string source, BoxSimilarity kind) {
  BoxLossEntry entry;
  entry.name = std::move(name);
  entry.description = "1 - " + title + " of the decoded box and the object, without an epsilon.";
  entry.title = std::move(title) + " loss";
  entry.source = std::move(source);
  entry.make = [kind](const ParamSet&) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<SimilarityLoss>(kind));
  };
  return entry;
}

}  // namespace

BoxLossEntry l1Loss() {
  BoxLossEntry entry;
  entry.name = "l1";
  entry.title = "L1 loss";
  entry.description =
      "Sum of |delta - encoded object| over the 4 offsets: dx, dy in anchor sizes, dw, dh logarithms; with "
      "points the distances to the sides in strides.";
  entry.source = "torchvision 0.26.0 RetinaNet";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<DeltaLoss>(0));
  };
  return entry;
}

BoxLossEntry smoothL1Loss() {
  BoxLossEntry entry;
  entry.name = "smooth_l1";
  entry.title = "Smooth L1 loss";
  entry.description =
      "As L1, but 0.5 d^2 / smooth_l1_beta for d below smooth_l1_beta, d - smooth_l1_beta / 2 above.";
  entry.source = "Girshick, ICCV 2015; RetinaNet's beta from maskrcnn-benchmark";
  entry.params = {
      floatParam("smooth_l1_beta", 0.11, 0, 1e4, "1",
                 "Where the smooth L1 loss turns from square to linear; 0 is L1.",
                 "maskrcnn-benchmark RetinaNet"),
      choiceParam("smooth_l1_weights", kPlainWeights, {kPlainWeights, kScaledWeights},
                  "What offsets from anchor boxes (dx, dy, dw, dh) are multiplied by before the smooth "
                  "L1 loss; distances of points are not multiplied.",
                  "1,1,1,1: torchvision 0.26.0 RetinaNet's coder; 10,10,5,5: maskrcnn-benchmark "
                  "RetinaNet's, on which Sampling-Free is built")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    std::optional<std::array<double, 4>> weights;
    if (params.getText("smooth_l1_weights") == kScaledWeights) weights = {10, 10, 5, 5};
    return std::unique_ptr<BoxLoss>(std::make_unique<DeltaLoss>(params.getFloat("smooth_l1_beta"), weights));
  };
  return entry;
}

BoxLossEntry giouLoss() {
  return similarityEntry("giou", "GIoU", "Rezatofighi et al., CVPR 2019", BoxSimilarity::kGiou);
}

BoxLossEntry diouLoss() {
  return similarityEntry("diou", "DIoU", "Zheng et al., AAAI 2020", BoxSimilarity::kDiou);
}

BoxLossEntry ciouLoss() {
  BoxLossEntry entry = similarityEntry("ciou", "CIoU", "Zheng et al., AAAI 2020", BoxSimilarity::kCiou);
  entry.description += " The weight of its aspect term is constant in the gradient.";
  entry.holdsConstants = true;
  return entry;
}

BoxLossEntry iouLoss() {
  return similarityEntry("iou", "IoU", "Common practice (mmdet 3.3.0 IoULoss, linear form)",
                         BoxSimilarity::kIou);
}

}  // namespace anchorscope
