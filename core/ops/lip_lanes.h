#pragma once
// Internal header (ATen). How the CPU code of local importance-based pooling sees a map as rows of lanes
// (lip_rows.h), whatever its layout and dtype.

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "core/ops/lip_rows.h"

namespace anchorscope {

/// Channels that are transposed into lanes at a time, in the contiguous layout.
inline constexpr std::int64_t kLipTransposedLanes = 16;

template <typename From, typename To>
void lipConvert(const From* from, std::int64_t count, To* to) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = static_cast<To>(from[i]);
}
inline void lipConvert(const at::BFloat16* from, std::int64_t count, float* to) {
  lipFromBfloat16(reinterpret_cast<const std::uint16_t*>(from), count, to);
}
inline void lipConvert(const float* from, std::int64_t count, at::BFloat16* to) {
  lipToBfloat16(from, count, reinterpret_cast<std::uint16_t*>(to));
}

/// The 4 x 4 elements from `from` on, transposed to `to`.
inline void lipTransposeFour(const float* from, std::int64_t fromStep, float* to, std::int64_t toStep) {
  using Four = float __attribute__((vector_size(16)));
  const auto load = [&](std::int64_t k) {
    Four values;  // by memcpy, which asks for no alignment
    std::memcpy(&values, from + k * fromStep, sizeof(values));
    return values;
  };
  const auto store = [&](std::int64_t k, const Four& values) {
    std::memcpy(to + k * toStep, &values, sizeof(values));
  };
  const Four a = load(0), b = load(1), c = load(2), d = load(3);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  store(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  store(2, __builtin_shufflevector(ef, gh, 0, 1, 4, 5));
  store(3, __builtin_shufflevector(ef, gh, 2, 3, 6, 7));
}

/// to[column * toStep + row] = from[row * fromStep + column].
template <typename From, typename To>
void lipTranspose(const From* from, std::int64_t fromStep, std::int64_t rows, std::int64_t columns, To* to,
                  std::int64_t toStep) {
  std::int64_t wholeRows = 0, wholeColumns = 0;
  if constexpr (std::is_same_v<From, float> && std::is_same_v<To, float>) {
    wholeRows = rows / 4 * 4;
    wholeColumns = columns / 4 * 4;
    // The side whose steps are those of a whole map is walked along, four lines at a time: maps are often a
    // multiple of 4096 bytes, and of lines at such distances a first-level cache holds but 8.
    if (fromStep > toStep) {
      constexpr std::int64_t kLine = 16;
      for (std::int64_t row = 0; row < wholeRows; row += 4) {
        const float* const source = from + row * fromStep;
        for (std::int64_t column = 0; column < wholeColumns; column += 4) {
          // What follows in memory is the map's next row, which comes next: too many places for the processor
          // to foresee.
          if (column % kLine == 0)
            for (std::int64_t k = 0; k < 4; ++k)
              __builtin_prefetch(source + k * fromStep + columns + column);
          lipTransposeFour(source + column, fromStep, to + column * toStep + row, toStep);
        }
      }
    } else {
      for (std::int64_t column = 0; column < wholeColumns; column += 4)
        for (std::int64_t row = 0; row < wholeRows; row += 4)
          lipTransposeFour(from + row * fromStep + column, fromStep, to + column * toStep + row, toStep);
    }
  }
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = row < wholeRows ? wholeColumns : 0; column < columns; ++column)
      to[column * toStep + row] = static_cast<To>(from[row * fromStep + column]);
}

/// The maps of a call, [B,C,H,W] and [B,C,OH,OW], in strips of neighbouring channels of an image. In
/// channels_last a strip has all channels.
struct LipMaps {
  std::int64_t batch, channels, height, width, outHeight, outWidth;
  bool channelsLast;
  LipWindow window;

  std::int64_t stripLanes() const {
    return channelsLast ? channels : std::min(channels, kLipTransposedLanes);
  }
  std::int64_t stripsPerImage() const { return (channels + stripLanes() - 1) / stripLanes(); }
  std::int64_t strips() const { return batch * stripsPerImage(); }
  /// Rows of windows along an axis that a pixel can be in.
  std::int64_t overlap() const { return (window.kernel - 1) / window.stride + 1; }
};

struct LipStrip {
  std::int64_t image, firstChannel, lanes;

  LipStrip(const LipMaps& maps, std::int64_t index)
      : image(index / maps.stripsPerImage()),
        firstChannel(index % maps.stripsPerImage() * maps.stripLanes()),
        lanes(std::min(maps.stripLanes(), maps.channels - firstChannel)) {}

  LipRowShape rowShape(const LipMaps& maps) const { return {maps.window, maps.width, maps.outWidth, lanes}; }
};

/// Where a strip's row lies in a map of `height` x `width`. Contiguous maps: element (pixel, lane) at begin +
/// pixel + lane * laneStep.
struct LipRowPlace {
  std::int64_t begin, laneStep;

  LipRowPlace(const LipMaps& maps, const LipStrip& strip, std::int64_t height, std::int64_t width,
              std::int64_t row) {
    if (maps.channelsLast) {
      begin = (strip.image * height + row) * width * maps.channels;
      laneStep = 1;
    } else {
      begin = ((strip.image * maps.channels + strip.firstChannel) * height + row) * width;
      laneStep = height * width;
    }
  }
};

/// Rows of one map as lanes of T: where they lie if they lie so, otherwise copied into one of some slots.
template <typename In, typename T>
class LipRowReader {
 public:
  LipRowReader(const In* data, const LipMaps& maps, std::int64_t height, std::int64_t width,
               std::int64_t slots)
      : data_(data), maps_(maps), height_(height), width_(width) {
    if (!isDirect()) slots_.resize(static_cast<std::size_t>(slots * slotLength()));
  }

  const T* row(const LipStrip& strip, std::int64_t row, std::int64_t slot) {
    const LipRowPlace place(maps_, strip, height_, width_, row);
    const In* const from = data_ + place.begin;
    if constexpr (std::is_same_v<In, T>) {
      if (maps_.channelsLast) return from;
    }
    T* const to = slots_.data() + slot * slotLength();
    if (maps_.channelsLast) {
      lipConvert(from, slotLength(), to);
    } else {
      lipTranspose(from, place.laneStep, strip.lanes, width_, to, strip.lanes);
    }
    return to;
  }

 private:
  bool isDirect() const { return std::is_same_v<In, T> && maps_.channelsLast; }
  std::int64_t slotLength() const { return width_ * maps_.stripLanes(); }

  const In* data_;
  const LipMaps& maps_;
  std::int64_t height_, width_;
  std::vector<T> slots_;
};

/// Rows of lanes of T that become rows of a map.
template <typename T, typename Out>
class LipRowWriter {
 public:
  LipRowWriter(Out* data, const LipMaps& maps, std::int64_t height, std::int64_t width)
      : data_(data), maps_(maps), height_(height), width_(width) {
    if (!isDirect()) slot_.resize(static_cast<std::size_t>(width_ * maps_.stripLanes()));
  }

  /// Null for a map that nobody wants.
  T* row(const LipStrip& strip, std::int64_t row) {
    if (data_ == nullptr) return nullptr;
    if constexpr (std::is_same_v<T, Out>) {
      if (maps_.channelsLast) return data_ + LipRowPlace(maps_, strip, height_, width_, row).begin;
    }
    return slot_.data();
  }

  /// To be called when the row is filled.
  void finish(const LipStrip& strip, std::int64_t row) {
    if (data_ == nullptr || isDirect()) return;
    const LipRowPlace place(maps_, strip, height_, width_, row);
    Out* const to = data_ + place.begin;
    if (maps_.channelsLast) {
      lipConvert(slot_.data(), width_ * strip.lanes, to);
      return;
    }
    lipTranspose(slot_.data(), strip.lanes, width_, strip.lanes, to, place.laneStep);
  }

 private:
  bool isDirect() const { return std::is_same_v<T, Out> && maps_.channelsLast; }

  Out* data_;
  const LipMaps& maps_;
  std::int64_t height_, width_;
  std::vector<T> slot_;
};

}  // namespace anchorscope
