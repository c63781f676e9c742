#pragma once
// Internal header (ATen). The positives of a table of losses, for transforms that weigh them.

#include "core/parts/loss_table.h"
#include "core/parts/stage.h"

namespace anchorscope {

/// [B,N] bool: candidates that learn an object with both heads.
inline at::Tensor positivesOf(const LossTable& losses) {
  return losses.clsObject.ge(0).logical_and(losses.regObject >= 0).logical_and(losses.regWeight > 0);
}

/// [B,N] int64: the class of each candidate's object; any class without one.
inline at::Tensor classesOf(const LossTable& losses, const StageInputs& inputs) {
  return inputs.targets.labels.gather(1, losses.clsObject.clamp_min(0)).clamp_min(0);
}

}  // namespace anchorscope
