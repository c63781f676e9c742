#pragma once
// Internal header (ATen). How many candidates of an image a sampler keeps, by the options that several share.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "core/base/param.h"

namespace anchorscope {

/// At most `positives` of `number`, the rest negatives: as mmdet 3.3.0 BaseSampler and torchvision 0.26.0
/// BalancedPositiveNegativeSampler.
struct SampleSize {
  std::int64_t number = 256;
  double positiveFraction = 0.5;
  double negPosUb = -1;  ///< Most negatives per positive (of no positive as of one); below 0: no such bound.

  std::int64_t mostPositives() const;
  /// keptPositives [B] int64 -> [B] int64.
  at::Tensor negatives(const at::Tensor& keptPositives) const;
};

/// sample_number, positive_fraction, neg_pos_ub.
std::vector<ParamSpec> sampleSizeParams();
SampleSize sampleSizeOf(const ParamSet& params);

}  // namespace anchorscope
