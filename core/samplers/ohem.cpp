// Online hard example mining: the candidates of the largest class loss, positives and background apart.

#include "core/base/check.h"
#include "core/samplers/rounds.h"
#include "core/samplers/sample_size.h"

namespace anchorscope {
namespace {

constexpr const char* kOrder = "by its classification loss";

class OhemSampler final : public Sampler {
 public:
  explicit OhemSampler(SampleSize size) : size_(size) {}

  bool needsLoss() const override { return true; }
  EvidenceDeclaration declaration() const override { return Rounds::declaration(kOrder); }
  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    ANCHORSCOPE_CHECK(inputs.loss.defined(), "OHEM without losses");
    Rounds rounds(inputs);
    rounds.keepFirst(rounds.positive, inputs.loss,
                     at::full({inputs.object.size(0)}, size_.mostPositives(), inputs.object.options()), 0);
    rounds.keepFirst(rounds.negative, inputs.loss, size_.negatives(Rounds::counted(rounds.kept())), 1);
    if (step.sink) rounds.show(kOrder, *step.sink);
    return {rounds.kept(), {}};
  }

 private:
  SampleSize size_;
};

}  // namespace

SamplerEntry ohemSampler() {
  SamplerEntry entry;
  entry.name = "ohem";
  entry.title = "OHEM";
  entry.description =
      "sample_number candidates of each image with the largest classification losses: positives up to their "
      "share, "
      "background for the rest.";
  entry.source =
      "Shrivastava et al., CVPR 2016; mmdet 3.3.0 OHEMSampler (by the classification loss alone, overlapping "
      "boxes "
      "are kept; published for regions with sample_number 512, positive_fraction 0.25)";
  entry.params = sampleSizeParams();
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Sampler>> {
    return std::unique_ptr<Sampler>(std::make_unique<OhemSampler>(sampleSizeOf(params)));
  };
  return entry;
}

}  // namespace anchorscope
