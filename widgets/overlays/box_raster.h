#pragma once
// Draws hundreds of thousands of box outlines into 32-bit pixels: whole pixels, no anti-aliasing, alpha
// blending in the order given, in tiles shared out over threads. No Qt.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/geometry.h"
#include "widgets/overlays/box_tile.h"
#include "widgets/overlays/color_map.h"
#include "widgets/overlays/strip_pool.h"

namespace anchorscope {

/// Premultiplied ARGB, 8 bits each, or opaque RGB with alpha 255. At most 16,384 x 16,384 pixels.
struct RasterTarget {
  std::uint32_t* pixels = nullptr;
  int width = 0, height = 0;
  std::size_t pixelsPerRow = 0;
};

struct RasterStyle {
  int lineWidth = 1;      ///< Target pixels, >= 1; lines lie inside the box.
  float fillOpacity = 0;  ///< Of the inside, relative to the outline's alpha.
  int inset = 0;          ///< Target pixels by which every box is drawn smaller on each side; a pixel stays.
};

/// Boxes in a source frame with one colour each (not premultiplied; alpha 0 draws nothing), first drawn
/// first. A box covers the pixels from floor(left) to ceil(right) - 1, at least one, likewise vertically; its
/// outline is the outermost lineWidth of them. Boxes with a NaN or with x2 < x1 or y2 < y1 are skipped. A
/// pixel becomes (color * a + pixel * (256 - a) + 128) / 256 per channel with a = alpha + alpha / 128. The
/// result depends neither on the pool's number of threads nor on the kernel, and an offset of the transform
/// that differs by a whole number of pixels gives the same picture, moved: a part of it can be drawn alone.
/// May be called from any thread, several at once with pools of their own; each keeps its working memory.
void drawBoxes(const RasterTarget& target, const AxisTransform& targetFromSource, std::span<const Box> boxes,
               std::span<const Argb> colors, const RasterStyle& style, StripPool& pool,
               const TileKernel& kernel = bestTileKernel());

}  // namespace anchorscope
