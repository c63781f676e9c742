// Pictures as people have them: turned by EXIF, 16 bits deep, very large, of another kind than their name
// says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/data/image_io.h"
#include "core/data/loader.h"
#include "tests/data/sample_files.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A 6x4 grey picture of 8 bits: 200 in the two left columns of the two upper rows, else 20.
constexpr int kWidth = 6, kHeight = 4;
std::string cornerRows() {
  std::string rows;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      rows += static_cast<char>(x < 2 && y < 2 ? 200 : 20);
  return rows;
}

std::string turnedPng(int orientation) {
  return pngOf(kWidth, kHeight, 8, 0, cornerRows(), exifOf(orientation));
}

std::string turnedTiff(int orientation) {
  return tiffOf({{256, kWidth},
                 {257, kHeight},
                 {258, 8},
                 {259, 1},
                 {262, 1},
                 {274, static_cast<unsigned>(orientation)},
                 {277, 1},
                 {278, kHeight}},
                cornerRows());
}

/// Where the bright corner is: "top left" ...
std::string brightCorner(const ImagePixels& pixels) {
  const auto at = [&](int x, int y) { return pixels.rgb[pixelOffset(pixels.size, x, y)]; };
  const int right = pixels.size.width - 1, bottom = pixels.size.height - 1;
  std::string out;
  if (at(0, 0) > 100) out += "top left";
  if (at(right, 0) > 100) out += "top right";
  if (at(0, bottom) > 100) out += "bottom left";
  if (at(right, bottom) > 100) out += "bottom right";
  return out;
}

class Exif : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  }
  std::string voc(int width, int height, const std::string& box) {
    folder.write("Annotations/a.xml", vocFile("a.png", width, height, box));
    return "voc:" + folder.path().string();
  }
  TemporaryFolder folder;
};

TEST_F(Exif, TurnsEveryOrientationUprightInEveryFormat) {
  // The stored corner is at the top left; EXIF 2.32, tag 274: where the stored first row and column belong.
  const std::pair<int, const char*> wanted[] = {{1, "top left"},     {2, "top right"},  {3, "bottom right"},
                                                {4, "bottom left"},  {5, "top left"},   {6, "top right"},
                                                {7, "bottom right"}, {8, "bottom left"}};
  for (const auto& [orientation, corner] : wanted)
    for (const auto& [name, bytes] :
         {std::pair{"a.png", turnedPng(orientation)}, std::pair{"a.tif", turnedTiff(orientation)}}) {
      const TemporaryFolder own;
      own.write(name, bytes);
      const auto dataset = openOrFail("folder:" + own.path().string());
      ASSERT_TRUE(dataset);
      const auto pixels = dataset->loadPixels(0);
      ASSERT_TRUE(pixels) << pixels.error().text();
      EXPECT_EQ((*pixels)->size, orientation < 5 ? (SizePx{kWidth, kHeight}) : (SizePx{kHeight, kWidth}))
          << name;
      EXPECT_EQ(brightCorner(**pixels), corner) << name << ", orientation " << orientation;
      EXPECT_EQ(dataset->diagnostics().empty(), orientation == 1);
    }
}

TEST_F(Exif, TurnsJpegsUpright) {
  folder.write("a.jpg", withExif(tinyJpeg(), 6));  // 8x6, yellow on the left, red on the right
  const auto dataset = openOrFail("folder:" + folder.path().string());
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_EQ(dataset->images()[0].size, (SizePx{6, 8}));
  const auto pixels = dataset->loadPixels(0);
  ASSERT_TRUE(pixels) << pixels.error().text();
  EXPECT_GT((*pixels)->rgb[pixelOffset({6, 8}, 3, 0) + 1], 150) << "yellow above";
  EXPECT_LT((*pixels)->rgb[pixelOffset({6, 8}, 3, 7) + 1], 80) << "red below";
}

TEST_F(Exif, TheStatedSizeSaysForWhichPictureTheBoxesAre) {
  folder.write("JPEGImages/a.png", turnedPng(6));
  // Made on the upright picture, 4x6: the corner is at its top right.
  const auto upright = openOrFail(voc(kHeight, kWidth, vocObject("x", "2", "0", "4", "2")));
  ASSERT_EQ(upright->images().size(), 1u);
  EXPECT_EQ(brightCorner(**upright->loadPixels(0)), "top right");
  EXPECT_EQ(upright->images()[0].annotations[0].boxInImage, (Box{2, 0, 4, 2}));
  // Made on the stored one, 6x4: read as it is stored, and told.
  const auto stored = openOrFail(voc(kWidth, kHeight, vocObject("x", "0", "0", "2", "2")));
  ASSERT_EQ(stored->images().size(), 1u);
  EXPECT_EQ(brightCorner(**stored->loadPixels(0)), "top left");
  EXPECT_EQ(stored->images()[0].annotations[0].boxInImage, (Box{0, 0, 2, 2}));
  ASSERT_EQ(stored->diagnostics().problems().size(), 1u);
  EXPECT_THAT(stored->diagnostics().problems()[0].message, HasSubstr("EXIF turns it to 4x6 px"));
  // Of neither size: EXIF is named.
  const auto neither = openDataset(voc(10, 10, vocObject("x", "0", "0", "2", "2")));
  ASSERT_FALSE(neither);
  EXPECT_THAT(neither.error().text(), HasSubstr("turned by EXIF"));
}

TEST_F(Exif, TheObjectLiesUnderItsBoxInTrainingAndEvaluation) {
  folder.write("JPEGImages/a.png", turnedPng(8));  // the corner is at the bottom left of 4x6
  const auto dataset = openOrFail(voc(kHeight, kWidth, vocObject("x", "0", "4", "2", "6")));
  ASSERT_TRUE(dataset);
  LoaderOptions options;
  options.shape = InputShape::fixed({48, 48});
  options.batchSize = 1;
  for (const char* name : {"brightness", "contrast", "saturation"})
    ASSERT_TRUE(options.params.set(name, "0").ok());
  ASSERT_TRUE(options.params.set("min_visible", "0.9").ok());
  std::vector<Batch> batches;
  const std::unique_ptr<Loader> loader = makeLoader(dataset, options);
  for (int i = 0; i < 8; ++i)
    batches.push_back(*loader->next());  // flipped, moved and zoomed
  batches.push_back(*loadForInference(*dataset, {0}, options));
  for (const Batch& batch : batches) {
    if (batch.samples[0].objectsInInput.empty()) continue;  // cropped away
    const Box& box = batch.samples[0].objectsInInput[0].boxInImage;
    const auto at = [&](float x, float y) {
      return batch.pixels[pixelOffset(batch.inputSize, static_cast<int>(x), static_cast<int>(y))];
    };
    EXPECT_NEAR(at(box.centerX(), box.centerY()), 200, 13);
    // Away from it, across the picture's middle.
    const Box picture = batch.samples[0].inputFromImage.map({0, 0, kHeight, kWidth});
    const float x = picture.x1 + picture.x2 - box.centerX(), y = picture.y1 + picture.y2 - box.centerY();
    if (x < 1 || y < 1 || x > 46 || y > 46) continue;
    EXPECT_NEAR(at(x, y), 20, 13);
  }
  EXPECT_FALSE(batches.back().samples[0].objectsInInput.empty());
}

TEST_F(Exif, CanBeIgnored) {
  folder.write("JPEGImages/a.png", turnedPng(6));
  DatasetOptions options;
  options.upright = false;
  const auto dataset = openDataset(voc(kWidth, kHeight, vocObject("x", "0", "0", "2", "2")), options);
  ASSERT_TRUE(dataset) << dataset.error().text();
  EXPECT_EQ((*dataset)->images()[0].size, (SizePx{kWidth, kHeight}));
  EXPECT_EQ(brightCorner(**(*dataset)->loadPixels(0)), "top left");
  EXPECT_THAT(kindsOf((*dataset)->diagnostics()), ElementsAre("EXIF orientation"));
}

// ---- depth

TEST(DeepImages, AreStretchedByTheBitsTheyUse) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  const auto brightest = [&](unsigned largest) {
    std::string rows, little;
    for (const unsigned value : {0U, largest / 2, largest, largest}) {
      rows += {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
      little += {static_cast<char>(value & 0xffU), static_cast<char>(value >> 8U)};
    }
    const auto png = decodeImage(folder.write("a.png", pngOf(4, 1, 16, 0, rows)).string());
    const auto tiff = decodeImage(
        folder
            .write("a.tif",
                   tiffOf({{256, 4}, {257, 1}, {258, 16}, {259, 1}, {262, 1}, {277, 1}, {278, 1}}, little))
            .string());
    EXPECT_TRUE(png && tiff);
    if (!png || !tiff) return std::pair{-1, -1};
    EXPECT_EQ(png->rgb, tiff->rgb);
    return std::pair<int, int>{png->rgb[3], png->rgb[9]};
  };
  EXPECT_EQ(brightest(65535), (std::pair{127, 255}));
  EXPECT_EQ(brightest(4095), (std::pair{127, 255})) << "12 bits";
  EXPECT_EQ(brightest(1023), (std::pair{127, 255})) << "10 bits";
  EXPECT_EQ(brightest(200), (std::pair{100, 200})) << "8 bits in a 16-bit file are left as they are";
}

// ---- size and claims

TEST(LargeImages, AreReadReduced) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  // 8,200 x 8,200 px of one bit each, one white square from (4096, 2048) to (6144, 4096).
  constexpr int kSide = 8200;
  std::string rows;
  for (int y = 0; y < kSide; ++y) {
    std::string row(kSide / 8, '\0');
    if (y >= 2048 && y < 4096) std::fill(row.begin() + 4096 / 8, row.begin() + 6144 / 8, '\xff');
    rows += row;
  }
  const TemporaryFolder folder;
  folder.write("JPEGImages/a.png", pngOf(kSide, kSide, 1, 0, rows));
  folder.write("Annotations/a.xml",
               vocFile("a.png", kSide, kSide, vocObject("x", "4096", "2048", "6144", "4096")));
  const auto dataset = openOrFail("voc:" + folder.path().string());
  ASSERT_TRUE(dataset);
  const ImageRecord& image = dataset->images()[0];
  EXPECT_EQ(image.size, (SizePx{4100, 4100}));
  EXPECT_EQ(image.reducedBy, 2);
  EXPECT_EQ(image.annotations[0].boxInImage, (Box{2048, 1024, 3072, 2048}));
  EXPECT_DOUBLE_EQ(image.annotations[0].areaPx, 1024 * 1024);
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("large image reduced"));
  const auto pixels = dataset->loadPixels(0);
  ASSERT_TRUE(pixels) << pixels.error().text();
  ASSERT_EQ((*pixels)->size, image.size);
  const auto at = [&](int x, int y) {
    return static_cast<int>((*pixels)->rgb[pixelOffset(image.size, x, y)]);
  };
  EXPECT_EQ(at(2047, 1024), 0);
  EXPECT_EQ(at(2048, 1023), 0);
  EXPECT_EQ(at(2048, 1024), 255);
  EXPECT_EQ(at(3071, 2047), 255);
  EXPECT_EQ(at(3072, 2047), 0);
}

TEST(LargeImages, ClaimsAreCheckedBeforeAnythingIsAllocated) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  const std::pair<const char*, std::string> files[] = {
      {"a.tif", tiffOf({{256, 30000}, {257, 30000}, {258, 8}, {259, 5}, {262, 1}, {277, 1}, {278, 30000}},
                       std::string(260, 'x'))},
      {"a.png", pngOf(16384, 16384, 8, 2, "").substr(0, 200)},
      {"a.bmp", std::string("BM") + std::string(12, '\0') +
                    std::string("\x28\0\0\0\x30\x75\0\0\x30\x75\0\0\x01\0\x18\0", 16) +
                    std::string(400, '\0')},
      {"b.tif",
       tiffOf(
           {{256, 80}, {257, 60}, {258, 8}, {259, 5}, {262, 1}, {277, 1}, {322, 1U << 20U}, {323, 1U << 20U}},
           "xx")}};
  for (const auto& [name, bytes] : files) {
    const auto summary = summarizeImage(folder.write(name, bytes).string());
    EXPECT_FALSE(summary) << name;
    if (!summary) {
      EXPECT_THAT(summary.error().message,
                  ::testing::AnyOf(HasSubstr("bytes cannot hold"), HasSubstr("tiles")))
          << name;
    }
    EXPECT_FALSE(decodeImage((folder / name).string())) << name;
  }
}

TEST(LargeImages, TheLimitIsNamed) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  // Long enough for what it claims, by a hole in the file.
  const auto path = folder.write(
      "a.tif",
      tiffOf({{256, 20000}, {257, 14000}, {258, 8}, {259, 1}, {262, 1}, {277, 1}, {278, 14000}}, ""));
  std::filesystem::resize_file(path, 20000 * 14000 + 200);
  const auto summary = summarizeImage(path.string());
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(summary.error().message, HasSubstr("20000x14000 px; a TIFF of more than 128 x 2^20 pixels"));
}

TEST(LargeImages, ProgressiveOnesAreBoundedBecauseTheyAreHeldWhole) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  for (const bool progressive : {false, true}) {
    std::string jpeg = tinyJpeg();
    const std::size_t frame = jpeg.find("\xff\xc0");
    ASSERT_NE(frame, std::string::npos);
    if (progressive) jpeg[frame + 1] = '\xc2';
    jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");  // 65,500 x 65,500 px
    const auto path = folder.write("a.jpg", jpeg);
    std::filesystem::resize_file(path, 2000000);
    const auto summary = summarizeImage(path.string());
    ASSERT_EQ(summary.ok(), !progressive);
    if (progressive)
      EXPECT_THAT(summary.error().message, HasSubstr("a progressive JPEG of more than 128 x 2^20 pixels"));
    else
      EXPECT_EQ(summary->reduceBy, 8);
    const auto pixels = decodeImage(path.string(), {1, 8});
    ASSERT_FALSE(pixels);
    EXPECT_NE(pixels.error().code, ErrorCode::kInternal);
  }
}

// ---- kinds

TEST(ImageKinds, AreNamedForWhatTheyAre) {
  const TemporaryFolder folder;
  const std::pair<std::string, const char*> files[] = {
      {std::string("GIF89a") + std::string(40, '\1'), "a GIF image"},
      {std::string("\0\0\0\x20"
                   "ftypavif",
                   12) +
           std::string(40, '\1'),
       "an AVIF image"},
      {std::string("\0\0\0\x18"
                   "ftypheic",
                   12) +
           std::string(40, '\1'),
       "a HEIC image"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a Git LFS pointer"},
      {"<!DOCTYPE html><html></html>", "an HTML page"},
      {"hello", "no image in a known format"},
      {tiffOf({{256, 4}, {257, 1}, {258, 32}, {259, 1}, {262, 1}, {277, 1}, {278, 1}, {339, 3}},
              std::string(16, '\0')),
       "a TIFF of 32-bit floating-point samples"},
      {tiffOf({{256, 4}, {257, 1}, {258, 8}, {259, 1}, {262, 1}, {277, 5}, {278, 1}}, std::string(20, '\0')),
       "a TIFF of 5 channels"}};
  for (const auto& [bytes, what] : files) {
    const auto summary = summarizeImage(folder.write("a.jpg", bytes).string());
    ASSERT_FALSE(summary) << what;
    EXPECT_THAT(summary.error().message, HasSubstr(what));
    EXPECT_EQ(decodeImage((folder / "a.jpg").string()).error().message, summary.error().message);
  }
}

TEST(ImageKinds, LibrariesSayNothingOnTheTerminal) {
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  const std::string bmp = std::string("BM") + std::string(8, '\0') +
                          std::string("\x36\0\0\0\x28\0\0\0\x50\0\0\0\x3c\0\0\0\x01\0\x07\0", 20) +
                          std::string(24, '\x7f');
  std::string cutJpeg = tinyJpeg();
  cutJpeg.resize(cutJpeg.size() - 30);
  std::string wrongPng = tinyPng();
  wrongPng[45] = static_cast<char>(wrongPng[45] ^ 0x55);
  std::string read;
  ::testing::internal::CaptureStderr();
  for (const auto& [name, bytes] :
       {std::pair{"a.bmp", bmp}, std::pair{"a.jpg", cutJpeg}, std::pair{"a.png", wrongPng},
        std::pair{"a.tif", tiffOf({{256, 80}, {257, 60}, {258, 8}, {259, 5}, {262, 1}, {277, 1}, {278, 60}},
                                  "no LZW data")},
        std::pair{"a.webp",
                  std::string("RIFF\x40\0\0\0WEBPVP8 \x30\0\0\0\x10\x20\x30\x9d\x01\x2a\x50\0\x3c\0", 30) +
                      std::string(50, '\x11')}}) {
    const auto pixels = decodeImage(folder.write(name, bytes).string());
    if (pixels)
      read += std::string(name) + " ";
    else
      EXPECT_FALSE(pixels.error().message.empty());
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(read, "");
}

TEST(ImageKinds, CutFilesAreDamagedInEveryFormat) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "inputs");
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const TemporaryFolder folder;
  for (const char* name :
       {"31-jfif/images/x_jp2.jp2", "33-tiff/images/rgb.tif", "33-tiff/images/rgb16.tif",
        "37-wrong-extension/images/webp.jpg", "62-bmp-os2/images/a.bmp", "31-jfif/images/x_jpe.jpe"}) {
    const std::string whole = readFile(path / name);
    ASSERT_TRUE(decodeImage((path / name).string())) << name;
    const auto pixels = decodeImage(folder.write("cut", whole.substr(0, whole.size() * 2 / 3)).string());
    EXPECT_FALSE(pixels) << name;
  }
}

TEST(ImageKinds, OnlyRegularFilesAreOpened) {
  const TemporaryFolder folder;
  const std::string pipe = (folder / "a.png").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(summarizeImage(pipe).error().code, ErrorCode::kIo);
  EXPECT_EQ(decodeImage(pipe).error().code, ErrorCode::kIo);
  EXPECT_EQ(decodeImage("/dev/zero").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace anchorscope::testing
