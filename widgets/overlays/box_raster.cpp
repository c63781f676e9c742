#include "widgets/overlays/box_raster.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "core/base/check.h"

namespace anchorscope {

namespace {

// A tile this large, 700 KiB as it is drawn into, stays in a core's own cache; smaller ones cut more boxes.
constexpr int kTileWidth = 320, kTileHeight = 270;
constexpr std::size_t kBoxesPerChunk = 4096;
constexpr int kMaxExtent = 16384;

typedef float Float4 __attribute__((vector_size(16)));
typedef std::int32_t Int4 __attribute__((vector_size(16)));

/// The tiles of a target, row by row, and which of them each column and row of pixels lies in.
struct TileGrid {
  int width, height, tileWidth, tileHeight, columns, rows;
  std::vector<std::uint8_t> columnOf, rowOf;

  explicit TileGrid(const RasterTarget& target) : width(target.width), height(target.height) {
    columns = (width + kTileWidth - 1) / kTileWidth;
    rows = (height + kTileHeight - 1) / kTileHeight;
    tileWidth = (width + columns - 1) / columns;
    tileHeight = (height + rows - 1) / rows;
    columnOf.resize(static_cast<std::size_t>(width));
    rowOf.resize(static_cast<std::size_t>(height));
    for (int x = 0; x < width; ++x)
      columnOf[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x / tileWidth);
    for (int y = 0; y < height; ++y)
      rowOf[static_cast<std::size_t>(y)] = static_cast<std::uint8_t>(y / tileHeight);
  }

  std::size_t count() const { return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows); }
  /// -1 and `columns` (`rows`) beyond the edges.
  int columnAt(int x) const {
    return x < 0 ? -1 : x >= width ? columns : columnOf[static_cast<std::size_t>(x)];
  }
  int rowAt(int y) const { return y < 0 ? -1 : y >= height ? rows : rowOf[static_cast<std::size_t>(y)]; }
};

/// A box that shows, with the tiles that it touches, inclusive.
struct VisibleBox {
  PixelBox box;
  std::uint8_t firstColumn, lastColumn, firstRow, lastRow;
};

/// From source boxes to pixels. The offset's whole pixels are added at the very end, so that they move the
/// picture and do not change how it is rounded.
class Mapper {
 public:
  Mapper(const AxisTransform& t, const TileGrid& grid, const RasterStyle& style)
      : grid_(grid), inset_(style.inset), mirroredX_(t.scaleX < 0), mirroredY_(t.scaleY < 0) {
    const auto wholeOf = [](double offset) {
      constexpr double kExact = 1 << 22;  // and sums with it are exact floats
      return std::isfinite(offset) ? std::clamp(std::floor(offset), -kExact, kExact) : 0;
    };
    const double wholeX = wholeOf(t.offsetX), wholeY = wholeOf(t.offsetY);
    const auto sx = static_cast<float>(t.scaleX), sy = static_cast<float>(t.scaleY),
               ox = static_cast<float>(t.offsetX - wholeX), oy = static_cast<float>(t.offsetY - wholeY),
               x = static_cast<float>(wholeX), y = static_cast<float>(wholeY),
               w = static_cast<float>(grid.width), h = static_cast<float>(grid.height),
               margin = static_cast<float>(style.lineWidth + 1 + style.inset);
    scale_ = Float4{sx, sy, sx, sy};
    offset_ = Float4{ox, oy, ox, oy};
    beyond_ = Float4{w - x, h - y, x, y};
    least_ = Float4{-margin - x, -margin - y, -(w + margin - x), -(h + margin - y)};
    const auto wholeLeft = static_cast<std::int32_t>(wholeX), wholeTop = static_cast<std::int32_t>(wholeY);
    whole_ = Int4{wholeLeft, wholeTop, wholeLeft, wholeTop};
  }

  /// False when nothing of the box's rectangle is inside the target, or the box is not one.
  bool map(const Box& box, VisibleBox& out) const {
    Float4 edges;
    static_assert(sizeof edges == sizeof box);
    std::memcpy(&edges, &box, sizeof edges);
    edges = edges * scale_ + offset_;
    if (mirroredX_) edges = __builtin_shufflevector(edges, edges, 2, 1, 0, 3);
    if (mirroredY_) edges = __builtin_shufflevector(edges, edges, 0, 3, 2, 1);
    if (!(edges[2] >= edges[0] && edges[3] >= edges[1])) return false;
    // Right and bottom with the other sign: their ceilings are then floors as well.
    constexpr Int4 kFarEdges = {0, 0, -1, -1};
    edges = (kFarEdges != 0) ? -edges : edges;
    if (!(edges[0] < beyond_[0] && edges[1] < beyond_[1] && edges[2] <= beyond_[2] && edges[3] <= beyond_[3]))
      return false;
    edges = edges > least_ ? edges : least_;
    Int4 pixels = __builtin_convertvector(edges, Int4);
    pixels += __builtin_convertvector(pixels, Float4) > edges;  // a comparison that holds is -1: floor
    pixels = ((pixels ^ kFarEdges) - kFarEdges) + whole_;
    int left = pixels[0], top = pixels[1], right = std::max(left + 1, pixels[2]),
        bottom = std::max(top + 1, pixels[3]);
    if (inset_ > 0) {
      shrink(left, right);
      shrink(top, bottom);
    }
    if (right <= 0 || bottom <= 0 || left >= grid_.width || top >= grid_.height) return false;
    out.box.left = static_cast<std::int16_t>(left);
    out.box.top = static_cast<std::int16_t>(top);
    out.box.right = static_cast<std::int16_t>(right);
    out.box.bottom = static_cast<std::int16_t>(bottom);
    out.firstColumn = grid_.columnOf[static_cast<std::size_t>(std::max(left, 0))];
    out.lastColumn = grid_.columnOf[static_cast<std::size_t>(std::min(right, grid_.width) - 1)];
    out.firstRow = grid_.rowOf[static_cast<std::size_t>(std::max(top, 0))];
    out.lastRow = grid_.rowOf[static_cast<std::size_t>(std::min(bottom, grid_.height) - 1)];
    return true;
  }

 private:
  void shrink(int& begin, int& end) const {
    const int by = std::min(inset_, (end - begin - 1) / 2);
    begin += by;
    end -= by;
  }

  const TileGrid& grid_;
  Float4 scale_, offset_, beyond_, least_;
  Int4 whole_;
  int inset_;
  bool mirroredX_, mirroredY_;
};

/// Calls visit(tile) for every tile in which a line (or the inside) of the box may show.
template <typename Visit>
void forEachTile(const VisibleBox& visible, const TileGrid& grid, const RasterStyle& style, Visit visit) {
  const int x1 = visible.firstColumn, x2 = visible.lastColumn, y1 = visible.firstRow, y2 = visible.lastRow;
  const auto visitRow = [&](int row, int from, int to) {
    for (int column = from; column <= to; ++column)
      visit(static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.columns) +
            static_cast<std::size_t>(column));
  };
  if (x2 - x1 <= 1 && y2 - y1 <= 1) {
    visitRow(y1, x1, x2);
    if (y2 != y1) visitRow(y2, x1, x2);
    return;
  }
  const PixelBox& box = visible.box;
  const int line = style.lineWidth;
  const bool filled = style.fillOpacity > 0;
  const int leftEnd = grid.columnAt(box.left + line - 1), rightBegin = grid.columnAt(box.right - line),
            topEnd = grid.rowAt(box.top + line - 1), bottomBegin = grid.rowAt(box.bottom - line);
  for (int row = y1; row <= y2; ++row) {
    if (filled || row <= topEnd || row >= bottomBegin) {
      visitRow(row, x1, x2);
    } else {
      visitRow(row, x1, std::min(leftEnd, x2));
      visitRow(row, std::max({rightBegin, leftEnd + 1, x1}), x2);
    }
  }
}

/// A part of the boxes, a copy for each tile that shows some of its lines: tiles then read them in a row.
/// Chunks keep the order of drawing, and so does each tile's part of a chunk.
struct Chunk {
  std::vector<PixelBox> boxes;        ///< Of tile 0, of tile 1, ... May have more at the end.
  std::vector<std::uint32_t> begins;  ///< Per tile, and the end.

  std::span<const PixelBox> of(std::size_t tile) const {
    return std::span(boxes).subspan(begins[tile], begins[tile + 1] - begins[tile]);
  }
};

void sortIntoTiles(std::span<const Box> boxes, std::span<const Argb> colors, const Mapper& mapper,
                   const TileGrid& grid, const RasterStyle& style, Chunk& chunk) {
  thread_local std::vector<VisibleBox> visible;
  visible.resize(boxes.size());
  chunk.begins.assign(grid.count() + 1, 0);
  std::uint32_t* const counts = chunk.begins.data() + 1;
  std::size_t count = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    VisibleBox& box = visible[count];
    if ((colors[i] >> 24) == 0 || !mapper.map(boxes[i], box)) continue;
    box.box.color = colors[i];
    forEachTile(box, grid, style, [counts](std::size_t tile) { ++counts[tile]; });
    ++count;
  }
  std::partial_sum(chunk.begins.begin(), chunk.begins.end(), chunk.begins.begin());
  if (chunk.boxes.size() < chunk.begins.back()) chunk.boxes.resize(chunk.begins.back());
  std::vector<std::uint32_t> next(chunk.begins.begin(), chunk.begins.end() - 1);
  for (std::size_t i = 0; i < count; ++i)
    forEachTile(visible[i], grid, style,
                [&, out = chunk.boxes.data()](std::size_t tile) { out[next[tile]++] = visible[i].box; });
}

void drawTile(std::size_t index, const RasterTarget& target, const TileGrid& grid,
              std::span<const Chunk> chunks, const RasterStyle& style, const TileKernel& kernel) {
  constexpr std::size_t kPixelsPerLine = 8;  // of a cache: 64 bytes
  const int row = static_cast<int>(index) / grid.columns, column = static_cast<int>(index) % grid.columns;
  Tile tile;
  tile.left = column * grid.tileWidth;
  tile.top = row * grid.tileHeight;
  tile.width = std::min(grid.tileWidth, grid.width - tile.left);
  tile.height = std::min(grid.tileHeight, grid.height - tile.top);
  // A line more than needed: rows a power of two apart would compete for the same places of the cache.
  const std::size_t lines =
                        (2 * static_cast<std::size_t>(tile.width) + kPixelsPerLine - 1) / kPixelsPerLine + 1,
                    pairs = (static_cast<std::size_t>(tile.height) + 1) / 2;
  struct alignas(64) CacheLine {
    std::uint64_t pixels[kPixelsPerLine];
  };
  thread_local std::vector<CacheLine> memory;
  if (memory.size() < lines * pairs) memory.resize(lines * pairs);
  tile.pixels = memory.front().pixels;
  tile.pairStride = static_cast<std::ptrdiff_t>(lines * kPixelsPerLine);
  std::uint32_t* const pixels =
      target.pixels + static_cast<std::size_t>(tile.top) * target.pixelsPerRow + tile.left;
  kernel.load(tile, pixels, target.pixelsPerRow);
  for (const Chunk& chunk : chunks)
    kernel.draw(tile, chunk.of(index), {style.lineWidth, style.fillOpacity});
  kernel.store(tile, pixels, target.pixelsPerRow);
}

}  // namespace

void drawBoxes(const RasterTarget& target, const AxisTransform& targetFromSource, std::span<const Box> boxes,
               std::span<const Argb> colors, const RasterStyle& style, StripPool& pool,
               const TileKernel& kernel) {
  ANCHORSCOPE_CHECK(boxes.size() == colors.size(), boxes.size(), " boxes, ", colors.size(), " colours");
  ANCHORSCOPE_CHECK(target.width <= kMaxExtent && target.height <= kMaxExtent && style.lineWidth >= 1 &&
                        style.lineWidth <= 64 && style.inset >= 0 && style.inset <= 256,
                    "raster of ", target.width, " x ", target.height, ", line ", style.lineWidth, ", inset ",
                    style.inset);
  if (target.width <= 0 || target.height <= 0 || boxes.empty()) return;

  const TileGrid grid(target);
  const Mapper mapper(targetFromSource, grid, style);
  thread_local std::vector<Chunk>
      memory;  // megabytes, which would be given back to the system after every picture
  const std::size_t chunkCount = (boxes.size() + kBoxesPerChunk - 1) / kBoxesPerChunk;
  if (memory.size() < chunkCount) memory.resize(chunkCount);
  const std::span<Chunk> chunks = std::span(memory).first(chunkCount);
  pool.run(chunkCount, [&](std::size_t index) {
    const std::size_t begin = index * kBoxesPerChunk, count = std::min(boxes.size() - begin, kBoxesPerChunk);
    sortIntoTiles(boxes.subspan(begin, count), colors.subspan(begin, count), mapper, grid, style,
                  chunks[index]);
  });

  // The tiles with the most to draw first, so that the threads end together.
  struct Work {
    std::size_t tile, boxes;
  };
  std::vector<Work> work;
  for (std::size_t tile = 0; tile < grid.count(); ++tile) {
    std::size_t count = 0;
    for (const Chunk& chunk : chunks)
      count += chunk.of(tile).size();
    if (count > 0) work.push_back({tile, count});
  }
  std::sort(work.begin(), work.end(), [](const Work& a, const Work& b) { return a.boxes > b.boxes; });
  pool.run(work.size(),
           [&](std::size_t index) { drawTile(work[index].tile, target, grid, chunks, style, kernel); });
}

}  // namespace anchorscope
