#pragma once
// Plain geometry shared by every layer: Box, SizePx and axis-aligned transforms named target-from-source.

#include "core/base/box_math.h"

namespace anchorscope {

/// Axis-aligned box, xyxy in pixels of a frame its variable's name states (boxInImage, boxInInput).
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  float centerX() const { return 0.5f * (x1 + x2); }
  float centerY() const { return 0.5f * (y1 + y2); }
  float area() const { return boxmath::area(x1, y1, x2, y2); }
  bool degenerate() const { return !(x2 > x1 && y2 > y1); }
  /// Left and top edges belong to the box, right and bottom ones do not.
  bool contains(float x, float y) const { return x >= x1 && x < x2 && y >= y1 && y < y2; }
  bool operator==(const Box&) const = default;
};

inline float iou(const Box& a, const Box& b) {
  return boxmath::iou(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1, b.x2, b.y2);
}

struct SizePx {
  int width = 0, height = 0;
  bool operator==(const SizePx&) const = default;
};

/// Axis-aligned map target = scale * source + offset per axis; a negative scaleX mirrors.
/// Scales are never 0. Name variables target-from-source: inputFromImage, canvasFromImage.
struct AxisTransform {
  double scaleX = 1, scaleY = 1, offsetX = 0, offsetY = 0;

  double mapX(double x) const { return scaleX * x + offsetX; }
  double mapY(double y) const { return scaleY * y + offsetY; }

  /// Maps a box; the result is ordered (x1 <= x2) also under mirroring.
  Box map(const Box& box) const {
    const double xa = mapX(box.x1), xb = mapX(box.x2), ya = mapY(box.y1), yb = mapY(box.y2);
    return Box{static_cast<float>(xa < xb ? xa : xb), static_cast<float>(ya < yb ? ya : yb),
               static_cast<float>(xa < xb ? xb : xa), static_cast<float>(ya < yb ? yb : ya)};
  }

  AxisTransform inverse() const { return {1 / scaleX, 1 / scaleY, -offsetX / scaleX, -offsetY / scaleY}; }

  bool operator==(const AxisTransform&) const = default;
};

/// (c from b) * (b from a) = c from a.
inline AxisTransform operator*(const AxisTransform& outer, const AxisTransform& inner) {
  return {outer.scaleX * inner.scaleX, outer.scaleY * inner.scaleY,
          outer.scaleX * inner.offsetX + outer.offsetX, outer.scaleY * inner.offsetY + outer.offsetY};
}

}  // namespace anchorscope
