// -ln IoU of the decoded box and the object: UnitBox's loss, which FCOS's authors train with.

#include "core/losses/matched_rows.h"
#include "core/ops/box_losses.h"

namespace anchorscope {
namespace {

constexpr double kLeastIou = 1e-6;  // mmdet 3.3.0: where the loss ends, and its gradient with it

class LogIouLoss final : public BoxLoss {
 public:
  at::Tensor rows(const AnchorSet&, const HeadOutputs& outputs, const BoxTargets& targets,
                  const StepContext&) override {
    return matchedRows(outputs, targets, [](const at::Tensor& boxes, const at::Tensor& objects) {
      return logIouLoss(boxes, objects, kLeastIou);
    });
  }
};

}  // namespace

BoxLossEntry logIouLoss() {
  BoxLossEntry entry;
  entry.name = "iou_log";
  entry.title = "Logarithmic IoU loss";
  entry.description = "-ln max(IoU, 1e-6) of the decoded box and the object; no gradient below 1e-6.";
  entry.source = "UnitBox (Yu et al., ACM MM 2016); mmdet 3.3.0 IoULoss, the box loss of its FCOS";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<BoxLoss>> {
    return std::unique_ptr<BoxLoss>(std::make_unique<LogIouLoss>());
  };
  return entry;
}

}  // namespace anchorscope
