// total = cls + lambda_reg * loc.

#include "core/losses/combiner.h"

namespace anchorscope {
namespace {

class WeightedSum final : public LossCombiner {
 public:
  explicit WeightedSum(double lambdaReg) : lambdaReg_(lambdaReg) {}

  EvidenceDeclaration declaration() const override { return {}; }

  CombinedLoss combine(const HeadLosses& losses, EvidenceSink*) override {
    CombinedLoss combined;
    combined.cls = (losses.clsRows.sum(1) / losses.clsDivisors).sum();
    combined.loc = (losses.locRows.sum(1) / losses.locDivisors).sum();
    combined.total = combined.cls + lambdaReg_ * combined.loc;
    return combined;
  }

 private:
  double lambdaReg_;
};

}  // namespace

LossCombinerEntry weightedSum();
LossCombinerEntry weightedSum() {
  LossCombinerEntry entry;
  entry.name = "weighted_sum";
  entry.title = "Weighted sum";
  entry.description = "cls + lambda_reg * loc";
  entry.source = "Common practice";
  entry.params = {floatParam("lambda_reg", 1, 0, std::nullopt, "1", "Weight of the box loss in the total.",
                             "torchvision 0.26.0 RetinaNet")};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<LossCombiner>> {
    return std::unique_ptr<LossCombiner>(std::make_unique<WeightedSum>(params.getFloat("lambda_reg")));
  };
  return entry;
}

}  // namespace anchorscope
