#pragma once
// Internal header (ATen). What the reference files of whole networks (model.*) share: weights and images
// given by formulas, and summaries of large tensors.

#include <functional>
#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/conformance/reference_case.h"
#include "core/evidence/frame.h"
#include "core/ops/dense_types.h"

namespace anchorscope::conformance {

/// A tensor's fill is offset + scale * v, with v a hash in [-1, 1).
struct Fill {
  double offset = 0, scale = 1;
};
using FillRule = std::function<Fill(const std::string& name, const at::Tensor& tensor)>;

/// What all rules share: norms' statistics, weights and biases; convolutions v * sqrt(6 / fan).
Fill commonFill(const std::string& name, const at::Tensor& tensor);
/// torchvision's RetinaNet.
Fill retinaNetFill(const std::string& name, const at::Tensor& tensor);
/// torchvision's FCOS.
Fill fcosFill(const std::string& name, const at::Tensor& tensor);
/// torchvision's SSD and two-stage detectors.
Fill torchvisionFill(const std::string& name, const at::Tensor& tensor);

/// A state_dict without the batch norms' counters, which take no ordinal.
std::vector<NamedTensor> withoutCounters(const std::vector<NamedTensor>& stateDict);
/// Overwrites the tensors of withoutCounters; the ordinals of the hash are their places.
void fillNetwork(const std::vector<NamedTensor>& stateDict, const FillRule& rule,
                 const ReferenceCase& reference);

/// The parameter "image" and the image [1,3,H,W] float64 that the files' formula gives.
SizePx imageSizeOf(const ReferenceCase& reference);
at::Tensor networkInput(const ReferenceCase& reference);
/// The parameter "batchnorm" is "train".
bool trainsBatchNorm(const ReferenceCase& reference);

/// name.shape, .sum, .abs_sum, .first16
void summarize(const std::string& name, const at::Tensor& tensor, Outputs& outputs);
/// prefix + "boxes" [n,4], "scores" and "labels" [n] of one image, classes counted from `firstLabel` on.
void describeDetections(const std::vector<PredictionRecord>& detections, const std::string& prefix,
                        int firstLabel, Outputs& outputs);
/// Per parameter: name.abs_sum, .sum_over_abs_sum, .first8_over_mean_abs of its gradient.
Outputs gradientSummary(const std::vector<NamedTensor>& parameters);
/// sums, abs_sums, first4 (with zeros behind a shorter tensor) per tensor of withoutCounters. Throws when the
/// names, their order or the shapes are not the file's.
Outputs stateDictSummary(const ReferenceCase& reference, const std::vector<NamedTensor>& stateDict);

}  // namespace anchorscope::conformance
