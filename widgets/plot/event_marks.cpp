#include "widgets/plot/event_marks.h"

#include <algorithm>

#include "core/base/check.h"

namespace anchorscope {

void EventMarks::add(const RunEvent& event) {
  if (width_ > 1) {
    if (const auto near = newest_.find(placeOf(event)); near != newest_.end()) {
      Others& others = others_[near->second];
      ++others.count;
      others.last = std::max(others.last, event.step);
      return;
    }
    newest_[placeOf(event)] = events_.size();
  }
  events_.push_back(event);
  others_.push_back({0, event.step});
  constexpr std::int64_t kWidest = std::int64_t{1} << 60U;  // of one kind each, all would be left then
  while (events_.size() > kMost && width_ < kWidest)
    widen();
}

void EventMarks::widen() {
  width_ *= 2;
  newest_.clear();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const auto [near, fresh] = newest_.try_emplace(placeOf(events_[i]), kept);
    if (fresh) {
      if (kept != i) {
        events_[kept] = std::move(events_[i]);
        others_[kept] = others_[i];
      }
      ++kept;
      continue;
    }
    Others& others = others_[near->second];
    others.count += 1 + others_[i].count;
    others.last = std::max(others.last, others_[i].last);
  }
  events_.resize(kept);
  others_.resize(kept);
}

void EventMarks::set(const std::vector<RunEvent>& events) {
  clear();
  for (const RunEvent& event : events)
    add(event);
}

std::string EventMarks::text(std::size_t index) const {
  const Others& others = others_[index];
  const std::string& own = events_[index].text;
  return others.count == 0
             ? own
             : concat(own, " (and ", others.count, " more of this kind until step ", others.last, ")");
}

}  // namespace anchorscope
