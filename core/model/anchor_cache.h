#pragma once
// Internal header (ATen). The anchors of the input sizes that were used last.

#include <cstdint>
#include <functional>

#include "core/base/geometry.h"
#include "core/base/recently_used.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// Keeps sets until their bytes, on the host and the device, are more than the bound (RecentlyUsed). A set
/// that is in use elsewhere lives on there.
class AnchorCache {
 public:
  /// Some twenty inputs of 800 x 1333 px with nine anchors per cell.
  static constexpr std::int64_t kDefaultBytes = std::int64_t{256} << 20;

  explicit AnchorCache(std::int64_t mostBytes = kDefaultBytes);

  /// The set of an input size; `make` is called where it is not kept.
  AnchorSet get(SizePx inputSize, const std::function<AnchorSet()>& make) {
    return sets_.get(inputSize, make);
  }
  void clear() { sets_.clear(); }
  std::size_t size() const { return sets_.size(); }

 private:
  RecentlyUsed<SizePx, AnchorSet> sets_;
};

}  // namespace anchorscope
