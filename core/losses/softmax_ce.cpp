// Cross entropy of a softmax over the classes and the background.

#include "core/base/check.h"
#include "core/losses/cls_loss.h"

namespace anchorscope {
namespace {

class SoftmaxCrossEntropy final : public ClsLoss {
 public:
  at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext&) override {
    ANCHORSCOPE_CHECK(targets.labels.defined(), "cross entropy with a softmax takes labels alone");
    const at::Tensor ignored = targets.labels < -1;
    const at::Tensor column = at::where(targets.labels >= 0, targets.labels, logits.size(2) - 1);
    const at::Tensor rows =
        logits.log_softmax(2).gather(2, column.unsqueeze(2)).squeeze(2).neg().masked_fill(ignored, 0);
    return targets.weights.defined() ? rows * targets.weights : rows;
  }
};

}  // namespace

ClsLossEntry softmaxCrossEntropy() {
  ClsLossEntry entry;
  entry.name = "softmax_ce";
  entry.title = "Cross entropy with softmax";
  entry.description = "-ln of the softmax over all classes and the background, at the label.";
  entry.source = "Girshick, ICCV 2015; Liu et al., ECCV 2016";
  entry.background = entry.labelsOnly = true;
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<ClsLoss>> {
    return std::unique_ptr<ClsLoss>(std::make_unique<SoftmaxCrossEntropy>());
  };
  return entry;
}

}  // namespace anchorscope
