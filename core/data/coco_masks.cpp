#include "core/data/coco_masks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/data/segmentation.h"

namespace anchorscope {
namespace {

using Json = nlohmann::json;

Error noMask(const std::string& what) {
  return makeError(ErrorCode::kBadData, "segmentation: " + what);
}

Result<ObjectShape> shapeOfPolygons(const Json& json) {
  std::vector<Polygon> polygons;
  for (const Json& corners : json) {
    if (!corners.is_array() || corners.size() < 6 || corners.size() % 2 != 0)
      return noMask("a polygon has an even number of coordinates, 6 or more");
    Polygon& polygon = polygons.emplace_back();
    for (const Json& coordinate : corners) {
      if (!coordinate.is_number()) return noMask("a coordinate is no number");
      polygon.push_back(coordinate.get<double>());
    }
  }
  return ObjectShape{std::move(polygons)};
}

Result<ObjectShape> shapeOfRuns(std::vector<std::uint64_t> runs, SizePx size) {
  Result<RunMask> mask = maskOfRuns(std::move(runs), size);
  if (!mask) return std::move(mask).error();
  return ObjectShape{*std::move(mask)};
}

Result<ObjectShape> shapeOfMask(const Json& mask) {
  constexpr std::int64_t kLargestSide = 1 << 24;
  const auto size = mask.find("size"), counts = mask.find("counts");
  const auto isSide = [](const Json& side) {
    return side.is_number_integer() && side.get<std::int64_t>() > 0 &&
           side.get<std::int64_t>() < kLargestSide;
  };
  if (size == mask.end() || !size->is_array() || size->size() != 2 || !isSide((*size)[0]) ||
      !isSide((*size)[1]))
    return noMask("a mask has a \"size\" of height and width");
  const SizePx pixels{(*size)[1].get<int>(), (*size)[0].get<int>()};
  if (counts != mask.end() && counts->is_string()) {
    Result<std::vector<std::uint64_t>> runs = runsFromText(counts->get<std::string>());
    return runs ? shapeOfRuns(*std::move(runs), pixels) : runs.error();
  }
  if (counts == mask.end() || !counts->is_array())
    return noMask("a mask has \"counts\", run lengths as list or text");
  std::vector<std::uint64_t> runs;
  for (const Json& run : *counts) {
    if (!run.is_number_integer() || run.get<std::int64_t>() < 0)
      return noMask("a run length is no whole number");
    runs.push_back(run.get<std::uint64_t>());
  }
  return shapeOfRuns(std::move(runs), pixels);
}

MaskBounds boundsOfPolygons(const std::vector<Polygon>& polygons) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  MaskBounds out{{kFar, kFar, -kFar, -kFar}, 0};
  for (const Polygon& polygon : polygons) {
    double doubled = 0, previousX = 0, previousY = 0;
    for (std::size_t i = 0; i <= polygon.size(); i += 2) {
      const double x = polygon[i % polygon.size()], y = polygon[i % polygon.size() + 1];
      if (i > 0) doubled += previousX * y - x * previousY;
      previousX = x, previousY = y;
      out.box = {std::min(out.box.x1, x), std::min(out.box.y1, y), std::max(out.box.x2, x),
                 std::max(out.box.y2, y)};
    }
    out.areaPx += std::fabs(doubled) / 2;
  }
  return out;
}

/// Whether it covers no pixel of the image it was annotated in. Only small polygons are drawn to see.
bool coversNothing(const ObjectShape& shape, const MaskBounds& bounds, SizePx size) {
  constexpr double kSmallPx2 = 16;
  return bounds.areaPx < kSmallPx2 && extentOf(maskInImage(shape, size)).area == 0;
}

std::string sizeText(SizePx size) {
  return concat(size.width, "x", size.height);
}

}  // namespace

Result<ObjectShape> shapeOfSegmentation(std::string_view json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_array() && !value.empty()) return shapeOfPolygons(value);
  if (value.is_object()) return shapeOfMask(value);
  return noMask("neither polygons nor a mask");
}

Result<MaskBounds> boundsOf(const ObjectShape& shape) {
  if (const std::vector<Polygon>* polygons = shape.polygons()) return boundsOfPolygons(*polygons);
  const MaskExtent extent = extentOf(*shape.mask());
  if (extent.area == 0) return noMask("its mask is empty");
  return MaskBounds{{static_cast<double>(extent.left), static_cast<double>(extent.top),
                     static_cast<double>(extent.right), static_cast<double>(extent.bottom)},
                    static_cast<double>(extent.area)};
}

Result<MaskBounds> maskBounds(std::string_view json) {
  const Result<ObjectShape> shape = shapeOfSegmentation(json);
  return shape ? boundsOf(*shape) : shape.error();
}

ShapeReading readShape(std::string_view json, const ImageDraft& image) {
  const auto without = [](const char* kind, const std::string& message) {
    return ShapeReading{nullptr, kind, message + ": the object has its box alone", RecordAction::kKept};
  };
  const SizePx size = image.fullSize;
  Result<ObjectShape> shape = shapeOfSegmentation(json);
  if (!shape) return without(problem::kBadShape, shape.error().message);
  if (const RunMask* mask = shape->mask(); mask && !(mask->size == size))
    return without(problem::kShapeOfOtherSize,
                   concat("a mask for ", sizeText(mask->size), " px, but the image has ", sizeText(size)));
  const Result<MaskBounds> bounds = boundsOf(*shape);
  if (!bounds) return without(problem::kShapeWithoutArea, bounds.error().message);
  const RawBox& box = bounds->box;
  if (const double reach = std::max({-box.x1, -box.y1, box.x2, box.y2}); !(reach <= kFarthestCornerPx))
    return without(problem::kBadShape, "segmentation: a coordinate is no number of pixels");
  const double width = size.width, height = size.height;
  if (box.x1 >= width || box.y1 >= height || box.x2 <= 0 || box.y2 <= 0)
    return without(problem::kShapeOutside, concat("a segmentation outside ", sizeText(size), " px"));
  if (coversNothing(*shape, *bounds, size))
    return without(problem::kShapeWithoutArea, "a segmentation that covers no pixel");
  ShapeReading reading;
  if (std::max({-box.x1, -box.y1, box.x2 - width, box.y2 - height}) > kRoundingPx) {
    reading.problem = problem::kShapePartlyOutside;
    reading.message = concat("a segmentation reaches out of ", sizeText(size), " px");
    reading.action = RecordAction::kClipped;
  }
  reading.shape = std::make_shared<const ObjectShape>(
      reducedShape(*std::move(shape), image.record.reducedBy, image.record.size));
  return reading;
}

}  // namespace anchorscope
