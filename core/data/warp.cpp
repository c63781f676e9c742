#include "core/data/warp.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"

namespace anchorscope {
namespace {

/// The source pixels under each target pixel of one axis, and their weights.
struct AxisTaps {
  int firstTarget = 0, endTarget = 0;  ///< Target pixels whose centre lies inside the source.
  int firstSource = 0, endSource = 0;  ///< Source pixels that any of them uses.
  std::vector<int> first, count;       ///< Per target pixel from firstTarget on.
  std::vector<float> weights;          ///< `stride` per target pixel.
  std::size_t stride = 0;
};

AxisTaps tapsOf(double scale, double offset, int sourceSize, int low, int high) {
  AxisTaps taps;
  const double sourcePerTarget = 1 / scale;
  const double support = std::max(1.0, std::fabs(sourcePerTarget));
  const auto centerOf = [&](int target) { return (target + 0.5 - offset) * sourcePerTarget; };
  const auto inside = [&](int target) { return centerOf(target) >= 0 && centerOf(target) < sourceSize; };
  taps.firstTarget = low;
  while (taps.firstTarget < high && !inside(taps.firstTarget))
    ++taps.firstTarget;
  taps.endTarget = taps.firstTarget;
  while (taps.endTarget < high && inside(taps.endTarget))
    ++taps.endTarget;
  if (taps.firstTarget == taps.endTarget) return taps;

  taps.stride = static_cast<std::size_t>(2 * std::ceil(support) + 1);
  taps.firstSource = sourceSize;
  for (int target = taps.firstTarget; target < taps.endTarget; ++target) {
    const double center = centerOf(target);
    const int first = std::max(0, static_cast<int>(std::floor(center - support - 0.5)) + 1);
    const int end = std::min(sourceSize, static_cast<int>(std::ceil(center + support - 0.5)));
    const std::size_t start = taps.weights.size();
    taps.weights.resize(start + taps.stride, 0.0f);
    double sum = 0;
    for (int i = first; i < end; ++i)
      sum += std::max(0.0, 1 - std::fabs(i + 0.5 - center) / support);
    for (int i = first; i < end; ++i) {
      const double weight = std::max(0.0, 1 - std::fabs(i + 0.5 - center) / support);
      taps.weights[start + static_cast<std::size_t>(i - first)] = static_cast<float>(weight / sum);
    }
    taps.first.push_back(first);
    taps.count.push_back(end - first);
    taps.firstSource = std::min(taps.firstSource, first);
    taps.endSource = std::max(taps.endSource, end);
  }
  return taps;
}

/// row += weight * source over 8-bit values.
void accumulate(const std::uint8_t* source, float weight, std::size_t count, float* row) {
  for (std::size_t i = 0; i < count; ++i)
    row[i] += weight * static_cast<float>(source[i]);
}

/// Of [0, 255], rounded to the nearest.
std::uint8_t toByte(float value) {
  constexpr float kHalf = 0.5F;  // lround is a call for each pixel
  return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F) + kHalf);
}

/// One target row from a vertically resampled source row (which starts at source column taps.firstSource).
template <bool kChangesColor>
void resampleRow(const float* row, const AxisTaps& taps, const ColorMap& map, std::uint8_t* target) {
  const std::size_t pixels = taps.first.size();
  for (std::size_t x = 0; x < pixels; ++x, target += 3) {
    const float* weights = taps.weights.data() + x * taps.stride;
    const float* pixel = row + 3 * (taps.first[x] - taps.firstSource);
    float red = 0, green = 0, blue = 0;
    for (int i = 0; i < taps.count[x]; ++i, pixel += 3) {
      red += weights[i] * pixel[0];
      green += weights[i] * pixel[1];
      blue += weights[i] * pixel[2];
    }
    if constexpr (kChangesColor) {
      const auto& m = map.matrix;
      const float r = m[0] * red + m[1] * green + m[2] * blue + 255 * map.offset[0];
      const float g = m[3] * red + m[4] * green + m[5] * blue + 255 * map.offset[1];
      const float b = m[6] * red + m[7] * green + m[8] * blue + 255 * map.offset[2];
      red = r, green = g, blue = b;
    }
    target[0] = toByte(red);
    target[1] = toByte(green);
    target[2] = toByte(blue);
  }
}

}  // namespace

PixelRect warpInto(const ImagePixels& source, const AxisTransform& inputFromSource, const PixelRect& window,
                   const ColorMap& colorMap, SizePx inputSize, std::uint8_t* input) {
  ANCHORSCOPE_CHECK(window.left >= 0 && window.top >= 0 && window.right <= inputSize.width &&
                        window.bottom <= inputSize.height,
                    "window outside the input");
  ANCHORSCOPE_CHECK(source.size.width > 0 && source.size.height > 0, "empty image");
  const auto inputRow = [&](int y) {
    return input + 3 * static_cast<std::size_t>(y) * static_cast<std::size_t>(inputSize.width);
  };
  const AxisTaps columns =
      tapsOf(inputFromSource.scaleX, inputFromSource.offsetX, source.size.width, window.left, window.right);
  const AxisTaps rows =
      tapsOf(inputFromSource.scaleY, inputFromSource.offsetY, source.size.height, window.top, window.bottom);

  const std::size_t sourceStride = 3 * static_cast<std::size_t>(source.size.width);
  const std::size_t used = 3 * static_cast<std::size_t>(std::max(0, columns.endSource - columns.firstSource));
  std::vector<float> blended(used);
  for (int y = window.top; y < window.bottom; ++y) {
    std::uint8_t* target = inputRow(y);
    const bool inside =
        y >= rows.firstTarget && y < rows.endTarget && columns.firstTarget < columns.endTarget;
    if (!inside) {
      std::fill(target + 3 * window.left, target + 3 * window.right, std::uint8_t{0});
      continue;
    }
    const auto index = static_cast<std::size_t>(y - rows.firstTarget);
    std::fill(blended.begin(), blended.end(), 0.0f);
    for (int i = 0; i < rows.count[index]; ++i) {
      const std::size_t sourceRow = static_cast<std::size_t>(rows.first[index]) + static_cast<std::size_t>(i);
      accumulate(
          source.rgb.data() + sourceRow * sourceStride + 3 * static_cast<std::size_t>(columns.firstSource),
          rows.weights[index * rows.stride + static_cast<std::size_t>(i)], used, blended.data());
    }
    std::fill(target + 3 * window.left, target + 3 * columns.firstTarget, std::uint8_t{0});
    if (colorMap.changesColor)
      resampleRow<true>(blended.data(), columns, colorMap, target + 3 * columns.firstTarget);
    else
      resampleRow<false>(blended.data(), columns, colorMap, target + 3 * columns.firstTarget);
    std::fill(target + 3 * columns.endTarget, target + 3 * window.right, std::uint8_t{0});
  }
  if (columns.firstTarget == columns.endTarget || rows.firstTarget == rows.endTarget)
    return {window.left, window.top, window.left, window.top};
  return {columns.firstTarget, rows.firstTarget, columns.endTarget, rows.endTarget};
}

ImagePixels halved(const ImagePixels& source) {
  const int width = (source.size.width + 1) / 2, height = (source.size.height + 1) / 2;
  ImagePixels target{
      {width, height},
      std::vector<std::uint8_t>(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
  const auto sourceRow = [&](int y) {
    const auto row = static_cast<std::size_t>(std::min(y, source.size.height - 1));
    return source.rgb.data() + 3 * row * static_cast<std::size_t>(source.size.width);
  };
  std::uint8_t* out = target.rgb.data();
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* upper = sourceRow(2 * y);
    const std::uint8_t* lower = sourceRow(2 * y + 1);
    for (int x = 0; x < width; ++x) {
      const int left = 6 * x, right = 3 * std::min(2 * x + 1, source.size.width - 1);
      for (int c = 0; c < 3; ++c)
        *out++ = static_cast<std::uint8_t>(
            (upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c] + 2) / 4);
    }
  }
  return target;
}

}  // namespace anchorscope
