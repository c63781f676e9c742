// So many candidates of an image at random, positives up to a share of them.

#include "core/parts/random_numbers.h"
#include "core/samplers/rounds.h"
#include "core/samplers/sample_size.h"

namespace anchorscope {
namespace {

constexpr const char* kOrder = "by a random number";

class RandomSampler final : public Sampler {
 public:
  explicit RandomSampler(SampleSize size) : size_(size) {}

  EvidenceDeclaration declaration() const override { return Rounds::declaration(kOrder); }
  SampledCandidates choose(const SamplerInputs& inputs, const StepContext& step) override {
    Rounds rounds(inputs);
    const at::Tensor& object = inputs.object;
    const auto draw = [&](RandomChoice choice) {
      return randomNumbers(step, choice, object.sizes(), object.device());
    };
    rounds.keepFirst(rounds.positive, draw(RandomChoice::kPositives),
                     at::full({object.size(0)}, size_.mostPositives(), object.options()), 0);
    rounds.keepFirst(rounds.negative, draw(RandomChoice::kNegatives),
                     size_.negatives(Rounds::counted(rounds.kept())), 1);
    if (step.sink) rounds.show(kOrder, *step.sink);
    return {rounds.kept(), {}};
  }

 private:
  SampleSize size_;
};

}  // namespace

SamplerEntry randomSampler() {
  SamplerEntry entry;
  entry.name = "random";
  entry.title = "Random";
  entry.description =
      "sample_number candidates of each image at random: positives up to their share, background for the "
      "rest.";
  entry.source =
      "Ren et al., NeurIPS 2015; torchvision 0.26.0 BalancedPositiveNegativeSampler, mmdet 3.3.0 "
      "RandomSampler; the "
      "random numbers are ours";
  entry.params = sampleSizeParams();
  entry.make = [](const ParamSet& params) -> Result<std::unique_ptr<Sampler>> {
    return std::unique_ptr<Sampler>(std::make_unique<RandomSampler>(sampleSizeOf(params)));
  };
  return entry;
}

}  // namespace anchorscope
