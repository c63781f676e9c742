#include "widgets/overlays/box_tile.h"

#include <algorithm>

// Vectors of the compiler's own, so that one source serves every instruction set; where registers are
// narrower the compiler takes several. They cross no call: everything is inlined into the functions at the
// end, each compiled for its own set.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#define ANCHORSCOPE_INLINE [[gnu::always_inline]] inline

namespace anchorscope {

namespace {

using Channel16 = std::uint16_t;

/// So many columns of two rows.
template <int Columns>
struct VectorOf;
template <>
struct VectorOf<1> {
  typedef Channel16 Type __attribute__((vector_size(16), may_alias));
};
template <>
struct VectorOf<2> {
  typedef Channel16 Type __attribute__((vector_size(32), may_alias));
};
template <int Columns>
using Vector = typename VectorOf<Columns>::Type;
using Column = Vector<1>;
typedef std::uint8_t Bytes __attribute__((vector_size(16)));
/// Four pixels of 32 bits, and the same in memory.
typedef std::uint32_t Words __attribute__((vector_size(16)));
typedef std::uint32_t FourPixels __attribute__((vector_size(16), may_alias, aligned(4)));

// Masks, looked up by what is odd: a branch would be guessed wrong every other time.
constexpr Channel16 kAll = 0xFFFF;
constexpr Column kUpper = {kAll, kAll, kAll, kAll, 0, 0, 0, 0}, kLower = {0, 0, 0, 0, kAll, kAll, kAll, kAll},
                 kBoth = kUpper | kLower;
constexpr Column kRow[] = {kUpper, kLower};
constexpr Column kRowsFrom[] = {kBoth, kLower}, kRowsTo[] = {kBoth, kUpper};  ///< [begin & 1], [end & 1]
constexpr Vector<2> kEveryColumn = ~Vector<2>{},
                    kFirstColumn = {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr Vector<2> kColumnsFrom[] = {kEveryColumn, ~kFirstColumn},
                    kColumnsTo[] = {kEveryColumn, kFirstColumn};

/// What becomes of a pixel: (pixel * keep + add) / 256. One with keep 256 and add 0 stays as it is.
template <int Columns>
struct Blend {
  Vector<Columns> add, keep;

  ANCHORSCOPE_INLINE void onto(std::uint64_t* at) const {
    auto& pixels = *reinterpret_cast<Vector<Columns>*>(at);
    pixels = (pixels * keep + add) >> 8;
  }
  /// The same where the mask is set, nothing elsewhere.
  ANCHORSCOPE_INLINE Blend where(const Vector<Columns>& mask) const {
    const Vector<Columns> unchanged = Vector<Columns>{} + Channel16{256};
    return {add & mask, (keep & mask) | (unchanged & ~mask)};
  }
};

ANCHORSCOPE_INLINE Blend<1> blendOf(Argb color, std::uint32_t alpha) {
  const auto amount = static_cast<Channel16>(alpha + (alpha >> 7));
  const auto b = static_cast<Channel16>(color & 255u), g = static_cast<Channel16>((color >> 8) & 255u),
             r = static_cast<Channel16>((color >> 16) & 255u);
  const Column channels = {b, g, r, 255, b, g, r, 255};
  return {channels * amount + Channel16{128}, Column{} + static_cast<Channel16>(256 - amount)};
}

ANCHORSCOPE_INLINE Vector<2> twice(const Column& v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
}

ANCHORSCOPE_INLINE Vector<2> widened(const Words& pixels) {
  return __builtin_convertvector((Bytes)pixels, Vector<2>);
}
ANCHORSCOPE_INLINE Words narrowed(const Vector<2>& pixels) {
  return (Words) __builtin_convertvector(pixels, Bytes);
}

template <int Columns>
ANCHORSCOPE_INLINE Blend<Columns> spread(const Blend<1>& blend) {
  if constexpr (Columns == 1) {
    return blend;
  } else {
    return {twice(blend.add), twice(blend.keep)};
  }
}

/// Columns [begin, end) of a pair of rows, `across` pixels further of another pair too, where there is one.
template <int Columns>
ANCHORSCOPE_INLINE void blendAlong(std::uint64_t* pair, int begin, int end, const Blend<Columns>& blend,
                                   std::ptrdiff_t across = 0, const Blend<Columns>* other = nullptr) {
  if constexpr (Columns == 1) {
    std::uint64_t* const last = pair + std::ptrdiff_t{2} * end;
    for (std::uint64_t* at = pair + std::ptrdiff_t{2} * begin; at != last; at += 2) {
      blend.onto(at);
      if (other) other->onto(at + across);
    }
  } else {
    const Vector<2>&first = kColumnsFrom[begin & 1], &last = kColumnsTo[end & 1];
    std::uint64_t* at = pair + std::ptrdiff_t{2} * (begin & ~1);
    std::uint64_t* const atLast = pair + std::ptrdiff_t{2} * ((end - 1) & ~1);
    const auto masked = [&](std::uint64_t * where, const Vector<2>& mask) __attribute__((always_inline)) {
      blend.where(mask).onto(where);
      if (other) other->where(mask).onto(where + across);
    };
    if (at == atLast) return masked(at, first & last);
    masked(at, first);
    for (at += 4; at != atLast; at += 4) {
      blend.onto(at);
      if (other) other->onto(at + across);
    }
    masked(atLast, last);
  }
}

/// Rows [begin, end) of one column, `across` pixels further of another one too.
ANCHORSCOPE_INLINE void blendDown(const Tile& tile, int column, int begin, int end, const Blend<1>& blend,
                                  std::ptrdiff_t across = 0) {
  int pair = begin / 2;
  const int lastPair = (end - 1) / 2;
  std::uint64_t* at = tile.pixels + pair * tile.pairStride + std::ptrdiff_t{2} * column;
  const auto masked = [&](const Column& mask) __attribute__((always_inline)) {
    const Blend<1> part = blend.where(mask);
    part.onto(at);
    if (across != 0) part.onto(at + across);
  };
  const Column &first = kRowsFrom[begin & 1], &last = kRowsTo[end & 1];
  if (pair == lastPair) return masked(first & last);
  masked(first);
  at += tile.pairStride;
  if (across != 0) {
    for (++pair; pair < lastPair; ++pair, at += tile.pairStride) {
      blend.onto(at);
      blend.onto(at + across);
    }
  } else {
    for (++pair; pair < lastPair; ++pair, at += tile.pairStride)
      blend.onto(at);
  }
  masked(last);
}

template <int Columns>
ANCHORSCOPE_INLINE void fill(const Tile& tile, int x1, int x2, int y1, int y2, const Blend<1>& blend) {
  x1 = std::max(x1, 0);
  x2 = std::min(x2, tile.width);
  y1 = std::max(y1, 0);
  y2 = std::min(y2, tile.height);
  if (x1 >= x2 || y1 >= y2) return;
  for (int pair = y1 / 2; 2 * pair < y2; ++pair) {
    const Column rows = kRowsFrom[y1 > 2 * pair] & kRowsTo[y2 <= 2 * pair + 1];
    blendAlong<Columns>(tile.pixels + pair * tile.pairStride, x1, x2, spread<Columns>(blend.where(rows)));
  }
}

/// An outline of one pixel, more than two pixels wide and high: most of what is drawn.
template <int Columns>
ANCHORSCOPE_INLINE void drawThin(const Tile& tile, int left, int top, int right, int bottom,
                                 const Blend<1>& blend) {
  const int begin = std::max(left, 0), end = std::min(right, tile.width);
  const bool hasTop = top >= 0, hasBottom = bottom <= tile.height;
  if (hasTop || hasBottom) {
    const int one = hasTop ? top : bottom - 1;
    std::uint64_t* const pair = tile.pixels + (one / 2) * tile.pairStride;
    const Blend<Columns> line = spread<Columns>(blend.where(kRow[one & 1]));
    if (hasTop && hasBottom) {
      const Blend<Columns> other = spread<Columns>(blend.where(kRow[(bottom - 1) & 1]));
      blendAlong<Columns>(pair, begin, end, line, ((bottom - 1) / 2 - one / 2) * tile.pairStride, &other);
    } else {
      blendAlong<Columns>(pair, begin, end, line);
    }
  }
  const int from = std::max(top + 1, 0), to = std::min(bottom - 1, tile.height);
  const bool hasLeft = left >= 0, hasRight = right <= tile.width;
  if (from >= to) return;
  if (hasLeft && hasRight) {
    blendDown(tile, left, from, to, blend, std::ptrdiff_t{2} * (right - 1 - left));
  } else if (hasLeft || hasRight) {
    blendDown(tile, hasLeft ? left : right - 1, from, to, blend);
  }
}

template <int Columns>
ANCHORSCOPE_INLINE void drawAll(const Tile& tile, std::span<const PixelBox> boxes, const TileLines& lines) {
  const int line = lines.width;
  for (const PixelBox& box : boxes) {
    const Blend<1> blend = blendOf(box.color, box.color >> 24);
    const int left = box.left - tile.left, right = box.right - tile.left, top = box.top - tile.top,
              bottom = box.bottom - tile.top;
    if (right - left <= 2 * line || bottom - top <= 2 * line) {
      fill<Columns>(tile, left, right, top, bottom, blend);
      continue;
    }
    const int innerTop = top + line, innerBottom = bottom - line;
    if (line == 1) {
      drawThin<Columns>(tile, left, top, right, bottom, blend);
    } else {
      fill<Columns>(tile, left, right, top, innerTop, blend);
      fill<Columns>(tile, left, left + line, innerTop, innerBottom, blend);
      fill<Columns>(tile, right - line, right, innerTop, innerBottom, blend);
      fill<Columns>(tile, left, right, innerBottom, bottom, blend);
    }
    if (lines.fillOpacity > 0) {
      // Of numbers that are not negative, without a call for each box.
      const auto alpha =  // NOLINTNEXTLINE(bugprone-incorrect-roundings)
          static_cast<std::uint32_t>(static_cast<float>(box.color >> 24) * lines.fillOpacity + 0.5f);
      if (alpha > 0)
        fill<Columns>(tile, left + line, right - line, innerTop, innerBottom, blendOf(box.color, alpha));
    }
  }
}

ANCHORSCOPE_INLINE void loadAll(const Tile& tile, const std::uint32_t* pixels, std::size_t pixelsPerRow) {
  for (int y = 0; y < tile.height; y += 2) {
    const std::uint32_t* const upper = pixels + static_cast<std::size_t>(y) * pixelsPerRow;
    const std::uint32_t* const lower = y + 1 < tile.height ? upper + pixelsPerRow : upper;
    std::uint64_t* const out = tile.pixels + (y / 2) * tile.pairStride;
    int x = 0;
    for (; x + 4 <= tile.width; x += 4) {
      const Words a = *reinterpret_cast<const FourPixels*>(upper + x),
                  b = *reinterpret_cast<const FourPixels*>(lower + x);
      auto* const columns = reinterpret_cast<Vector<2>*>(out + std::ptrdiff_t{2} * x);
      columns[0] = widened(__builtin_shufflevector(a, b, 0, 4, 1, 5));
      columns[1] = widened(__builtin_shufflevector(a, b, 2, 6, 3, 7));
    }
    for (; x < tile.width; ++x) {
      const Vector<2> column = widened(Words{upper[x], lower[x], 0, 0});
      reinterpret_cast<Column*>(out)[x] = __builtin_shufflevector(column, column, 0, 1, 2, 3, 4, 5, 6, 7);
    }
  }
}

ANCHORSCOPE_INLINE void storeAll(const Tile& tile, std::uint32_t* pixels, std::size_t pixelsPerRow) {
  for (int y = 0; y < tile.height; y += 2) {
    std::uint32_t* const upper = pixels + static_cast<std::size_t>(y) * pixelsPerRow;
    std::uint32_t* const lower = y + 1 < tile.height ? upper + pixelsPerRow : nullptr;
    const std::uint64_t* const in = tile.pixels + (y / 2) * tile.pairStride;
    int x = 0;
    for (; x + 4 <= tile.width; x += 4) {
      const auto* const columns = reinterpret_cast<const Vector<2>*>(in + std::ptrdiff_t{2} * x);
      const Words a = narrowed(columns[0]), b = narrowed(columns[1]);
      *reinterpret_cast<FourPixels*>(upper + x) = __builtin_shufflevector(a, b, 0, 2, 4, 6);
      if (lower) *reinterpret_cast<FourPixels*>(lower + x) = __builtin_shufflevector(a, b, 1, 3, 5, 7);
    }
    for (; x < tile.width; ++x) {
      const Words pair = narrowed(twice(reinterpret_cast<const Column*>(in)[x]));
      upper[x] = pair[0];
      if (lower) lower[x] = pair[1];
    }
  }
}

#if defined(__x86_64__) && defined(__GNUC__)
// Wider registers than these were measured to be slower: half of a vector is the row that stays.
[[gnu::target("avx2")]] void loadAvx2(const Tile& tile, const std::uint32_t* pixels,
                                      std::size_t pixelsPerRow) {
  loadAll(tile, pixels, pixelsPerRow);
}
[[gnu::target("avx2")]] void storeAvx2(const Tile& tile, std::uint32_t* pixels, std::size_t pixelsPerRow) {
  storeAll(tile, pixels, pixelsPerRow);
}
[[gnu::target("avx2")]] void drawAvx2(const Tile& tile, std::span<const PixelBox> boxes,
                                      const TileLines& lines) {
  drawAll<2>(tile, boxes, lines);
}
bool hasAvx2() {
  return __builtin_cpu_supports("avx2") != 0;
}
#endif

void loadAnywhere(const Tile& tile, const std::uint32_t* pixels, std::size_t pixelsPerRow) {
  loadAll(tile, pixels, pixelsPerRow);
}
void storeAnywhere(const Tile& tile, std::uint32_t* pixels, std::size_t pixelsPerRow) {
  storeAll(tile, pixels, pixelsPerRow);
}
void drawAnywhere(const Tile& tile, std::span<const PixelBox> boxes, const TileLines& lines) {
  drawAll<1>(tile, boxes, lines);
}

constexpr TileKernel kKernels[] = {
#if defined(__x86_64__) && defined(__GNUC__)
    {"AVX2", hasAvx2, loadAvx2, storeAvx2, drawAvx2},
#endif
    {"any processor", [] { return true; }, loadAnywhere, storeAnywhere, drawAnywhere},
};

}  // namespace

std::span<const TileKernel> tileKernels() {
  return kKernels;
}

const TileKernel& bestTileKernel() {
  static const TileKernel& best = *std::find_if(std::begin(kKernels), std::end(kKernels),
                                                [](const TileKernel& kernel) { return kernel.runsHere(); });
  return best;
}

}  // namespace anchorscope
