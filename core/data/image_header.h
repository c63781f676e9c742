#pragma once
// View header. What the first and last bytes of an image file say, without decoding it.

#include <optional>
#include <string_view>

#include "core/base/geometry.h"

namespace anchorscope {

enum class ImageFormat { kUnknown, kJpeg, kPng, kBmp, kNetpbm };

/// Format by its magic bytes.
ImageFormat imageFormat(std::string_view bytes);

/// Size from the header, when `bytes` (the whole file or its beginning) reaches far enough and is well-formed
/// so far.
std::optional<SizePx> sizeFromHeader(std::string_view bytes);

/// False when a JPEG lacks its end marker after the scan, or a PNG its IEND chunk: the file was cut off.
/// True for the formats about which nothing can be said.
bool reachesItsEnd(std::string_view wholeFile);

/// Where the pixels of a binary 8-bit netpbm file begin.
struct NetpbmHeader {
  SizePx size;
  int channels = 0;  ///< 1 (P5) or 3 (P6)
  std::size_t pixelOffset = 0;
};
std::optional<NetpbmHeader> netpbmHeader(std::string_view bytes);

}  // namespace anchorscope
