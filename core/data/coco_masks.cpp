#include "core/data/coco_masks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/check.h"
#include "core/data/segmentation.h"

namespace anchorscope {
namespace {

using Json = nlohmann::json;

Error noMask(const std::string& what) {
  return makeError(ErrorCode::kBadData, "segmentation: " + what);
}

Result<MaskBounds> boundsOfPolygons(const Json& polygons) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  MaskBounds out{{kFar, kFar, -kFar, -kFar}, 0};
  for (const Json& polygon : polygons) {
    if (!polygon.is_array() || polygon.size() < 6 || polygon.size() % 2 != 0)
      return noMask("a polygon has an even number of coordinates, 6 or more");
    double doubled = 0, previousX = 0, previousY = 0;
    for (std::size_t i = 0; i <= polygon.size(); i += 2) {
      const Json &jx = polygon[i % polygon.size()], &jy = polygon[i % polygon.size() + 1];
      if (!jx.is_number() || !jy.is_number()) return noMask("a coordinate is no number");
      const double x = jx.get<double>(), y = jy.get<double>();
      if (i > 0) doubled += previousX * y - x * previousY;
      previousX = x, previousY = y;
      out.box = {std::min(out.box.x1, x), std::min(out.box.y1, y), std::max(out.box.x2, x),
                 std::max(out.box.y2, y)};
    }
    out.areaPx += std::fabs(doubled) / 2;
  }
  return out;
}

Result<MaskBounds> boundsOfRuns(std::vector<std::uint64_t> runs, SizePx size) {
  const Result<RunMask> mask = maskOfRuns(std::move(runs), size);
  if (!mask) return mask.error();
  const MaskExtent extent = extentOf(*mask);
  if (extent.area == 0) return noMask("its mask is empty");
  return MaskBounds{{static_cast<double>(extent.left), static_cast<double>(extent.top),
                     static_cast<double>(extent.right), static_cast<double>(extent.bottom)},
                    static_cast<double>(extent.area)};
}

Result<MaskBounds> boundsOfMask(const Json& mask) {
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
    return runs ? boundsOfRuns(*std::move(runs), pixels) : runs.error();
  }
  if (counts == mask.end() || !counts->is_array())
    return noMask("a mask has \"counts\", run lengths as list or text");
  std::vector<std::uint64_t> runs;
  for (const Json& run : *counts) {
    if (!run.is_number_integer() || run.get<std::int64_t>() < 0)
      return noMask("a run length is no whole number");
    runs.push_back(run.get<std::uint64_t>());
  }
  return boundsOfRuns(std::move(runs), pixels);
}

}  // namespace

Result<MaskBounds> maskBounds(std::string_view json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_array() && !value.empty()) return boundsOfPolygons(value);
  if (value.is_object()) return boundsOfMask(value);
  return noMask("neither polygons nor a mask");
}

}  // namespace anchorscope
