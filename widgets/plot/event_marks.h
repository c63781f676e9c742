#pragma once
// What happened in a run, as marks along the steps, in bounded memory.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/store/run_types.h"

namespace anchorscope {

/// Keeps every event while they are few. Of more, those of one kind that lie near each other become the first
/// of them, which counts the others: a mark for each would hide the next one anyhow. What is kept depends on
/// the events alone. One thread at a time.
class EventMarks {
 public:
  static constexpr std::size_t kMost = 1000;

  void add(const RunEvent& event);
  void set(const std::vector<RunEvent>& events);
  void clear() { *this = {}; }

  /// In the order they came.
  const std::vector<RunEvent>& events() const { return events_; }
  /// The event's text; where it stands for others with how many and until when.
  std::string text(std::size_t index) const;

 private:
  struct Others {
    std::int64_t count = 0, last = 0;
  };
  using Place = std::pair<std::string, std::int64_t>;  ///< Kind, and step over the width.

  Place placeOf(const RunEvent& event) const { return {event.kind, event.step / width_}; }
  void widen();

  std::vector<RunEvent> events_;
  std::vector<Others> others_;           ///< Of each.
  std::int64_t width_ = 1;               ///< Steps; doubles. 1: nothing has been joined.
  std::map<Place, std::size_t> newest_;  ///< While events are joined: the one that stands at a place.
};

}  // namespace anchorscope
