// Every candidate learns.

#include "core/samplers/rounds.h"

namespace anchorscope {
namespace {

constexpr const char* kOrder = "of which all are picked";

class NoSampler final : public Sampler {
 public:
  EvidenceDeclaration declaration() const override { return Rounds::declaration(kOrder); }
  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    Rounds rounds(inputs);
    if (!step.sink) return {inputs.object >= -1, {}};
    rounds.keepAll(inputs.object >= -1, 0);
    rounds.show(kOrder, *step.sink);
    return {rounds.kept(), {}};
  }
};

}  // namespace

SamplerEntry noSampler() {
  SamplerEntry entry;
  entry.name = "none";
  entry.title = "None";
  entry.description = "Every candidate learns.";
  entry.source = "Common practice";
  entry.make = [](const ParamSet&) -> Result<std::unique_ptr<Sampler>> {
    return std::unique_ptr<Sampler>(std::make_unique<NoSampler>());
  };
  return entry;
}

}  // namespace anchorscope
