#include "tests/support/shape_set.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "core/data/segmentation.h"

namespace anchorscope::testing {
namespace {

struct Canvas {
  SizePx size;
  std::string rgb;

  explicit Canvas(SizePx s) : size(s), rgb(3 * count(), '\x14') {}
  std::size_t count() const {
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  }
};

/// Even and odd crossings of a ray to the right from the pixel's centre.
bool holdsCentre(const Polygon& polygon, int x, int y) {
  const double px = x + 0.5, py = y + 0.5;
  bool inside = false;
  for (std::size_t i = 0, j = polygon.size() - 2; i < polygon.size(); j = i, i += 2)
    if ((polygon[i + 1] > py) != (polygon[j + 1] > py) &&
        px < polygon[i] +
                 (py - polygon[i + 1]) * (polygon[j] - polygon[i]) / (polygon[j + 1] - polygon[i + 1]))
      inside = !inside;
  return inside;
}

/// Paints the pixels for which covers(x, y) holds, and returns them.
template <typename Covers>
RunMask paint(Canvas& canvas, std::size_t classIndex, const Covers& covers) {
  std::vector<std::uint8_t> pixels(canvas.count());
  std::size_t at = 0;
  for (int y = 0; y < canvas.size.height; ++y)
    for (int x = 0; x < canvas.size.width; ++x, ++at) {
      if (!covers(x, y)) continue;
      pixels[at] = 1;
      for (std::size_t c = 0; c < 3; ++c)
        canvas.rgb[3 * at + c] = static_cast<char>(kShapeSetColors[classIndex][c]);
    }
  return maskOfPixels(pixels.data(), canvas.size);
}

/// The letters of run lengths may hold a backslash.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text)
    out += letter == '\\' ? std::string("\\\\") : std::string(1, letter);
  return out;
}

std::string list(const auto& numbers) {
  std::ostringstream out;
  for (const auto& number : numbers)
    out << (out.tellp() > 0 ? "," : "[") << number;
  return out.str() + "]";
}

/// x, y, width, height.
using Bounds = std::array<double, 4>;

Bounds boundsOf(const RunMask& mask) {
  const MaskExtent extent = extentOf(mask);
  return {static_cast<double>(extent.left), static_cast<double>(extent.top),
          static_cast<double>(extent.right - extent.left), static_cast<double>(extent.bottom - extent.top)};
}
Bounds boundsOf(const std::vector<Polygon>& polygons) {
  double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};
  for (const Polygon& polygon : polygons)
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      low[i % 2] = std::min(low[i % 2], polygon[i]);
      high[i % 2] = std::max(high[i % 2], polygon[i]);
    }
  return {low[0], low[1], high[0] - low[0], high[1] - low[1]};
}

std::string annotation(int image, std::size_t classIndex, const RunMask& mask, const Bounds& bounds,
                       const std::string& segmentation, bool crowd = false) {
  std::ostringstream out;
  out << "{\"id\":" << 10 * image + static_cast<int>(classIndex) + 1 << ",\"image_id\":" << image
      << ",\"category_id\":" << classIndex + 1 << ",\"iscrowd\":" << crowd
      << ",\"area\":" << extentOf(mask).area << ",\"bbox\":" << list(bounds)
      << ",\"segmentation\":" << segmentation << "}";
  return out.str();
}

std::string runs(const RunMask& mask, const std::string& counts) {
  return "{\"size\":" + list(std::vector<int>{mask.size.height, mask.size.width}) + ",\"counts\":" + counts +
         "}";
}

}  // namespace

std::string writeShapeSet(const TemporaryFolder& folder, int images) {
  std::string records, annotations;
  for (int i = 0; i < images; ++i) {
    Canvas canvas({126 + 7 * (i % 5), 84 + 9 * (i % 4)});
    const int third = canvas.size.width / 3, side = 28 + i % 5, top = 6 + i * 11 % (canvas.size.height - 50);
    // Whole numbers and halves, so that no edge passes through a pixel's centre but diagonally.
    const double x = 6 + i % 3, y = top;
    const std::vector<Polygon> pieces{
        {x, y, x + side, y, x + side, y + 11, x + 12, y + 11, x + 12, y + side, x, y + side},
        {x + 15, y + 14, x + 30.5, y + 14, x + 15, y + 31.5}};
    const RunMask angle = paint(canvas, 0, [&](int px, int py) {
      return holdsCentre(pieces[0], px, py) || holdsCentre(pieces[1], px, py);
    });
    const auto squareFrom = [&](int column, int row) {
      return
          [column, row](int px, int py) { return (px - column) * (px - column) + (py - row) * (py - row); };
    };
    const auto toDisc = squareFrom(third + 20, top + 18), toRing = squareFrom(2 * third + 20, top + 20);
    const int radius = side / 2;
    const RunMask disc = paint(canvas, 1, [&](int px, int py) { return toDisc(px, py) <= radius * radius; });
    const RunMask ring = paint(canvas, 2, [&](int px, int py) {
      return toRing(px, py) <= radius * radius && toRing(px, py) >= (radius - 9) * (radius - 9);
    });

    std::ostringstream header;
    header << "P6\n" << canvas.size.width << " " << canvas.size.height << "\n255\n";
    const std::string name = "shape" + std::to_string(i) + ".ppm";
    folder.write("shapes/images/" + name, header.str() + canvas.rgb);
    const std::string separator = i > 0 ? "," : "";
    records += separator + "{\"id\":" + std::to_string(i) + ",\"file_name\":\"" + name + "\"}";
    annotations +=
        separator +
        annotation(i, 0, angle, boundsOf(pieces), "[" + list(pieces[0]) + "," + list(pieces[1]) + "]") + "," +
        annotation(i, 1, disc, boundsOf(disc), runs(disc, list(disc.runs))) + "," +
        annotation(i, 2, ring, boundsOf(ring), runs(ring, "\"" + escaped(textOfRuns(ring.runs)) + "\""),
                   i % 3 == 2);
  }
  const std::string json = "{\"images\":[" + records + "],\"annotations\":[" + annotations +
                           "],\"categories\":[{\"id\":1,\"name\":\"angle\"},{\"id\":2,\"name\":\"disc\"},"
                           "{\"id\":3,\"name\":\"ring\"}]}";
  return "coco:" + folder.write("shapes/set.json", json).string() + "," + (folder / "shapes/images").string();
}

}  // namespace anchorscope::testing
