// 1 - IoU^2 of the decoded box and the object: YOLOX's box loss.

#include "core/losses/matched_rows.h"
#include "core/ops/box_similarity.h"

namespace anchorscope {
namespace {

class SquareIouLoss final : public BoxLoss {
 public:
  at::Tensor rows(const AnchorSet&, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    return matchedRows(outputs, targets, [](const at::Tensor& boxes, const at::Tensor& objects) {
      return 1 - elementwiseIou(boxes, objects).square();
    });
  }
};

}  // namespace

BoxLossEntry squareIouLoss() {
  BoxLossEntry entry;
  entry.name = "iou_square";
  entry.title = "Squared IoU loss";
  entry.description = "1 - IoU^2 of the decoded box and the object, without an epsilon.";
  entry.source = "YOLOX (Ge et al., 2021); mmdet 3.3.0 IoULoss, square form";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<SquareIouLoss>());
  };
  return entry;
}

}  // namespace anchorscope
