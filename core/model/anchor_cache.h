#pragma once
// Internal header (ATen). The anchors of the input sizes that were used last.

#include <cstdint>
#include <functional>
#include <list>
#include <utility>

#include "core/base/geometry.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// Keeps what was made until its bytes, on the host and the device, are more than the bound; then what was
/// not asked for the longest goes. The newest is always kept. A set that is in use elsewhere lives on there.
class AnchorCache {
 public:
  /// Some twenty inputs of 800 x 1333 px with nine anchors per cell.
  static constexpr std::int64_t kDefaultBytes = std::int64_t{256} << 20;

  explicit AnchorCache(std::int64_t mostBytes = kDefaultBytes) : mostBytes_(mostBytes) {}

  /// The set of an input size; `make` is called where it is not kept.
  AnchorSet get(SizePx inputSize, const std::function<AnchorSet()>& make);
  void clear() { sets_.clear(); }
  std::size_t size() const { return sets_.size(); }

 private:
  std::int64_t mostBytes_;
  std::list<std::pair<SizePx, AnchorSet>> sets_;  ///< The last used first.
};

}  // namespace anchorscope
