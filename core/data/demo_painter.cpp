#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/data/demo_dataset.h"

namespace anchorscope::demo {
namespace {

constexpr float kPi = 3.14159265f;
constexpr float kStarInnerShare = 0.46f;  ///< Inner over outer radius.
constexpr float kRingShare = 0.38f;       ///< Width over outer radius.

/// Random values on a grid that repeats, joined smoothly.
class ValueNoise {
 public:
  explicit ValueNoise(std::uint64_t seed) {
    Random random(seed);
    for (float& value : values_)
      value = static_cast<float>(random.uniform());
  }

  /// In [0,1]; coordinates in grid cells.
  float at(float x, float y) const {
    const float floorX = std::floor(x), floorY = std::floor(y);
    const int column = static_cast<int>(floorX), row = static_cast<int>(floorY);
    const float fx = smooth(x - floorX), fy = smooth(y - floorY);
    const float top = cell(row, column) + fx * (cell(row, column + 1) - cell(row, column));
    const float bottom = cell(row + 1, column) + fx * (cell(row + 1, column + 1) - cell(row + 1, column));
    return top + fy * (bottom - top);
  }

 private:
  static constexpr int kSide = 32;
  static float smooth(float t) { return t * t * (3 - 2 * t); }
  float cell(int row, int column) const {
    return values_[static_cast<std::size_t>(row & (kSide - 1)) * kSide +
                   static_cast<std::size_t>(column & (kSide - 1))];
  }
  std::array<float, kSide * kSide> values_;
};

/// A shape with what is the same for all its pixels.
struct Brush {
  explicit Brush(const Shape& s)
      : shape(s),
        cosine(std::cos(s.angle)),
        sine(std::sin(s.angle)),
        textureCosine(std::cos(s.textureAngle)),
        textureSine(std::sin(s.textureAngle)) {}

  /// Distance to the outline in px, negative inside. Exact along edges, short beyond corners, which only
  /// matters there.
  float distance(float dx, float dy) const {
    const float r = shape.radius;
    const float x = cosine * dx + sine * dy, y = -sine * dx + cosine * dy;
    switch (shape.shapeClass) {
      case ShapeClass::kDisc:
        return std::sqrt(x * x + y * y) - r;
      case ShapeClass::kSquare:
        return std::max(std::fabs(x), std::fabs(y)) - r * 0.70710678f;
      case ShapeClass::kTriangle:
        return std::max(-x, 0.5f * x + 0.8660254f * std::fabs(y)) - 0.5f * r;
      case ShapeClass::kRing: {
        const float half = 0.5f * kRingShare * r;
        return std::fabs(std::sqrt(x * x + y * y) - (r - half)) - half;
      }
      case ShapeClass::kStar: {
        // Fold into one of ten equal sectors, between an outer vertex at angle 0 and an inner one at 36
        // degrees.
        const float sector = 2 * kPi / 5;
        const float polar = std::atan2(y, x);
        const float folded = std::fabs(polar - sector * std::round(polar / sector));
        const float length = std::sqrt(x * x + y * y);
        const float px = length * std::cos(folded), py = length * std::sin(folded);
        const float bx = kStarInnerShare * r * std::cos(sector / 2),
                    by = kStarInnerShare * r * std::sin(sector / 2);
        const float ex = bx - r, ey = by;
        return ((px - r) * ey - py * ex) / std::sqrt(ex * ex + ey * ey);
      }
    }
    return 1;
  }

  /// Share of the second colour.
  float mix(float dx, float dy, const ValueNoise& noise) const {
    const float along = textureCosine * dx + textureSine * dy,
                across = -textureSine * dx + textureCosine * dy;
    const float period = shape.texturePeriodPx;
    switch (shape.texture) {
      case Texture::kGradient:
        return std::clamp(0.5f + 0.5f * along / shape.radius, 0.0f, 1.0f);
      case Texture::kStripes:
        return std::clamp(0.5f + 1.4f * std::sin(2 * kPi * along / period), 0.0f, 1.0f);
      case Texture::kDots: {
        const float u = along / period - std::round(along / period),
                    v = across / period - std::round(across / period);
        return std::clamp((0.33f - std::sqrt(u * u + v * v)) * period + 0.5f, 0.0f, 1.0f);
      }
      case Texture::kChecker:
        return std::clamp(0.5f + 2.5f * std::sin(kPi * along / period) * std::sin(kPi * across / period),
                          0.0f, 1.0f);
      case Texture::kNoise:
        return noise.at((shape.centerX + dx) / (0.5f * period), (shape.centerY + dy) / (0.5f * period));
    }
    return 0;
  }

  const Shape& shape;
  float cosine, sine, textureCosine, textureSine;
};

std::size_t pixelIndex(int x, int y) {
  return static_cast<std::size_t>(y) * kSidePx + static_cast<std::size_t>(x);
}

/// Rows or columns that an extent reaches.
struct Range {
  int first, end;
};
Range pixelRange(float center, float reach) {
  return {std::max(0, static_cast<int>(std::floor(center - reach))),
          std::min(kSidePx, static_cast<int>(std::ceil(center + reach)))};
}

/// Calls visit(x, y, dx, dy) for the pixels within 1 px of a shape: their centres lie dx, dy from its own.
template <typename Visit>
void visitPixels(const Shape& shape, const Visit& visit) {
  const Range rows = pixelRange(shape.centerY, shape.radius + 1),
              columns = pixelRange(shape.centerX, shape.radius + 1);
  for (int y = rows.first; y < rows.end; ++y)
    for (int x = columns.first; x < columns.end; ++x)
      visit(x, y, static_cast<float>(x) + 0.5f - shape.centerX, static_cast<float>(y) + 0.5f - shape.centerY);
}

void paintShadow(std::vector<Rgb>& canvas, const Brush& brush) {
  constexpr float kOffsetX = 1.5f, kOffsetY = 2.0f, kSoftness = 2.5f, kDepth = 0.38f;
  const float cx = brush.shape.centerX + kOffsetX, cy = brush.shape.centerY + kOffsetY;
  const Range rows = pixelRange(cy, brush.shape.radius + kSoftness),
              columns = pixelRange(cx, brush.shape.radius + kSoftness);
  for (int y = rows.first; y < rows.end; ++y)
    for (int x = columns.first; x < columns.end; ++x) {
      const float distance =
          brush.distance(static_cast<float>(x) + 0.5f - cx, static_cast<float>(y) + 0.5f - cy);
      const float shade = 1 - kDepth * std::clamp(0.5f - distance / (2 * kSoftness), 0.0f, 1.0f);
      for (float& channel : canvas[pixelIndex(x, y)])
        channel *= shade;
    }
}

void paintShape(std::vector<Rgb>& canvas, const Brush& brush, const ValueNoise& noise) {
  const Shape& shape = brush.shape;
  visitPixels(shape, [&](int x, int y, float dx, float dy) {
    const float distance = brush.distance(dx, dy);
    const float coverage = std::clamp(0.5f - distance, 0.0f, 1.0f);
    if (coverage <= 0) return;
    const float mix = brush.mix(dx, dy, noise);
    // Light from the upper left, a darker rim.
    const float light = 1.0f - 0.16f * (dx + dy) / shape.radius;
    const float rim = 1.0f - 0.45f * std::clamp(distance + 1.8f, 0.0f, 1.0f);
    Rgb& pixel = canvas[pixelIndex(x, y)];
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = (shape.first[c] + mix * (shape.second[c] - shape.first[c])) * light * rim;
      pixel[c] += coverage * (value - pixel[c]);
    }
  });
}

void paintBackground(std::vector<Rgb>& canvas, const Scene& scene, const ValueNoise& noise) {
  const float cosine = std::cos(scene.backgroundAngle) / kSidePx,
              sine = std::sin(scene.backgroundAngle) / kSidePx;
  const float cell = 1 / scene.backgroundGrainPx;
  for (int y = 0; y < kSidePx; ++y)
    for (int x = 0; x < kSidePx; ++x) {
      const float px = static_cast<float>(x) + 0.5f, py = static_cast<float>(y) + 0.5f;
      const float ramp = 0.5f + cosine * (px - 0.5f * kSidePx) + sine * (py - 0.5f * kSidePx);
      const float coarse = noise.at(px * cell, py * cell),
                  fine = noise.at(px * cell * 4 + 7, py * cell * 4 + 3);
      const float mix = std::clamp(0.45f * ramp + 0.4f * coarse + 0.15f * fine, 0.0f, 1.0f);
      Rgb& pixel = canvas[pixelIndex(x, y)];
      for (std::size_t c = 0; c < 3; ++c)
        pixel[c] = scene.backgroundFirst[c] + mix * (scene.backgroundSecond[c] - scene.backgroundFirst[c]);
    }
}

}  // namespace

Box Shape::box() const {
  float lowX = 0, highX = 0, lowY = 0, highY = 0;
  const auto vertex = [&](float distance, float direction) {
    const float x = distance * std::cos(angle + direction), y = distance * std::sin(angle + direction);
    lowX = std::min(lowX, x), highX = std::max(highX, x), lowY = std::min(lowY, y),
    highY = std::max(highY, y);
  };
  switch (shapeClass) {
    case ShapeClass::kDisc:
    case ShapeClass::kRing:
      lowX = lowY = -radius, highX = highY = radius;
      break;
    case ShapeClass::kSquare:
      for (int i = 0; i < 4; ++i)
        vertex(radius, kPi / 4 + static_cast<float>(i) * kPi / 2);
      break;
    case ShapeClass::kTriangle:
      for (int i = 0; i < 3; ++i)
        vertex(radius, kPi + static_cast<float>(2 * i + 1) * kPi / 3);
      break;
    case ShapeClass::kStar:
      for (int i = 0; i < 5; ++i)
        vertex(radius, static_cast<float>(i) * 2 * kPi / 5);
      break;
  }
  return {centerX + lowX, centerY + lowY, centerX + highX, centerY + highY};
}

std::vector<RunMask> visibleMasks(const Scene& scene) {
  // Of the topmost shape, counted from 1; 0 is the ground.
  std::vector<std::size_t> owner(static_cast<std::size_t>(kSidePx) * kSidePx);
  for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
    const Brush brush(scene.shapes[i]);
    visitPixels(brush.shape, [&](int x, int y, float dx, float dy) {
      if (brush.distance(dx, dy) <= 0) owner[pixelIndex(x, y)] = i + 1;
    });
  }
  std::vector<RunMask> masks;
  std::vector<std::uint8_t> pixels(owner.size());
  for (std::size_t i = 0; i < scene.shapes.size(); ++i) {
    std::transform(owner.begin(), owner.end(), pixels.begin(),
                   [&](std::size_t shape) { return static_cast<std::uint8_t>(shape == i + 1); });
    masks.push_back(maskOfPixels(pixels.data(), {kSidePx, kSidePx}));
  }
  return masks;
}

ImagePixels paint(const Scene& scene) {
  const ValueNoise noise(scene.noiseSeed);
  std::vector<Rgb> canvas(static_cast<std::size_t>(kSidePx) * kSidePx);
  paintBackground(canvas, scene, noise);
  for (const Shape& shape : scene.shapes) {
    const Brush brush(shape);
    paintShadow(canvas, brush);
    paintShape(canvas, brush, noise);
  }
  ImagePixels pixels{{kSidePx, kSidePx}, std::vector<std::uint8_t>(canvas.size() * 3)};
  Random grain(scene.noiseSeed + 1);
  std::size_t at = 0;
  for (const Rgb& pixel : canvas) {
    // One draw serves a pixel: sensor-like grain of about +-2 of 255.
    const float offset =
        255.0f * 0.016f * (static_cast<float>(grain.next() >> 40) * 0x1.0p-24f - 0.5f) + 0.5f;
    for (const float channel : pixel)
      pixels.rgb[at++] = static_cast<std::uint8_t>(std::clamp(255.0f * channel + offset, 0.0f, 255.0f));
  }
  return pixels;
}

}  // namespace anchorscope::demo
