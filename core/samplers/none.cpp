// Every candidate learns.

#include "core/samplers/sampler.h"

namespace anchorscope {
namespace {

class NoSampler final : public Sampler {
 public:
  Selection choose(const SamplerInputs& inputs, const StepContext&) override {
    return {inputs.object >= -1, {}};
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
