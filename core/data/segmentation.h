#pragma once
// View header. Masks of objects as COCO writes them: the lengths of runs of pixels, and polygons brought
// into that form. No tensors. Formats and rasterisation are those of pycocotools 2.0.11 (mask.py; the
// formulas stand beside the code), so that areas and overlaps are the evaluation's, to the pixel.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/geometry.h"
#include "core/base/result.h"

namespace anchorscope {

/// A mask of `size` pixels, column by column: lengths of runs, the first of pixels that are not set (0 where
/// the first is). They add up to all pixels.
struct RunMask {
  SizePx size;
  std::vector<std::uint64_t> runs;

  bool operator==(const RunMask&) const = default;
};

/// Of the set pixels; all 0 where none is.
struct MaskExtent {
  std::uint64_t left = 0, top = 0, right = 0,
                bottom = 0;  ///< Half-open. A run that goes on in the next column
                             ///< counts as two whole columns (pycocotools).
  std::uint64_t area = 0;
};

/// Run lengths from text: 5 bits to a letter from '0' on, differences to the run before last. kBadData says
/// what is wrong with it.
Result<std::vector<std::uint64_t>> runsFromText(std::string_view text);
/// The same text that pycocotools writes.
std::string textOfRuns(const std::vector<std::uint64_t>& runs);
/// The runs as a mask, without any of length 0 but the first; what they lack of the size is not set. kBadData
/// when they exceed it.
Result<RunMask> maskOfRuns(std::vector<std::uint64_t> runs, SizePx size);

/// A polygon's corners x, y, x, y ... in px, of which pixel k covers k .. k + 1.
using Polygon = std::vector<double>;

/// No corner of a polygon lies farther from 0 on either axis, px.
inline constexpr double kFarthestCornerPx = 1 << 20;

/// What any of the polygons covers. kBadData for one of fewer than three corners, an odd number of
/// coordinates, and coordinates that are no number or beyond +-kFarthestCornerPx.
Result<RunMask> maskOfPolygons(const std::vector<Polygon>& polygons, SizePx size);

/// pixels: size.height rows of size.width, 0 = not set.
RunMask maskOfPixels(const std::uint8_t* pixels, SizePx size);
/// The same pixels, 1 = set.
std::vector<std::uint8_t> pixelsOf(const RunMask& mask);

MaskExtent extentOf(const RunMask& mask);
std::uint64_t intersectionOf(const RunMask& a, const RunMask& b);
/// Pixels of both over pixels of either; of a crowd (`crowd`: the object is one) over the detection's, since
/// a crowd may hold several. 0 where there are none. The masks are of one size.
double maskIou(const RunMask& detection, const RunMask& object, bool crowd);

}  // namespace anchorscope
