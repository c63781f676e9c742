// SSD's hard negatives: all positives, and for each so many background candidates of the largest class loss.

#include "core/base/check.h"
#include "core/samplers/rounds.h"

namespace anchorscope {
namespace {

constexpr const char* kOrder = "background by its classification loss, of positives all";

class HardNegativeSampler final : public Sampler {
 public:
  explicit HardNegativeSampler(double perPositive) : perPositive_(perPositive) {}

  bool needsLoss() const override { return true; }
  EvidenceDeclaration declaration() const override { return Rounds::declaration(kOrder); }
  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    ANCHORSCOPE_CHECK(inputs.loss.defined(), "hard negatives without losses");
    Rounds rounds(inputs);
    rounds.keepAll(rounds.positive, 0);
    const at::Tensor quota = (Rounds::counted(rounds.positive).to(at::kDouble) * perPositive_).to(at::kLong);
    rounds.keepFirst(rounds.negative, inputs.loss, quota, 1);
    if (step.sink) rounds.show(kOrder, *step.sink);
    return {rounds.kept(), {}};
  }

 private:
  double perPositive_;
};

}  // namespace

SamplerEntry hardNegativeSampler() {
  SamplerEntry entry;
  entry.name = "hard_negative";
  entry.title = "Hard negatives";
  entry.description =
      "All positives of an image, and the background candidates of the largest classification losses, so "
      "many per "
      "positive; none in an image without positives.";
  entry.source = "SSD (Liu et al., ECCV 2016); torchvision 0.26.0 SSD";
  entry.params = {floatParam("negatives_per_positive", 3, 0, 1e6, "1",
                             "Background candidates that are kept for each positive.", entry.source)};
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Sampler>> {
    return std::unique_ptr<Sampler>(
        std::make_unique<HardNegativeSampler>(params.getFloat("negatives_per_positive")));
  };
  return entry;
}

}  // namespace anchorscope
