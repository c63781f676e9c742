// Distribution focal loss: what the distances to the four sides learn where they are distributions.

#include <algorithm>

#include "core/base/check.h"
#include "core/losses/matched_rows.h"
#include "core/ops/distance_distribution.h"

namespace anchorscope {
namespace {

class DistributionFocal final : public BoxLoss {
 public:
  DistributionFocal(double margin, double weight) : margin_(margin), weight_(weight) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    const at::Tensor& logits = outputs.distribution;
    ANCHORSCOPE_CHECK(logits.defined() && anchors.strides.defined(),
                      "distribution focal loss without distributions or strides");
    const at::Tensor loss = distributionFocalLoss(logits, distances(anchors, targets, logits)).mean(2);
    return (loss * targets.weights).masked_fill(learning(targets).logical_not(), 0) * weight_;
  }

 private:
  /// [B,N,4] in strides, within what the distributions reach.
  at::Tensor distances(const AnchorSet& anchors, const BoxTargets& targets, const at::Tensor& logits) const {
    const at::Tensor objects = objectsOrAnchors(anchors, targets, logits);
    const at::Tensor boxes = anchors.boxes.to(logits.scalar_type());
    const at::Tensor centre = (boxes.slice(-1, 0, 2) + boxes.slice(-1, 2, 4)) / 2;
    const at::Tensor sides = at::cat({centre - objects.slice(2, 0, 2), objects.slice(2, 2, 4) - centre}, 2);
    const auto most = static_cast<double>(logits.size(3) - 1) - margin_;
    return (sides / anchors.strides.to(logits.scalar_type()).unsqueeze(-1)).clamp(0, std::max(0.0, most));
  }

  double margin_, weight_;
};

}  // namespace

BoxLossEntry distributionFocalLossEntry() {
  BoxLossEntry entry;
  entry.name = "dfl";
  entry.title = "Distribution focal loss";
  entry.description =
      "Mean over the 4 sides of the cross entropy between the distribution of the distance and the two whole "
      "numbers "
      "of strides beside the object's, times dfl_weight.";
  entry.source = "GFL (Li et al., NeurIPS 2020); mmdet 3.3.0 DistributionFocalLoss";
  entry.params = {
      floatParam("dfl_weight", 0.25, 0, 1e4, "1", "Weight of the loss in the total.", "mmdet 3.3.0 GFL"),
      floatParam("dfl_margin", 0.1, 1e-4, 1, "strides",
                 "By how much less than the last whole number the distance that is learnt is at most.",
                 "mmdet 3.3.0 GFL; mmyolo 0.6.0 YOLOv8 has 0.01")};
  entry.distribution = true;
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(
        std::make_unique<DistributionFocal>(params.getFloat("dfl_margin"), params.getFloat("dfl_weight")));
  };
  return entry;
}

}  // namespace anchorscope
