// Resampling, checked against a direct sum over every source pixel and against what a linear picture must
// give.
#include "core/data/warp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "tests/data/sample_files.h"

namespace anchorscope::testing {
namespace {

ImagePixels noise(SizePx size, std::uint64_t seed) {
  ImagePixels pixels = plainImage(size, 0);
  Random random = Random::of(seed, RandomPurpose::kTest);
  for (std::uint8_t& value : pixels.rgb)
    value = static_cast<std::uint8_t>(random.below(256));
  return pixels;
}

/// The definition in warp.h, pixel by pixel and in double precision; -1 outside the image.
double oracle(const ImagePixels& source, const AxisTransform& inputFromSource, int column, int row,
              int channel) {
  const AxisTransform sourceFromInput = inputFromSource.inverse();
  const double u = sourceFromInput.mapX(column + 0.5), v = sourceFromInput.mapY(row + 0.5);
  if (u < 0 || v < 0 || u >= source.size.width || v >= source.size.height) return -1;
  const double reachX = std::max(1.0, std::fabs(sourceFromInput.scaleX)),
               reachY = std::max(1.0, std::fabs(sourceFromInput.scaleY));
  double sum = 0, weights = 0;
  for (int y = 0; y < source.size.height; ++y)
    for (int x = 0; x < source.size.width; ++x) {
      const double weight = std::max(0.0, 1 - std::fabs(x + 0.5 - u) / reachX) *
                            std::max(0.0, 1 - std::fabs(y + 0.5 - v) / reachY);
      sum += weight * source.rgb[pixelOffset(source.size, x, y) + static_cast<std::size_t>(channel)];
      weights += weight;
    }
  return sum / weights / 255;
}

TEST(Warp, AgreesWithTheDirectSum) {
  const ImagePixels source = noise({23, 17}, 1);
  const SizePx input{31, 29};
  const AxisTransform transforms[] = {{1, 1, 0, 0},     {1.7, 1.7, -6.25, 2.5},   {-1.3, 1.3, 30.1, -3},
                                      {0.4, 0.4, 3, 9}, {-0.21, 0.37, 14, 8},     {2.5, 0.6, -20.5, 10.3},
                                      {1, 1, 100, 0},   {0.02, 0.02, 15.2, 14.1}, {1, 1, -0.5, 0.5}};
  for (const AxisTransform& transform : transforms) {
    std::vector<std::uint8_t> pixels(3u * 31 * 29, 99);
    const PixelRect filled =
        warpInto(source, transform, {0, 0, input.width, input.height}, {}, input, pixels.data());
    for (int y = 0; y < input.height; ++y)
      for (int x = 0; x < input.width; ++x)
        ASSERT_EQ(x >= filled.left && x < filled.right && y >= filled.top && y < filled.bottom,
                  oracle(source, transform, x, y, 0) >= 0)
            << x << "," << y << " scale " << transform.scaleX << "," << transform.scaleY;
    for (int y = 0; y < input.height; ++y)
      for (int x = 0; x < input.width; ++x)
        for (int c = 0; c < 3; ++c) {
          const double expected = 255 * std::max(0.0, oracle(source, transform, x, y, c));
          // Rounded to the nearest; float32 decides halves.
          ASSERT_NEAR(pixels[pixelOffset(input, x, y) + static_cast<std::size_t>(c)], expected, 0.5 + 5e-4)
              << x << "," << y << " scale " << transform.scaleX << "," << transform.scaleY;
        }
  }
}

TEST(Warp, EnlargingKeepsPositionsExactly) {
  // Red grows with x and green with y, so a pixel's colour says where in the image it comes from.
  ImagePixels source = plainImage({100, 80}, 0);
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 100; ++x) {
      source.rgb[pixelOffset(source.size, x, y)] = static_cast<std::uint8_t>(2 * x);
      source.rgb[pixelOffset(source.size, x, y) + 1] = static_cast<std::uint8_t>(3 * y);
    }
  const SizePx input{64, 64};
  for (const AxisTransform& inputFromImage :
       {AxisTransform{1.5, 1.5, -30.3, -12.7}, AxisTransform{-2.25, 2.25, 170.4, -60}}) {
    std::vector<std::uint8_t> pixels(3u * 64 * 64);
    warpInto(source, inputFromImage, {0, 0, 64, 64}, {}, input, pixels.data());
    const AxisTransform imageFromInput = inputFromImage.inverse();
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) {
        const double u = imageFromInput.mapX(x + 0.5), v = imageFromInput.mapY(y + 0.5);
        ASSERT_TRUE(u > 1 && u < 99 && v > 1 && v < 79) << "the test stays away from the border";
        const std::uint8_t* pixel = pixels.data() + 3 * (y * 64 + x);
        ASSERT_NEAR(pixel[0] / 2.0 + 0.5, u, 0.5 / 2 + 1e-3);  // half a step of the 8 bits
        ASSERT_NEAR(pixel[1] / 3.0 + 0.5, v, 0.5 / 3 + 1e-3);
      }
  }
}

TEST(Warp, ReducingAveragesInsteadOfSkipping) {
  ImagePixels source = plainImage({128, 128}, 0);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 128; ++x)
      if ((x + y) % 2 == 0) fillRect(source, {x, y, x + 1, y + 1}, 255);
  std::vector<std::uint8_t> pixels(3u * 16 * 16);
  warpInto(source, {0.125, 0.125, 0, 0}, {0, 0, 16, 16}, {}, {16, 16}, pixels.data());
  // At the border the filter is cut off, which leaves it slightly uneven.
  for (int y = 1; y < 15; ++y)
    for (int x = 1; x < 15; ++x) {
      ASSERT_NEAR(pixels[pixelOffset({16, 16}, x, y)], 127.5, 0.5);
    }
}

TEST(Warp, FillsItsWindowOnly) {
  const ImagePixels source = plainImage({10, 10}, 255);
  std::vector<std::uint8_t> pixels(3u * 12 * 10, 7);
  warpInto(source, {0.5, 0.5, 4, 3}, {2, 1, 8, 9}, {}, {12, 10}, pixels.data());
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 12; ++x) {
      const int value = pixels[pixelOffset({12, 10}, x, y) + 1];
      if (x < 2 || x >= 8 || y < 1 || y >= 9) {
        ASSERT_EQ(value, 7) << "outside the window";
      } else if (x >= 4 && y >= 3 && y < 8) {
        ASSERT_EQ(value, 255);
      } else {
        ASSERT_EQ(value, 0) << "border " << x << "," << y;
      }
    }
}

TEST(Warp, MapsColoursThenClamps) {
  ImagePixels source = plainImage({1, 1}, 0);
  source.rgb = {51, 102, 204};  // 0.2, 0.4, 0.8
  ColorMap map;
  map.changesColor = true;
  map.matrix = {0, 1, 0, 0, 0, 2, 1, 0, 0};
  map.offset = {0.1f, 0, -0.5f};
  std::vector<std::uint8_t> pixels(3);
  warpInto(source, {1, 1, 0, 0}, {0, 0, 1, 1}, map, {1, 1}, pixels.data());
  EXPECT_NEAR(pixels[0], 0.5 * 255, 0.5);
  EXPECT_EQ(pixels[1], 255);  // 1.6 is clamped
  EXPECT_EQ(pixels[2], 0);    // -0.3 is clamped
}

TEST(Warp, HalvingIsAMeanAndRepeatsTheLastOddPixel) {
  ImagePixels source = plainImage({3, 1}, 0);
  source.rgb = {10, 0, 0, 21, 0, 0, 100, 0, 0};
  const ImagePixels half = halved(source);
  EXPECT_EQ(half.size, (SizePx{2, 1}));
  EXPECT_EQ(half.rgb[0], 16);  // 15.5 rounded up
  EXPECT_EQ(half.rgb[3], 100);
}

}  // namespace
}  // namespace anchorscope::testing
