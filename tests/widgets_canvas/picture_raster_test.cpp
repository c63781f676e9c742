#include "widgets/overlays/picture_raster.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace anchorscope {
namespace {

constexpr int kPictureWidth = 23, kPictureHeight = 17;

/// Premultiplied pixels of any alpha, the extremes among them.
std::vector<std::uint32_t> somePicture() {
  auto random = Random::of(5, RandomPurpose::kTest, {11});
  std::vector<std::uint32_t> pixels;
  for (int i = 0; i < kPictureWidth * kPictureHeight; ++i) {
    const auto bits = static_cast<std::uint32_t>(random.next());
    const std::uint32_t alpha = i % 3 == 0 ? 255 : i % 7 == 0 ? 0 : bits >> 24;
    std::uint32_t pixel = alpha << 24;
    for (int shift = 0; shift < 24; shift += 8)
      pixel |= (i % 5 == 0 ? alpha : ((bits >> shift) & 255u) * alpha / 255) << shift;
    pixels.push_back(pixel);
  }
  return pixels;
}

std::uint32_t channel(std::uint32_t pixel, int shift) {
  return (pixel >> shift) & 255u;
}

std::uint32_t between(std::uint32_t a, std::uint32_t b, std::uint32_t weight) {
  return (a * (256 - weight) + b * weight + 128) / 256;
}

/// Asks for every pixel what the header promises.
std::uint32_t byDefinition(std::uint32_t pixel, double sourceX, double sourceY,
                           const std::vector<std::uint32_t>& picture, const PicturePlacement& placement) {
  const double x = sourceX * placement.pictureFromSource.scaleX + placement.pictureFromSource.offsetX,
               y = sourceY * placement.pictureFromSource.scaleY + placement.pictureFromSource.offsetY;
  if (sourceX < 0 || sourceY < 0 || sourceX >= placement.sourceSize.width ||
      sourceY >= placement.sourceSize.height || x < 0 || y < 0 || x >= kPictureWidth || y >= kPictureHeight)
    return pixel;
  const auto at = [&](int column, int row) {
    return picture[static_cast<std::size_t>(std::min(row, kPictureHeight - 1) * kPictureWidth +
                                            std::min(column, kPictureWidth - 1))];
  };
  const auto opacity = static_cast<std::uint32_t>(std::lround(placement.opacity * 256));
  const double left = std::clamp(x - 0.5, 0.0, kPictureWidth - 1.0),
               top = std::clamp(y - 0.5, 0.0, kPictureHeight - 1.0);
  const int column = placement.smooth ? static_cast<int>(left) : static_cast<int>(x),
            row = placement.smooth ? static_cast<int>(top) : static_cast<int>(y);
  const auto across = placement.smooth ? static_cast<std::uint32_t>((left - column) * 256) : 0u,
             down = placement.smooth ? static_cast<std::uint32_t>((top - row) * 256) : 0u;
  std::array<std::uint32_t, 4> values{};
  for (int c = 0; c < 4; ++c)
    values[static_cast<std::size_t>(c)] = between(
        between(channel(at(column, row), 8 * c), channel(at(column + 1, row), 8 * c), across),
        between(channel(at(column, row + 1), 8 * c), channel(at(column + 1, row + 1), 8 * c), across), down);
  const std::uint32_t amount = ((values[3] + values[3] / 128) * opacity + 255) / 256;
  std::uint32_t out = 0;
  for (int c = 0; c < 4; ++c)
    out |=
        (values[static_cast<std::size_t>(c)] * opacity + channel(pixel, 8 * c) * (256 - amount) + 128) / 256
        << (8 * c);
  return out;
}

TEST(PictureRasterTest, EveryPixelIsAsDefinedAndThePartOfAPictureIsThatPart) {
  const std::vector<std::uint32_t> picture = somePicture();
  const PicturePixels pixels{picture.data(), kPictureWidth, kPictureHeight, kPictureWidth};
  StripPool pool(2);
  constexpr int kSide = 120;
  for (const double scale : {0.43, 1.0, 3.7, -2.6})
    for (const bool smooth : {false, true})
      for (const float opacity : {1.f, 0.37f}) {
        const AxisTransform t{scale, std::abs(scale), scale < 0 ? 100.25 : 13.375, -1.75};
        PicturePlacement placement;
        placement.pictureFromSource = {0.9, 1.1, -0.6, 0.3};
        placement.sourceSize = {25, 13};
        placement.smooth = smooth;
        placement.opacity = opacity;
        const std::vector<std::uint32_t> before(kSide * kSide, 0xFFFFE010u);
        std::vector<std::uint32_t> all = before, part = before;
        drawPicture({all.data(), kSide, kSide, kSide}, t, pixels, placement, pool);
        std::size_t wrong = 0, changed = 0;
        for (int y = 0; y < kSide; ++y)
          for (int x = 0; x < kSide; ++x) {
            const auto i = static_cast<std::size_t>(y * kSide + x);
            const std::uint32_t expected = byDefinition(before[i], (x + 0.5 - t.offsetX) / t.scaleX,
                                                        (y + 0.5 - t.offsetY) / t.scaleY, picture, placement);
            wrong += expected != all[i] ? 1 : 0;
            changed += all[i] != before[i] ? 1 : 0;
          }
        EXPECT_EQ(wrong, 0u) << "scale " << scale << ", smooth " << smooth << ", opacity " << opacity;
        EXPECT_GT(changed, 10u);
        // A part of the target, and the rest in another part.
        AxisTransform moved = t;
        moved.offsetX -= 17;
        drawPicture({part.data() + 17, kSide - 17, kSide, kSide}, moved, pixels, placement, pool);
        drawPicture({part.data(), 17, kSide, kSide}, t, pixels, placement, pool);
        EXPECT_EQ(part, all);
      }
}

TEST(PictureRasterTest, NothingIsDrawnOfNothing) {
  StripPool pool(1);
  std::vector<std::uint32_t> target(16, 7u);
  const std::vector<std::uint32_t> picture(4, 0xFFFFFFFFu);
  PicturePlacement placement;
  placement.sourceSize = {2, 2};
  placement.opacity = 0;
  drawPicture({target.data(), 4, 4, 4}, {1, 1, 0, 0}, {picture.data(), 2, 2, 2}, placement, pool);
  placement.opacity = 1;
  drawPicture({target.data(), 4, 4, 4}, {1, 1, 50, 0}, {picture.data(), 2, 2, 2}, placement, pool);
  drawPicture({target.data(), 4, 4, 4}, {1, 1, 0, 0}, {nullptr, 0, 0, 0}, placement, pool);
  drawPicture({nullptr, 0, 0, 0}, {1, 1, 0, 0}, {picture.data(), 2, 2, 2}, placement, pool);
  EXPECT_EQ(target, std::vector<std::uint32_t>(16, 7u));
}

}  // namespace
}  // namespace anchorscope
