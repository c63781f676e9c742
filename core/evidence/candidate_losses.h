#pragma once
// View header. What candidates cost, and which share of their image's loss that is.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// The "loss." channels of candidates, in their order.
std::vector<const Channel*> candidateLossChannels(const StageEvidence& evidence);

/// Of one "loss." channel.
struct CandidateLoss {
  std::string channel, title, unit;
  float value = 0;  ///< Before it is normalised; NaN where it is not defined.
  float share = 0;  ///< Of the channel's sum over the image; NaN where that is not above 0.
};

/// The "loss." channels of an image, summed once. The evidence must outlive it.
class CandidateLosses {
 public:
  explicit CandidateLosses(const StageEvidence& evidence);
  /// One entry per channel, in their order: the sum over the candidates that have a value.
  std::vector<CandidateLoss> of(const std::vector<std::int32_t>& candidates) const;

 private:
  std::vector<std::pair<const Channel*, double>> sums_;
};

}  // namespace anchorscope
