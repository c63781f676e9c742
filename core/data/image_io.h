#pragma once
// View header. Image files to 8-bit RGB, and what their headers say. Any thread.
// Binary netpbm (P5, P6 with 8 bits) is read by every build; JPEG, PNG, BMP, TIFF, WebP and JPEG 2000 need
// OpenCV and the libraries that come with it.
//
// Only regular files are opened. What a header claims is checked against the length of the file and the
// budget below before anything of that size is allocated.

#include <string>

#include "core/base/result.h"
#include "core/data/image_header.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Largest picture that is handed out, in pixels (201 MB of RGB): of a larger JPEG or PNG every second,
/// fourth or eighth pixel's mean is read, row by row.
inline constexpr std::int64_t kMaxPicturePixels = std::int64_t{1} << 26;
/// Largest image that must be decoded whole before it is reduced: other formats, progressive JPEGs and
/// interlaced PNGs (up to 2 GB, by the library).
inline constexpr std::int64_t kMaxDecodedPixels = std::int64_t{1} << 27;

/// Whether this build reads JPEG, PNG and the other formats that need OpenCV.
bool readsCompressedImages();

/// Whether a file name ends like an image (any case): those that are read, and those that are only known by
/// name (gif, avif, heic, heif, jxl), so that they are listed instead of passed over.
bool hasImageExtension(const std::string& path);

/// An image file without its pixels.
struct ImageSummary {
  ImageFacts facts;
  int reduceBy = 1;  ///< 1, 2, 4 or 8: by how much it is reduced to stay within kMaxPicturePixels.
  SizePx upright() const { return facts.upright(); }
};

/// What the file's header says; nothing is decoded. An error for what cannot be decoded: kBadData for no
/// image and for a header that cannot be true, kUnsupported for an image of a kind that is not read here and
/// for one beyond the limits, with its name.
Result<ImageSummary> summarizeImage(const std::string& path);

struct DecodeOptions {
  int orientation = 1;  ///< EXIF's: how the rows are turned once they are read; 1: as stored.
  int reduceBy = 1;     ///< 1, 2, 4 or 8; the sides are rounded up.
};

/// Decodes to RGB: grey is repeated, alpha dropped, 16 bits reduced to 8 by the fewest bits that hold the
/// brightest pixel. kBadData for a damaged or truncated file, with the libraries' own words as details.
Result<ImagePixels> decodeImage(const std::string& path, const DecodeOptions& options = {});

/// The picture turned as EXIF's orientation 1..8 says.
ImagePixels turned(ImagePixels pixels, int orientation);

}  // namespace anchorscope
