#pragma once
// Internal header (ATen). Boxes as offsets: from anchors, dx, dy in anchor sizes, dw, dh as logarithms
// (Girshick et al., CVPR 2014), in the conventions of torchvision 0.26 (BoxCoder) and mmdet 3.3
// (DeltaXYWHBBoxCoder); or from locations, the distances to the four sides in strides (Tian et al., ICCV
// 2019).

#include <ATen/ATen.h>

#include <array>

#include "core/ops/coder_math.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// delta = (raw - mean) / std with raw = ((gx - ax) / aw, (gy - ay) / ah, log(gw / aw), log(gh / ah)); with
/// kSideDistances (ax - x1, ay - y1, x2 - ax, y2 - ay) / (aw, ah, aw, ah) of a box (x1, y1, x2, y2), where
/// the anchor is the stride-sized box around a location; nothing is limited then.
struct BoxCoder {
  std::array<double, 4> means{0, 0, 0, 0};
  std::array<double, 4> stds{1, 1, 1, 1};          ///< torchvision's weights are 1 / stds.
  double maxLogScale = 4.135166556742356;          ///< ln(1000 / 16); decoded |dw|, |dh| are limited to it.
  bool limitShrinking = false;                     ///< Also limit from below at -maxLogScale (mmdet).
  BoxOffsets offsets = BoxOffsets::kAnchorDeltas;  ///< With kSideDistances the members above do not matter.

  static BoxCoder torchvision(std::array<double, 4> weights = {1, 1, 1, 1});
  static BoxCoder mmdet(std::array<double, 4> means, std::array<double, 4> stds);
  /// The coder of an anchor set's offsets: torchvision() with unit weights, or distances.
  static BoxCoder of(BoxOffsets offsets);
  /// The same with the set's weights.
  static BoxCoder of(const AnchorSet& anchors);

  /// The same for scalar code (coder_math.h).
  CoderParameters parameters() const;

  /// anchors and boxes broadcast against each other ([N,4] with [B,N,4]) -> deltas. Anchors and boxes with
  /// positive size; other sizes give inf or NaN as the formula does. Gradient to both. float32 or float64.
  at::Tensor encode(const at::Tensor& anchors, const at::Tensor& boxes) const;

  /// anchors [N,4], deltas [N,4] or [B,N,4] -> boxes of the deltas' shape. Gradient to deltas only; a limited
  /// scale passes none. float32 or float64, one device. N or B may be 0.
  at::Tensor decode(const at::Tensor& anchors, const at::Tensor& deltas) const;
};

}  // namespace anchorscope
