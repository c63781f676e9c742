// The box losses of Sampling-Free's FCOS: intersection and union are each one px^2 larger, so that the
// logarithm always has an argument.

#include "core/losses/matched_rows.h"

namespace anchorscope {
namespace {

/// px^2; the authors add it, which would leave a loss at the object itself.
constexpr double kLeastHull = 1e-7;

class IouPlusOneLoss final : public BoxLoss {
 public:
  explicit IouPlusOneLoss(bool giou) : giou_(giou) {}

  at::Tensor rows(const AnchorSet&, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    return matchedRows(outputs, targets, [this](const at::Tensor& boxes, const at::Tensor& objects) {
      return lossOf(boxes, objects);
    });
  }

 private:
  at::Tensor lossOf(const at::Tensor& boxes, const at::Tensor& objects) const {
    const auto corner = [](const at::Tensor& of, std::int64_t first) {
      return of.slice(-1, first, first + 2);
    };
    const auto area = [](const at::Tensor& sides) { return sides.select(-1, 0) * sides.select(-1, 1); };
    const at::Tensor shared = (at::minimum(corner(boxes, 2), corner(objects, 2)) -
                               at::maximum(corner(boxes, 0), corner(objects, 0)))
                                  .clamp_min(0);
    const at::Tensor intersection = area(shared);
    const at::Tensor unionArea = area((corner(boxes, 2) - corner(boxes, 0)).clamp_min(0)) +
                                 area((corner(objects, 2) - corner(objects, 0)).clamp_min(0)) - intersection;
    const at::Tensor iou = (intersection + 1) / (unionArea + 1);
    if (!giou_) return iou.log().neg();
    const at::Tensor hull = area(at::maximum(corner(boxes, 2), corner(objects, 2)) -
                                 at::minimum(corner(boxes, 0), corner(objects, 0)))
                                .clamp_min(kLeastHull);
    return 1 - (iou - (hull - unionArea) / hull);
  }

  bool giou_;
};

BoxLossEntry makeEntry(bool giou) {
  BoxLossEntry entry;
  entry.name = giou ? "giou_plus1" : "iou_log_plus1";
  entry.title = giou ? "GIoU loss with 1 px² added" : "Logarithmic IoU loss with 1 px² added";
  entry.description = giou ? "1 - GIoU of the decoded box and the object, with IoU = (I + 1) / (U + 1)."
                           : "-ln((I + 1) / (U + 1)) of the decoded box and the object.";
  entry.source = "Sampling-Free repository (FCOS); as in the FCOS authors' code";
  entry.make = [giou](const ParamSet&) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<IouPlusOneLoss>(giou));
  };
  return entry;
}

}  // namespace

BoxLossEntry logIouPlusOneLoss() {
  return makeEntry(false);
}

BoxLossEntry giouPlusOneLoss() {
  return makeEntry(true);
}

}  // namespace anchorscope
