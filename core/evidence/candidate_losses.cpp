#include "core/evidence/candidate_losses.h"

#include <cmath>
#include <limits>

namespace anchorscope {

std::vector<const Channel*> candidateLossChannels(const StageEvidence& evidence) {
  std::vector<const Channel*> channels;
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate && channel.spec.name.starts_with("loss."))
      channels.push_back(&channel);
  return channels;
}

CandidateLosses::CandidateLosses(const StageEvidence& evidence) {
  for (const Channel* channel : candidateLossChannels(evidence)) {
    double sum = 0;
    for (const float loss : channel->values)
      if (!std::isnan(loss)) sum += static_cast<double>(loss);
    sums_.emplace_back(channel, sum);
  }
}

std::vector<CandidateLoss> CandidateLosses::of(const std::vector<std::int32_t>& candidates) const {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  std::vector<CandidateLoss> losses;
  for (const auto& [channel, all] : sums_) {
    double here = 0;
    bool defined = false;
    for (const std::int32_t candidate : candidates) {
      if (candidate < 0 || static_cast<std::size_t>(candidate) >= channel->values.size()) continue;
      const float loss = channel->values[static_cast<std::size_t>(candidate)];
      if (std::isnan(loss)) continue;
      here += static_cast<double>(loss);
      defined = true;
    }
    losses.push_back({channel->spec.name, channel->spec.title, channel->spec.unit,
                      defined ? static_cast<float>(here) : kNan,
                      defined && all > 0 ? static_cast<float>(here / all) : kNan});
  }
  return losses;
}

}  // namespace anchorscope
