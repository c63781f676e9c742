#pragma once
// Internal header (ATen). A method's own losses as costs, for assigners that choose by them and for losses
// that are made of them.

#include <ATen/ATen.h>

#include "core/parts/pairs.h"
#include "core/parts/stage.h"

namespace anchorscope {

/// Values are not normalised and without what combiners weigh by; with gradient.
class LossCosts {
 public:
  virtual ~LossCosts() = default;
  /// [B,N]: the class loss of each candidate if it learned labels [B,N] int64 (class, -1 background).
  virtual at::Tensor cls(const StageInputs& inputs, const at::Tensor& labels) const = 0;
  /// [B,N]: the box loss of each candidate if it learned the object matched [B,N] int64 (negative: none, 0).
  virtual at::Tensor loc(const StageInputs& inputs, const at::Tensor& matched) const = 0;
  /// [R]: both of listed pairs, the candidate of each as if it learned the object.
  at::Tensor cls(const StageInputs& inputs, const CandidatePairs& pairs) const {
    const PairStage stage = stageOf(pairs, inputs);
    return cls(stage.inputs(), stage.labels).squeeze(0);
  }
  at::Tensor loc(const StageInputs& inputs, const CandidatePairs& pairs) const {
    const PairStage stage = stageOf(pairs, inputs);
    return loc(stage.inputs(), stage.matched).squeeze(0);
  }
};

}  // namespace anchorscope
