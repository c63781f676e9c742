#pragma once
// Internal header (ATen). What FCOS and ATSS share: the anchors' centres, their distances to the sides of a
// box, and the centerness made of these.

#include <ATen/ATen.h>

#include "core/ops/dense_types.h"

namespace anchorscope {

/// Distances from points to the sides of boxes, px, negative outside. Shapes broadcast.
struct SideDistances {
  at::Tensor left, top, right, bottom;
  at::Tensor smallest() const { return at::minimum(at::minimum(left, right), at::minimum(top, bottom)); }
  at::Tensor largest() const { return at::maximum(at::maximum(left, right), at::maximum(top, bottom)); }
};

/// Boxes [..,4] and points x, y, each broadcasting against [..].
inline SideDistances sideDistances(const at::Tensor& x, const at::Tensor& y, const at::Tensor& boxes) {
  return {x - boxes.select(-1, 0), y - boxes.select(-1, 1), boxes.select(-1, 2) - x, boxes.select(-1, 3) - y};
}

/// Horizontal (axis 0) or vertical (axis 1) middles of boxes [..,4].
inline at::Tensor middle(const at::Tensor& boxes, int axis) {
  return (boxes.select(-1, axis) + boxes.select(-1, axis + 2)) * 0.5;
}

/// sqrt(min(l, r) / max(l, r) * min(t, b) / max(t, b)) (Tian et al., ICCV 2019): 1 in the middle of the box,
/// 0 at an edge; 0 where `inside` is false.
inline at::Tensor centerness(const SideDistances& d, const at::Tensor& inside) {
  const at::Tensor squared = at::minimum(d.left, d.right) / at::maximum(d.left, d.right) *
                             (at::minimum(d.top, d.bottom) / at::maximum(d.top, d.bottom));
  return at::where(inside, squared, at::zeros_like(squared)).clamp_(0, 1).sqrt();
}

}  // namespace anchorscope
