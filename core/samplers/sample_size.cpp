#include "core/samplers/sample_size.h"

namespace anchorscope {

std::int64_t SampleSize::mostPositives() const {
  return static_cast<std::int64_t>(static_cast<double>(number) * positiveFraction);
}

at::Tensor SampleSize::negatives(const at::Tensor& keptPositives) const {
  const at::Tensor left = number - keptPositives;
  if (negPosUb < 0) return left;
  return at::minimum(left, (keptPositives.clamp_min(1).to(at::kDouble) * negPosUb).to(at::kLong));
}

std::vector<ParamSpec> sampleSizeParams() {
  constexpr const char* kSource = "torchvision 0.26.0 and mmdet 3.3.0, region proposals";
  return {
      intParam("sample_number", 256, 1, 1e7, "candidates", "Candidates of an image that are kept at most.",
               kSource),
      floatParam("positive_fraction", 0.5, 0, 1, "1",
                 "Share of sample_number that positives may have; what they leave goes to background.",
                 kSource),
      floatParam(
          "neg_pos_ub", -1, -1, 1e7, "1",
          "Background candidates per positive at most, without a positive as with one; below 0: no bound.",
          "mmdet 3.3.0 BaseSampler")};
}

SampleSize sampleSizeOf(const ParamSet& params) {
  return {params.getInt("sample_number"), params.getFloat("positive_fraction"),
          params.getFloat("neg_pos_ub")};
}

}  // namespace anchorscope
