// libjpeg: https://libjpeg-turbo.org/Documentation, libjpeg.txt.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
// Needs the two above.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/data/image_decoders.h"
#include "core/data/pixel_rows.h"

namespace anchorscope {
namespace {

/// libjpeg's error handler with what it said. Plain data: longjmp passes over it.
struct ErrorHandler {
  jpeg_error_mgr base;
  jpeg_progress_mgr progress;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  bool truncated, damaged;
};

ErrorHandler& handlerOf(j_common_ptr info) {
  return *reinterpret_cast<ErrorHandler*>(info->err);  // NOLINT: base is its first member
}

void onJpegError(j_common_ptr info) {
  ErrorHandler& handler = handlerOf(info);
  info->err->format_message(info, handler.message);
  std::longjmp(handler.jump, 1);
}

void onJpegMessage(j_common_ptr info, int level) {
  if (level >= 0) return;  // a trace
  ErrorHandler& handler = handlerOf(info);
  const int code = info->err->msg_code;
  const bool ended = code == JWRN_HIT_MARKER, wrong = code == JWRN_HUFF_BAD_CODE;
  if ((ended || wrong) && !handler.truncated && !handler.damaged)
    info->err->format_message(info, handler.message);
  handler.truncated = handler.truncated || ended;
  handler.damaged = handler.damaged || wrong;
  ++info->err->num_warnings;
}

/// A progressive file can repeat its scans over a large picture for ever (libjpeg-turbo's own advice).
constexpr int kMaxScans = 500;
constexpr auto kMaxMemory = 2L << 30;  // bytes, for a progressive file's coefficients

void onJpegProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans)  // NOLINT: it decompresses
    ERREXIT(info, JERR_BAD_PROGRESSION);
}

/// Adobe's CMYK is stored inverted: 255 is no ink.
void rgbOfCmyk(const JSAMPLE* cmyk, int width, bool inverted, std::uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; ++c) {
      const int ink = inverted ? cmyk[c] : 255 - cmyk[c], black = inverted ? cmyk[3] : 255 - cmyk[3];
      rgb[c] = static_cast<std::uint8_t>((ink * black + 127) / 255);
    }
}

/// What outlives a longjmp: made before it, used by the function that sets it.
struct Target {
  std::vector<JSAMPLE> line;
  std::vector<std::uint8_t> rgb;
  SizePx size;
};

/// False when libjpeg gave up. No object with a destructor may live in here.
bool readRows(std::string_view bytes, int reduceBy, ErrorHandler& handler, jpeg_decompress_struct& info,
              Target& target) {
  if (setjmp(handler.jump) != 0) return false;  // NOLINT: libjpeg's way to fail
  jpeg_create_decompress(&info);
  info.progress = &handler.progress;
  info.mem->max_memory_to_use = kMaxMemory;
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());  // NOLINT: bytes
  jpeg_read_header(&info, TRUE);
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(reduceBy);
  jpeg_start_decompress(&info);
  target.size = {static_cast<int>(info.output_width), static_cast<int>(info.output_height)};
  const std::size_t width = info.output_width;
  target.rgb.resize(width * info.output_height * 3);
  if (cmyk) target.line.resize(width * 4);
  while (info.output_scanline < info.output_height) {
    std::uint8_t* row = target.rgb.data() + std::size_t{info.output_scanline} * width * 3;
    JSAMPROW line = cmyk ? target.line.data() : row;
    jpeg_read_scanlines(&info, &line, 1);
    if (cmyk) rgbOfCmyk(line, target.size.width, info.saw_Adobe_marker != 0, row);
    if (handler.truncated || handler.damaged)
      return false;  // The rest of a large file is not worth its time.
  }
  return true;
}

}  // namespace

Result<ImagePixels> decodeJpeg(std::string_view bytes, const std::string& path, int reduceBy) {
  struct Decompression {
    jpeg_decompress_struct info{};
    ~Decompression() { jpeg_destroy_decompress(&info); }
  } decompression;
  ErrorHandler handler{};
  decompression.info.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = onJpegError;
  handler.base.emit_message = onJpegMessage;
  handler.progress.progress_monitor = onJpegProgress;
  Target target;
  if (readRows(bytes, reduceBy, handler, decompression.info, target))
    return ImagePixels{target.size, std::move(target.rgb)};
  Error error =
      makeError(ErrorCode::kBadData,
                concat("'", path, "' is ", handler.truncated ? "truncated: its end is missing" : "damaged"),
                "Replace the file or remove it from the set");
  error.details = concat("libjpeg: ", handler.message);
  return error;
}

}  // namespace anchorscope
