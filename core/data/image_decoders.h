#pragma once
// Internal header. JPEG and PNG from memory, through the libraries that define them: their warnings come back
// as errors or not at all, and a large picture is reduced while it is decoded.

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Both decode `bytes`, a whole file, to 1/reduceBy of its size (1, 2, 4 or 8; 1 is exact). kBadData for a
/// damaged or truncated file, with the library's own words as details; `path` is for messages.
///
/// A JPEG that lacks only its end marker is whole; one whose data end before its last block is truncated, and
/// one whose codes are wrong is damaged. Grey, RGB, YCbCr, CMYK and YCCK.
Result<ImagePixels> decodeJpeg(std::string_view bytes, const std::string& path, int reduceBy);

/// Alpha is dropped, palettes and grey are made RGB; 16 bits become 8 as PixelRows says. A PNG that lacks
/// only what follows its pixels is whole.
Result<ImagePixels> decodePng(std::string_view bytes, const std::string& path, int reduceBy);

}  // namespace anchorscope
