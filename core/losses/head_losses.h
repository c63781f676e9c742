#pragma once
// Internal header (ATen). The losses of a dense detector's heads, anchor by anchor, on their way to one
// number: box and class losses fill them, a coupling may change them, a combiner sums them.

#include <ATen/ATen.h>

#include "core/ops/dense_types.h"

namespace anchorscope {

/// The heads' losses of a batch. Rows are [B,N], weighted, not normalised, with gradient; divisors are [B]
/// (see core/losses/normalizer.h): a head's loss is the sum over images of (sum of its rows / divisor).
struct HeadLosses {
  at::Tensor clsRows, locRows;
  at::Tensor qualityRows;  ///< Of a centerness head; undefined without one.
  at::Tensor extraRows;    ///< Added by a coupling, divided by locDivisors; undefined for most.
  at::Tensor clsDivisors, locDivisors, qualityDivisors;
  at::Tensor clsObject, regObject;  ///< [B,N] int64, as in Assignment: -1 background, -2 ignored.
  at::Tensor regWeight;             ///< [B,N] the factor already in locRows, as in Assignment.
};

/// The heads' losses of a batch, normalised: 0-dim, with gradient. `loc` without the extra rows.
struct SummedLosses {
  at::Tensor cls, loc, quality, extra;  ///< The last two undefined without such rows.
};
SummedLosses sumLosses(const HeadLosses& losses);

/// What the losses were computed from.
struct LossContext {
  const AnchorSet& anchors;
  const DenseOutputs& outputs;
  const DenseTargets& targets;  ///< maxObjects() >= 1.
};

}  // namespace anchorscope
