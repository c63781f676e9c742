// The box losses of Sampling-Free's FCOS: intersection and union are each one larger, so that the logarithm
// always has an argument. One px^2, or, where the network's distances are normalised by the stride as the
// authors' NORM_REG_TARGETS has it, one stride^2.

#include "core/base/check.h"
#include "core/losses/matched_rows.h"

namespace anchorscope {
namespace {

constexpr double kHullEpsilon = 1e-7;  // the authors'
constexpr const char* kStride = "stride";

class IouPlusOneLoss final : public BoxLoss {
 public:
  IouPlusOneLoss(bool giou, bool inStrides) : giou_(giou), inStrides_(inStrides) {}

  at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    ANCHORSCOPE_CHECK(!inStrides_ || anchors.strides.defined(), "candidates without strides");
    return matchedRows(outputs, targets, [&](const at::Tensor& boxes, const at::Tensor& objects) {
      if (!inStrides_) return lossOf(boxes, objects);
      const at::Tensor unit = anchors.strides.to(boxes.scalar_type()).unsqueeze(1);
      return lossOf(boxes / unit, objects / unit);
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
                                 at::minimum(corner(boxes, 0), corner(objects, 0))) +
                            kHullEpsilon;
    return 1 - (iou - (hull - unionArea) / hull);
  }

  bool giou_, inStrides_;
};

BoxLossEntry makeEntry(bool giou) {
  BoxLossEntry entry;
  entry.name = giou ? "giou_plus1" : "iou_log_plus1";
  entry.title = giou ? "GIoU loss with 1 added" : "Logarithmic IoU loss with 1 added";
  entry.description =
      giou ? "1 - GIoU of the decoded box and the object, GIoU = (I + 1) / (U + 1) - (A - U) / A, A "
             "the hull's area."
           : "-ln((I + 1) / (U + 1)) of the decoded box and the object.";
  entry.source = "Sampling-Free repository (FCOS); as in the FCOS authors' code";
  entry.params = {
      choiceParam("plus_one_unit", "px", {"px", kStride},
                  "The side of the square that is added to intersection and union: a pixel, or the stride of "
                  "the location's level, for distances normalised by it.",
                  "Sampling-Free repository (FCOS): MODEL.FCOS.NORM_REG_TARGETS")};
  entry.make = [giou](const ParamSet& params) -> Result<std::unique_ptr<BoxLoss>> {
    const bool inStrides = params.getText("plus_one_unit") == kStride;
    return std::unique_ptr<BoxLoss>(std::make_unique<IouPlusOneLoss>(giou, inStrides));
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
