#pragma once
// View header. Resampling an 8-bit image into a region of an input under an axis-aligned transform, with the
// change of colour in the same pass.

#include <array>
#include <cstdint>

#include "core/base/geometry.h"
#include "core/data/pixel_rect.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// What happens to a resampled pixel rgb in [0,1]: target = clamp(matrix * rgb + offset, 0, 1).
struct ColorMap {
  std::array<float, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< Row-major; row = target channel.
  std::array<float, 3> offset{};
  bool changesColor = false;  ///< False: matrix and offset are the identity.
};

/// Fills `window` of an input of `inputSize` (NHWC, 8 bits, `input` its first pixel) from `source`.
/// The value at input pixel (column, row) is the source at inputFromSource^-1 (column + 0.5, row + 0.5),
/// under a triangle filter of half width max(1, 1 / |scale|) source px per axis: bilinear when enlarging,
/// antialiased when reducing; rounded to the nearest of 8 bits. Pixels whose centre falls outside the source
/// get 0. Returns the part of the window that the source fills, which is a rectangle (empty at the window's
/// corner where it fills none). Negative scales mirror. `window` lies inside the input. Any thread.
PixelRect warpInto(const ImagePixels& source, const AxisTransform& inputFromSource, const PixelRect& window,
                   const ColorMap& colorMap, SizePx inputSize, std::uint8_t* input);

/// Half the size (rounded up), each pixel the mean of 2x2; the last row and column repeat at odd sizes, so
/// that source coordinates are exactly half as large.
ImagePixels halved(const ImagePixels& source);

}  // namespace anchorscope
