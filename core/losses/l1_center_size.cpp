// YOLOX's additional loss of the last epochs: L1 of the box's centre and of the logarithm of its sides.

#include <cmath>

#include "core/base/check.h"
#include "core/losses/matched_rows.h"

namespace anchorscope {
namespace {

constexpr double kLeastSide = 1e-8;  // strides

class CenterSizeL1 final : public BoxLoss {
 public:
  CenterSizeL1(double share, double weight) : share_(share), weight_(weight) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext& step) override {
    ANCHORSCOPE_CHECK(anchors.strides.defined(), "L1 loss in strides without strides");
    if (!counts(step)) return at::zeros_like(targets.weights, outputs.boxes.scalar_type());
    const at::Tensor strides = anchors.strides.to(outputs.boxes.scalar_type()).unsqueeze(1);
    const auto inStrides = [&](const at::Tensor& boxes) {
      const at::Tensor least = boxes.slice(2, 0, 2), most = boxes.slice(2, 2, 4);
      return at::cat({(least + most) / (2 * strides), ((most - least) / strides).clamp_min(kLeastSide).log()},
                     2);
    };
    return matchedRows(outputs, targets, [&](const at::Tensor& boxes, const at::Tensor& objects) {
      return weight_ * (inStrides(boxes) - inStrides(objects)).abs().sum(2);
    });
  }

 private:
  /// Whether the step is among the last ones.
  bool counts(const StepContext& step) const {
    const auto planned = static_cast<double>(step.plannedSteps);
    if (planned <= 0) return share_ >= 1;  // where no end is planned no step is one of the last
    return static_cast<double>(step.step) >= planned - std::ceil(share_ * planned);
  }

  double share_, weight_;
};

}  // namespace

BoxLossEntry centerSizeL1Loss() {
  BoxLossEntry entry;
  entry.name = "l1_center_size";
  entry.title = "L1 loss of centre and size";
  entry.description =
      "|x - x*| + |y - y*| of the centres in strides, plus |ln(w / w*)| + |ln(h / h*)|, of the decoded box "
      "and "
      "the object, in the last steps of the run alone. Sides count as at least 1e-8 strides.";
  entry.source =
      "YOLOX (Ge et al., 2021); mmdet 3.3.0 YOLOXHead with use_l1, which adds 1e-8 to the object's sides";
  entry.params = {
      floatParam("l1_share", 1, 0, 1, "1",
                 "In which last share of the run's steps the L1 loss of centre and size counts. 0: never; 1: "
                 "always, also where no number of steps is planned.",
                 "Ours: mmdet 3.3.0 counts epochs"),
      floatParam("l1_weight", 1, 0, 1e4, "1", "Weight of that loss in the total.", "mmdet 3.3.0 YOLOXHead")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(
        std::make_unique<CenterSizeL1>(params.getFloat("l1_share"), params.getFloat("l1_weight")));
  };
  return entry;
}

}  // namespace anchorscope
