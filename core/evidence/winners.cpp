#include "core/evidence/winners.h"

#include <algorithm>

namespace anchorscope {

std::int32_t Winners::at(std::size_t candidate, std::size_t objectCount) const {
  const float value = channel->values[candidate];
  if (value == -2) return -2;
  return value >= 0 && value < static_cast<float>(objectCount) ? static_cast<std::int32_t>(value) : -1;
}

std::vector<Winners> winnersOf(const StageEvidence& stage) {
  std::vector<Winners> out;
  for (const DecisionSpec& decision : stage.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes) {
      const Channel* channel = stage.channel(outcome.winnerChannel);
      if (channel == nullptr || channel->spec.domain != ChannelDomain::kCandidate) continue;
      if (std::none_of(out.begin(), out.end(),
                       [&](const Winners& known) { return known.channel == channel; }))
        out.push_back({outcome.head, channel});
    }
  return out;
}

double changeBetween(const std::set<std::int64_t>& before, const std::set<std::int64_t>& now) {
  std::size_t common = 0;
  for (const std::int64_t each : now)
    common += before.count(each);
  const std::size_t all = before.size() + now.size() - common;
  return all == 0 ? 0 : static_cast<double>(all - common) / static_cast<double>(all);
}

}  // namespace anchorscope
