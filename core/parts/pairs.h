#pragma once
// Internal header (ATen). Listed pairs of candidates and objects, as a stage of their own: whatever works on
// candidates with one object each, a loss above all, works on pairs by it.

#include <ATen/ATen.h>

#include "core/parts/stage.h"

namespace anchorscope {

/// [R] int64 each: image of the batch, candidate, object (of the image's padded objects).
struct CandidatePairs {
  at::Tensor image, candidate, object;

  std::int64_t count() const { return image.size(0); }
  /// values [B,N] or [B,N,K] -> [R] or [R,K]
  at::Tensor ofCandidates(const at::Tensor& values) const { return values.index({image, candidate}); }
  /// values [B,G] or [B,G,K] -> [R] or [R,K]
  at::Tensor ofObjects(const at::Tensor& values) const { return values.index({image, object}); }
  /// values [R] -> [B,N], summed over a candidate's pairs; with gradient.
  at::Tensor perCandidate(const at::Tensor& values, std::int64_t batch, std::int64_t candidates) const;
  /// values [R] -> [B,G], summed over an object's pairs; with gradient.
  at::Tensor perObject(const at::Tensor& values, std::int64_t batch, std::int64_t objects) const;
};

/// The true entries of mask [B,G,N], sorted by image, object, candidate. Waits for the device.
CandidatePairs pairsWhere(const at::Tensor& mask);

/// Pairs as a stage of one image with R candidates, each with its own object: shapes [1,R,...]. With the
/// outputs' gradient.
struct PairStage {
  AnchorSet anchors;
  HeadOutputs outputs;
  DenseTargets targets;  ///< One object per candidate.
  at::Tensor labels;     ///< [1,R] int64 class of the object.
  at::Tensor matched;    ///< [1,R] int64: 0, 1, ... R - 1.

  StageInputs inputs() const { return {anchors, outputs, targets}; }
};
PairStage stageOf(const CandidatePairs& pairs, const StageInputs& inputs);

}  // namespace anchorscope
