// Image files: sizes from headers, decoding, damage.
#include "core/data/image_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/image_header.h"
#include "tests/data/sample_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::HasSubstr;

TEST(ImageIo, ReadsSizesWithoutDecoding) {
  const TemporaryFolder folder;
  const auto sizeOf = [&](const std::string& bytes) {
    const Result<ImageSummary> summary = summarizeImage(folder.write("image", bytes).string());
    EXPECT_TRUE(summary) << summary.error().text();
    return summary ? summary->facts.stored : SizePx{};
  };
  EXPECT_EQ(sizeOf(tinyJpeg()), (SizePx{8, 6}));
  EXPECT_EQ(sizeOf(tinyPng()), (SizePx{8, 6}));
  EXPECT_EQ(sizeOf(greyPpm(7, 3)), (SizePx{7, 3}));
  EXPECT_EQ(sizeOf("P5 # comment\n# more\n12\t9\n255\n"), (SizePx{12, 9}));
  // Only the header is needed: the rest is missing here.
  EXPECT_EQ(sizeOf(tinyPng().substr(0, 30)), (SizePx{8, 6}));
  // Top-down BMP: the height is negative.
  const std::string bmp =
      std::string("BM") + std::string(16, '\0') + std::string("\x05\0\0\0\xfd\xff\xff\xff", 8);
  EXPECT_EQ(sizeOf(bmp), (SizePx{5, 3}));
}

TEST(ImageIo, FindsAJpegsSizeBehindLongMetadata) {
  const std::string jpeg = tinyJpeg();
  const std::string metadata = std::string("\xff\xe1\xff\xfe", 4) + std::string(0xfffe - 2, 'x');
  const TemporaryFolder folder;
  const Result<ImageSummary> summary =
      summarizeImage(folder.write("a.jpg", jpeg.substr(0, 2) + metadata + jpeg.substr(2)).string());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->facts.stored, (SizePx{8, 6}));
}

TEST(ImageIo, DecodesNetpbmInEveryBuild) {
  const TemporaryFolder folder;
  const std::string pixels{'\x01', '\x02', '\x03', '\x04', '\x05', '\x06'};
  const Result<ImagePixels> color = decodeImage(folder.write("a.ppm", "P6 2 1 255\n" + pixels).string());
  ASSERT_TRUE(color);
  EXPECT_EQ(color->rgb, (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
  const Result<ImagePixels> grey =
      decodeImage(folder.write("a.pgm", "P5 2 1 255\n" + pixels.substr(0, 2)).string());
  ASSERT_TRUE(grey);
  EXPECT_EQ(grey->rgb, (std::vector<std::uint8_t>{1, 1, 1, 2, 2, 2}));
  const Result<ImagePixels> cut =
      decodeImage(folder.write("cut.ppm", "P6 2 1 255\n" + pixels.substr(0, 5)).string());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kBadData);
  const Result<ImagePixels> huge =
      decodeImage(folder.write("huge.ppm", "P6 16000000 16000000 255\n" + pixels).string());
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, ErrorCode::kBadData);
}

TEST(ImageIo, DecodesToRgbOrder) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  const Result<ImagePixels> png = decodeImage(folder.write("a.png", tinyPng()).string());
  ASSERT_TRUE(png) << png.error().text();
  EXPECT_EQ(png->size, (SizePx{8, 6}));
  EXPECT_EQ(std::vector<std::uint8_t>(png->rgb.begin(), png->rgb.begin() + 3),
            (std::vector<std::uint8_t>{240, 200, 10}));
  EXPECT_EQ(std::vector<std::uint8_t>(png->rgb.end() - 3, png->rgb.end()),
            (std::vector<std::uint8_t>{240, 30, 10}));
  const Result<ImagePixels> jpeg = decodeImage(folder.write("a.jpg", tinyJpeg()).string());
  ASSERT_TRUE(jpeg) << jpeg.error().text();
  // JPEG is lossy: within 12 of 255 on this picture.
  EXPECT_NEAR(jpeg->rgb[0], 240, 12);
  EXPECT_NEAR(jpeg->rgb[2], 10, 12);
}

TEST(ImageIo, CompressedFilesNameTheMissingOpenCv) {
  if (readsCompressedImages()) GTEST_SKIP() << "this build has OpenCV";
  const TemporaryFolder folder;
  const Result<ImagePixels> jpeg = decodeImage(folder.write("a.jpg", tinyJpeg()).string());
  ASSERT_FALSE(jpeg);
  EXPECT_EQ(jpeg.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(jpeg.error().message, HasSubstr("this build has no OpenCV"));
}

TEST(ImageIo, TruncatedFilesAreErrors) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  // A JPEG's last two bytes are its end marker, a PNG's last 20 the check sums and the end of its pixels:
  // what lacks only those has all its pixels.
  for (const auto& [whole, spare] :
       {std::pair{tinyJpeg(), std::size_t{2}}, std::pair{tinyPng(), std::size_t{20}}}) {
    for (std::size_t length = 0; length < whole.size();
         length += length < 40 || length + 40 > whole.size() ? 1 : 9) {
      const Result<ImagePixels> pixels = decodeImage(folder.write("image", whole.substr(0, length)).string());
      if (length + spare >= whole.size()) {
        if (length + (spare == 2 ? 2 : 12) < whole.size())
          continue;  // Within the check sums: either is fine.
        ASSERT_TRUE(pixels) << length << " of " << whole.size() << " bytes: " << pixels.error().text();
        EXPECT_EQ(pixels->rgb, decodeImage(folder.write("whole", whole).string())->rgb);
      } else {
        ASSERT_FALSE(pixels) << length << " of " << whole.size() << " bytes";
        EXPECT_EQ(pixels.error().code, ErrorCode::kBadData);
      }
    }
  }
}

TEST(ImageIo, MissingFilesAndFoldersAreErrors) {
  const TemporaryFolder folder;
  EXPECT_EQ(decodeImage((folder / "none.png").string()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(summarizeImage((folder / "none.png").string()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(decodeImage(folder.path().string()).error().code, ErrorCode::kIo);
  EXPECT_EQ(summarizeImage(folder.path().string()).error().code, ErrorCode::kIo);
}

TEST(ImageIo, KnowsImageNames) {
  EXPECT_TRUE(hasImageExtension("a/b.JPG"));
  EXPECT_TRUE(hasImageExtension("x.tar.png"));
  EXPECT_FALSE(hasImageExtension("jpg"));
  EXPECT_FALSE(hasImageExtension("folder.jpg/file"));
  EXPECT_FALSE(hasImageExtension("a.txt"));
}

TEST(ImageHeader, TakesBytesThatEndAnywhere) {
  const std::string beginnings[] = {
      std::string("RIFF<\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\0\0\0\0\0\0", 30),
      std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20\x08\x02\0\0\0", 29),
      std::string("\xff\xd8\xff\xe1\0\x10"
                  "Exif\0\0II*\0\x08\0\0\0",
                  20),
      std::string("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14"
                  "ftypjp2 \0\0\0\0jp2 ",
                  32),
      std::string("BM\x36\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x50\0\x3c\0\x01\0\x18\0", 26),
      std::string("II*\0\x08\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0", 18),
      "P6\n32 32\n255\n"};
  for (const std::string& whole : beginnings)
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const std::string_view bytes = std::string_view(whole).substr(0, length);
      EXPECT_NO_THROW((void)imageFormat(bytes)) << length << " bytes of " << whole.substr(0, 4);
      EXPECT_NO_THROW((void)netpbmHeader(bytes)) << length << " bytes of " << whole.substr(0, 4);
      EXPECT_NO_THROW((void)imageFacts(bytes)) << length << " bytes of " << whole.substr(0, 4);
    }
}

}  // namespace
}  // namespace anchorscope::testing
