#include "core/model/anchor_cache.h"

#include <algorithm>

namespace anchorscope {
namespace {

std::int64_t bytesOf(const AnchorSet& set) {
  auto bytes = static_cast<std::int64_t>(set.boxes.nbytes() + set.strides.nbytes());
  if (set.geometry) bytes += static_cast<std::int64_t>(set.geometry->count() * sizeof(Box));
  return bytes;
}

}  // namespace

AnchorSet AnchorCache::get(SizePx inputSize, const std::function<AnchorSet()>& make) {
  const auto found =
      std::find_if(sets_.begin(), sets_.end(), [&](const auto& entry) { return entry.first == inputSize; });
  if (found != sets_.end()) {
    sets_.splice(sets_.begin(), sets_, found);
    return found->second;
  }
  sets_.emplace_front(inputSize, make());
  std::int64_t kept = bytesOf(sets_.front().second);
  auto next = std::next(sets_.begin());
  while (next != sets_.end() && (kept += bytesOf(next->second)) <= mostBytes_)
    ++next;
  sets_.erase(next, sets_.end());
  return sets_.front().second;
}

}  // namespace anchorscope
