#include "core/losses/normalizer.h"

#include <algorithm>

#include "core/base/check.h"

namespace anchorscope {

const std::vector<std::string>& normalizerNames() {
  static const std::vector<std::string> names = {"sum_of_weights",
                                                 "positives",
                                                 "mmdet",
                                                 "torchvision",
                                                 "sum_of_weights_min_1",
                                                 "positives_plus_images",
                                                 "four_positives",
                                                 "positives_unguarded",
                                                 "positives_min_images",
                                                 "one"};
  return names;
}

Normalizer normalizerOf(const std::string& name) {
  const auto& names = normalizerNames();
  const auto found = std::find(names.begin(), names.end(), name);
  ANCHORSCOPE_CHECK(found != names.end(), "no normaliser '", name, "'");
  return static_cast<Normalizer>(found - names.begin());
}

at::Tensor divisors(Normalizer normalizer, const at::Tensor& positivesPerImage,
                    const at::Tensor& weightsPerImage, double floor) {
  constexpr double kMmdetEpsilon = 1.1920928955078125e-07;
  const at::Tensor positives = positivesPerImage.to(weightsPerImage.scalar_type());
  const auto images = static_cast<double>(positives.size(0));
  switch (normalizer) {
    case Normalizer::kSumOfWeights:
      return weightsPerImage.sum().clamp_min(floor).expand_as(positives);
    case Normalizer::kPositives:
      return positives.sum().clamp_min(1).expand_as(positives);
    case Normalizer::kMmdet:
      return (positives.clamp_min(1).sum() + kMmdetEpsilon).expand_as(positives);
    case Normalizer::kTorchvision:
      return positives.clamp_min(1) * images;
    case Normalizer::kSumOfWeightsMin1:
      return weightsPerImage.sum().clamp_min(1).expand_as(positives);
    case Normalizer::kPositivesPlusImages:
      return (positives.sum() + images).expand_as(positives);
    case Normalizer::kFourPositives:
      return (positives.sum() * 4).clamp_min(1).expand_as(positives);
    case Normalizer::kPositivesUnguarded:
      return positives.sum().expand_as(positives);
    case Normalizer::kPositivesMinImages:
      return positives.sum().clamp_min(images).expand_as(positives);
    case Normalizer::kOne:
      return at::ones_like(positives);
  }
  ANCHORSCOPE_CHECK(false, "unreachable");
  return {};
}

}  // namespace anchorscope
