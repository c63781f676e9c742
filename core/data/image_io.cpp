// The only file that includes OpenCV.
#include "core/data/image_io.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <limits>
#include <streambuf>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/data/image_decoders.h"
#include "core/data/pixel_rows.h"
#include "core/data/text_encoding.h"
#include "core/data/tiff_tags.h"

#if defined(ANCHORSCOPE_HAVE_OPENCV)
#include <tiffio.h>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#endif

namespace anchorscope {
namespace {

/// A header may claim this many pixels whatever the file's length; beyond it, so many per byte. Deflate
/// cannot do better than 1,032 bytes per byte; a picture with anything on it stays far below.
constexpr std::int64_t kPixelsOfAnyFile = std::int64_t{1} << 24, kPixelsPerByte = 4096;
/// Bytes that hold the header of most files; a long EXIF block or colour profile comes before others'.
constexpr std::size_t kBeginning = 4096, kLongBeginning = 1 << 18;

Error damaged(const std::string& path, const std::string& how) {
  return makeError(ErrorCode::kBadData, concat("'", path, "' is ", how),
                   "Replace the file or remove it from the set");
}

std::int64_t pixelsOf(SizePx size) {
  return std::int64_t{size.width} * size.height;
}

std::string sizeText(SizePx size) {
  return concat(size.width, "x", size.height, " px");
}

/// Whether rows are reduced as they are decoded, so that the full size needs no memory.
bool reducesRows(const ImageFacts& facts) {
  return (facts.format == ImageFormat::kJpeg || facts.format == ImageFormat::kPng) && !facts.interlaced;
}

/// Facts, from as much of the file as they need; `whole` is filled when it was all read.
Result<ImageFacts> readFacts(const std::string& path, std::string& whole) {
  for (const std::size_t count : {kBeginning, kLongBeginning}) {
    Result<std::string> bytes = readBeginning(path, count);
    if (!bytes) return std::move(bytes).error();
    if (bytes->empty()) return damaged(path, "empty");
    if (isGitLfsPointer(*bytes)) return gitLfsPointerError(path);
    if (imageFormat(*bytes) == ImageFormat::kUnknown)
      return damaged(path, bytes->find("<html") != std::string::npos || bytes->find("<!DOCTYPE html") == 0
                               ? "an HTML page, not an image"
                               : "no image in a known format");
    if (auto facts = imageFacts(*bytes)) return *facts;
    if (bytes->size() < count) return damaged(path, "damaged: its header holds no size");
  }
  Result<std::string> bytes = readFile(path);
  if (!bytes) return std::move(bytes).error();
  auto facts = imageFacts(*bytes);
  if (!facts) return damaged(path, "damaged: its header holds no size");
  whole = *std::move(bytes);
  return *std::move(facts);
}

Result<ImageSummary> checked(const std::string& path, ImageFacts facts, std::uint64_t fileBytes) {
  if (!facts.unreadable.empty())
    return makeError(ErrorCode::kUnsupported,
                     concat("'", path, "' is ", facts.unreadable, ", which this program does not read"),
                     "Convert it to an 8- or 16-bit PNG, TIFF or JPEG");
  const std::int64_t pixels = pixelsOf(facts.stored);
  if (pixels > kPixelsOfAnyFile && pixels / kPixelsPerByte > static_cast<std::int64_t>(fileBytes))
    return damaged(path, concat("damaged: its header claims ", sizeText(facts.stored), ", which ", fileBytes,
                                " bytes cannot hold"));
  ImageSummary summary{std::move(facts), 1};
  const bool byRows = reducesRows(summary.facts);
  while (summary.reduceBy < 8 &&
         pixelsOf(reducedSize(summary.facts.stored, summary.reduceBy)) > kMaxPicturePixels)
    summary.reduceBy *= 2;
  const bool fits = pixelsOf(reducedSize(summary.facts.stored, summary.reduceBy)) <= kMaxPicturePixels &&
                    (byRows || pixels <= kMaxDecodedPixels);
  if (!fits)
    return makeError(
        ErrorCode::kUnsupported,
        concat("'", path, "' has ", sizeText(summary.facts.stored), "; a ",
               summary.facts.interlaced ? "progressive " : "", toString(summary.facts.format),
               " of more than ", (byRows ? kMaxPicturePixels * 64 : kMaxDecodedPixels) >> 20,
               " x 2^20 pixels is not read"),
        byRows ? "Cut it into tiles"
               : "Save it as baseline JPEG or plain PNG, which are read in part, or cut it into tiles");
  return summary;
}

ImagePixels reduced(const ImagePixels& pixels, int reduceBy) {
  PixelRows<std::uint8_t> rows(pixels.size, reduceBy);
  for (int y = 0; y < pixels.size.height; ++y)
    rows.add(pixels.rgb.data() +
             static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels.size.width) * 3);
  return std::move(rows).take();
}

Result<ImagePixels> decodeNetpbm(const std::string& path, const std::string& bytes,
                                 const NetpbmHeader& header, int reduceBy) {
  const auto count = static_cast<std::size_t>(pixelsOf(header.size));
  const auto channels = static_cast<std::size_t>(header.channels);
  if (bytes.size() < header.pixelOffset || bytes.size() - header.pixelOffset < count * channels)
    return damaged(path, "truncated: its end is missing");
  ImagePixels pixels{header.size, std::vector<std::uint8_t>(count * 3)};
  const char* source = bytes.data() + header.pixelOffset;
  if (channels == 3) {
    std::memcpy(pixels.rgb.data(), source, count * 3);
  } else {
    for (std::size_t i = 0; i < count * 3; ++i)
      pixels.rgb[i] = static_cast<std::uint8_t>(source[i / 3]);
  }
  return reduceBy == 1 ? std::move(pixels) : reduced(pixels, reduceBy);
}

#if defined(ANCHORSCOPE_HAVE_OPENCV)

/// OpenCV tells of files that it cannot decode on std::cerr, itself and from any thread. This buffer stands
/// before std::cerr's own for the life of the program and keeps what the calling thread says while it
/// decodes.
class ErrorStream final : public std::streambuf {
 public:
  /// What was said between construction and take().
  class Capture {
   public:
    Capture() { said_ = &text_; }
    ~Capture() { said_ = nullptr; }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    std::string take() { return std::move(text_); }

   private:
    std::string text_;
  };

  /// Adds to what the calling thread's capture holds, if it has one.
  static void say(const char* text) {
    if (said_ != nullptr) *said_ += text;
  }

  static ErrorStream* install() {
    auto* stream = new ErrorStream(std::cerr.rdbuf());  // NOLINT: std::cerr is used until the very end
    std::cerr.rdbuf(stream);
    return stream;
  }

 private:
  explicit ErrorStream(std::streambuf* original) : original_(original) {}

  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    if (said_ == nullptr) return original_->sputc(traits_type::to_char_type(c));
    *said_ += traits_type::to_char_type(c);
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    if (said_ == nullptr) return original_->sputn(text, count);
    said_->append(text, static_cast<std::size_t>(count));
    return count;
  }
  int sync() override { return said_ == nullptr ? original_->pubsync() : 0; }

  static thread_local std::string* said_;
  std::streambuf* original_;
};

thread_local std::string* ErrorStream::said_ = nullptr;
// Before main, while there is one thread.
[[maybe_unused]] const ErrorStream* const errorStream = ErrorStream::install();

/// What libtiff says of an error. OpenCV goes on with whatever it has then, and fills the rest with black.
void onTiffError(thandle_t, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  ErrorStream::say(text);
}

template <typename Sample>
ImagePixels fromBgr(const cv::Mat& image, int reduceBy) {
  PixelRows<Sample> rows({image.cols, image.rows}, reduceBy);
  std::vector<Sample> line(static_cast<std::size_t>(image.cols) * 3);
  for (int y = 0; y < image.rows; ++y) {
    const Sample* bgr = image.ptr<Sample>(y);
    for (std::size_t i = 0; i < line.size(); i += 3) {
      line[i] = bgr[i + 2];
      line[i + 1] = bgr[i + 1];
      line[i + 2] = bgr[i];
    }
    rows.add(line.data());
  }
  return std::move(rows).take();
}

Result<ImagePixels> decodeOther(const std::string& path, std::string& bytes, const ImageSummary& summary,
                                int reduceBy) {
  static const bool quiet = [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    TIFFSetErrorHandlerExt(onTiffError);
    return true;
  }();
  (void)quiet;
  // OpenCV turns these whatever it is told.
  if (summary.facts.format == ImageFormat::kTiff) clearTiffOrientation(bytes);
  cv::Mat decoded;
  ErrorStream::Capture capture;
  std::string said;
  int flags = cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION;
  if (summary.facts.bitsPerSample > 8) flags |= cv::IMREAD_ANYDEPTH;
  try {
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, bytes.data());
    decoded = cv::imdecode(encoded, flags);
  } catch (const cv::Exception& exception) {
    said = exception.what();
  }
  said += capture.take();
  const bool damagedTiff = summary.facts.format == ImageFormat::kTiff && !said.empty();
  if (decoded.empty() || damagedTiff || (decoded.type() != CV_8UC3 && decoded.type() != CV_16UC3)) {
    Error error = damaged(path, concat("damaged, or a ", toString(summary.facts.format),
                                       " of a kind that this program does not read"));
    error.details = said;
    return error;
  }
  return decoded.type() == CV_8UC3 ? fromBgr<std::uint8_t>(decoded, reduceBy)
                                   : fromBgr<std::uint16_t>(decoded, reduceBy);
}

Result<ImagePixels> decodeRows(const std::string& path, std::string& bytes, const ImageSummary& summary,
                               int reduceBy) {
  if (summary.facts.format == ImageFormat::kJpeg) return decodeJpeg(bytes, path, reduceBy);
  if (summary.facts.format == ImageFormat::kPng) return decodePng(bytes, path, reduceBy);
  return decodeOther(path, bytes, summary, reduceBy);
}
#else
Result<ImagePixels> decodeRows(const std::string& path, std::string&, const ImageSummary&, int) {
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
  static constexpr std::array<std::string_view, 25> kExtensions{
      "jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "bmp",  "dib",  "tif",  "tiff", "webp",
      "jp2", "j2k",  "jpx", "ppm",  "pgm", "pbm", "pnm", "gif",  "avif", "heic", "heif", "jxl"};
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return false;
  std::string extension = path.substr(dot + 1);
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Result<ImageSummary> summarizeImage(const std::string& path) {
  std::string whole;
  Result<ImageFacts> facts = readFacts(path, whole);
  if (!facts) return std::move(facts).error();
  std::error_code code;
  const std::uintmax_t bytes = std::filesystem::file_size(path, code);
  return checked(path, *std::move(facts), code ? 0 : bytes);
}

Result<ImagePixels> decodeImage(const std::string& path, const DecodeOptions& options) {
  std::string bytes;
  Result<ImageFacts> facts = readFacts(path, bytes);
  if (!facts) return std::move(facts).error();
  if (bytes.empty()) {
    Result<std::string> read = readFile(path);
    if (!read) return std::move(read).error();
    bytes = *std::move(read);
  }
  const Result<ImageSummary> summary = checked(path, *std::move(facts), bytes.size());
  if (!summary) return summary.error();
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return damaged(path, "longer than the 2 GiB that this program reads");
  const auto netpbm = netpbmHeader(bytes);
  Result<ImagePixels> pixels = netpbm ? decodeNetpbm(path, bytes, *netpbm, options.reduceBy)
                                      : decodeRows(path, bytes, *summary, options.reduceBy);
  if (!pixels || options.orientation == 1) return pixels;
  return turned(*std::move(pixels), options.orientation);
}

ImagePixels turned(ImagePixels pixels, int orientation) {
  if (orientation < 2 || orientation > 8) return pixels;
  const int width = pixels.size.width, height = pixels.size.height;
  ImagePixels out;
  out.size = orientation < 5 ? pixels.size : SizePx{height, width};
  out.rgb.resize(pixels.rgb.size());
  // Where each pixel of the upright picture stands in the stored one (EXIF 2.32, tag 274).
  const bool transposes = orientation >= 5;
  const bool fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool fromBottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  std::uint8_t* target = out.rgb.data();
  for (int y = 0; y < out.size.height; ++y)
    for (int x = 0; x < out.size.width; ++x, target += 3) {
      const int alongX = transposes ? y : x, alongY = transposes ? x : y;
      const int sourceX = fromRight ? width - 1 - alongX : alongX;
      const int sourceY = fromBottom ? height - 1 - alongY : alongY;
      std::memcpy(
          target,
          pixels.rgb.data() + 3 * (static_cast<std::size_t>(sourceY) * static_cast<std::size_t>(width) +
                                   static_cast<std::size_t>(sourceX)),
          3);
    }
  return out;
}

}  // namespace anchorscope
