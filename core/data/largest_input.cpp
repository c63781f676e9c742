#include "core/data/largest_input.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace anchorscope {
namespace {

SizePx larger(SizePx a, SizePx b) {
  const auto area = [](SizePx size) { return std::int64_t{size.width} * size.height; };
  return area(b) > area(a) ? b : a;
}

}  // namespace

SizePx largestInput(const Dataset& dataset, const InputShape& shape) {
  SizePx largest{1, 1};
  for (const ImageRecord& image : dataset.images())
    largest = larger(largest, shape.inputOf(image.size));
  return largest;
}

SizePx largestBatchInput(const Dataset& dataset, const std::vector<InputShape>& shapes,
                         int bucketsPerOctave) {
  SizePx largest;
  for (const InputShape& shape : shapes) {
    std::map<int, SizePx> windows;  // that hold all of a bucket
    for (const ImageRecord& image : dataset.images()) {
      const SizePx window = shape.window(image.size);
      SizePx& all = windows[aspectBucket(image.size, bucketsPerOctave)];
      all = {std::max(all.width, window.width), std::max(all.height, window.height)};
    }
    std::optional<SizePx> previous;
    for (const auto& [bucket, window] : windows) {
      largest = larger(largest, shape.input({window, previous.value_or(window)}));
      previous = window;
    }
  }
  return largest;
}

}  // namespace anchorscope
