#include "widgets/overlays/box_raster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"

namespace anchorscope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Picture {
  int width, height;
  std::vector<std::uint32_t> pixels;
  Picture(int w, int h) : width(w), height(h), pixels(static_cast<std::size_t>(w * h), 0xFF203040u) {}
  RasterTarget target() { return {pixels.data(), width, height, static_cast<std::size_t>(width)}; }
};

std::uint32_t blended(std::uint32_t pixel, Argb color, std::uint32_t alpha) {
  const std::uint32_t amount = alpha + alpha / 128;
  std::uint32_t out = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const std::uint32_t c = shift == 24 ? 255 : (color >> shift) & 255u, p = (pixel >> shift) & 255u;
    out |= ((c * amount + p * (256 - amount) + 128) / 256) << shift;
  }
  return out;
}

/// Asks for every pixel and every box what the header promises.
void drawByDefinition(Picture& picture, const AxisTransform& t, const std::vector<Box>& boxes,
                      const std::vector<Argb>& colors, const RasterStyle& style) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    // Whole pixels of the offset only move what the rest of it decides.
    const double wholeX = std::floor(t.offsetX), wholeY = std::floor(t.offsetY);
    const auto map = [](float v, double scale, double offset, double whole) {
      return static_cast<double>(v * static_cast<float>(scale) + static_cast<float>(offset - whole)) + whole;
    };
    double x1 = map(boxes[i].x1, t.scaleX, t.offsetX, wholeX),
           x2 = map(boxes[i].x2, t.scaleX, t.offsetX, wholeX);
    double y1 = map(boxes[i].y1, t.scaleY, t.offsetY, wholeY),
           y2 = map(boxes[i].y2, t.scaleY, t.offsetY, wholeY);
    if (t.scaleX < 0) std::swap(x1, x2);
    if (t.scaleY < 0) std::swap(y1, y2);
    if (!(x2 >= x1 && y2 >= y1)) continue;
    double left = std::floor(x1), top = std::floor(y1);
    double right = std::max(left, std::ceil(x2) - 1), bottom = std::max(top, std::ceil(y2) - 1);
    const double insetX = std::min<double>(style.inset, std::floor((right - left) / 2)),
                 insetY = std::min<double>(style.inset, std::floor((bottom - top) / 2));
    left += insetX;
    right -= insetX;
    top += insetY;
    bottom -= insetY;
    const Argb color = colors[i];
    const auto inner = static_cast<std::uint32_t>(static_cast<float>(color >> 24) * style.fillOpacity + 0.5f);
    for (int y = 0; y < picture.height; ++y)
      for (int x = 0; x < picture.width; ++x) {
        if (x < left || x > right || y < top || y > bottom) continue;
        const double inward = std::min({x - left, right - x, y - top, bottom - y});
        std::uint32_t& pixel = picture.pixels[static_cast<std::size_t>(y * picture.width + x)];
        pixel = blended(pixel, color, inward < style.lineWidth ? color >> 24 : inner);
      }
  }
}

struct Scene {
  std::vector<Box> boxes;
  std::vector<Argb> colors;
};

Scene randomScene(std::uint64_t seed, int count, float extent) {
  auto random = Random::of(seed, RandomPurpose::kTest, {7});
  Scene scene;
  for (int i = 0; i < count; ++i) {
    const auto x = static_cast<float>(random.uniform(-0.3 * extent, 1.2 * extent)),
               y = static_cast<float>(random.uniform(-0.3 * extent, 1.2 * extent));
    const auto w = static_cast<float>(std::pow(random.uniform(), 3) * extent),
               h = static_cast<float>(std::pow(random.uniform(), 3) * extent);
    scene.boxes.push_back({x, y, x + w, y + h});
    scene.colors.push_back(static_cast<Argb>(random.next()));
  }
  return scene;
}

/// By every kernel that this processor can run.
void expectAsDefined(const Picture& size, const AxisTransform& t, const Scene& scene,
                     const RasterStyle& style) {
  Picture expected = size;
  StripPool pool(2);
  drawByDefinition(expected, t, scene.boxes, scene.colors, style);
  for (const TileKernel& kernel : tileKernels()) {
    if (!kernel.runsHere()) continue;
    Picture actual = size;
    drawBoxes(actual.target(), t, scene.boxes, scene.colors, style, pool, kernel);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < expected.pixels.size(); ++i)
      wrong += expected.pixels[i] != actual.pixels[i] ? 1 : 0;
    EXPECT_EQ(wrong, 0u) << kernel.name << ", line " << style.lineWidth << ", fill " << style.fillOpacity
                         << ", inset " << style.inset;
  }
}

TEST(BoxRasterTest, EveryPixelIsAsDefined) {
  for (const RasterStyle style : {RasterStyle{1, 0}, RasterStyle{1, 0.3f}, RasterStyle{2, 0},
                                  RasterStyle{5, 0.5f}, RasterStyle{1, 0, 2}, RasterStyle{3, 0.4f, 7}})
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      expectAsDefined(Picture(211, 173), {1, 1, 0, 0}, randomScene(seed, 150, 200), style);
      expectAsDefined(Picture(211, 173), {1.37, 0.61, -20.3, 11.7}, randomScene(seed + 10, 150, 200), style);
    }
}

TEST(BoxRasterTest, EveryPixelOfManyTilesIsAsDefined) {
  for (const RasterStyle style : {RasterStyle{1, 0}, RasterStyle{1, 0.3f}, RasterStyle{4, 0}}) {
    Scene scene = randomScene(21, 60, 700);
    for (const float size : {2.f, 318.f, 500.f})  // across the corners where tiles meet
      for (const float x : {100.f, 229.f, 230.f, 460.f}) {
        scene.boxes.push_back({x - 1, x - 3, x + size, x + 0.6f * size});
        scene.colors.push_back(0x90C08040u + static_cast<Argb>(scene.colors.size()));
      }
    expectAsDefined(Picture(691, 563), {1, 1, 0.3, -0.4}, scene, style);
  }
}

TEST(BoxRasterTest, TheLastKernelRunsEverywhereAndTheBestIsTheFirstThatDoes) {
  ASSERT_FALSE(tileKernels().empty());
  EXPECT_TRUE(tileKernels().back().runsHere());
  for (const TileKernel& kernel : tileKernels())
    if (kernel.runsHere()) {
      EXPECT_STREQ(bestTileKernel().name, kernel.name);
      break;
    }
}

/// What panning relies on: the picture elsewhere, and a part of it alone, have the very same pixels.
TEST(BoxRasterTest, AWholeNumberOfPixelsMovesThePicture) {
  const Scene scene = randomScene(9, 4000, 900);
  StripPool pool(2);
  for (const double scale : {0.37, 1.35, 17.3}) {
    const AxisTransform t{scale, scale, -scale * 300 + 0.37, -scale * 280 + 0.81};
    Picture whole(500, 420);
    drawBoxes(whole.target(), t, scene.boxes, scene.colors, {2, 0.1f, 1}, pool);
    for (const auto& [x, y, w, h] :
         {std::array{0, 0, 500, 17}, std::array{481, 3, 19, 400}, std::array{77, 95, 301, 203}}) {
      Picture part(w, h);
      AxisTransform moved = t;
      moved.offsetX -= x;
      moved.offsetY -= y;
      drawBoxes(part.target(), moved, scene.boxes, scene.colors, {2, 0.1f, 1}, pool);
      std::size_t wrong = 0;
      for (int row = 0; row < h; ++row)
        for (int column = 0; column < w; ++column)
          wrong += part.pixels[static_cast<std::size_t>(row * w + column)] !=
                           whole.pixels[static_cast<std::size_t>((row + y) * 500 + column + x)]
                       ? 1
                       : 0;
      EXPECT_EQ(wrong, 0u) << "scale " << scale << ", at " << x << ", " << y;
    }
  }
}

TEST(BoxRasterTest, MirroredTransformsAreAsDefined) {
  expectAsDefined(Picture(160, 140), {-1.2, -0.8, 170, 130}, randomScene(3, 120, 150), {1, 0});
}

TEST(BoxRasterTest, FarMagnifiedBoxesShowOnlyTheLinesInView) {
  expectAsDefined(Picture(300, 200), {64, 64, -64 * 80.0, -64 * 70.0}, randomScene(5, 300, 150), {1, 0});
  expectAsDefined(Picture(300, 200), {64, 64, -64 * 80.0, -64 * 70.0}, randomScene(6, 60, 150), {3, 0.2f});
}

TEST(BoxRasterTest, BoxesAreCutAtEveryEdgeAndCorner) {
  Scene scene;
  for (const float x : {-10.f, 20.f, 55.f})
    for (const float y : {-10.f, 20.f, 55.f}) {
      scene.boxes.push_back({x, y, x + 15.5f, y + 15.5f});
      scene.colors.push_back(0x80FF8000u + static_cast<Argb>(scene.boxes.size()));
    }
  scene.boxes.push_back({-5, -5, 65, 65});   // around everything: nothing shows
  scene.boxes.push_back({-5, 30, 65, 40});   // only two horizontal lines
  scene.boxes.push_back({0, 0, 60, 60});     // exactly the edge
  scene.boxes.push_back({59.5f, 3, 90, 5});  // one column
  scene.boxes.push_back({60, 3, 90, 5});     // just outside
  scene.boxes.push_back({-9, 3, 0, 5});      // ends where the target begins
  scene.colors.resize(scene.boxes.size(), 0xFF00FF00u);
  for (const int line : {1, 2, 4})
    for (const int inset : {0, 1, 9})
      expectAsDefined(Picture(60, 60), {1, 1, 0, 0}, scene, {line, 0, inset});
}

TEST(BoxRasterTest, BoxesThatAreNoneAndEmptyTargetsDrawNothing) {
  Picture picture(50, 50);
  const Picture before = picture;
  StripPool pool(2);
  const std::vector<Box> none = {{kNan, 1, 9, 9},
                                 {1, kNan, 9, 9},
                                 {1, 1, kNan, 9},
                                 {1, 1, 9, kNan},
                                 {9, 1, 1, 9},
                                 {1, 9, 9, 1},
                                 {kInfinity, 1, kInfinity, 9},
                                 {1e30f, 1e30f, 2e30f, 2e30f},
                                 {-2e30f, -2e30f, -1e30f, -1e30f}};
  drawBoxes(picture.target(), {1, 1, 0, 0}, none, std::vector<Argb>(none.size(), 0xFFFFFFFFu), {}, pool);
  drawBoxes(picture.target(), {1, 1, 0, 0}, std::vector<Box>{{5, 5, 20, 20}}, std::vector<Argb>{0x00FFFFFFu},
            {}, pool);
  drawBoxes(picture.target(), {1, 1, 0, 0}, {}, {}, {}, pool);
  EXPECT_EQ(picture.pixels, before.pixels);
  drawBoxes({nullptr, 0, 0, 0}, {1, 1, 0, 0}, std::vector<Box>{{5, 5, 20, 20}},
            std::vector<Argb>{0xFFFFFFFFu}, {}, pool);
}

TEST(BoxRasterTest, HugeBoxesShowTheLinesThatCrossTheTarget) {
  Scene scene{
      {{-1e30f, 20.5f, 1e30f, 1e30f}, {10.5f, -kInfinity, kInfinity, kInfinity}, {-1e9f, -1e9f, 1e9f, 1e9f}},
      {0xFFFF0000u, 0x8000FF00u, 0xFF0000FFu}};
  Picture picture(40, 40);
  StripPool pool(1);
  drawBoxes(picture.target(), {1, 1, 0, 0}, scene.boxes, scene.colors, {}, pool);
  for (int x = 0; x < 40; ++x)
    EXPECT_NE(picture.pixels[static_cast<std::size_t>(20 * 40 + x)], 0xFF203040u) << x;
  for (int y = 0; y < 40; ++y)
    EXPECT_NE(picture.pixels[static_cast<std::size_t>(y * 40 + 10)], 0xFF203040u) << y;
  EXPECT_EQ(std::count(picture.pixels.begin(), picture.pixels.end(), 0xFF203040u), 39 * 39);
}

TEST(BoxRasterTest, TheNumberOfThreadsDoesNotShow) {
  const Scene scene = randomScene(11, 30000, 900);
  Picture one(700, 900);
  StripPool single(1);
  drawBoxes(one.target(), {0.9, 0.9, 3, 4}, scene.boxes, scene.colors, {1, 0.1f}, single);
  for (const int threads : {2, 3, 8}) {
    Picture many(700, 900);
    StripPool pool(threads);
    drawBoxes(many.target(), {0.9, 0.9, 3, 4}, scene.boxes, scene.colors, {1, 0.1f}, pool);
    EXPECT_EQ(one.pixels, many.pixels) << threads << " threads";
  }
}

TEST(BoxRasterTest, RowsBeyondTheWidthAreLeftAlone) {
  std::vector<std::uint32_t> pixels(40 * 64, 7u);
  StripPool pool(1);
  drawBoxes({pixels.data(), 50, 40, 64}, {1, 1, 0, 0},
            std::vector<Box>{{-5, -5, 100, 10}, {10, 10, 50, 40}, {40, 3, 90, 30}},
            std::vector<Argb>(3, 0xFFFFFFFFu), {2, 1}, pool);
  for (int y = 0; y < 40; ++y)
    for (int x = 50; x < 64; ++x)
      ASSERT_EQ(pixels[static_cast<std::size_t>(y * 64 + x)], 7u) << x << ", " << y;
}

TEST(StripPoolTest, DoesEveryPieceOnceAgainAndAgain) {
  for (const int threads : {1, 2, 4}) {
    StripPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> done(37);
      pool.run(done.size(), [&](std::size_t piece) { ++done[piece]; });
      for (const auto& count : done)
        ASSERT_EQ(count.load(), 1);
    }
    pool.run(0, [](std::size_t) { FAIL(); });
  }
}

}  // namespace
}  // namespace anchorscope
