#pragma once
// Internal header (ATen). Rows of a pair table from dense tensors. For evidence only: reading which pairs
// there are waits for the device.

#include <ATen/ATen.h>

#include <vector>

#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// The pairs of a table, sorted by (image, object, anchor), and readers of dense tensors at them.
struct PairIndex {
  at::Tensor image, object, anchor;  ///< [R] int64

  /// dense [B,G,N] -> [R]
  at::Tensor pick(const at::Tensor& dense) const { return dense.index({image, object, anchor}); }
  /// perAnchor [B,N] -> [R]
  at::Tensor pickAnchor(const at::Tensor& perAnchor) const { return perAnchor.index({image, anchor}); }
  /// perObject [B,G] -> [R]
  at::Tensor pickObject(const at::Tensor& perObject) const { return perObject.index({image, object}); }

  PairRows withColumns(std::vector<at::Tensor> columns) const {
    return {image, anchor, object, std::move(columns)};
  }
};

/// The true entries of mask [B,G,N].
inline PairIndex pairIndex(const at::Tensor& mask) {
  const at::Tensor where = mask.nonzero();  // [R,3], in row-major order
  return {where.select(1, 0), where.select(1, 1), where.select(1, 2)};
}

}  // namespace anchorscope
