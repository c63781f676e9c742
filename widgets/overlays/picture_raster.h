#pragma once
// Draws a picture, scaled, into 32-bit pixels: as drawBoxes() does, so that a part of the target can be drawn
// alone. No Qt.

#include <cstddef>
#include <cstdint>

#include "core/base/geometry.h"
#include "widgets/overlays/box_raster.h"
#include "widgets/overlays/strip_pool.h"

namespace anchorscope {

/// Premultiplied ARGB, 8 bits each.
struct PicturePixels {
  const std::uint32_t* pixels = nullptr;
  int width = 0, height = 0;
  std::size_t pixelsPerRow = 0;
};

struct PicturePlacement {
  AxisTransform
      pictureFromSource;  ///< Picture pixels, (0, 0) the first one's corner, from the source frame's.
  SizePx sourceSize;      ///< Nothing is drawn outside [0, width) x [0, height) of the source frame.
  bool smooth = false;    ///< Between the four nearest pixels (to 1/256); else the one that holds the point.
  float opacity = 1;
};

/// A target pixel shows the point of the source frame under its middle; where the picture ends its outermost
/// pixels go on by half a pixel when smooth. With c a channel of the picture, A its alpha + alpha / 128 and o
/// the opacity in 256ths, a target's channel t becomes (c * o + t * (256 - (A * o + 255) / 256) + 128) / 256.
/// An offset of the transform that differs by a whole number of pixels gives the same picture, moved.
void drawPicture(const RasterTarget& target, const AxisTransform& targetFromSource,
                 const PicturePixels& picture, const PicturePlacement& placement, StripPool& pool);

}  // namespace anchorscope
