#pragma once
// Internal header (ATen). Where methods publish evidence. A null pointer means nobody looks: publish nothing,
// compute nothing extra.

#include <ATen/ATen.h>

#include "core/evidence/specs.h"
#include "core/ops/step_phase.h"

namespace anchorscope {

/// Rows of a pair table, as tensors on the method's device.
struct PairRows {
  at::Tensor image;   ///< [R] int64, image in the batch.
  at::Tensor anchor;  ///< [R] int64.
  at::Tensor object;  ///< [R] int64, index into the image's padded objects (always a valid one).
  std::vector<at::Tensor> columns;  ///< One [R] per column of the spec, any numeric dtype.
};

/// Receives a batch's evidence. Tensors are kept by reference; the publisher must not change them in place
/// afterwards. Called on the trainer thread only.
class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  /// values: [B,N] (kAnchor) or [B,rows,columns] (kCell: of the map of this `stride`, px of the input frame,
  /// with as many rows and columns as CellGrid::of gives); any numeric dtype; NaN = undefined.
  virtual void channel(const ChannelSpec& spec, const at::Tensor& values, int stride = 0) = 0;
  virtual void pairs(const PairTableSpec& spec, const PairRows& rows) = 0;
  /// values: [B,G]; entries of padded objects are ignored.
  virtual void objects(const ObjectColumnSpec& spec, const at::Tensor& values) = 0;
  /// Somebody looks at the stage's rules one after the other: what is known after the outputs and after the
  /// assignment is published then, beside what follows, and reached() called.
  virtual bool byPhases() const { return false; }
  virtual void reached(StepPhase /*phase*/) {}
};

}  // namespace anchorscope
