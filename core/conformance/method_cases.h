#pragma once
// Internal header (ATen). Turns a case's flat objects into what assigners and methods take.

#include <ATen/ATen.h>

#include "core/base/param.h"
#include "core/conformance/reference_case.h"
#include "core/ops/dense_types.h"

namespace anchorscope::conformance {

/// Objects padded per image, and where each of the case's objects went.
struct PaddedObjects {
  DenseTargets targets;
  at::Tensor image, slot;  ///< [objects] int64, CPU: object g is targets' (image[g], slot[g]).
  at::Tensor globalIndex;  ///< [B,G] int64 on the device: g, or -1 for padding.
};

/// gt_boxes [G,4], gt_labels [G] and, if there is one, gt_image [G]; labels in [0, classes).
PaddedObjects padObjects(const ReferenceCase& reference, std::int64_t batch, std::int64_t classes,
                         at::Device device);

/// The value; an error becomes an UnsupportedCase.
template <typename T>
T unwrapped(Result<T> result) {
  if (!result) throw UnsupportedCase(result.error().text());
  return std::move(result).value();
}

/// A value that does not fit is an UnsupportedCase.
void setOption(ParamSet& params, const std::string& name, const std::string& value);
/// Sets every option that the case's params name; other params are left alone.
void setOptions(const ReferenceCase& reference, ParamSet& params);

/// winners [B,N] of slots -> the case's object indices; negative entries stay.
at::Tensor globalWinners(const at::Tensor& winners, const PaddedObjects& objects);

/// The parameters num_per_level and strides (absent: 1): levels one after the other, each as one row of
/// anchors.
std::vector<LevelLayout> levelsOf(const ReferenceCase& reference, std::int64_t anchors);
at::Tensor stridesOf(const std::vector<LevelLayout>& levels, const at::TensorOptions& options);

/// Stride-sized boxes around points [N,2].
AnchorSet pointBoxes(const ReferenceCase& reference, const at::Tensor& points);

/// Indices of the case's objects -> their gt_labels; negative entries stay.
at::Tensor labelsOf(const ReferenceCase& reference, const at::Tensor& assigned);

}  // namespace anchorscope::conformance
