#pragma once
// One tile of a picture, in a form that lines are blended into quickly, and the code that does so: compiled
// for several instruction sets, of which the widest that the processor has is chosen when the program runs.
// All give the same pixels. No Qt.

#include <cstddef>
#include <cstdint>
#include <span>

#include "widgets/overlays/color_map.h"

namespace anchorscope {

/// A box in whole target pixels, half open; what lies outside the target is clamped just beyond it, so that
/// its clipped edges stay outside.
struct PixelBox {
  std::int16_t left, top, right, bottom;
  Argb color;
};

struct TileLines {
  int width = 1;          ///< Target pixels, >= 1; lines lie inside the box.
  float fillOpacity = 0;  ///< Of the inside, relative to the outline's alpha.
};

/// Pixels of 16 bits per channel, two rows side by side: column 0 of rows 0 and 1, column 1 of rows 0 and 1,
/// ... A vertical line then blends two pixels with one instruction, and a horizontal one as many columns as
/// fit a register, the other row's pixels staying as they are.
struct Tile {
  std::uint64_t* pixels = nullptr;  ///< Aligned to 64 bytes; room for `pairStride` pixels for every two rows.
  std::ptrdiff_t pairStride = 0;    ///< Pixels from one pair of rows to the next, a multiple of 8.
  int left = 0, top = 0, width = 0,
      height = 0;  ///< In target pixels; the width at most what pairStride has room for.
};

/// Code for one instruction set.
struct TileKernel {
  const char* name;
  bool (*runsHere)();  ///< Whether this processor and system have what it needs.
  /// From 32-bit pixels (the tile's first one; rows `pixelsPerRow` apart) and back.
  void (*load)(const Tile& tile, const std::uint32_t* pixels, std::size_t pixelsPerRow);
  void (*store)(const Tile& tile, std::uint32_t* pixels, std::size_t pixelsPerRow);
  /// Blends boxes one after the other: a pixel becomes (color * a + pixel * (256 - a) + 128) / 256 per
  /// channel with a = alpha + alpha / 128.
  void (*draw)(const Tile& tile, std::span<const PixelBox> boxes, const TileLines& lines);
};

/// Every kernel that was compiled, the one that runs everywhere last.
std::span<const TileKernel> tileKernels();

/// The first of them that runs here.
const TileKernel& bestTileKernel();

}  // namespace anchorscope
