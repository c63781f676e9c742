#include "core/data/image_header.h"

#include <cstdint>

namespace anchorscope {
namespace {

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

std::optional<SizePx> jpegSize(std::string_view bytes) {
  std::size_t at = 0;
  while (const auto segment = jpegSegment(bytes, at)) {
    if (isFrameHeader(segment->marker)) {
      if (segment->payload + 5 > bytes.size()) return std::nullopt;
      return plausible(bigEndian16(bytes, segment->payload + 3), bigEndian16(bytes, segment->payload + 1));
    }
    if (segment->marker == 0xda || segment->marker == 0xd9) return std::nullopt;
    at = segment->next;
  }
  return std::nullopt;
}

bool jpegReachesItsEnd(std::string_view bytes) {
  std::size_t at = 0;
  while (const auto segment = jpegSegment(bytes, at)) {
    if (segment->marker == 0xd9) return true;
    at = segment->next;
    if (segment->marker != 0xda) continue;
    // Entropy-coded data runs up to a marker that is neither a stuffed zero nor a restart.
    while (true) {
      const std::size_t hit = at < bytes.size() ? bytes.find('\xff', at) : std::string_view::npos;
      if (hit == std::string_view::npos || hit + 1 >= bytes.size()) return false;
      const std::uint32_t code = byteAt(bytes, hit + 1);
      if (code != 0x00 && code != 0xff && !(code >= 0xd0 && code <= 0xd7)) {
        at = hit;
        break;
      }
      at = hit + (code == 0xff ? 1 : 2);
    }
  }
  return false;
}

bool pngReachesItsEnd(std::string_view bytes) {
  std::size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const std::size_t next = at + 12 + bigEndian32(bytes, at);
    if (next > bytes.size()) return false;
    if (bytes.substr(at + 4, 4) == "IEND") return true;
    at = next;
  }
  return false;
}

}  // namespace

ImageFormat imageFormat(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xff\xd8\xff") return ImageFormat::kJpeg;
  if (bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n") return ImageFormat::kPng;
  if (bytes.size() >= 26 && bytes.substr(0, 2) == "BM") return ImageFormat::kBmp;
  if (bytes.size() >= 3 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6') &&
      (isSpace(bytes[2]) || bytes[2] == '#'))
    return ImageFormat::kNetpbm;
  return ImageFormat::kUnknown;
}

std::optional<NetpbmHeader> netpbmHeader(std::string_view bytes) {
  if (imageFormat(bytes) != ImageFormat::kNetpbm) return std::nullopt;
  std::int64_t numbers[3] = {0, 0, 0};
  std::size_t at = 2;
  for (std::int64_t& number : numbers) {
    while (at < bytes.size() && (isSpace(bytes[at]) || bytes[at] == '#')) {
      if (bytes[at] == '#')
        while (at < bytes.size() && bytes[at] != '\n')
          ++at;
      else
        ++at;
    }
    const std::size_t first = at;
    while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && at - first < 9)
      number = 10 * number + (bytes[at++] - '0');
    if (at == first) return std::nullopt;
  }
  if (at >= bytes.size() || !isSpace(bytes[at]) || numbers[2] != 255) return std::nullopt;
  const auto size = plausible(numbers[0], numbers[1]);
  if (!size) return std::nullopt;
  return NetpbmHeader{*size, bytes[1] == '6' ? 3 : 1, at + 1};
}

std::optional<SizePx> sizeFromHeader(std::string_view bytes) {
  switch (imageFormat(bytes)) {
    case ImageFormat::kJpeg:
      return jpegSize(bytes);
    case ImageFormat::kPng:
      if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return std::nullopt;
      return plausible(bigEndian32(bytes, 16), bigEndian32(bytes, 20));
    case ImageFormat::kBmp: {
      // Rows may run top to bottom, which a negative height says.
      const auto height = static_cast<std::int32_t>(littleEndian32(bytes, 22));
      return plausible(static_cast<std::int32_t>(littleEndian32(bytes, 18)),
                       height < 0 ? -std::int64_t{height} : height);
    }
    case ImageFormat::kNetpbm:
      if (const auto header = netpbmHeader(bytes)) return header->size;
      return std::nullopt;
    case ImageFormat::kUnknown:
      return std::nullopt;
  }
  return std::nullopt;
}

bool reachesItsEnd(std::string_view wholeFile) {
  switch (imageFormat(wholeFile)) {
    case ImageFormat::kJpeg:
      return jpegReachesItsEnd(wholeFile);
    case ImageFormat::kPng:
      return pngReachesItsEnd(wholeFile);
    default:
      return true;
  }
}

}  // namespace anchorscope
