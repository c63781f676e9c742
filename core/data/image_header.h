#pragma once
// View header. What the first bytes of an image file say, without decoding it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/geometry.h"

namespace anchorscope {

enum class ImageFormat {
  kUnknown,
  kJpeg,
  kPng,
  kBmp,
  kNetpbm,
  kTiff,
  kWebp,
  kJpeg2000,
  kGif,  ///< From here on: known by name, not read.
  kAvif,
  kHeic,
  kJpegXl
};

/// Format by its magic bytes, whatever the file is called.
ImageFormat imageFormat(std::string_view bytes);
/// "JPEG", "GIF", ...; empty for kUnknown.
const char* toString(ImageFormat format);

/// What a file's header says of its picture.
struct ImageFacts {
  ImageFormat format = ImageFormat::kUnknown;
  SizePx stored;        ///< px, rows as they stand in the file.
  int orientation = 1;  ///< EXIF's (TIFF's) 1..8; 1: as stored, 6: to be turned 90 degrees clockwise.
  int bitsPerSample = 8;
  int pages = 1;  ///< 2: there are more than one.
  bool interlaced =
      false;  ///< A progressive JPEG or an interlaced PNG: it must be held whole while it is decoded.
  std::string unreadable;  ///< What it is, when it is nothing that can be decoded: "an animated WebP".

  /// Its size once it is turned upright.
  SizePx upright() const { return orientation < 5 ? stored : SizePx{stored.height, stored.width}; }
};

/// The facts, when `bytes` (the whole file or its beginning) reaches far enough and is well-formed so far.
/// Without a size (0) for formats that are not read.
std::optional<ImageFacts> imageFacts(std::string_view bytes);

/// Where the pixels of a binary 8-bit netpbm file begin.
struct NetpbmHeader {
  SizePx size;
  int channels = 0;  ///< 1 (P5) or 3 (P6)
  std::size_t pixelOffset = 0;
};
std::optional<NetpbmHeader> netpbmHeader(std::string_view bytes);

}  // namespace anchorscope
