#include "core/data/object_shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

bool isEmpty(const PixelRect& rect) {
  return rect.right <= rect.left || rect.bottom <= rect.top;
}

PixelRect common(const PixelRect& a, const PixelRect& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

/// Corners where either coordinate, `axis` 0 or 1, would pass `limit` are cut off along it (Sutherland and
/// Hodgman 1974): what is left of a polygon on the side where sign * coordinate <= sign * limit.
Polygon cutAt(const Polygon& polygon, std::size_t axis, double sign, double limit) {
  Polygon out;
  const std::size_t count = polygon.size() / 2;
  const auto beyond = [&](std::size_t i) { return sign * (polygon[2 * i + axis] - limit); };
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t next = (i + 1) % count;
    const double here = beyond(i), there = beyond(next);
    if (here <= 0) out.insert(out.end(), {polygon[2 * i], polygon[2 * i + 1]});
    if ((here <= 0) == (there <= 0)) continue;
    const double t = here / (here - there);
    double crossing[2] = {polygon[2 * i] + t * (polygon[2 * next] - polygon[2 * i]),
                          polygon[2 * i + 1] + t * (polygon[2 * next + 1] - polygon[2 * i + 1])};
    crossing[axis] = limit;
    out.insert(out.end(), {crossing[0], crossing[1]});
  }
  return out;
}

/// Rasterising takes time with the length of the outline, and bounded coordinates: what lies farther outside
/// than any usual annotation is cut off first.
Polygon withinReach(Polygon polygon, SizePx size) {
  const double reach = 64.0 + std::max(size.width, size.height);
  const double limits[2] = {size.width + reach, size.height + reach};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    double low = 0, high = 0;
    for (std::size_t i = axis; i < polygon.size(); i += 2)
      low = std::min(low, polygon[i]), high = std::max(high, polygon[i]);
    if (low < -reach) polygon = cutAt(polygon, axis, -1, -reach);
    if (high > limits[axis]) polygon = cutAt(polygon, axis, 1, limits[axis]);
  }
  return polygon;
}

RunMask rasterised(const std::vector<Polygon>& polygons, SizePx size) {
  std::vector<Polygon> near;
  for (const Polygon& polygon : polygons) {
    Polygon rest = withinReach(polygon, size);
    if (rest.size() >= 6) near.push_back(std::move(rest));
  }
  Result<RunMask> mask = maskOfPolygons(near, size);
  ANCHORSCOPE_CHECK(mask.ok(), "a shape that is none");
  return *std::move(mask);
}

RunMask mappedPolygons(const std::vector<Polygon>& polygons, const AxisTransform& inputFromImage,
                       SizePx size) {
  std::vector<Polygon> mapped;
  for (const Polygon& polygon : polygons) {
    Polygon corners(polygon.size());
    for (std::size_t i = 0; i + 1 < polygon.size(); i += 2) {
      corners[i] = inputFromImage.mapX(polygon[i]);
      corners[i + 1] = inputFromImage.mapY(polygon[i + 1]);
    }
    mapped.push_back(std::move(corners));
  }
  return rasterised(mapped, size);
}

/// The pixels of a mask, column by column.
class Columns {
 public:
  explicit Columns(const RunMask& mask) : size_(mask.size) {
    std::uint64_t end = 0;
    for (const std::uint64_t run : mask.runs)
      ends_.push_back(end += run);
  }

  /// 0 or 1 of each row; false where all are 0.
  bool read(int column, std::vector<std::uint8_t>& rows) const {
    const auto height = static_cast<std::uint64_t>(size_.height);
    const std::uint64_t first = static_cast<std::uint64_t>(column) * height, last = first + height;
    rows.assign(height, 0);
    bool any = false;
    auto run = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), first) - ends_.begin());
    for (std::uint64_t at = first; at < last && run < ends_.size(); ++run) {
      const std::uint64_t end = std::min(ends_[run], last);
      if (run % 2 == 1 && end > at) {
        any = true;
        std::fill(rows.begin() + static_cast<std::ptrdiff_t>(at - first),
                  rows.begin() + static_cast<std::ptrdiff_t>(end - first), std::uint8_t{1});
      }
      at = end;
    }
    return any;
  }

 private:
  SizePx size_;
  std::vector<std::uint64_t> ends_;  ///< Of the runs.
};

/// Writes the pixels of `part`, which lies in `rect`, that `columnOf` and `rowOf` find in a mask; -1: none.
template <typename ColumnOf, typename RowOf>
void sample(const RunMask& mask, const PixelRect& part, const PixelRect& rect, const ColumnOf& columnOf,
            const RowOf& rowOf, std::vector<std::uint8_t>& out) {
  const Columns columns(mask);
  const auto width = static_cast<std::size_t>(rect.right - rect.left);
  std::vector<int> rowsOfPart;
  for (int y = part.top; y < part.bottom; ++y)
    rowsOfPart.push_back(rowOf(y));
  std::vector<std::uint8_t> rows;
  int held = -1;
  bool any = false;
  for (int x = part.left; x < part.right; ++x) {
    const int column = columnOf(x);
    if (column < 0) continue;
    if (std::exchange(held, column) != column) any = columns.read(column, rows);
    if (!any) continue;
    std::size_t at =
        static_cast<std::size_t>(part.top - rect.top) * width + static_cast<std::size_t>(x - rect.left);
    for (const int row : rowsOfPart) {
      if (row >= 0) out[at] = rows[static_cast<std::size_t>(row)];
      at += width;
    }
  }
}

/// The pixel that holds a coordinate; -1: none of them.
int pixelAt(double coordinate, int count) {
  const double pixel = std::floor(coordinate);
  return pixel >= 0 && pixel < count ? static_cast<int>(pixel) : -1;
}

}  // namespace

ObjectShape reducedShape(ObjectShape shape, int reducedBy, SizePx reducedSize) {
  if (reducedBy == 1) return shape;
  if (auto* polygons = std::get_if<std::vector<Polygon>>(&shape.form)) {
    for (Polygon& polygon : *polygons)
      for (double& coordinate : polygon)
        coordinate /= reducedBy;
    return shape;
  }
  const RunMask& mask = std::get<RunMask>(shape.form);
  const auto centre = [&](int count) {
    // The last block may lack its second half.
    return [reducedBy, count](int at) { return std::min(at * reducedBy + reducedBy / 2, count - 1); };
  };
  const PixelRect all{0, 0, reducedSize.width, reducedSize.height};
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(all.right) *
                                   static_cast<std::size_t>(all.bottom));
  sample(mask, all, all, centre(mask.size.width), centre(mask.size.height), pixels);
  return {maskOfPixels(pixels.data(), reducedSize)};
}

RunMask maskInImage(const ObjectShape& shape, SizePx image) {
  if (const std::vector<Polygon>* polygons = shape.polygons()) return rasterised(*polygons, image);
  ANCHORSCOPE_CHECK(shape.mask()->size == image, "a mask of another size than its image");
  return *shape.mask();
}

std::vector<std::uint8_t> maskInInput(const ShapeInInput& shape, const PixelRect& rectInInput) {
  if (isEmpty(rectInInput)) return {};
  std::vector<std::uint8_t> out(static_cast<std::size_t>(rectInInput.right - rectInInput.left) *
                                static_cast<std::size_t>(rectInInput.bottom - rectInInput.top));
  const PixelRect &visible = shape.visibleInInput, part = common(rectInInput, visible);
  if (!shape.shape || isEmpty(part)) return out;
  if (const std::vector<Polygon>* polygons = shape.shape->polygons()) {
    const SizePx size{visible.right, visible.bottom};  // Whatever the rectangle, so that it changes nothing.
    const auto itself = [](int at) { return at; };
    sample(mappedPolygons(*polygons, shape.inputFromImage, size), part, rectInInput, itself, itself, out);
    return out;
  }
  const RunMask& mask = *shape.shape->mask();
  const AxisTransform imageFromInput = shape.inputFromImage.inverse();
  sample(
      mask, part, rectInInput, [&](int x) { return pixelAt(imageFromInput.mapX(x + 0.5), mask.size.width); },
      [&](int y) { return pixelAt(imageFromInput.mapY(y + 0.5), mask.size.height); }, out);
  return out;
}

std::vector<std::uint8_t> maskInInput(const ShapeInInput& shape, SizePx input) {
  return maskInInput(shape, PixelRect{0, 0, input.width, input.height});
}

}  // namespace anchorscope
