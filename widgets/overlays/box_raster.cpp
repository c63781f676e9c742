#include "widgets/overlays/box_raster.h"

#include <algorithm>
#include <cmath>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "core/base/check.h"

namespace anchorscope {

namespace {

constexpr int kStripRows = 32;
constexpr std::size_t kBoxesPerChunk = 8192;
constexpr int kMaxExtent = 16384;

/// A box in whole target pixels, half open; clamped just beyond the target so that clipped edges stay
/// outside.
struct PixelBox {
  std::int16_t left, top, right, bottom;
  Argb color;
};

/// One colour ready for blending: color * a + 128 and 256 - a for the four channels of a pixel.
struct Blend {
  std::uint32_t lowPair, highPair;  ///< channels 0 and 2, 1 and 3, in 16 bits each
  std::uint32_t keep;
#if defined(__SSE2__)
  __m128i add, scale;
#endif

  explicit Blend(Argb color, float opacity = 1) {
    const auto alpha = static_cast<std::uint32_t>(static_cast<float>(color >> 24) * opacity + 0.5f);
    const std::uint32_t amount = alpha + (alpha >> 7);
    keep = 256 - amount;
    const Argb opaque = color | 0xFF000000u;
    lowPair = (opaque & 0x00FF00FFu) * amount + 0x00800080u;
    highPair = ((opaque >> 8) & 0x00FF00FFu) * amount + 0x00800080u;
#if defined(__SSE2__)
    scale = _mm_set1_epi16(static_cast<short>(keep));
    const auto channel = [&](int index) {
      const std::uint32_t pair = (index & 1) ? highPair : lowPair;
      return static_cast<short>(pair >> ((index & 2) ? 16 : 0));
    };
    const short c0 = channel(0), c1 = channel(1), c2 = channel(2), c3 = channel(3);
    add = _mm_set_epi16(c3, c2, c1, c0, c3, c2, c1, c0);
#endif
  }

  bool nothing() const {
    return keep == 256;
  }
  bool opaque() const {
    return keep == 0;
  }

  std::uint32_t over(std::uint32_t pixel) const {
    const std::uint32_t low = (pixel & 0x00FF00FFu) * keep + lowPair;
    const std::uint32_t high = ((pixel >> 8) & 0x00FF00FFu) * keep + highPair;
    return ((low >> 8) & 0x00FF00FFu) | (high & 0xFF00FF00u);
  }

  void onto(std::uint32_t* pixel) const {
    *pixel = over(*pixel);
  }

  /// Two pixels at once: the left and right edge of one row.
  void onto(std::uint32_t* a, std::uint32_t* b) const {
#if defined(__SSE2__)
    const __m128i pair =
        _mm_unpacklo_epi32(_mm_cvtsi32_si128(static_cast<int>(*a)), _mm_cvtsi32_si128(static_cast<int>(*b)));
    __m128i wide = _mm_unpacklo_epi8(pair, _mm_setzero_si128());
    wide = _mm_srli_epi16(_mm_add_epi16(_mm_mullo_epi16(wide, scale), add), 8);
    const __m128i packed = _mm_packus_epi16(wide, wide);
    *a = static_cast<std::uint32_t>(_mm_cvtsi128_si32(packed));
    *b = static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_srli_si128(packed, 4)));
#else
    onto(a);
    onto(b);
#endif
  }

  void ontoSpan(std::uint32_t* begin, std::uint32_t* end) const {
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    for (; end - begin >= 4; begin += 4) {
      const __m128i pixels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin));
      __m128i low = _mm_unpacklo_epi8(pixels, zero), high = _mm_unpackhi_epi8(pixels, zero);
      low = _mm_srli_epi16(_mm_add_epi16(_mm_mullo_epi16(low, scale), add), 8);
      high = _mm_srli_epi16(_mm_add_epi16(_mm_mullo_epi16(high, scale), add), 8);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(begin), _mm_packus_epi16(low, high));
    }
#endif
    for (; begin != end; ++begin)
      onto(begin);
  }
};

struct Strip {
  const RasterTarget& target;
  int top, bottom;
  std::uint32_t* row(int y) const {
    return target.pixels + static_cast<std::size_t>(y) * target.pixelsPerRow;
  }

  void fillRect(int left, int right, int upper, int lower, const Blend& blend) const {
    left = std::max(left, 0);
    right = std::min(right, target.width);
    if (left >= right) return;
    for (int y = std::max(upper, top); y < std::min(lower, bottom); ++y)
      blend.ontoSpan(row(y) + left, row(y) + right);
  }

  void drawSides(int left, int right, int upper, int lower, const Blend& blend) const {
    const bool hasLeft = left >= 0 && left < target.width, hasRight = right >= 0 && right < target.width;
    upper = std::max(upper, top);
    lower = std::min(lower, bottom);
    if (upper >= lower || (!hasLeft && !hasRight)) return;
    std::uint32_t* at = row(upper);
    if (hasLeft && hasRight) {
      for (int y = upper; y < lower; ++y, at += target.pixelsPerRow)
        blend.onto(at + left, at + right);
    } else {
      const int column = hasLeft ? left : right;
      for (int y = upper; y < lower; ++y, at += target.pixelsPerRow)
        blend.onto(at + column);
    }
  }

  void draw(const PixelBox& box, const RasterStyle& style) const {
    const Blend blend(box.color);
    const int line = style.lineWidth;
    if (box.right - box.left <= 2 * line || box.bottom - box.top <= 2 * line) {
      fillRect(box.left, box.right, box.top, box.bottom, blend);
      return;
    }
    const int innerTop = box.top + line, innerBottom = box.bottom - line;
    fillRect(box.left, box.right, box.top, innerTop, blend);
    if (line == 1) {
      drawSides(box.left, box.right - 1, innerTop, innerBottom, blend);
    } else {
      fillRect(box.left, box.left + line, innerTop, innerBottom, blend);
      fillRect(box.right - line, box.right, innerTop, innerBottom, blend);
    }
    fillRect(box.left, box.right, innerBottom, box.bottom, blend);
    if (style.fillOpacity > 0) {
      const Blend inside(box.color, style.fillOpacity);
      if (!inside.nothing()) fillRect(box.left + line, box.right - line, innerTop, innerBottom, inside);
    }
  }
};

/// A part of the boxes in target pixels, with the strips each touches; chunks keep the order of drawing.
struct Chunk {
  std::vector<PixelBox> boxes;
  std::vector<std::vector<std::uint32_t>> perStrip;  ///< Indices into boxes.
};

struct Mapper {
  float scaleX, scaleY, offsetX, offsetY;
  int width, height, margin;

  explicit Mapper(const AxisTransform& t, const RasterTarget& target, int lineWidth)
      : scaleX(static_cast<float>(t.scaleX)),
        scaleY(static_cast<float>(t.scaleY)),
        offsetX(static_cast<float>(t.offsetX)),
        offsetY(static_cast<float>(t.offsetY)),
        width(target.width),
        height(target.height),
        margin(lineWidth + 1) {}

  /// False when nothing of the box's rectangle is inside the target, or the box is not one.
  bool map(const Box& box, PixelBox& out) const {
    float x1 = box.x1 * scaleX + offsetX, x2 = box.x2 * scaleX + offsetX;
    float y1 = box.y1 * scaleY + offsetY, y2 = box.y2 * scaleY + offsetY;
    if (scaleX < 0) std::swap(x1, x2);
    if (scaleY < 0) std::swap(y1, y2);
    if (!(x2 >= x1 && y2 >= y1)) return false;
    const auto w = static_cast<float>(width), h = static_cast<float>(height), m = static_cast<float>(margin);
    if (!(x1 < w && y1 < h && x2 >= 0 && y2 >= 0)) return false;
    const int left = static_cast<int>(std::floor(std::max(x1, -m))),
              top = static_cast<int>(std::floor(std::max(y1, -m)));
    const int right = std::max(left + 1, static_cast<int>(std::ceil(std::min(x2, w + m))));
    const int bottom = std::max(top + 1, static_cast<int>(std::ceil(std::min(y2, h + m))));
    if (right <= 0 || bottom <= 0) return false;
    out.left = static_cast<std::int16_t>(left);
    out.top = static_cast<std::int16_t>(top);
    out.right = static_cast<std::int16_t>(right);
    out.bottom = static_cast<std::int16_t>(bottom);
    return true;
  }
};

void sortIntoStrips(Chunk& chunk, const RasterTarget& target, const RasterStyle& style) {
  for (std::size_t i = 0; i < chunk.boxes.size(); ++i) {
    const PixelBox& box = chunk.boxes[i];
    const int top = std::max<int>(box.top, 0), bottom = std::min<int>(box.bottom, target.height) - 1;
    const int first = top / kStripRows, last = bottom / kStripRows;
    const bool middle = style.fillOpacity > 0 || box.left + style.lineWidth > 0 ||
                        box.right - style.lineWidth < target.width ||
                        box.right - box.left <= 2 * style.lineWidth;
    const int topEnd = (box.top + style.lineWidth - 1) / kStripRows,
              bottomBegin = (box.bottom - style.lineWidth) / kStripRows;
    for (int strip = first; strip <= last; ++strip)
      if (middle || strip <= topEnd || strip >= bottomBegin)
        chunk.perStrip[static_cast<std::size_t>(strip)].push_back(static_cast<std::uint32_t>(i));
  }
}

}  // namespace

void drawBoxes(const RasterTarget& target, const AxisTransform& targetFromSource, std::span<const Box> boxes,
               std::span<const Argb> colors, const RasterStyle& style, StripPool& pool) {
  ANCHORSCOPE_CHECK(boxes.size() == colors.size(), boxes.size(), " boxes, ", colors.size(), " colours");
  ANCHORSCOPE_CHECK(target.width <= kMaxExtent && target.height <= kMaxExtent && style.lineWidth >= 1 &&
                        style.lineWidth <= 64,
                    "raster of ", target.width, " x ", target.height, ", line ", style.lineWidth);
  if (target.width <= 0 || target.height <= 0 || boxes.empty()) return;

  const auto strips = static_cast<std::size_t>((target.height + kStripRows - 1) / kStripRows);
  std::vector<Chunk> chunks((boxes.size() + kBoxesPerChunk - 1) / kBoxesPerChunk);
  const Mapper mapper(targetFromSource, target, style.lineWidth);
  pool.run(chunks.size(), [&](std::size_t index) {
    Chunk& chunk = chunks[index];
    const std::size_t begin = index * kBoxesPerChunk, end = std::min(boxes.size(), begin + kBoxesPerChunk);
    chunk.boxes.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      PixelBox box{};
      if ((colors[i] >> 24) == 0 || !mapper.map(boxes[i], box)) continue;
      box.color = colors[i];
      chunk.boxes.push_back(box);
    }
    chunk.perStrip.resize(strips);
    sortIntoStrips(chunk, target, style);
  });
  pool.run(strips, [&](std::size_t index) {
    const int top = static_cast<int>(index) * kStripRows;
    const Strip strip{target, top, std::min(top + kStripRows, target.height)};
    for (const Chunk& chunk : chunks)
      for (const std::uint32_t box : chunk.perStrip[index])
        strip.draw(chunk.boxes[box], style);
  });
}

}  // namespace anchorscope
