#pragma once
// View header. A rectangle of whole pixels.

namespace anchorscope {

/// Half-open pixel rectangle.
struct PixelRect {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const PixelRect&) const = default;
};

}  // namespace anchorscope
