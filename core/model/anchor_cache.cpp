#include "core/model/anchor_cache.h"

namespace anchorscope {
namespace {

std::int64_t bytesOf(const AnchorSet& set) {
  auto bytes = static_cast<std::int64_t>(set.boxes.nbytes() + set.strides.nbytes());
  if (set.geometry) bytes += static_cast<std::int64_t>(set.geometry->count() * sizeof(Box));
  return bytes;
}

}  // namespace

AnchorCache::AnchorCache(std::int64_t mostBytes) : sets_(mostBytes, &bytesOf) {}

}  // namespace anchorscope
