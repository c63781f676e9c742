#pragma once
// Internal header (ATen). Ranks among the entries of a row, without waiting for the device.

#include <ATen/ATen.h>

namespace anchorscope {

/// keys [..,N], groups [..,N] int64 -> [..,N] int64: how many entries of the row that are of the same group
/// come before an entry: those with larger keys, and those with the same key and a smaller index.
at::Tensor rankWithin(const at::Tensor& keys, const at::Tensor& groups);

/// The same among the entries of mask [..,N] bool; of others any number.
at::Tensor rankAmong(const at::Tensor& keys, const at::Tensor& mask);

}  // namespace anchorscope
