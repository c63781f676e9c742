#pragma once
// Internal header (ATen). Anchors in crowd and difficult regions, as mmdet 3.3.0's assigners treat them.

#include <ATen/ATen.h>

#include "core/base/param.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// [B,N]: the largest share of each anchor (or, with `wrtCandidates` off, of a region) that lies in an
/// ignored region (or in the anchor); 0 without regions.
at::Tensor shareInIgnored(const AnchorSet& anchors, const DenseTargets& targets, bool wrtCandidates);

/// "ignore_iof_thr", the share above which an anchor is ignored.
ParamSpec ignoreIofParam();

}  // namespace anchorscope
