#include "core/data/coco_masks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/check.h"

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

/// pycocotools' rleFrString: 5 bits of a number per letter from '0' on, differences to the run before last.
Result<std::vector<std::uint64_t>> runsOfText(const std::string& text) {
  std::vector<std::int64_t> runs;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    bool more = true;
    int shift = 0;
    while (more) {
      if (at >= text.size() || shift > 50) return noMask("its run lengths are cut off");
      const int bits = static_cast<unsigned char>(text[at++]) - '0';
      if (bits < 0 || bits > 63) return noMask("its run lengths hold a letter that is none of theirs");
      value |= static_cast<std::int64_t>(bits & 0x1f) << shift;
      more = (bits & 0x20) != 0;
      shift += 5;
      if (!more && (bits & 0x10) != 0) value |= -(std::int64_t{1} << shift);
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    if (value < 0 || value > (std::int64_t{1} << 52)) return noMask("a run length is no sensible number");
    runs.push_back(value);
  }
  return std::vector<std::uint64_t>(runs.begin(), runs.end());
}

Result<MaskBounds> boundsOfRuns(const std::vector<std::uint64_t>& runs, std::uint64_t height,
                                std::uint64_t width) {
  std::uint64_t at = 0, left = width, right = 0, top = height, bottom = 0, area = 0;
  const std::uint64_t all = height * width;
  bool set = false;
  for (const std::uint64_t run : runs) {
    if (run > all - at) return noMask("its run lengths exceed its size");
    if (set && run > 0) {  // Column by column.
      const std::uint64_t last = at + run - 1;
      left = std::min(left, at / height), right = std::max(right, last / height + 1);
      const bool oneColumn = at / height == last / height;
      top = oneColumn ? std::min(top, at % height) : 0;
      bottom = oneColumn ? std::max(bottom, last % height + 1) : height;
      area += run;
    }
    at += run;
    set = !set;
  }
  if (area == 0) return noMask("its mask is empty");
  return MaskBounds{{static_cast<double>(left), static_cast<double>(top), static_cast<double>(right),
                     static_cast<double>(bottom)},
                    static_cast<double>(area)};
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
  const auto height = (*size)[0].get<std::uint64_t>(), width = (*size)[1].get<std::uint64_t>();
  if (counts != mask.end() && counts->is_string()) {
    const auto runs = runsOfText(counts->get<std::string>());
    return runs ? boundsOfRuns(*runs, height, width) : runs.error();
  }
  if (counts == mask.end() || !counts->is_array())
    return noMask("a mask has \"counts\", run lengths as list or text");
  std::vector<std::uint64_t> runs;
  for (const Json& run : *counts) {
    if (!run.is_number_integer() || run.get<std::int64_t>() < 0)
      return noMask("a run length is no whole number");
    runs.push_back(run.get<std::uint64_t>());
  }
  return boundsOfRuns(runs, height, width);
}

}  // namespace

Result<MaskBounds> maskBounds(std::string_view json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_array() && !value.empty()) return boundsOfPolygons(value);
  if (value.is_object()) return boundsOfMask(value);
  return noMask("neither polygons nor a mask");
}

}  // namespace anchorscope
