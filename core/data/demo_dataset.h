#pragma once
// View header. The demo's pictures: what is in each, and how it is painted. Deterministic in (seed, split,
// index).

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/segmentation.h"

namespace anchorscope::demo {

inline constexpr int kSidePx = 160;
inline constexpr std::size_t kTrainImages = 400;
inline constexpr std::size_t kValImages = 100;

enum class ShapeClass { kDisc, kSquare, kTriangle, kStar, kRing };
enum class Texture { kGradient, kStripes, kDots, kChecker, kNoise };
using Rgb = std::array<float, 3>;  ///< 0..1

/// One shape; later shapes of a scene lie over earlier ones.
struct Shape {
  ShapeClass shapeClass = ShapeClass::kDisc;
  float centerX = 0, centerY = 0, radius = 0;  ///< px; radius of the circumscribed circle
  float angle = 0;                             ///< radians
  Texture texture = Texture::kGradient;
  float textureAngle = 0, texturePeriodPx = 8;
  Rgb first{}, second{};

  /// Exact bounds of the outline, px.
  Box box() const;
};

/// One picture.
struct Scene {
  Rgb backgroundFirst{}, backgroundSecond{};
  float backgroundAngle = 0, backgroundGrainPx = 24;
  std::uint64_t noiseSeed = 0;
  std::vector<Shape> shapes;
};

const std::vector<std::string>& classNames();

/// What picture `index` of a split ("train" or "val") shows. Every shape stays at least half visible.
Scene sceneOf(std::uint64_t seed, const std::string& split, std::size_t index);

/// Paints a scene, antialiased.
ImagePixels paint(const Scene& scene);

/// The pixels that show each shape: half or more of them is inside its outline, and no later shape covers
/// half of them. Shadows count as ground.
std::vector<RunMask> visibleMasks(const Scene& scene);

}  // namespace anchorscope::demo
