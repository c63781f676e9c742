#include "core/watch/culprit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/evidence/candidate_losses.h"
#include "core/evidence/object_story.h"
#include "core/findings/reading.h"

namespace anchorscope {
namespace {

constexpr std::size_t kMost = 10;

/// Of every candidate the sum of its "loss." channels, infinite where one is no number: those that have no
/// loss of a head have 0.
std::vector<double> lossesOf(const StageEvidence& stage) {
  std::vector<double> sums(stage.candidates->count(), 0);
  for (const Channel* channel : candidateLossChannels(stage))
    for (std::size_t i = 0; i < std::min(sums.size(), channel->values.size()); ++i)
      sums[i] += std::isnan(channel->values[i]) ? std::numeric_limits<double>::infinity()
                                                : static_cast<double>(channel->values[i]);
  return sums;
}

std::int32_t learntAt(const StageEvidence& stage, std::int32_t candidate) {
  for (const Winners& head : winnersOf(stage))
    if (const std::int32_t object = head.at(static_cast<std::size_t>(candidate), stage.image->objects.size());
        object >= 0)
      return object;
  return -1;
}

}  // namespace

WatchPlace costliest(const std::vector<std::shared_ptr<const ProbeFrame>>& frames,
                     const std::vector<double>& losses) {
  WatchPlace place;
  std::size_t worst = frames.size();
  for (std::size_t i = 0; i < std::min(frames.size(), losses.size()); ++i) {
    if (worst < frames.size() && !(losses[i] > losses[worst]) && std::isfinite(losses[i])) continue;
    worst = i;
    if (!std::isfinite(losses[i])) break;
  }
  if (worst == frames.size()) return place;
  const ProbeFrame& frame = *frames[worst];
  place.image = frame.image->name;
  const StageEvidence* costly = nullptr;
  std::vector<double> sums;
  double most = 0;
  for (const auto& stage : frame.stages) {
    std::vector<double> own = lossesOf(*stage);
    const double largest = own.empty() ? 0 : *std::max_element(own.begin(), own.end());
    if (!(largest > most)) continue;
    most = largest;
    costly = stage.get();
    sums = std::move(own);
  }
  if (!costly) return place;
  place.stage = costly->stage.name;
  std::vector<std::int32_t> order(sums.size());
  std::iota(order.begin(), order.end(), 0);
  const std::size_t kept = std::min(kMost, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      const double x = sums[static_cast<std::size_t>(a)],
                                   y = sums[static_cast<std::size_t>(b)];
                      return x != y ? x > y : a < b;
                    });
  order.resize(kept);
  std::erase_if(order,
                [&](std::int32_t candidate) { return !(sums[static_cast<std::size_t>(candidate)] > 0); });
  place.candidates = std::move(order);
  if (!place.candidates.empty()) place.object = learntAt(*costly, place.candidates.front());
  return place;
}

void addCandidates(WatchPlace& place, const std::vector<std::shared_ptr<const ProbeFrame>>& frames) {
  if (place.object < 0 || !place.candidates.empty()) return;
  for (const auto& frame : frames)
    for (const auto& stage : frame->stages) {
      if (frame->image->name != place.image || stage->stage.name != place.stage) continue;
      const std::size_t objects = stage->image->objects.size();
      if (static_cast<std::size_t>(place.object) >= objects) return;
      const std::vector<Winners> heads = winnersOf(*stage);
      for (std::size_t i = 0; i < stage->candidates->count() && place.candidates.size() < kMost; ++i)
        if (std::any_of(heads.begin(), heads.end(),
                        [&](const Winners& head) { return head.at(i, objects) == place.object; }))
          place.candidates.push_back(static_cast<std::int32_t>(i));
      if (!place.candidates.empty()) return;
      for (const NearMiss& miss : explainObject(*stage, place.object).misses)
        if (place.candidates.size() < kMost) place.candidates.push_back(miss.candidate);
      return;
    }
}

}  // namespace anchorscope
