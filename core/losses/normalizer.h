#pragma once
// Internal header (ATen). By what the summed losses of a batch are divided.

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace anchorscope {

enum class Normalizer {
  kSumOfWeights,  ///< Sum over the batch of the soft targets or weights, at least a given floor (MuSu: ours).
  kPositives,     ///< Positives of the batch, at least 1.
  kMmdet,         ///< Sum over images of max(1, positives), plus 1.19e-7 (mmdet 3.3.0, average factor).
  kTorchvision,   ///< Per image max(1, positives), then the mean over images (torchvision 0.26.0 RetinaNet).
  kSumOfWeightsMin1,     ///< Sum over the batch of the weights, at least 1 (mmdet 3.3.0 ATSSHead's box loss).
  kPositivesPlusImages,  ///< Positives plus images of the batch (Sampling-Free 2020, classification loss).
  kFourPositives,        ///< 4 times the batch's positives, at least 1 (Sampling-Free, box loss).
  kPositivesUnguarded,   ///< Positives of the batch, also 0 (Sampling-Free 2021a, classification loss).
  kPositivesMinImages,   ///< Positives of the batch, at least its images (mmdet 3.3.0 PAAHead).
  kOne                   ///< 1: weights that are means already (YOLOv5).
};

/// Names for options, in the enum's order: "sum_of_weights", "positives", "mmdet", "torchvision",
/// "sum_of_weights_min_1", "positives_plus_images", "four_positives", "positives_unguarded",
/// "positives_min_images", "one".
const std::vector<std::string>& normalizerNames();
/// The name must be one of them.
Normalizer normalizerOf(const std::string& name);

/// Divisors [B], one per image: loss = sum over b of (image b's sum / divisor b). positivesPerImage [B]
/// int64; weightsPerImage [B] float (used by the sums of weights), floor > 0. float32 (float64 when the
/// weights are).
at::Tensor divisors(Normalizer normalizer, const at::Tensor& positivesPerImage,
                    const at::Tensor& weightsPerImage, double floor);

}  // namespace anchorscope
