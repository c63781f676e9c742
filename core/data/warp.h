#pragma once
// View header. Resampling an 8-bit image into a region of a float input under an axis-aligned transform, with
// colour change and normalisation in the same pass.

#include <array>

#include "core/base/geometry.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Half-open pixel rectangle.
struct PixelRect {
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// What happens to a resampled pixel rgb in [0,1]: target = clamp(matrix * rgb + offset, 0, 1) * gain + bias.
struct PixelMap {
  std::array<float, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< Row-major; row = target channel.
  std::array<float, 3> offset{};
  std::array<float, 3> gain{1, 1, 1};  ///< 1 / std
  std::array<float, 3> bias{};         ///< -mean / std
  bool changesColor = false;           ///< False: matrix and offset are the identity.
};

/// Fills `window` of an input of `inputSize` (NHWC float, `input` its first pixel) from `source`.
/// The value at input pixel (column, row) is the source at inputFromSource^-1 (column + 0.5, row + 0.5),
/// under a triangle filter of half width max(1, 1 / |scale|) source px per axis: bilinear when enlarging,
/// antialiased when reducing. Pixels whose centre falls outside the source get 0 (the mean colour, when bias
/// and gain normalise). Negative scales mirror. `window` lies inside the input. Any thread.
void warpInto(const ImagePixels& source, const AxisTransform& inputFromSource, const PixelRect& window,
              const PixelMap& pixelMap, SizePx inputSize, float* input);

/// Half the size (rounded up), each pixel the mean of 2x2; the last row and column repeat at odd sizes, so
/// that source coordinates are exactly half as large.
ImagePixels halved(const ImagePixels& source);

}  // namespace anchorscope
