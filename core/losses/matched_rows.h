#pragma once
// Internal header (ATen). Box losses of pairs, spread over all anchors.

#include <functional>

#include "core/losses/box_loss.h"
#include "core/ops/box_coder.h"

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

/// [B,N] bool: anchors that learn an object.
inline at::Tensor learning(const BoxTargets& targets) {
  return targets.matched.ge(0).logical_and(targets.weights > 0);
}

/// [B,N,4]: each anchor's object, its own box where it learns none, in the dtype of `like`.
inline at::Tensor objectsOrAnchors(const AnchorSet& anchors, const BoxTargets& targets,
                                   const at::Tensor& like) {
  const at::Tensor index = targets.matched.clamp_min(0).unsqueeze(2).expand({-1, -1, 4});
  return at::where(learning(targets).unsqueeze(2), targets.boxes.gather(1, index), anchors.boxes)
      .to(like.scalar_type());
}

/// [B,N,4]: the box head's offsets minus the encoded object; 0 of anchors that learn none. With gradient.
inline at::Tensor offsetErrors(const AnchorSet& anchors, const HeadOutputs& outputs,
                               const BoxTargets& targets) {
  const at::Tensor objects = objectsOrAnchors(anchors, targets, outputs.offsets);
  const at::Tensor wanted =
      BoxCoder::of(anchors).encode(anchors.boxes.to(outputs.offsets.scalar_type()), objects);
  return (outputs.offsets - wanted).masked_fill(learning(targets).logical_not().unsqueeze(2), 0);
}

}  // namespace anchorscope
