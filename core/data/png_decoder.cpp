// libpng: http://www.libpng.org/pub/png/libpng-manual.txt.
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>
#include <optional>

#include "core/base/check.h"
#include "core/data/image_decoders.h"
#include "core/data/pixel_rows.h"

namespace anchorscope {
namespace {

/// What outlives a longjmp: all that has a destructor, and what was said.
struct Picture {
  std::string_view bytes;
  std::size_t at = 0;
  bool ended = false;
  std::string message;
  std::optional<PixelRows<std::uint8_t>> rows8;
  std::optional<PixelRows<std::uint16_t>> rows16;
  std::vector<png_byte> buffer;  ///< One row, or all of an interlaced picture.
  std::vector<png_bytep> pointers;

  void addRow(const png_byte* row) {
    if (rows8) {
      rows8->add(row);
    } else {
      rows16->add(reinterpret_cast<const std::uint16_t*>(row));  // NOLINT: libpng's rows of 16-bit samples
    }
  }
};

void onPngError(png_structp png, png_const_charp message) {
  static_cast<Picture*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

void onPngWarning(png_structp, png_const_charp) {}

void onPngRead(png_structp png, png_bytep target, png_size_t count) {
  Picture& picture = *static_cast<Picture*>(png_get_io_ptr(png));
  if (count > picture.bytes.size() - picture.at) {
    picture.ended = true;
    png_error(png, "the file ends");
  }
  std::memcpy(target, picture.bytes.data() + picture.at, count);
  picture.at += count;
}

/// False when libpng gave up. No object with a destructor may live in here.
bool readRows(png_structp png, png_infop info, int reduceBy, Picture& picture) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;  // NOLINT: libpng's way to fail
  png_set_read_fn(png, &picture, onPngRead);
  png_read_info(png, info);
  const png_byte color = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if ((color & PNG_COLOR_MASK_COLOR) == 0) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
  png_set_strip_alpha(png);
  if (depth == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const png_uint_32 width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  const SizePx size{static_cast<int>(width), static_cast<int>(height)};
  const std::size_t rowBytes = png_get_rowbytes(png, info);
  if (rowBytes != std::size_t{width} * (depth == 16 ? 6 : 3)) png_error(png, "unknown form of pixels");
  if (depth == 16)
    picture.rows16.emplace(size, reduceBy);
  else
    picture.rows8.emplace(size, reduceBy);
  picture.buffer.resize(rowBytes * (passes > 1 ? height : 1));
  if (passes > 1) {
    for (png_uint_32 y = 0; y < height; ++y)
      picture.pointers.push_back(picture.buffer.data() + y * rowBytes);
    png_read_image(png, picture.pointers.data());
    for (const png_bytep row : picture.pointers)
      picture.addRow(row);
    return true;
  }
  for (png_uint_32 y = 0; y < height; ++y) {
    png_read_row(png, picture.buffer.data(), nullptr);
    picture.addRow(picture.buffer.data());
  }
  return true;
}

}  // namespace

Result<ImagePixels> decodePng(std::string_view bytes, const std::string& path, int reduceBy) {
  Picture picture;
  picture.bytes = bytes;
  struct Reading {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
  } reading;
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &picture, onPngError, onPngWarning);
  if (reading.png != nullptr) reading.info = png_create_info_struct(reading.png);
  if (reading.info == nullptr) throw std::bad_alloc();
  if (readRows(reading.png, reading.info, reduceBy, picture))
    return picture.rows8 ? std::move(*picture.rows8).take() : std::move(*picture.rows16).take();
  Error error =
      makeError(ErrorCode::kBadData,
                concat("'", path, "' is ", picture.ended ? "truncated: its end is missing" : "damaged"),
                "Replace the file or remove it from the set");
  error.details = concat("libpng: ", picture.message);
  return error;
}

}  // namespace anchorscope
