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

constexpr int kStripRows = 64;  // 480 KiB of a 1920 px wide target: stays in a core's own cache
constexpr std::size_t kBoxesPerChunk = 8192;
constexpr int kMaxExtent = 16384;

/// A box in whole target pixels, half open; clamped just beyond the target so that clipped edges stay
/// outside.
struct PixelBox {
  std::int16_t left, top, right, bottom;
  Argb color;
};

/// One colour ready for blending: color * a + 128 and 256 - a in 16 bits for each channel of a pixel.
class Blend {
 public:
  Blend(Argb color, std::uint32_t alpha) {
    const std::uint32_t amount = alpha + (alpha >> 7);
    const Argb opaque = color | 0xFF000000u;
#if defined(__SSE2__)
    const __m128i channels = _mm_unpacklo_epi8(_mm_set1_epi32(static_cast<int>(opaque)), _mm_setzero_si128());
    add_ = _mm_add_epi16(_mm_mullo_epi16(channels, _mm_set1_epi16(static_cast<short>(amount))),
                         _mm_set1_epi16(128));
    keep_ = _mm_set1_epi16(static_cast<short>(256 - amount));
#else
    add_ = spread(opaque) * amount + 0x0080008000800080u;
    keep_ = 256 - amount;
#endif
  }

#if defined(__SSE2__)
  void onto(std::uint32_t* pixel) const {
    store(pixel, blended(load(pixel)));
  }

  /// The left and right edge of one row.
  void onto(std::uint32_t* a, std::uint32_t* b) const {
    const __m128i pixels = blended(_mm_unpacklo_epi32(load(a), load(b)));
    store(a, pixels);
    store(b, _mm_shuffle_epi32(pixels, 1));
  }

  /// The edges of two rows.
  void onto(std::uint32_t* a, std::uint32_t* b, std::uint32_t* c, std::uint32_t* d) const {
    const __m128i pixels = blended4(
        _mm_unpacklo_epi64(_mm_unpacklo_epi32(load(a), load(b)), _mm_unpacklo_epi32(load(c), load(d))));
    store(a, pixels);
    store(b, _mm_shuffle_epi32(pixels, 1));
    store(c, _mm_shuffle_epi32(pixels, 2));
    store(d, _mm_shuffle_epi32(pixels, 3));
  }

  void ontoSpan(std::uint32_t* begin, std::uint32_t* end) const {
    if (end - begin < 4) {
      for (; begin != end; ++begin)
        onto(begin);
      return;
    }
    for (; end - begin >= 4; begin += 4) {
      auto* at = reinterpret_cast<__m128i*>(begin);
      _mm_storeu_si128(at, blended4(_mm_loadu_si128(at)));
    }
    // The rest as the last four pixels, of which those already done keep their values: no branch that depends
    // on the width.
    auto* at = reinterpret_cast<__m128i*>(end - 4);
    const __m128i todo =
        _mm_cmplt_epi32(_mm_set_epi32(0, 1, 2, 3), _mm_set1_epi32(static_cast<int>(end - begin)));
    const __m128i before = _mm_loadu_si128(at);
    _mm_storeu_si128(at, _mm_or_si128(_mm_and_si128(todo, blended4(before)), _mm_andnot_si128(todo, before)));
  }

 private:
  static __m128i load(const std::uint32_t* pixel) {
    return _mm_cvtsi32_si128(static_cast<int>(*pixel));
  }
  static void store(std::uint32_t* pixel, __m128i value) {
    *pixel = static_cast<std::uint32_t>(_mm_cvtsi128_si32(value));
  }
  __m128i wide(__m128i channels) const {
    return _mm_srli_epi16(_mm_add_epi16(_mm_mullo_epi16(channels, keep_), add_), 8);
  }
  /// Two pixels in the low half.
  __m128i blended(__m128i pixels) const {
    const __m128i channels = wide(_mm_unpacklo_epi8(pixels, _mm_setzero_si128()));
    return _mm_packus_epi16(channels, channels);
  }
  __m128i blended4(__m128i pixels) const {
    const __m128i zero = _mm_setzero_si128();
    return _mm_packus_epi16(wide(_mm_unpacklo_epi8(pixels, zero)), wide(_mm_unpackhi_epi8(pixels, zero)));
  }

  __m128i add_, keep_;
#else
  void onto(std::uint32_t* pixel) const {
    const std::uint64_t channels = ((spread(*pixel) * keep_ + add_) >> 8) & 0x00FF00FF00FF00FFu;
    *pixel = static_cast<std::uint32_t>(channels | (channels >> 24));
  }
  void onto(std::uint32_t* a, std::uint32_t* b) const {
    onto(a);
    onto(b);
  }
  void onto(std::uint32_t* a, std::uint32_t* b, std::uint32_t* c, std::uint32_t* d) const {
    onto(a, b);
    onto(c, d);
  }
  void ontoSpan(std::uint32_t* begin, std::uint32_t* end) const {
    for (; begin != end; ++begin)
      onto(begin);
  }

 private:
  /// Channels 0 and 2 in the low half, 1 and 3 in the high one, 16 bits each.
  static std::uint64_t spread(std::uint32_t pixel) {
    return (pixel & 0x00FF00FFu) | (static_cast<std::uint64_t>((pixel >> 8) & 0x00FF00FFu) << 32);
  }
  std::uint64_t add_, keep_;
#endif
};

/// The rows of the target one piece of work draws into.
struct Strip {
  const RasterTarget& target;
  int top, bottom;

  std::uint32_t* row(int y) const {
    return target.pixels + static_cast<std::size_t>(y) * target.pixelsPerRow;
  }

  void fillRect(int x1, int x2, int y1, int y2, const Blend& blend) const {
    x1 = std::max(x1, 0);
    x2 = std::min(x2, target.width);
    y2 = std::min(y2, bottom);
    if (x1 >= x2) return;
    for (int y = std::max(y1, top); y < y2; ++y)
      blend.ontoSpan(row(y) + x1, row(y) + x2);
  }

  /// Two columns of pixels.
  void drawSides(int x1, int x2, int y1, int y2, const Blend& blend) const {
    const bool hasFirst = x1 >= 0 && x1 < target.width, hasSecond = x2 >= 0 && x2 < target.width;
    y1 = std::max(y1, top);
    y2 = std::min(y2, bottom);
    if (y1 >= y2 || (!hasFirst && !hasSecond)) return;
    const std::size_t next = target.pixelsPerRow;
    std::uint32_t* at = row(y1) + (hasFirst ? x1 : x2);
    int rows = y2 - y1;
    if (hasFirst && hasSecond) {
      const std::ptrdiff_t across = x2 - x1;
      for (; rows >= 2; rows -= 2, at += 2 * next)
        blend.onto(at, at + across, at + next, at + next + across);
      if (rows > 0) blend.onto(at, at + across);
    } else {
      for (; rows >= 2; rows -= 2, at += 2 * next)
        blend.onto(at, at + next);
      if (rows > 0) blend.onto(at);
    }
  }

  void draw(const PixelBox& box, const RasterStyle& style) const {
    const Blend blend(box.color, box.color >> 24);
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
      const auto alpha =
          static_cast<std::uint32_t>(static_cast<float>(box.color >> 24) * style.fillOpacity + 0.5f);
      if (alpha > 0)
        fillRect(box.left + line, box.right - line, innerTop, innerBottom, Blend(box.color, alpha));
    }
  }
};

/// A part of the boxes, a copy for each strip that shows some of its lines: strips then read them in a row.
/// Chunks keep the order of drawing, and so does each strip's part of a chunk.
struct Chunk {
  std::vector<PixelBox> boxes;        ///< Of strip 0, of strip 1, ...
  std::vector<std::uint32_t> begins;  ///< Per strip, and the end.
};

/// std::floor is a function call on processors that have no instruction for it.
int floorOf(float value) {
  const int truncated = static_cast<int>(value);
  return truncated - (static_cast<float>(truncated) > value ? 1 : 0);
}

struct Mapper {
  float scaleX, scaleY, offsetX, offsetY;
  int width, height, margin, inset;

  Mapper(const AxisTransform& t, const RasterTarget& target, const RasterStyle& style)
      : scaleX(static_cast<float>(t.scaleX)),
        scaleY(static_cast<float>(t.scaleY)),
        offsetX(static_cast<float>(t.offsetX)),
        offsetY(static_cast<float>(t.offsetY)),
        width(target.width),
        height(target.height),
        margin(style.lineWidth + 1 + style.inset),
        inset(style.inset) {}

  void shrink(int& begin, int& end) const {
    const int by = std::min(inset, (end - begin - 1) / 2);
    begin += by;
    end -= by;
  }

  /// False when nothing of the box's rectangle is inside the target, or the box is not one.
  bool map(const Box& box, PixelBox& out) const {
    float x1 = box.x1 * scaleX + offsetX, x2 = box.x2 * scaleX + offsetX;
    float y1 = box.y1 * scaleY + offsetY, y2 = box.y2 * scaleY + offsetY;
    if (scaleX < 0) std::swap(x1, x2);
    if (scaleY < 0) std::swap(y1, y2);
    if (!(x2 >= x1 && y2 >= y1)) return false;
    const auto w = static_cast<float>(width), h = static_cast<float>(height), m = static_cast<float>(margin);
    if (!(x1 < w && y1 < h && x2 >= 0 && y2 >= 0)) return false;
    int left = floorOf(std::max(x1, -m)), top = floorOf(std::max(y1, -m));
    int right = std::max(left + 1, -floorOf(-std::min(x2, w + m)));
    int bottom = std::max(top + 1, -floorOf(-std::min(y2, h + m)));
    if (inset > 0) {
      shrink(left, right);
      shrink(top, bottom);
    }
    if (right <= 0 || bottom <= 0 || left >= width || top >= height) return false;
    out.left = static_cast<std::int16_t>(left);
    out.top = static_cast<std::int16_t>(top);
    out.right = static_cast<std::int16_t>(right);
    out.bottom = static_cast<std::int16_t>(bottom);
    return true;
  }
};

/// Calls visit(strip) for every strip in which a line (or the inside) of the box may show.
template <typename Visit>
void forEachStrip(const PixelBox& box, const RasterTarget& target, const RasterStyle& style, Visit visit) {
  const int line = style.lineWidth;
  const int first = std::max<int>(box.top, 0) / kStripRows,
            last = (std::min<int>(box.bottom, target.height) - 1) / kStripRows;
  const bool sidesShow = style.fillOpacity > 0 || box.left + line > 0 || box.right - line < target.width ||
                         box.right - box.left <= 2 * line;
  const int topEnd = (box.top + line - 1) / kStripRows, bottomBegin = (box.bottom - line) / kStripRows;
  for (int strip = first; strip <= last; ++strip)
    if (sidesShow || strip <= topEnd || strip >= bottomBegin) visit(static_cast<std::size_t>(strip));
}

Chunk sortIntoStrips(const std::vector<PixelBox>& boxes, std::size_t strips, const RasterTarget& target,
                     const RasterStyle& style) {
  Chunk chunk;
  chunk.begins.assign(strips + 1, 0);
  for (const PixelBox& box : boxes)
    forEachStrip(box, target, style, [&](std::size_t strip) { ++chunk.begins[strip + 1]; });
  for (std::size_t i = 1; i <= strips; ++i)
    chunk.begins[i] += chunk.begins[i - 1];
  chunk.boxes.resize(chunk.begins[strips]);
  std::vector<std::uint32_t> next(chunk.begins.begin(), chunk.begins.end() - 1);
  for (const PixelBox& box : boxes)
    forEachStrip(box, target, style, [&](std::size_t strip) { chunk.boxes[next[strip]++] = box; });
  return chunk;
}

}  // namespace

void drawBoxes(const RasterTarget& target, const AxisTransform& targetFromSource, std::span<const Box> boxes,
               std::span<const Argb> colors, const RasterStyle& style, StripPool& pool) {
  ANCHORSCOPE_CHECK(boxes.size() == colors.size(), boxes.size(), " boxes, ", colors.size(), " colours");
  ANCHORSCOPE_CHECK(target.width <= kMaxExtent && target.height <= kMaxExtent && style.lineWidth >= 1 &&
                        style.lineWidth <= 64 && style.inset >= 0 && style.inset <= 256,
                    "raster of ", target.width, " x ", target.height, ", line ", style.lineWidth, ", inset ",
                    style.inset);
  if (target.width <= 0 || target.height <= 0 || boxes.empty()) return;

  const auto strips = static_cast<std::size_t>((target.height + kStripRows - 1) / kStripRows);
  std::vector<Chunk> chunks((boxes.size() + kBoxesPerChunk - 1) / kBoxesPerChunk);
  const Mapper mapper(targetFromSource, target, style);
  pool.run(chunks.size(), [&](std::size_t index) {
    const std::size_t begin = index * kBoxesPerChunk, end = std::min(boxes.size(), begin + kBoxesPerChunk);
    std::vector<PixelBox> visible;
    visible.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      PixelBox box{};
      if ((colors[i] >> 24) == 0 || !mapper.map(boxes[i], box)) continue;
      box.color = colors[i];
      visible.push_back(box);
    }
    chunks[index] = sortIntoStrips(visible, strips, target, style);
  });
  pool.run(strips, [&](std::size_t index) {
    const int top = static_cast<int>(index) * kStripRows;
    const Strip strip{target, top, std::min(top + kStripRows, target.height)};
    for (const Chunk& chunk : chunks)
      for (std::uint32_t i = chunk.begins[index]; i < chunk.begins[index + 1]; ++i)
        strip.draw(chunk.boxes[i], style);
  });
}

}  // namespace anchorscope
