#pragma once
// Internal header (ATen). A method's own losses as costs, for assigners that choose by them.

#include <ATen/ATen.h>

#include "core/parts/stage.h"

namespace anchorscope {

class LossCosts {
 public:
  virtual ~LossCosts() = default;
  /// [B,N]: the class loss of each candidate if it learned labels [B,N] int64 (class, -1 background). With
  /// gradient; not normalised.
  virtual at::Tensor cls(const StageInputs& inputs, const at::Tensor& labels) const = 0;
  /// [B,N]: the box loss of each candidate if it learned the object matched [B,N] int64 (negative: none, 0).
  virtual at::Tensor loc(const StageInputs& inputs, const at::Tensor& matched) const = 0;
};

}  // namespace anchorscope
