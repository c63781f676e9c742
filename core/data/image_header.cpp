#include "core/data/image_header.h"

#include <algorithm>
#include <string>

#include "core/base/check.h"
#include "core/data/tiff_tags.h"

namespace anchorscope {
namespace {

/// A part of the bytes; shorter, or empty, where they end before it.
std::string_view part(std::string_view bytes, std::size_t at, std::size_t count) {
  return bytes.substr(std::min(at, bytes.size()), count);
}

constexpr int kMaxSidePx = 1 << 24;

std::uint32_t byteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::uint32_t bigEndian16(std::string_view bytes, std::size_t at) {
  return byteAt(bytes, at) << 8 | byteAt(bytes, at + 1);
}
std::uint32_t bigEndian32(std::string_view bytes, std::size_t at) {
  return bigEndian16(bytes, at) << 16 | bigEndian16(bytes, at + 2);
}
std::uint32_t littleEndian32(std::string_view bytes, std::size_t at) {
  return byteAt(bytes, at + 3) << 24 | byteAt(bytes, at + 2) << 16 | byteAt(bytes, at + 1) << 8 |
         byteAt(bytes, at);
}

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::optional<SizePx> plausible(std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width > kMaxSidePx || height > kMaxSidePx) return std::nullopt;
  return SizePx{static_cast<int>(width), static_cast<int>(height)};
}

/// A segment of a JPEG file that starts at its marker.
struct JpegSegment {
  unsigned marker = 0;
  std::size_t payload = 0;  ///< Offset of the bytes after the length.
  std::size_t next = 0;     ///< Offset of the next marker (or of the scan's data).
};

/// The segment at `at`; nothing when the bytes end or do not hold a marker there.
std::optional<JpegSegment> jpegSegment(std::string_view bytes, std::size_t at) {
  while (at + 1 < bytes.size() && byteAt(bytes, at) == 0xff && byteAt(bytes, at + 1) == 0xff)
    ++at;  // fill bytes
  if (at + 1 >= bytes.size() || byteAt(bytes, at) != 0xff) return std::nullopt;
  JpegSegment segment;
  segment.marker = byteAt(bytes, at + 1);
  const bool bare = segment.marker == 0xd8 || segment.marker == 0xd9 || segment.marker == 0x01 ||
                    (segment.marker >= 0xd0 && segment.marker <= 0xd7);
  if (bare) {
    segment.payload = segment.next = at + 2;
    return segment;
  }
  if (at + 3 >= bytes.size()) return std::nullopt;
  const std::uint32_t length = bigEndian16(bytes, at + 2);
  if (length < 2) return std::nullopt;
  segment.payload = at + 4;
  segment.next = at + 2 + length;
  return segment;
}

bool isFrameHeader(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

std::uint32_t littleEndian16(std::string_view bytes, std::size_t at) {
  return byteAt(bytes, at + 1) << 8 | byteAt(bytes, at);
}
std::uint32_t littleEndian24(std::string_view bytes, std::size_t at) {
  return byteAt(bytes, at + 2) << 16 | littleEndian16(bytes, at);
}

using Facts = std::optional<ImageFacts>;

Facts sized(const std::optional<SizePx>& size) {
  if (!size) return std::nullopt;
  ImageFacts facts;
  facts.stored = *size;
  return facts;
}

int exifOrientation(std::string_view exif) {
  if (part(exif, 0, 6) == std::string_view("Exif\0\0", 6)) exif.remove_prefix(6);
  const auto tags = readTiffTags(exif);
  return tags ? tags->orientation : 1;
}

Facts jpegFacts(std::string_view bytes) {
  std::size_t at = 0;
  int orientation = 1;
  while (const auto segment = jpegSegment(bytes, at)) {
    const std::string_view payload =
        segment->payload < bytes.size()
            ? part(bytes, segment->payload, segment->next - std::min(segment->next, segment->payload))
            : std::string_view{};
    if (segment->marker == 0xe1 && part(payload, 0, 4) == "Exif") {
      if (segment->next > bytes.size()) return std::nullopt;  // The whole of it may say how it is turned.
      if (orientation == 1) orientation = exifOrientation(payload);
    }
    if (isFrameHeader(segment->marker)) {
      if (payload.size() < 6) return std::nullopt;
      Facts facts = sized(plausible(bigEndian16(payload, 3), bigEndian16(payload, 1)));
      if (!facts) return facts;
      facts->orientation = orientation;
      facts->bitsPerSample = static_cast<int>(byteAt(payload, 0));
      facts->interlaced = segment->marker == 0xc2 || segment->marker == 0xca;
      if (facts->bitsPerSample != 8)
        facts->unreadable = concat("a JPEG of ", facts->bitsPerSample, " bits per sample");
      return facts;
    }
    if (segment->marker == 0xda || segment->marker == 0xd9) return std::nullopt;
    at = segment->next;
  }
  return std::nullopt;
}

Facts pngFacts(std::string_view bytes) {
  if (bytes.size() < 29 || part(bytes, 12, 4) != "IHDR") return std::nullopt;
  Facts facts = sized(plausible(bigEndian32(bytes, 16), bigEndian32(bytes, 20)));
  if (!facts) return facts;
  facts->bitsPerSample = static_cast<int>(byteAt(bytes, 24));
  facts->interlaced = byteAt(bytes, 28) != 0;
  for (std::size_t at = 33; at + 8 <= bytes.size();) {
    const std::size_t length = bigEndian32(bytes, at);
    const std::string_view type = part(bytes, at + 4, 4);
    if (type == "IDAT" || type == "IEND") return facts;
    if (type == "eXIf" && at + 8 + length <= bytes.size())
      facts->orientation = exifOrientation(part(bytes, at + 8, length));
    at += 12 + length;
  }
  return facts;
}

Facts bmpFacts(std::string_view bytes) {
  // OS/2's first header has 12 bytes and sides of 16 bits.
  if (littleEndian32(bytes, 14) == 12)
    return sized(plausible(littleEndian16(bytes, 18), littleEndian16(bytes, 20)));
  // Rows may run top to bottom, which a negative height says.
  const auto height = static_cast<std::int32_t>(littleEndian32(bytes, 22));
  return sized(plausible(static_cast<std::int32_t>(littleEndian32(bytes, 18)),
                         height < 0 ? -std::int64_t{height} : height));
}

Facts tiffFacts(std::string_view bytes) {
  const auto tags = readTiffTags(bytes);
  if (!tags) return std::nullopt;
  Facts facts = sized(plausible(tags->size.width, tags->size.height));
  if (!facts) return facts;
  facts->orientation = tags->orientation;
  facts->bitsPerSample = tags->bitsPerSample;
  facts->pages = tags->morePages ? 2 : 1;
  const std::string samples = concat(tags->bitsPerSample, "-bit ",
                                     tags->sampleFormat == 3   ? "floating-point "
                                     : tags->sampleFormat == 2 ? "signed "
                                                               : "",
                                     "samples");
  if (tags->sampleFormat == 2 || tags->sampleFormat == 3 || tags->bitsPerSample > 16)
    facts->unreadable = "a TIFF of " + samples;
  else if (tags->samplesPerPixel > 4 || tags->samplesPerPixel == 2)
    facts->unreadable = concat("a TIFF of ", tags->samplesPerPixel, " channels");
  // Memory for a whole tile is needed, whatever the size of the image.
  const std::int64_t tilePixels = std::int64_t{tags->tile.width} * tags->tile.height;
  const std::int64_t pixels = std::int64_t{tags->size.width} * tags->size.height;
  if (tilePixels > std::max<std::int64_t>(4 * pixels, 1 << 20))
    facts->unreadable = concat("a TIFF whose tiles of ", tags->tile.width, "x", tags->tile.height,
                               " px are larger than the image");
  return facts;
}

Facts webpFacts(std::string_view bytes) {
  if (bytes.size() < 30) return std::nullopt;
  const std::string_view form = part(bytes, 12, 4);
  if (form == "VP8 ")
    return sized(plausible(littleEndian16(bytes, 26) & 0x3fff, littleEndian16(bytes, 28) & 0x3fff));
  if (form == "VP8L") {
    const std::uint32_t bits = littleEndian32(bytes, 21);
    return sized(plausible((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
  }
  if (form != "VP8X") return std::nullopt;
  Facts facts = sized(plausible(littleEndian24(bytes, 24) + 1, littleEndian24(bytes, 27) + 1));
  if (!facts) return facts;
  const std::uint32_t flags = byteAt(bytes, 20);
  if ((flags & 0x02) != 0) facts->unreadable = "an animated WebP";
  if ((flags & 0x08) == 0) return facts;
  for (std::size_t at = 30; at + 8 <= bytes.size();) {  // Its EXIF block comes after the pixels.
    const std::size_t length = littleEndian32(bytes, at + 4);
    if (part(bytes, at, 4) == "EXIF") {
      if (at + 8 + length > bytes.size()) break;
      facts->orientation = exifOrientation(part(bytes, at + 8, length));
      return facts;
    }
    at += 8 + length + length % 2;
  }
  return std::nullopt;
}

Facts jpeg2000Facts(std::string_view bytes) {
  if (part(bytes, 0, 4) == "\xff\x4f\xff\x51") {  // a bare code stream: SIZ holds the far and near corners
    if (bytes.size() < 24) return std::nullopt;
    return sized(plausible(std::int64_t{bigEndian32(bytes, 8)} - bigEndian32(bytes, 16),
                           std::int64_t{bigEndian32(bytes, 12)} - bigEndian32(bytes, 20)));
  }
  const std::size_t box = bytes.find("ihdr");
  if (box == std::string_view::npos || box + 15 > bytes.size()) return std::nullopt;
  Facts facts = sized(plausible(bigEndian32(bytes, box + 8), bigEndian32(bytes, box + 4)));
  const std::uint32_t depth = byteAt(bytes, box + 14);
  if (facts && depth != 255) facts->bitsPerSample = static_cast<int>(depth & 0x7f) + 1;
  return facts;
}

struct NetpbmNumbers {
  std::optional<SizePx> size;
  std::int64_t largest = 1;  ///< Value of white.
  std::size_t end = 0;       ///< Where the pixels begin.
};

std::optional<NetpbmNumbers> netpbmNumbers(std::string_view bytes) {
  std::int64_t numbers[3] = {0, 0, 1};
  const std::size_t wanted = bytes[1] == '1' || bytes[1] == '4' ? 2 : 3;  // Bits have no largest value.
  std::size_t at = 2;
  for (std::size_t i = 0; i < wanted; ++i) {
    while (at < bytes.size() && (isSpace(bytes[at]) || bytes[at] == '#')) {
      if (bytes[at] == '#')
        while (at < bytes.size() && bytes[at] != '\n')
          ++at;
      else
        ++at;
    }
    const std::size_t first = at;
    numbers[i] = 0;
    while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && at - first < 9)
      numbers[i] = 10 * numbers[i] + (bytes[at++] - '0');
    if (at == first) return std::nullopt;
  }
  if (at >= bytes.size() || !isSpace(bytes[at])) return std::nullopt;
  return NetpbmNumbers{plausible(numbers[0], numbers[1]), numbers[2], at + 1};
}

Facts netpbmFacts(std::string_view bytes) {
  const auto numbers = netpbmNumbers(bytes);
  Facts facts = numbers ? sized(numbers->size) : std::nullopt;
  if (facts) facts->bitsPerSample = numbers->largest > 255 ? 16 : 8;
  return facts;
}

ImageFormat isoMediaFormat(std::string_view brand) {
  if (brand == "avif" || brand == "avis") return ImageFormat::kAvif;
  for (const char* heic : {"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"})
    if (brand == heic) return ImageFormat::kHeic;
  return ImageFormat::kUnknown;
}

}  // namespace

ImageFormat imageFormat(std::string_view bytes) {
  const auto starts = [&](std::string_view with) { return part(bytes, 0, with.size()) == with; };
  using namespace std::string_view_literals;
  if (starts("\xff\xd8\xff")) return ImageFormat::kJpeg;
  if (starts("\x89PNG\r\n\x1a\n")) return ImageFormat::kPng;
  if (bytes.size() >= 26 && starts("BM")) return ImageFormat::kBmp;
  if (bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
      (isSpace(bytes[2]) || bytes[2] == '#'))
    return ImageFormat::kNetpbm;
  if (starts("II*\0"sv) || starts("MM\0*"sv) || starts("II+\0"sv) || starts("MM\0+"sv))
    return ImageFormat::kTiff;
  if (starts("RIFF") && part(bytes, 8, 4) == "WEBP") return ImageFormat::kWebp;
  if (starts("\0\0\0\x0cjP  \r\n\x87\n"sv) || starts("\xff\x4f\xff\x51")) return ImageFormat::kJpeg2000;
  if (starts("GIF87a") || starts("GIF89a")) return ImageFormat::kGif;
  if (starts("\0\0\0\x0cJXL \r\n\x87\n"sv) || starts("\xff\x0a")) return ImageFormat::kJpegXl;
  if (bytes.size() >= 12 && part(bytes, 4, 4) == "ftyp") return isoMediaFormat(part(bytes, 8, 4));
  return ImageFormat::kUnknown;
}

const char* toString(ImageFormat format) {
  switch (format) {
    case ImageFormat::kUnknown:
      return "";
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kNetpbm:
      return "netpbm";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kJpeg2000:
      return "JPEG 2000";
    case ImageFormat::kGif:
      return "GIF";
    case ImageFormat::kAvif:
      return "AVIF";
    case ImageFormat::kHeic:
      return "HEIC";
    case ImageFormat::kJpegXl:
      return "JPEG XL";
  }
  return "";
}

std::optional<NetpbmHeader> netpbmHeader(std::string_view bytes) {
  if (imageFormat(bytes) != ImageFormat::kNetpbm || (bytes[1] != '5' && bytes[1] != '6')) return std::nullopt;
  const auto numbers = netpbmNumbers(bytes);
  if (!numbers || !numbers->size || numbers->largest != 255) return std::nullopt;
  return NetpbmHeader{*numbers->size, bytes[1] == '6' ? 3 : 1, numbers->end};
}

std::optional<ImageFacts> imageFacts(std::string_view bytes) {
  const ImageFormat format = imageFormat(bytes);
  const auto read = [&]() -> Facts {
    switch (format) {
      case ImageFormat::kUnknown:
        return std::nullopt;
      case ImageFormat::kJpeg:
        return jpegFacts(bytes);
      case ImageFormat::kPng:
        return pngFacts(bytes);
      case ImageFormat::kBmp:
        return bmpFacts(bytes);
      case ImageFormat::kNetpbm:
        return netpbmFacts(bytes);
      case ImageFormat::kTiff:
        return tiffFacts(bytes);
      case ImageFormat::kWebp:
        return webpFacts(bytes);
      case ImageFormat::kJpeg2000:
        return jpeg2000Facts(bytes);
      case ImageFormat::kGif:
      case ImageFormat::kAvif:
      case ImageFormat::kHeic:
      case ImageFormat::kJpegXl: {
        ImageFacts facts;
        facts.unreadable = concat(format == ImageFormat::kAvif ? "an " : "a ", toString(format), " image");
        return facts;
      }
    }
    return std::nullopt;
  };
  Facts facts = read();
  if (facts) facts->format = format;
  return facts;
}

}  // namespace anchorscope
