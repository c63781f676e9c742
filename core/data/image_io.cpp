// The only file that includes OpenCV.
#include "core/data/image_io.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <limits>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/data/image_header.h"

#if defined(ANCHORSCOPE_HAVE_OPENCV)
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#endif

namespace anchorscope {
namespace {

Error damaged(const std::string& path, const std::string& how) {
  return makeError(ErrorCode::kBadData, concat("'", path, "' is ", how),
                   "Replace the file or remove it from the set");
}

Result<ImagePixels> decodeNetpbm(const std::string& path, const std::string& bytes) {
  const auto header = netpbmHeader(bytes);
  if (!header) return damaged(path, "no binary 8-bit PGM or PPM file");
  const std::size_t count =
      static_cast<std::size_t>(header->size.width) * static_cast<std::size_t>(header->size.height);
  if (count > static_cast<std::size_t>(kMaxImagePixels))
    return damaged(path, "larger than any image this program reads");
  const auto channels = static_cast<std::size_t>(header->channels);
  if (bytes.size() - header->pixelOffset < count * channels) return damaged(path, "a truncated PPM file");
  ImagePixels pixels{header->size, std::vector<std::uint8_t>(count * 3)};
  const char* source = bytes.data() + header->pixelOffset;
  if (channels == 3) {
    std::memcpy(pixels.rgb.data(), source, count * 3);
  } else {
    for (std::size_t i = 0; i < count * 3; ++i)
      pixels.rgb[i] = static_cast<std::uint8_t>(source[i / 3]);
  }
  return pixels;
}

#if defined(ANCHORSCOPE_HAVE_OPENCV)
Result<ImagePixels> decodeOther(const std::string& path, std::string& bytes) {
  cv::Mat decoded;
  try {
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, bytes.data());
    decoded = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& exception) {
    Error error = damaged(path, "damaged: OpenCV cannot decode it");
    error.details = exception.what();
    return error;
  }
  if (decoded.empty() || decoded.type() != CV_8UC3)
    return damaged(path, "damaged, or no image in a known format");
  const std::size_t width = static_cast<std::size_t>(decoded.cols);
  ImagePixels pixels{{decoded.cols, decoded.rows},
                     std::vector<std::uint8_t>(width * static_cast<std::size_t>(decoded.rows) * 3)};
  std::uint8_t* target = pixels.rgb.data();
  for (int row = 0; row < decoded.rows; ++row) {
    const std::uint8_t* bgr = decoded.ptr<std::uint8_t>(row);
    for (std::size_t x = 0; x < width; ++x, target += 3, bgr += 3) {
      target[0] = bgr[2];
      target[1] = bgr[1];
      target[2] = bgr[0];
    }
  }
  return pixels;
}
#else
Result<ImagePixels> decodeOther(const std::string& path, std::string&) {
  return makeError(ErrorCode::kUnsupported, concat("'", path, "' cannot be read: this build has no OpenCV"),
                   "Build with OpenCV, or convert the images to PPM");
}
#endif

}  // namespace

bool readsCompressedImages() {
#if defined(ANCHORSCOPE_HAVE_OPENCV)
  return true;
#else
  return false;
#endif
}

bool hasImageExtension(const std::string& path) {
  static constexpr std::array<std::string_view, 9> kExtensions{"jpg",  "jpeg", "png", "bmp", "tif",
                                                               "tiff", "webp", "ppm", "pgm"};
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return false;
  std::string extension = path.substr(dot + 1);
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Result<SizePx> readImageSize(const std::string& path) {
  std::array<char, 4096> beginning;
  std::ifstream stream(path, std::ios::binary);
  stream.read(beginning.data(), beginning.size());
  const std::string_view bytes(beginning.data(),
                               static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (const auto size = sizeFromHeader(bytes)) return *size;
  // A long EXIF block or colour profile comes before a JPEG's frame header: take the whole file.
  Result<std::string> whole = readFile(path);
  if (!whole) return std::move(whole).error();
  if (const auto size = sizeFromHeader(*whole)) return *size;
  if (imageFormat(*whole) != ImageFormat::kUnknown) return damaged(path, "damaged: its header holds no size");
  Result<ImagePixels> decoded = decodeImage(path);
  if (!decoded) return std::move(decoded).error();
  return decoded->size;
}

Result<ImagePixels> decodeImage(const std::string& path) {
  Result<std::string> bytes = readFile(path);
  if (!bytes) return std::move(bytes).error();
  if (bytes->empty()) return damaged(path, "empty");
  if (imageFormat(*bytes) == ImageFormat::kNetpbm) return decodeNetpbm(path, *bytes);
  if (const auto size = sizeFromHeader(*bytes);
      size && std::int64_t{size->width} * size->height > kMaxImagePixels)
    return damaged(path, "larger than any image this program reads");
  if (bytes->size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return damaged(path, "larger than any image this program reads");
  if (!reachesItsEnd(*bytes)) return damaged(path, "truncated: its end is missing");
  return decodeOther(path, *bytes);
}

}  // namespace anchorscope
