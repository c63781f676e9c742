#include "widgets/source/frame_cache.h"

#include "core/store/run_writer.h"

namespace anchorscope {

std::shared_ptr<const ProbeFrame> FrameCache::find(const FrameKey& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->frame;
}

void FrameCache::put(const FrameKey& key, std::shared_ptr<const ProbeFrame> frame) {
  if (const auto known = places_.find(key); known != places_.end()) {
    bytes_ -= known->second->bytes;
    entries_.erase(known->second);
    places_.erase(known);
  }
  const std::int64_t bytes = memoryOf(*frame);
  if (bytes > limit_) return;
  entries_.push_front({key, std::move(frame), bytes});
  places_[key] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > limit_) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void FrameCache::clear() {
  places_.clear();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace anchorscope
