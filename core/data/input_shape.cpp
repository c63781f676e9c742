#include "core/data/input_shape.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/base/check.h"
#include "core/base/numbers.h"

namespace anchorscope {
namespace {

int roundedUp(int length, int divisor) {
  return (length + divisor - 1) / divisor * divisor;
}

/// A whole number that is all of `text`; 0 otherwise.
int wholeNumber(std::string_view text) {
  return parseNumber<int>(withoutSpaces(text)).value_or(0);
}

bool isInputSize(int size) {
  return size >= kSmallestInput && size <= kLargestInput;
}

/// "640" or "640..800/32".
bool appendSizes(std::string_view item, std::vector<int>& sizes) {
  const std::size_t dots = item.find("..");
  if (dots == std::string_view::npos) {
    sizes.push_back(wholeNumber(item));
    return isInputSize(sizes.back());
  }
  const std::size_t slash = item.find('/', dots);
  if (slash == std::string_view::npos) return false;
  const int first = wholeNumber(item.substr(0, dots)),
            last = wholeNumber(item.substr(dots + 2, slash - dots - 2)),
            step = wholeNumber(item.substr(slash + 1));
  if (!isInputSize(first) || !isInputSize(last) || last < first || step < 1) return false;
  for (int size = first; size <= last; size += step)
    sizes.push_back(size);
  return true;
}

}  // namespace

InputShape InputShape::fixed(SizePx input) {
  InputShape shape;
  shape.input_ = input;
  return shape;
}

InputShape InputShape::rectangle(int shorter, int longest, int divisor) {
  ANCHORSCOPE_CHECK(shorter >= 1 && longest >= shorter && divisor >= 1, shorter, " to ", longest,
                    " px in steps of ", divisor);
  InputShape shape;
  shape.keepsAspect_ = true;
  shape.shorter_ = shorter;
  shape.longest_ = longest;
  shape.divisor_ = divisor;
  return shape;
}

SizePx InputShape::window(SizePx image) const {
  if (!keepsAspect_) return input_;
  const double shortSide = std::min(image.width, image.height),
               longSide = std::max(image.width, image.height);
  const double scale = std::min(shorter_ / shortSide, longest_ / longSide);
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  return {scaled(image.width), scaled(image.height)};
}

SizePx InputShape::input(const std::vector<SizePx>& windows) const {
  ANCHORSCOPE_CHECK(!windows.empty(), "an input without images");
  if (!keepsAspect_) return input_;
  SizePx largest;
  for (const SizePx& window : windows)
    largest = {std::max(largest.width, window.width), std::max(largest.height, window.height)};
  return {roundedUp(largest.width, divisor_), roundedUp(largest.height, divisor_)};
}

int aspectBucket(SizePx image, int perOctave) {
  if (perOctave < 1) return 0;
  const double aspect = static_cast<double>(image.width) / image.height;
  int reached = 0;
  for (int i = -perOctave; i <= perOctave; ++i)
    reached += aspect >= std::exp2(static_cast<double>(i) / perOctave) ? 1 : 0;
  return reached;
}

Result<std::vector<int>> parseSizes(const std::string& text) {
  std::vector<int> sizes;
  for (const std::string_view item : listItems(text)) {
    if (!appendSizes(item, sizes))
      return makeError(
          ErrorCode::kUsage,
          concat("'", item, "' is no size of the input from ", kSmallestInput, " to ", kLargestInput, " px"),
          "Give sizes or ranges with a step, such as 640,672,704 or 640..800/32");
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace anchorscope
