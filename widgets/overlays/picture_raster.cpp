#include "widgets/overlays/picture_raster.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace anchorscope {

namespace {

constexpr int kRowsPerPiece = 32;

/// What a column or row of the target shows: picture pixels `first` and `second`, the latter by weight / 256.
struct Sample {
  int first = 0, second = 0;
  std::uint32_t weight = 0;
};

/// Of one axis: the target's pixels [begin, end) that show something.
struct Samples {
  int begin = 0, end = 0;
  std::vector<Sample> of;  ///< From begin on.
};

Samples samplesOf(int targetLength, double scale, double offset, double sourceLength, double pictureScale,
                  double pictureOffset, int pictureLength, bool smooth) {
  Samples samples;
  const double whole = std::floor(offset), part = offset - whole;
  const double last = pictureLength - 1;
  for (int i = 0; i < targetLength; ++i) {
    const double source = ((i - whole) + 0.5 - part) / scale;
    const double picture = source * pictureScale + pictureOffset;
    if (!(source >= 0 && source < sourceLength && picture >= 0 && picture < pictureLength)) {
      if (samples.of.empty()) continue;
      break;
    }
    if (samples.of.empty()) samples.begin = i;
    samples.end = i + 1;
    if (smooth) {
      const double at = std::clamp(picture - 0.5, 0.0, last);
      const auto steps = static_cast<std::int64_t>(at * 256);
      const auto first = static_cast<int>(steps / 256);
      samples.of.push_back(
          {first, std::min(first + 1, pictureLength - 1), static_cast<std::uint32_t>(steps % 256)});
    } else {
      const auto first = static_cast<int>(std::min(std::floor(picture), last));
      samples.of.push_back({first, first, 0});
    }
  }
  return samples;
}

// Four channels of 16 bits in one number.
constexpr std::uint64_t kChannelMask = 0x00FF00FF00FF00FFu, kHalves = 0x0080008000800080u;

std::uint64_t spread(std::uint32_t pixel) {
  return (pixel & 0x00FF00FFu) | (static_cast<std::uint64_t>((pixel >> 8) & 0x00FF00FFu) << 32);
}
std::uint32_t packed(std::uint64_t channels) {
  return static_cast<std::uint32_t>(channels | (channels >> 24));
}
std::uint64_t between(std::uint64_t a, std::uint64_t b, std::uint64_t weight) {
  return ((a * (256 - weight) + b * weight + kHalves) >> 8) & kChannelMask;
}

struct Row {
  const std::uint32_t *first, *second;
  std::uint32_t weight;
};

std::uint64_t smoothed(const Row& row, const Sample& column) {
  const std::uint64_t upper =
      between(spread(row.first[column.first]), spread(row.first[column.second]), column.weight);
  const std::uint64_t lower =
      between(spread(row.second[column.first]), spread(row.second[column.second]), column.weight);
  return between(upper, lower, row.weight);
}

std::uint32_t over(std::uint32_t pixel, std::uint64_t channels, std::uint32_t opacity) {
  const auto alpha = static_cast<std::uint32_t>(channels >> 48);
  const std::uint32_t amount =
      ((alpha + (alpha >> 7)) * opacity + 255) >> 8;  // upwards: no sum exceeds 16 bits
  const std::uint64_t sum = channels * opacity + spread(pixel) * (256 - amount) + kHalves;
  return packed((sum >> 8) & kChannelMask);
}

}  // namespace

void drawPicture(const RasterTarget& target, const AxisTransform& targetFromSource,
                 const PicturePixels& picture, const PicturePlacement& placement, StripPool& pool) {
  if (target.width <= 0 || target.height <= 0 || picture.width <= 0 || picture.height <= 0) return;
  const AxisTransform &t = targetFromSource, &p = placement.pictureFromSource;
  const Samples columns = samplesOf(target.width, t.scaleX, t.offsetX, placement.sourceSize.width, p.scaleX,
                                    p.offsetX, picture.width, placement.smooth);
  const Samples rows = samplesOf(target.height, t.scaleY, t.offsetY, placement.sourceSize.height, p.scaleY,
                                 p.offsetY, picture.height, placement.smooth);
  const auto opacity =
      static_cast<std::uint32_t>(std::lround(std::clamp(placement.opacity, 0.f, 1.f) * 256.f));
  if (opacity == 0 || columns.of.empty() || rows.of.empty()) return;
  const int pieces = (rows.end - rows.begin + kRowsPerPiece - 1) / kRowsPerPiece;
  pool.run(static_cast<std::size_t>(pieces), [&](std::size_t piece) {
    const int first = rows.begin + static_cast<int>(piece) * kRowsPerPiece,
              last = std::min(first + kRowsPerPiece, rows.end);
    for (int y = first; y < last; ++y) {
      const Sample& sample = rows.of[static_cast<std::size_t>(y - rows.begin)];
      const Row row{picture.pixels + static_cast<std::size_t>(sample.first) * picture.pixelsPerRow,
                    picture.pixels + static_cast<std::size_t>(sample.second) * picture.pixelsPerRow,
                    sample.weight};
      std::uint32_t* out = target.pixels + static_cast<std::size_t>(y) * target.pixelsPerRow + columns.begin;
      if (placement.smooth) {
        for (const Sample& column : columns.of) {
          *out = over(*out, smoothed(row, column), opacity);
          ++out;
        }
      } else {
        for (const Sample& column : columns.of) {
          const std::uint32_t pixel = row.first[column.first];
          *out = opacity == 256 && (pixel >> 24) == 255 ? pixel : over(*out, spread(pixel), opacity);
          ++out;
        }
      }
    }
  });
}

}  // namespace anchorscope
