#pragma once
// Frames that were read, in bounded memory: those looked at longest ago go first.

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "core/evidence/frame.h"

namespace anchorscope {

/// Which frame of a run.
struct FrameKey {
  std::string probe;
  std::int64_t step = 0;
  std::string variant = {};  ///< Empty: the run's own.
  auto operator<=>(const FrameKey&) const = default;
};

/// One thread at a time.
class FrameCache {
 public:
  explicit FrameCache(std::int64_t bytes) : limit_(bytes) {}

  /// Null when it is not there.
  std::shared_ptr<const ProbeFrame> find(const FrameKey& key);
  bool holds(const FrameKey& key) const { return places_.contains(key); }
  /// A frame larger than all the memory is not kept.
  void put(const FrameKey& key, std::shared_ptr<const ProbeFrame> frame);
  void clear();
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    FrameKey key;
    std::shared_ptr<const ProbeFrame> frame;
    std::int64_t bytes = 0;
  };

  std::int64_t limit_, bytes_ = 0;
  std::list<Entry> entries_;  // the newest use first
  std::map<FrameKey, std::list<Entry>::iterator> places_;
};

}  // namespace anchorscope
