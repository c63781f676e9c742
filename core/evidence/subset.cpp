#include "core/evidence/subset.h"

#include <algorithm>

#include "core/evidence/winners.h"

namespace anchorscope {
namespace {

const Channel* candidateChannel(const StageEvidence& stage, const std::string& name) {
  const Channel* channel = stage.channel(name);
  const bool fits = channel && channel->spec.domain == ChannelDomain::kCandidate && stage.candidates &&
                    channel->values.size() == stage.candidates->count();
  return fits ? channel : nullptr;
}

bool isInside(const std::vector<std::pair<float, float>>& outline, float x, float y) {
  bool inside = false;
  for (std::size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
    const auto [xi, yi] = outline[i];
    const auto [xj, yj] = outline[j];
    if ((yi > y) != (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/// Leaves those inside for which `holds(candidate)`.
template <typename Holds>
void keep(std::vector<std::uint8_t>& inside, const Holds& holds) {
  for (std::size_t i = 0; i < inside.size(); ++i)
    inside[i] = static_cast<std::uint8_t>(inside[i] & static_cast<std::uint8_t>(holds(i)));
}

bool keepArea(const StageEvidence& stage, const ChannelArea& area, std::vector<std::uint8_t>& inside) {
  const Channel *x = candidateChannel(stage, area.x), *y = candidateChannel(stage, area.y);
  if (!x || !y) return false;
  if (area.outline.empty()) {
    std::fill(inside.begin(), inside.end(), std::uint8_t{0});
    return true;
  }
  const auto [left, right] = std::minmax_element(area.outline.begin(), area.outline.end());
  const auto [bottom, top] =
      std::minmax_element(area.outline.begin(), area.outline.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
  keep(inside, [&](std::size_t i) {
    const float u = x->values[i], v = y->values[i];
    return u >= left->first && u <= right->first && v >= bottom->second && v <= top->second &&
           isInside(area.outline, u, v);
  });
  return true;
}

}  // namespace

CandidateCondition CandidateCondition::with(const CandidateCondition& later) const {
  CandidateCondition out = *this;
  for (const ChannelRange& range : later.ranges) {
    std::erase_if(out.ranges, [&](const ChannelRange& known) { return known.channel == range.channel; });
    out.ranges.push_back(range);
  }
  if (later.area) out.area = later.area;
  if (later.role) out.role = later.role;
  if (later.level) out.level = later.level;
  if (later.ofClass) out.ofClass = later.ofClass;
  if (later.object) out.object = later.object;
  if (!later.candidates.empty()) out.candidates = later.candidates;
  return out;
}

std::vector<CandidateRole> rolesOf(const StageEvidence& stage) {
  const std::vector<Winners> heads = winnersOf(stage);
  if (heads.empty() || !stage.candidates || !stage.image) return {};
  const std::size_t objects = stage.image->objects.size();
  std::vector<CandidateRole> roles(stage.candidates->count(), CandidateRole::kBackground);
  for (const Winners& head : heads)
    for (std::size_t i = 0; i < std::min(roles.size(), head.channel->values.size()); ++i) {
      const std::int32_t winner = head.at(i, objects);
      if (winner >= 0)
        roles[i] = CandidateRole::kPositive;
      else if (winner == -2 && roles[i] == CandidateRole::kBackground)
        roles[i] = CandidateRole::kIgnored;
    }
  return roles;
}

std::optional<CandidateSubset> subsetOf(const StageEvidence& stage, const CandidateCondition& condition) {
  if (!stage.candidates || !stage.image) return std::nullopt;
  CandidateSubset out;
  out.inside.assign(stage.candidates->count(), 1);
  for (const ChannelRange& range : condition.ranges) {
    const Channel* channel = candidateChannel(stage, range.channel);
    if (!channel) return std::nullopt;
    keep(out.inside, [&](std::size_t i) {
      return (channel->values[i] >= range.low) & (channel->values[i] <= range.high);
    });
  }
  if (condition.area && !keepArea(stage, *condition.area, out.inside)) return std::nullopt;
  if (condition.level) {
    const auto level = static_cast<std::size_t>(*condition.level);
    if (*condition.level < 0 || level >= stage.candidates->levels.size()) return std::nullopt;
    const LevelLayout& layout = stage.candidates->levels[level];
    keep(out.inside,
         [first = layout.firstAnchor, last = layout.firstAnchor + layout.anchorCount()](std::size_t i) {
           return static_cast<std::int64_t>(i) >= first && static_cast<std::int64_t>(i) < last;
         });
  }
  if (!condition.candidates.empty()) {
    std::vector<std::uint8_t> named(out.inside.size(), 0);
    for (const std::int32_t candidate : condition.candidates)
      if (candidate >= 0 && static_cast<std::size_t>(candidate) < named.size())
        named[static_cast<std::size_t>(candidate)] = 1;
    keep(out.inside, [&](std::size_t i) { return named[i] != 0; });
  }
  if (condition.role) {
    const std::vector<CandidateRole> roles = rolesOf(stage);
    if (roles.empty()) return std::nullopt;
    keep(out.inside, [&](std::size_t i) { return roles[i] == *condition.role; });
  }
  if (condition.object || condition.ofClass) {
    std::vector<Winners> heads = winnersOf(stage);
    std::erase_if(heads,
                  [&](const Winners& head) { return head.channel->values.size() != out.inside.size(); });
    if (heads.empty()) return std::nullopt;
    const auto& objects = stage.image->objects;
    keep(out.inside, [&](std::size_t i) {
      const auto learns = [&](auto&& isMeant) {
        return std::any_of(heads.begin(), heads.end(), [&](const Winners& head) {
          const std::int32_t winner = head.at(i, objects.size());
          return winner >= 0 && isMeant(winner);
        });
      };
      return (!condition.object ||
              learns([&](std::int32_t winner) { return winner == *condition.object; })) &&
             (!condition.ofClass || learns([&](std::int32_t winner) {
               return objects[static_cast<std::size_t>(winner)].classIndex == *condition.ofClass;
             }));
    });
  }
  out.count = std::count(out.inside.begin(), out.inside.end(), std::uint8_t{1});
  return out;
}

}  // namespace anchorscope
