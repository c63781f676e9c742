#include "core/data/segmentation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

Error noMask(const std::string& what) {
  return makeError(ErrorCode::kBadData, "segmentation: " + what);
}

std::uint64_t pixelCount(SizePx size) {
  return static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
}

/// Half-open, of pixels in the order of runs.
struct Span {
  std::uint64_t begin, end;
};

std::vector<Span> setSpans(const RunMask& mask) {
  std::vector<Span> spans;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < mask.runs.size(); ++i) {
    if (i % 2 == 1) spans.push_back({at, at + mask.runs[i]});
    at += mask.runs[i];
  }
  return spans;
}

/// From spans in ascending order that may touch or overlap.
RunMask maskOfSpans(const std::vector<Span>& spans, SizePx size) {
  RunMask mask{size, {0}};
  std::uint64_t end = 0;  // of what the runs hold
  for (const Span& span : spans) {
    if (span.end <= std::max(span.begin, end)) continue;
    if (span.begin > end) {
      if (mask.runs.size() % 2 == 1) {
        mask.runs.back() += span.begin - end;
      } else {
        mask.runs.push_back(span.begin - end);
      }
      end = span.begin;
    }
    if (mask.runs.size() % 2 == 1) mask.runs.push_back(0);
    mask.runs.back() += span.end - end;
    end = span.end;
  }
  const std::uint64_t rest = pixelCount(size) - end;
  if (mask.runs.size() % 2 == 1) {
    mask.runs.back() += rest;
  } else if (rest > 0) {
    mask.runs.push_back(rest);
  }
  return mask;
}

/// pycocotools goes along a polygon's edges on a grid five times as fine, and notes where they pass from one
/// column of pixels to the next.
constexpr double kFineness = 5;

struct FinePoint {
  int x, y;
};

/// Calls visit(point) for the fine points of an edge, both ends included, in its direction.
template <typename Visit>
void alongEdge(FinePoint from, FinePoint to, const Visit& visit) {
  const int dx = std::abs(to.x - from.x), dy = std::abs(to.y - from.y), length = std::max(dx, dy);
  // Always computed from the smaller end on, so that an edge is the same in both directions.
  const bool swapped = dx >= dy ? from.x > to.x : from.y > to.y;
  if (swapped) std::swap(from, to);
  const double slope = length == 0 ? 0
                       : dx >= dy  ? static_cast<double>(to.y - from.y) / dx
                                   : static_cast<double>(to.x - from.x) / dy;
  for (int d = 0; d <= length; ++d) {
    const int t = swapped ? length - d : d;
    if (dx >= dy) {
      visit(FinePoint{from.x + t, static_cast<int>(from.y + slope * t + .5)});
    } else {
      visit(FinePoint{static_cast<int>(from.x + slope * t + .5), from.y + t});
    }
  }
}

/// The pixels, in the order of runs, from which on a polygon begins or ceases to cover; ascending.
std::vector<std::uint64_t> togglesOf(const Polygon& polygon, SizePx size) {
  std::vector<FinePoint> corners;
  for (std::size_t i = 0; i < polygon.size(); i += 2)
    corners.push_back(
        {static_cast<int>(kFineness * polygon[i] + .5), static_cast<int>(kFineness * polygon[i + 1] + .5)});
  std::vector<std::uint64_t> toggles;
  bool first = true;
  FinePoint last{};
  const auto pixelsAt = [](int fine) { return (fine + .5) / kFineness - .5; };
  for (std::size_t i = 0; i < corners.size(); ++i) {
    alongEdge(corners[i], corners[(i + 1) % corners.size()], [&](const FinePoint& point) {
      const FinePoint before = std::exchange(last, point);
      if (std::exchange(first, false) || point.x == before.x) return;
      const double x = pixelsAt(point.x < before.x ? point.x : point.x - 1);
      if (std::floor(x) != x || x < 0 || x > size.width - 1) return;
      const double y =
          std::ceil(std::clamp(pixelsAt(std::min(point.y, before.y)), 0.0, static_cast<double>(size.height)));
      toggles.push_back(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(size.height) +
                        static_cast<std::uint64_t>(y));
    });
  }
  std::sort(toggles.begin(), toggles.end());
  return toggles;
}

}  // namespace

Result<std::vector<std::uint64_t>> runsFromText(std::string_view text) {
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

std::string textOfRuns(const std::vector<std::uint64_t>& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    auto value = static_cast<std::int64_t>(runs[i]);
    if (i > 2) value -= static_cast<std::int64_t>(runs[i - 2]);
    for (bool more = true; more;) {
      std::int64_t bits = value & 0x1f;
      value >>= 5;
      more = (bits & 0x10) != 0 ? value != -1 : value != 0;
      text += static_cast<char>((more ? bits | 0x20 : bits) + '0');
    }
  }
  return text;
}

Result<RunMask> maskOfRuns(std::vector<std::uint64_t> runs, SizePx size) {
  const std::uint64_t all = pixelCount(size);
  std::vector<Span> spans;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] > all - at) return noMask("its run lengths exceed its size");
    if (i % 2 == 1) spans.push_back({at, at + runs[i]});
    at += runs[i];
  }
  return maskOfSpans(spans, size);
}

Result<RunMask> maskOfPolygons(const std::vector<Polygon>& polygons, SizePx size) {
  std::vector<Span> spans;
  for (const Polygon& polygon : polygons) {
    if (polygon.size() < 6 || polygon.size() % 2 != 0)
      return noMask("a polygon has an even number of coordinates, 6 or more");
    const auto isFar = [&](double value) { return !(std::fabs(value) <= kFarthestCornerPx); };
    if (std::any_of(polygon.begin(), polygon.end(), isFar))
      return noMask("a coordinate is no number of pixels");
    const std::vector<std::uint64_t> toggles = togglesOf(polygon, size);
    const std::uint64_t all = pixelCount(size);
    for (std::size_t i = 0; i < toggles.size(); i += 2)
      spans.push_back({toggles[i], i + 1 < toggles.size() ? toggles[i + 1] : all});
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  return maskOfSpans(spans, size);
}

RunMask maskOfPixels(const std::uint8_t* pixels, SizePx size) {
  std::vector<Span> spans;
  const auto height = static_cast<std::uint64_t>(size.height), width = static_cast<std::uint64_t>(size.width);
  for (std::uint64_t column = 0; column < width; ++column) {
    for (std::uint64_t row = 0; row < height; ++row) {
      if (pixels[row * width + column] == 0) continue;
      const std::uint64_t at = column * height + row;
      if (!spans.empty() && spans.back().end == at) {
        ++spans.back().end;
      } else {
        spans.push_back({at, at + 1});
      }
    }
  }
  return maskOfSpans(spans, size);
}

std::vector<std::uint8_t> pixelsOf(const RunMask& mask) {
  const auto height = static_cast<std::uint64_t>(mask.size.height),
             width = static_cast<std::uint64_t>(mask.size.width);
  std::vector<std::uint8_t> pixels(height * width, 0);
  for (const Span& span : setSpans(mask)) {
    for (std::uint64_t at = span.begin; at < span.end; ++at)
      pixels[at % height * width + at / height] = 1;
  }
  return pixels;
}

MaskExtent extentOf(const RunMask& mask) {
  MaskExtent extent;
  const auto height = static_cast<std::uint64_t>(mask.size.height);
  for (const Span& span : setSpans(mask)) {
    if (span.end == span.begin) continue;
    const std::uint64_t last = span.end - 1;
    const bool oneColumn = span.begin / height == last / height;
    const std::uint64_t top = oneColumn ? span.begin % height : 0,
                        bottom = oneColumn ? last % height + 1 : height;
    if (extent.area == 0) extent = {span.begin / height, top, 0, 0, 0};
    extent.top = std::min(extent.top, top);
    extent.right = last / height + 1;
    extent.bottom = std::max(extent.bottom, bottom);
    extent.area += span.end - span.begin;
  }
  return extent;
}

std::uint64_t intersectionOf(const RunMask& a, const RunMask& b) {
  ANCHORSCOPE_CHECK(a.size == b.size, "masks of two sizes");
  const std::vector<Span> one = setSpans(a), other = setSpans(b);
  std::uint64_t common = 0;
  for (std::size_t i = 0, j = 0; i < one.size() && j < other.size();) {
    const std::uint64_t begin = std::max(one[i].begin, other[j].begin),
                        end = std::min(one[i].end, other[j].end);
    if (end > begin) common += end - begin;
    ++(one[i].end < other[j].end ? i : j);
  }
  return common;
}

double maskIou(const RunMask& detection, const RunMask& object, bool crowd) {
  const std::uint64_t common = intersectionOf(detection, object), own = extentOf(detection).area;
  const std::uint64_t either = crowd ? own : own + extentOf(object).area - common;
  return either == 0 ? 0 : static_cast<double>(common) / static_cast<double>(either);
}

}  // namespace anchorscope
