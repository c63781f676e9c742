#pragma once
// Small files and in-memory sets for the tests of core/data.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/warp.h"

namespace anchorscope::testing {

/// An 8x6 JPEG and PNG; left half about rgb (240, 200, 10), right half (240, 30, 10).
std::string tinyJpeg();
std::string tinyPng();
/// A binary PPM of one grey value.
std::string greyPpm(int width, int height, unsigned char value = 128);

/// A PNG without compression. `rows`: height rows as PNG stores them, without their filter bytes. Colour 0:
/// grey, 2: RGB. `exif`: a block without "Exif\0\0", or empty.
std::string pngOf(int width, int height, int bitDepth, int color, const std::string& rows,
                  const std::string& exif = {});
/// An uncompressed little-endian TIFF: the tags (with one short or long each) are the picture's own.
std::string tiffOf(const std::vector<std::pair<int, unsigned>>& tags, const std::string& pixels);
/// An EXIF block that says nothing but an orientation.
std::string exifOf(int orientation);
/// A JPEG with an EXIF block put in.
std::string withExif(const std::string& jpeg, int orientation);

std::string vocObject(const std::string& name, const std::string& x1, const std::string& y1,
                      const std::string& x2, const std::string& y2);
std::string vocFile(const std::string& imageName, int width, int height, const std::string& objects);

std::vector<std::string> kindsOf(const Diagnostics& diagnostics);
std::size_t objectCount(const Dataset& dataset);
/// Null, with a failed test, when it cannot be opened.
std::shared_ptr<const Dataset> openOrFail(const std::string& spec, std::uint64_t splitSeed = 0);

/// A set made of pixels in memory, some of which cannot be read.
class MemoryDataset final : public Dataset {
 public:
  explicit MemoryDataset(std::vector<ImagePixels> pixels);
  void addObject(std::size_t imageIndex, const Box& boxInImage, int classIndex = 0);
  void breakImage(std::size_t imageIndex) { broken_.insert(imageIndex); }
  int loads() const { return loads_; }
  std::function<void(int loads)> onLoad;  ///< Called by every load; may be empty.

  const std::string& spec() const override { return spec_; }
  const std::vector<std::string>& classNames() const override { return classNames_; }
  const std::vector<ImageRecord>& images() const override { return images_; }
  const Diagnostics& diagnostics() const override { return diagnostics_; }
  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override;

 private:
  std::string spec_ = "memory";
  std::vector<std::string> classNames_{"a", "b"};
  std::vector<ImagePixels> pixels_;
  std::vector<ImageRecord> images_;
  std::set<std::size_t> broken_;
  Diagnostics diagnostics_;
  mutable std::atomic<int> loads_{0};
};

/// Where channel 0 of a pixel stands among interleaved ones.
inline std::size_t pixelOffset(SizePx size, int x, int y) {
  return 3 *
         (static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x));
}

ImagePixels plainImage(SizePx size, std::uint8_t value);
void fillRect(ImagePixels& pixels, const PixelRect& rect, std::uint8_t value);

}  // namespace anchorscope::testing
