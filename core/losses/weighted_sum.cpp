// total = lambda_cls * cls + lambda_reg * loc + lambda_quality * (losses of further outputs) + all others.

#include "core/losses/combiner.h"

namespace anchorscope {
namespace {

class WeightedSum final : public LossCombiner {
 public:
  WeightedSum(double lambdaCls, double lambdaReg, double lambdaQuality)
      : lambdaCls_(lambdaCls), lambdaReg_(lambdaReg), lambdaQuality_(lambdaQuality) {}

  CombinedLoss combine(const LossTable& losses, const StageInputs&, const StepContext&) override {
    CombinedLoss combined;
    for (const LossRows& rows : losses.rows) {
      const at::Tensor sum = rows.sum();
      const at::Tensor weighted = rows.head == kClsHead && lambdaCls_ != 1 ? lambdaCls_ * sum
                                  : rows.head == kLocHead                  ? lambdaReg_ * sum
                                  : rows.ofOutput                          ? lambdaQuality_ * sum
                                                                           : sum;
      combined.total = combined.total.defined() ? combined.total + weighted : weighted;
      combined.heads.push_back(sum);
    }
    return combined;
  }

 private:
  double lambdaCls_, lambdaReg_, lambdaQuality_;
};

}  // namespace

LossCombinerEntry weightedSum() {
  LossCombinerEntry entry;
  entry.name = "weighted_sum";
  entry.title = "Weighted sum";
  entry.description =
      "lambda_cls * cls + lambda_reg * loc + lambda_quality * quality (centerness, IoU or objectness, where "
      "there is a "
      "head for it)";
  entry.source = "Common practice";
  entry.params = {
      floatParam("lambda_cls", 1, 0, 1e4, "1", "Weight of the classification loss in the total.",
                 "Common practice"),
      floatParam("lambda_reg", 1, 0, 1e4, "1", "Weight of the box loss in the total.",
                 "torchvision 0.26.0 RetinaNet"),
      floatParam("lambda_quality", 1, 0, 1e4, "1",
                 "Weight of the losses of further outputs (centerness, IoU, objectness) in the total.",
                 "torchvision 0.26.0 FCOS")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossCombiner>> {
    return std::unique_ptr<LossCombiner>(std::make_unique<WeightedSum>(
        params.getFloat("lambda_cls"), params.getFloat("lambda_reg"), params.getFloat("lambda_quality")));
  };
  return entry;
}

}  // namespace anchorscope
