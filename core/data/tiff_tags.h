#pragma once
// Internal header. The tags of a TIFF file's first page, which EXIF blocks have the form of as well. Formats:
// TIFF 6.0 (1992), EXIF 2.32.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/geometry.h"

namespace anchorscope {

struct TiffTags {
  SizePx size;          ///< 0 where the tag is missing (EXIF blocks have none).
  int orientation = 1;  ///< 1..8; 1: as stored.
  int bitsPerSample = 1, samplesPerPixel = 1;
  int sampleFormat = 1;  ///< 1 unsigned, 2 signed, 3 floating-point
  int compression = 1;   ///< 1: none
  SizePx tile;           ///< 0: in strips.
  bool morePages = false;
  std::size_t orientationAt = 0;  ///< Where the orientation's value stands; 0: nowhere.
};

/// Nothing when the bytes do not reach as far as the tags or are no TIFF at all.
std::optional<TiffTags> readTiffTags(std::string_view bytes);

/// Sets the first page's orientation to "as stored", for decoders that would turn it themselves.
void clearTiffOrientation(std::string& bytes);

}  // namespace anchorscope
