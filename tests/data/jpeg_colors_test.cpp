// JPEGs that are not RGB, made by libjpeg: compiled where the program reads JPEGs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
// Needs the standard ones above.
#include <jpeglib.h>

#include "core/data/image_io.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;

/// A JPEG of one colour.
std::string plainJpeg(const std::vector<unsigned char>& color, J_COLOR_SPACE space) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = info.image_height = 16;
  info.input_components = static_cast<int>(color.size());
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_start_compress(&info, TRUE);
  std::vector<unsigned char> row;
  for (int x = 0; x < 16; ++x)
    row.insert(row.end(), color.begin(), color.end());
  for (int y = 0; y < 16; ++y) {
    unsigned char* line = row.data();
    jpeg_write_scanlines(&info, &line, 1);
  }
  jpeg_finish_compress(&info);
  const std::string out(reinterpret_cast<const char*>(bytes), size);  // NOLINT: bytes
  jpeg_destroy_compress(&info);
  std::free(bytes);  // NOLINT: libjpeg's
  return out;
}

TEST(JpegColors, GreyAndCmykBecomeRgb) {
  const TemporaryFolder folder;
  const auto rgbOf = [&](const std::string& bytes) {
    const auto pixels = decodeImage(folder.write("a.jpg", bytes).string());
    EXPECT_TRUE(pixels) << pixels.error().text();
    return pixels ? std::vector<int>(pixels->rgb.begin(), pixels->rgb.begin() + 3) : std::vector<int>{};
  };
  EXPECT_THAT(rgbOf(plainJpeg({90}, JCS_GRAYSCALE)), ElementsAre(90, 90, 90));
  // Adobe's CMYK is inverted: 255 is no ink. No ink but cyan's half; then black's three quarters as well.
  EXPECT_THAT(rgbOf(plainJpeg({128, 255, 255, 255}, JCS_CMYK)), ElementsAre(128, 255, 255));
  EXPECT_THAT(rgbOf(plainJpeg({128, 255, 255, 64}, JCS_CMYK)), ElementsAre(32, 64, 64));
}

}  // namespace
}  // namespace anchorscope::testing
