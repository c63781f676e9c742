#pragma once
// Internal header (ATen). Anchors that learn nothing: in crowd and difficult regions, as mmdet 3.3.0's
// assigners treat them, and places of an image's own candidates without a box.

#include <ATen/ATen.h>

#include "core/base/param.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// How far each anchor lies in ignored regions.
struct IgnoredRegions {
  at::Tensor share;  ///< [B,N] in [0,1]. Undefined where nobody asks for it.
  /// [B,N] bool: the share is above the bound, or the image has no candidate there. Undefined where the bound
  /// is off and the candidates are shared.
  at::Tensor inside;
};

/// `share` is the largest share of the anchor (or, with `wrtCandidates` off, of a region) that lies in an
/// ignored region (or in the anchor); 0 without regions. `bound`: see ignoreIofParam(), 0 and below is off.
/// Nothing is computed where the bound is off, unless `shown` asks for the share.
IgnoredRegions ignoredRegions(const AnchorSet& anchors, const DenseTargets& targets, double bound,
                              bool wrtCandidates, bool shown);

/// "ignore_iof_thr", the share above which an anchor is ignored.
ParamSpec ignoreIofParam();

/// The columns and the test with which decisions tell of it.
ColumnSpec ignoredShareColumn();
ColumnSpec outsideIgnoredColumn();
TestSpec ignoredRegionTest(double bound);

}  // namespace anchorscope
