#pragma once
// Internal header (ATen). Box losses of pairs, spread over all anchors.

#include <functional>

#include "core/losses/box_loss.h"

namespace anchorscope {

/// [B,N] for BoxLoss::rows: loss(boxes, objects), both [B,N,4], times the weights. Boxes of anchors without
/// an object are replaced by it, so that whatever they hold reaches neither the loss nor the gradient.
inline at::Tensor matchedRows(const HeadOutputs& outputs, const BoxTargets& targets,
                              const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& loss) {
  const at::Tensor matched = (targets.matched >= 0) & (targets.weights > 0);
  const at::Tensor index = targets.matched.clamp_min(0).unsqueeze(2).expand_as(outputs.boxes);
  const at::Tensor objects = targets.boxes.to(outputs.boxes.scalar_type()).gather(1, index);
  const at::Tensor boxes = at::where(matched.unsqueeze(2), outputs.boxes, objects);
  return (loss(boxes, objects) * targets.weights).masked_fill(matched.logical_not(), 0);
}

}  // namespace anchorscope
