// total = cls + lambda_reg * loc + lambda_quality * quality (+ a coupling's own term).

#include "core/losses/combiner.h"

namespace anchorscope {
namespace {

class WeightedSum final : public LossCombiner {
 public:
  WeightedSum(double lambdaReg, double lambdaQuality)
      : lambdaReg_(lambdaReg), lambdaQuality_(lambdaQuality) {}

  CombinedLoss combine(const HeadLosses& losses, const LossContext&, EvidenceSink*) override {
    const SummedLosses sums = sumLosses(losses);
    CombinedLoss combined;
    combined.cls = sums.cls;
    combined.loc = sums.loc;
    combined.quality = sums.quality;
    combined.total = sums.cls + lambdaReg_ * sums.loc;
    if (sums.quality.defined()) combined.total = combined.total + lambdaQuality_ * sums.quality;
    if (sums.extra.defined()) combined.total = combined.total + sums.extra;
    return combined;
  }

 private:
  double lambdaReg_, lambdaQuality_;
};

}  // namespace

LossCombinerEntry weightedSum();
LossCombinerEntry weightedSum() {
  LossCombinerEntry entry;
  entry.name = "weighted_sum";
  entry.title = "Weighted sum";
  entry.description =
      "cls + lambda_reg * loc + lambda_quality * quality (centerness, where there is a head for it)";
  entry.source = "Common practice";
  entry.params = {floatParam("lambda_reg", 1, 0, 1e4, "1", "Weight of the box loss in the total.",
                             "torchvision 0.26.0 RetinaNet"),
                  floatParam("lambda_quality", 1, 0, 1e4, "1", "Weight of the centerness loss in the total.",
                             "torchvision 0.26.0 FCOS")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossCombiner>> {
    return std::unique_ptr<LossCombiner>(
        std::make_unique<WeightedSum>(params.getFloat("lambda_reg"), params.getFloat("lambda_quality")));
  };
  return entry;
}

}  // namespace anchorscope
