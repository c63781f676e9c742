#pragma once
// View header. Image files to 8-bit RGB and their sizes without decoding. Any thread.
// Binary netpbm (P5, P6 with 8 bits) is read by every build; JPEG, PNG, BMP, TIFF and WebP need OpenCV.

#include <string>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Largest image that is decoded, in pixels: what a damaged header asks for must not exhaust the memory.
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 28;

/// Whether this build reads JPEG, PNG and the other formats that need OpenCV.
bool readsCompressedImages();

/// Whether a file name ends like an image: jpg, jpeg, png, bmp, tif, tiff, webp, ppm, pgm (any case).
bool hasImageExtension(const std::string& path);

/// Size in px from the file's header; JPEG, PNG, BMP and netpbm are not decoded, other formats are.
Result<SizePx> readImageSize(const std::string& path);

/// Decodes to RGB: grey is repeated, alpha dropped, 16 bits reduced to 8, EXIF orientation ignored.
/// kBadData for a damaged file; a JPEG without its end marker or a PNG without its end chunk counts as
/// damaged.
Result<ImagePixels> decodeImage(const std::string& path);

}  // namespace anchorscope
