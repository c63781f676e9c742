#include "tests/data/sample_files.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace anchorscope::testing {
namespace {

std::string fromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

// clang-format off
constexpr std::string_view kJpegHex =
    "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a07"
    "0706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffdb0043010304"
    "0405040509050509140d0b0d141414141414141414141414141414141414141414141414141414141414141414141414"
    "1414141414141414141414141414ffc00011080006000803012200021101031101ffc4001f0000010501010101010100"
    "000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221"
    "31410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
    "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a9293949596979899"
    "9aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1"
    "f2f3f4f5f6f7f8f9faffc4001f0100030101010101010101010000000000000102030405060708090a0bffc400b51100"
    "020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f015"
    "6272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a63646566676869"
    "6a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4"
    "c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9faffda000c03010002110311003f00e8"
    "7f6b3ff9957fedefff0068d14515fcc3c35ff22aa3ff006f7fe94cfeede11ff91250ff00b7bff4b91fffd9";
constexpr std::string_view kPngHex =
    "89504e470d0a1a0a0000000d4948445200000008000000060802000000716748ac000000174944415408d763fc70828b"
    "010ec2104c26061c801e120036e70224bbf114f90000000049454e44ae426082";
// clang-format on

}  // namespace

std::string tinyJpeg() {
  return fromHex(kJpegHex);
}

std::string tinyPng() {
  return fromHex(kPngHex);
}

std::string greyPpm(int width, int height, unsigned char value) {
  std::ostringstream stream;
  stream << "P6\n" << width << " " << height << "\n255\n";
  return stream.str() + std::string(static_cast<std::size_t>(3 * width * height), static_cast<char>(value));
}

namespace {

std::string bigEndian(unsigned value, int bytes = 4) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i) & 0xffU);
  return out;
}

std::string littleEndian(unsigned value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> (8 * i) & 0xffU);
  return out;
}

std::string pngChunk(const std::string& type, const std::string& data) {
  static const std::vector<unsigned> kTable = [] {
    std::vector<unsigned> table(256);
    for (unsigned n = 0; n < 256; ++n) {
      unsigned c = n;
      for (int k = 0; k < 8; ++k)
        c = (c & 1U) != 0 ? 0xedb88320U ^ c >> 1U : c >> 1U;
      table[n] = c;
    }
    return table;
  }();
  unsigned crc = 0xffffffffU;
  for (const char c : type + data)
    crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ crc >> 8U;
  return bigEndian(static_cast<unsigned>(data.size())) + type + data + bigEndian(~crc);
}

/// zlib's form with stored blocks.
std::string stored(const std::string& data) {
  std::string out = "\x78\x01";
  for (std::size_t at = 0; at < data.size() || at == 0; at += 65535) {
    const auto length = static_cast<unsigned>(std::min<std::size_t>(65535, data.size() - at));
    out += at + length == data.size() ? '\1' : '\0';
    out += littleEndian(length, 2) + littleEndian(~length & 0xffffU, 2) + data.substr(at, length);
  }
  unsigned a = 1, b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return out + bigEndian(b << 16U | a);
}

}  // namespace

std::string pngOf(int width, int height, int bitDepth, int color, const std::string& rows,
                  const std::string& exif) {
  const std::size_t stride = rows.size() / static_cast<std::size_t>(height);
  std::string filtered;
  for (int y = 0; y < height; ++y)
    filtered += '\0' + rows.substr(static_cast<std::size_t>(y) * stride, stride);
  const std::string header = bigEndian(static_cast<unsigned>(width)) +
                             bigEndian(static_cast<unsigned>(height)) + static_cast<char>(bitDepth) +
                             static_cast<char>(color) + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + pngChunk("IHDR", header) + (exif.empty() ? "" : pngChunk("eXIf", exif)) +
         pngChunk("IDAT", stored(filtered)) + pngChunk("IEND", "");
}

std::string tiffOf(const std::vector<std::pair<int, unsigned>>& tags, const std::string& pixels) {
  std::map<int, unsigned> all(tags.begin(), tags.end());  // They stand in order.
  all[273] = static_cast<unsigned>(8 + 2 + 12 * (all.size() + 2) + 4);
  all[279] = static_cast<unsigned>(pixels.size());
  std::string out = std::string("II*\0\x08\0\0\0", 8) + littleEndian(static_cast<unsigned>(all.size()), 2);
  for (const auto& [tag, value] : all)
    out += littleEndian(static_cast<unsigned>(tag), 2) + littleEndian(4, 2) + littleEndian(1, 4) +
           littleEndian(value, 4);
  return out + std::string(4, '\0') + pixels;
}

std::string exifOf(int orientation) {
  return std::string("II*\0\x08\0\0\0\x01\0", 10) + littleEndian(274, 2) + littleEndian(3, 2) +
         littleEndian(1, 4) + littleEndian(static_cast<unsigned>(orientation), 4) + std::string(4, '\0');
}

std::string withExif(const std::string& jpeg, int orientation) {
  const std::string block = std::string("Exif\0\0", 6) + exifOf(orientation);
  return jpeg.substr(0, 2) + "\xff\xe1" + bigEndian(static_cast<unsigned>(block.size() + 2), 2) + block +
         jpeg.substr(2);
}

std::string vocObject(const std::string& name, const std::string& x1, const std::string& y1,
                      const std::string& x2, const std::string& y2) {
  return "  <object>\n    <name>" + name + "</name>\n    <bndbox><xmin>" + x1 + "</xmin><ymin>" + y1 +
         "</ymin><xmax>" + x2 + "</xmax><ymax>" + y2 + "</ymax></bndbox>\n  </object>\n";
}

std::string vocFile(const std::string& imageName, int width, int height, const std::string& objects) {
  return "<annotation>\n  <filename>" + imageName + "</filename>\n  <size><width>" + std::to_string(width) +
         "</width><height>" + std::to_string(height) + "</height><depth>3</depth></size>\n" + objects +
         "</annotation>\n";
}

std::vector<std::string> kindsOf(const Diagnostics& diagnostics) {
  std::vector<std::string> kinds;
  for (const RecordProblem& problem : diagnostics.problems())
    kinds.push_back(problem.kind);
  return kinds;
}

std::size_t objectCount(const Dataset& dataset) {
  std::size_t count = 0;
  for (const ImageRecord& image : dataset.images())
    count += image.annotations.size();
  return count;
}

std::shared_ptr<const Dataset> openOrFail(const std::string& spec, std::uint64_t splitSeed) {
  Result<std::shared_ptr<const Dataset>> dataset = openDataset(spec, splitSeed);
  if (!dataset) {
    ADD_FAILURE() << dataset.error().text();
    return nullptr;
  }
  return *dataset;
}

MemoryDataset::MemoryDataset(std::vector<ImagePixels> pixels) : pixels_(std::move(pixels)) {
  for (std::size_t i = 0; i < pixels_.size(); ++i) {
    ImageRecord image;
    image.name = "image" + std::to_string(i);
    image.path = "memory/" + image.name;
    image.size = pixels_[i].size;
    image.sourceId = std::to_string(i);
    images_.push_back(image);
  }
}

void MemoryDataset::addObject(std::size_t imageIndex, const Box& boxInImage, int classIndex) {
  Annotation annotation;
  annotation.boxInImage = boxInImage;
  annotation.classIndex = classIndex;
  annotation.areaPx = static_cast<double>(boxInImage.area());
  images_[imageIndex].annotations.push_back(annotation);
}

Result<std::shared_ptr<const ImagePixels>> MemoryDataset::loadPixels(std::size_t imageIndex) const {
  const int loads = ++loads_;
  if (onLoad) onLoad(loads);
  if (broken_.count(imageIndex) > 0) return makeError(ErrorCode::kBadData, "broken on purpose");
  return std::make_shared<const ImagePixels>(pixels_[imageIndex]);
}

ImagePixels plainImage(SizePx size, std::uint8_t value) {
  return {size, std::vector<std::uint8_t>(
                    3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height), value)};
}

void fillRect(ImagePixels& pixels, const PixelRect& rect, std::uint8_t value) {
  for (int y = rect.top; y < rect.bottom; ++y)
    for (int x = 3 * rect.left; x < 3 * rect.right; ++x)
      pixels.rgb[static_cast<std::size_t>(y) * 3 * static_cast<std::size_t>(pixels.size.width) +
                 static_cast<std::size_t>(x)] = value;
}

}  // namespace anchorscope::testing
