#include "core/data/tiff_tags.h"

#include <algorithm>

namespace anchorscope {
namespace {

class Reader {
 public:
  Reader(std::string_view bytes, bool bigEndian) : bytes_(bytes), bigEndian_(bigEndian) {}

  bool holds(std::uint64_t at, std::uint64_t count) const {
    return at <= bytes_.size() && count <= bytes_.size() - at;
  }
  std::uint32_t read16(std::size_t at) const {
    const std::uint32_t first = byte(at), second = byte(at + 1);
    return bigEndian_ ? first << 8U | second : second << 8U | first;
  }
  std::uint32_t read32(std::size_t at) const {
    const std::uint32_t first = read16(at), second = read16(at + 2);
    return bigEndian_ ? first << 16U | second : second << 16U | first;
  }

 private:
  std::uint32_t byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }
  std::string_view bytes_;
  bool bigEndian_;
};

constexpr std::uint32_t kShort = 3, kLong = 4;

/// First value of an entry of shorts or longs.
std::optional<std::uint32_t> valueOf(const Reader& reader, std::size_t entry) {
  const std::uint32_t type = reader.read16(entry + 2), count = reader.read32(entry + 4);
  if (count == 0 || (type != kShort && type != kLong)) return std::nullopt;
  const std::uint64_t bytes = std::uint64_t{count} * (type == kShort ? 2 : 4);
  const std::size_t at = bytes <= 4 ? entry + 8 : reader.read32(entry + 8);
  if (!reader.holds(at, type == kShort ? 2 : 4)) return std::nullopt;
  return type == kShort ? reader.read16(at) : reader.read32(at);
}

int clamped(std::uint32_t value) {
  return static_cast<int>(std::min<std::uint32_t>(value, 1U << 30U));
}

}  // namespace

std::optional<TiffTags> readTiffTags(std::string_view bytes) {
  if (bytes.size() < 8) return std::nullopt;
  const std::string_view order = bytes.substr(0, 2);
  if (order != "II" && order != "MM") return std::nullopt;
  const Reader reader(bytes, order == "MM");
  if (reader.read16(2) != 42) return std::nullopt;
  const std::size_t directory = reader.read32(4);
  if (!reader.holds(directory, 2)) return std::nullopt;
  const std::size_t count = reader.read16(directory);
  if (!reader.holds(directory + 2, 12 * count)) return std::nullopt;
  TiffTags tags;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    const std::uint32_t tag = reader.read16(entry);
    const std::optional<std::uint32_t> value = valueOf(reader, entry);
    if (!value) continue;
    switch (tag) {
      case 256:
        tags.size.width = clamped(*value);
        break;
      case 257:
        tags.size.height = clamped(*value);
        break;
      case 258:
        tags.bitsPerSample = clamped(*value);
        break;
      case 259:
        tags.compression = clamped(*value);
        break;
      case 274:
        if (*value >= 1 && *value <= 8) tags.orientation = static_cast<int>(*value);
        tags.orientationAt = entry + 8;  // One short or long stands in the entry itself.
        break;
      case 277:
        tags.samplesPerPixel = clamped(*value);
        break;
      case 322:
        tags.tile.width = clamped(*value);
        break;
      case 323:
        tags.tile.height = clamped(*value);
        break;
      case 339:
        tags.sampleFormat = clamped(*value);
        break;
      default:
        break;
    }
  }
  const std::size_t next = directory + 2 + 12 * count;
  tags.morePages = reader.holds(next, 4) && reader.read32(next) != 0;
  return tags;
}

void clearTiffOrientation(std::string& bytes) {
  const auto tags = readTiffTags(bytes);
  if (!tags || tags->orientationAt == 0 || tags->orientation == 1) return;
  // Of a short the low byte is the second in big-endian order, of a long the fourth.
  const bool bigEndian = bytes[0] == 'M';
  const bool isLong = Reader(bytes, bigEndian).read16(tags->orientationAt - 6) == kLong;
  bytes[tags->orientationAt + (bigEndian ? (isLong ? 3 : 1) : 0)] = 1;
}

}  // namespace anchorscope
