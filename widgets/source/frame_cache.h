#pragma once
// Frames that were read, in bounded memory: those looked at longest ago go first.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/evidence/frame.h"

namespace anchorscope {

/// One thread at a time.
class FrameCache {
 public:
  explicit FrameCache(std::int64_t bytes) : limit_(bytes) {}

  /// Null when it is not there.
  std::shared_ptr<const ProbeFrame> find(const std::string& probe, std::int64_t step);
  bool holds(const std::string& probe, std::int64_t step) const { return places_.contains({probe, step}); }
  /// A frame larger than all the memory is not kept.
  void put(const std::string& probe, std::shared_ptr<const ProbeFrame> frame);
  void clear();
  std::int64_t bytes() const { return bytes_; }

 private:
  using Key = std::pair<std::string, std::int64_t>;
  struct Entry {
    Key key;
    std::shared_ptr<const ProbeFrame> frame;
    std::int64_t bytes = 0;
  };

  std::int64_t limit_, bytes_ = 0;
  std::list<Entry> entries_;  // the newest use first
  std::map<Key, std::list<Entry>::iterator> places_;
};

}  // namespace anchorscope
