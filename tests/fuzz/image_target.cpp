// Image files of every format.
#include "core/base/check.h"
#include "core/data/image_io.h"
#include "tests/fuzz/fuzz_target.h"

namespace anchorscope::fuzz {
namespace {

void read(std::string_view bytes) {
  const std::string path = writeWorkFile("image.png", bytes);
  DecodeOptions options;
  if (const auto summary = summarizeImage(path)) {
    ANCHORSCOPE_CHECK(summary->facts.stored.width > 0 && summary->facts.stored.height > 0,
                      "an image of no size");
    options = {summary->facts.orientation, summary->reduceBy};
  }
  const auto pixels = decodeImage(path, options);
  if (!pixels) return;
  ANCHORSCOPE_CHECK(pixels->rgb.size() == std::size_t{3} * static_cast<std::size_t>(pixels->size.width) *
                                              static_cast<std::size_t>(pixels->size.height),
                    "pixels that do not fill their size");
}

constexpr std::size_t kLibrariesMiB =
    2048;  // what the libraries may hold of one image, see kMaxDecodedPixels
ANCHORSCOPE_FUZZ_TARGET("image", read, {}, 400, kLibrariesMiB);

}  // namespace
}  // namespace anchorscope::fuzz
