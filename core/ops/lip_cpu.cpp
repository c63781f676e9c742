// Local importance-based pooling on the CPU: brings rows into lanes for core/ops/lip_rows.cpp, in parallel
// over rows. Each result is gathered by one thread, so nothing is added up in an order that could change.

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/lip_backends.h"
#include "core/ops/lip_rows.h"

namespace anchorscope {
namespace {

/// Elements worth a task of their own.
constexpr std::int64_t kGrainElements = 32768;
/// Lanes that rows of several channels are brought together for, in the contiguous layout.
constexpr std::int64_t kWantedLanes = 256;

/// float64 for float64, otherwise float32.
template <typename In>
using SumType = std::conditional_t<std::is_same_v<In, double>, double, float>;

/// Pointers of a LipResult; the last two are null where no backward pass will come.
template <typename In>
struct ResultArrays {
  In *y, *largest;
  SumType<In>* inverseSum;
};

/// The maps of a call: [B,C,H,W] and [B,C,OH,OW].
struct Sizes {
  std::int64_t batch, channels, height, width, outHeight, outWidth;
};

Sizes sizesOf(const at::Tensor& x, const at::Tensor& y) {
  return {x.size(0), x.size(1), x.size(2), x.size(3), y.size(2), y.size(3)};
}

template <typename In, typename Out>
void copyRow(const In* from, std::int64_t count, Out* to) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = static_cast<Out>(from[i]);
}

template <typename Body>
void forRows(std::int64_t rows, std::int64_t elementsPerRow, const Body& body) {
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrainElements / elementsPerRow), body);
}

// ------------------------------------------------------------------------ channels_last: lanes are channels

/// Rows of `length` elements of a map, as T: where they lie if they are T already, otherwise converted into
/// one of `count` slots.
template <typename In, typename T>
class RowSlots {
 public:
  RowSlots(const In* data, std::int64_t length, std::int64_t count) : data_(data), length_(length) {
    if constexpr (!std::is_same_v<In, T>) slots_.resize(static_cast<std::size_t>(count * length));
  }

  const T* row(std::int64_t index, std::int64_t slot) {
    if constexpr (std::is_same_v<In, T>) {
      return data_ + index * length_;
    } else {
      T* const to = slots_.data() + slot * length_;
      copyRow(data_ + index * length_, length_, to);
      return to;
    }
  }

 private:
  const In* data_;
  std::int64_t length_;
  std::vector<T> slots_;
};

/// A row to write as T, which ends up as Out at `index` when `finish` is called.
template <typename T, typename Out>
class RowWriter {
 public:
  RowWriter(Out* data, std::int64_t length) : data_(data), length_(length) {
    if constexpr (!std::is_same_v<T, Out>) slot_.resize(static_cast<std::size_t>(length));
  }

  T* row(std::int64_t index) {
    if constexpr (std::is_same_v<T, Out>)
      return data_ + index * length_;
    else
      return slot_.data();
  }
  void finish(std::int64_t index) {
    if constexpr (!std::is_same_v<T, Out>) copyRow(slot_.data(), length_, data_ + index * length_);
  }

 private:
  Out* data_;
  std::int64_t length_;
  std::vector<T> slot_;
};

template <typename In>
void forwardChannelsLast(const In* x, const In* logit, const Sizes& sizes, const LipWindow& window,
                         const ResultArrays<In>& result) {
  using T = SumType<In>;
  const std::int64_t channels = sizes.channels, length = sizes.width * channels,
                     outLength = sizes.outWidth * channels;
  const auto kernel = static_cast<std::size_t>(window.kernel);
  forRows(sizes.batch * sizes.outHeight, outLength, [&](std::int64_t begin, std::int64_t end) {
    RowSlots<In, T> xRows(x, length, window.kernel), logitRows(logit, length, window.kernel);
    RowWriter<T, In> y(result.y, outLength), largest(result.largest, outLength);
    std::vector<LipPixel<T>> rows(kernel), pixels(kernel * kernel);
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t image = task / sizes.outHeight;
      const LipSpan<std::int64_t> down = lipPixelsOf(window, task % sizes.outHeight, sizes.height);
      for (std::int64_t iy = down.begin; iy < down.end; ++iy) {
        const std::int64_t index = image * sizes.height + iy, slot = iy - down.begin;
        rows[static_cast<std::size_t>(slot)] = {xRows.row(index, slot), logitRows.row(index, slot)};
      }
      const bool kept = result.largest != nullptr;
      T *const yRow = y.row(task), *const largestRow = largest.row(task);
      T* const inverseSumRow = kept ? result.inverseSum + task * outLength : nullptr;
      for (std::int64_t ox = 0; ox < sizes.outWidth; ++ox) {
        const LipSpan<std::int64_t> across = lipPixelsOf(window, ox, sizes.width);
        std::size_t count = 0;
        for (std::int64_t row = 0; row < down.end - down.begin; ++row) {
          const LipPixel<T>& from = rows[static_cast<std::size_t>(row)];
          for (std::int64_t ix = across.begin; ix < across.end; ++ix)
            pixels[count++] = {from.x + ix * channels, from.logit + ix * channels};
        }
        const std::int64_t at = ox * channels;
        const LipPooled<T> out{yRow + at, kept ? largestRow + at : nullptr,
                               kept ? inverseSumRow + at : nullptr};
        lipPoolLanes(pixels.data(), static_cast<std::int64_t>(count), channels, out);
      }
      y.finish(task);
      if (kept) largest.finish(task);
    }
  });
}

/// What the backward pass reads and writes.
template <typename In>
struct BackwardArrays {
  const In *x, *logit, *upstream;
  ResultArrays<In> result;
  In *gradX, *gradLogit;
};

template <typename In>
void backwardChannelsLast(const BackwardArrays<In>& arrays, const Sizes& sizes, const LipWindow& window) {
  using T = SumType<In>;
  const std::int64_t channels = sizes.channels, length = sizes.width * channels,
                     outLength = sizes.outWidth * channels;
  const std::int64_t most = (window.kernel + window.stride - 1) / window.stride;  // windows along an axis
  forRows(sizes.batch * sizes.height, length, [&](std::int64_t begin, std::int64_t end) {
    RowSlots<In, T> xRow(arrays.x, length, 1), logitRow(arrays.logit, length, 1);
    RowSlots<In, T> yRows(arrays.result.y, outLength, most),
        largestRows(arrays.result.largest, outLength, most), upstreamRows(arrays.upstream, outLength, most);
    RowWriter<T, In> gradX(arrays.gradX, length), gradLogit(arrays.gradLogit, length);
    std::vector<LipCell<T>> rows(static_cast<std::size_t>(most)),
        cells(static_cast<std::size_t>(most * most));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t image = task / sizes.height;
      const LipSpan<std::int64_t> down = lipOutputsOf(window, task % sizes.height, sizes.outHeight);
      for (std::int64_t oy = down.begin; oy < down.end; ++oy) {
        const std::int64_t index = image * sizes.outHeight + oy, slot = oy - down.begin;
        rows[static_cast<std::size_t>(slot)] = {upstreamRows.row(index, slot), yRows.row(index, slot),
                                                largestRows.row(index, slot),
                                                arrays.result.inverseSum + index * outLength};
      }
      const LipPixel<T> row{xRow.row(task, 0), logitRow.row(task, 0)};
      T *const toX = gradX.row(task), *const toLogit = gradLogit.row(task);
      for (std::int64_t ix = 0; ix < sizes.width; ++ix) {
        const LipSpan<std::int64_t> across = lipOutputsOf(window, ix, sizes.outWidth);
        std::size_t count = 0;
        for (std::int64_t slot = 0; slot < down.end - down.begin; ++slot) {
          const LipCell<T>& from = rows[static_cast<std::size_t>(slot)];
          for (std::int64_t ox = across.begin; ox < across.end; ++ox)
            cells[count++] = {from.upstream + ox * channels, from.y + ox * channels,
                              from.largest + ox * channels, from.inverseSum + ox * channels};
        }
        const std::int64_t at = ix * channels;
        lipGradientLanes({row.x + at, row.logit + at}, cells.data(), static_cast<std::int64_t>(count),
                         channels, toX + at, toLogit + at);
      }
      gradX.finish(task);
      gradLogit.finish(task);
    }
  });
}

// --------------------------------------------------------------------- contiguous: lanes are cells of a row

/// How rows of several planes (image and channel) lie side by side as lanes. Rows are split into `stride`
/// phases, so that the pixels at one position of neighbouring windows are neighbours: pixel i of phase q is
/// number i * stride + q - padding of its row. Each plane has `pitch` lanes, of which the last are margin:
/// they are computed from whatever lies there, and not used.
struct Lanes {
  std::int64_t planes, pitch;
  std::int64_t count() const { return planes * pitch; }
};

Lanes lanesFor(std::int64_t pitch, std::int64_t planes) {
  return {std::clamp<std::int64_t>(kWantedLanes / pitch, 1, planes), pitch};
}

/// Elements i < pitch become source[i * step + first] where that is within `length`, otherwise `outside`.
template <typename In, typename T>
void packRow(const In* source, std::int64_t length, std::int64_t first, std::int64_t step, T outside,
             std::int64_t pitch, T* lanes) {
  std::int64_t i = 0;
  for (; i < pitch && i * step + first < 0; ++i)
    lanes[i] = outside;
  const std::int64_t last = length - 1 - first;
  const std::int64_t end = std::min(pitch, last < 0 ? 0 : last / step + 1);
  for (; i < end; ++i)
    lanes[i] = static_cast<T>(source[i * step + first]);
  for (; i < pitch; ++i)
    lanes[i] = outside;
}

template <typename In>
void forwardContiguous(const In* x, const In* logit, const Sizes& sizes, const LipWindow& window,
                       const ResultArrays<In>& result) {
  using T = SumType<In>;
  constexpr T kOutside = -std::numeric_limits<T>::infinity();
  const std::int64_t planes = sizes.batch * sizes.channels, reach = (window.kernel - 1) / window.stride,
                     phases = std::min(window.stride, window.kernel);
  const Lanes lanes = lanesFor(sizes.outWidth + reach, planes);
  const std::int64_t groups = (planes + lanes.planes - 1) / lanes.planes, laneCount = lanes.count();
  forRows(groups * sizes.outHeight, laneCount, [&](std::int64_t begin, std::int64_t end) {
    // One array per row of the window and phase; `reach` more because margins look beyond.
    const std::int64_t arrayLength = laneCount + reach, arrays = window.kernel * phases;
    std::vector<T> xs(static_cast<std::size_t>(arrays * arrayLength)), logits(xs.size(), kOutside),
        results(static_cast<std::size_t>(3 * laneCount));
    const bool kept = result.largest != nullptr;
    T* const y = results.data();
    const LipPooled<T> out{y, kept ? y + laneCount : nullptr, kept ? y + 2 * laneCount : nullptr};
    std::vector<LipPixel<T>> pixels(static_cast<std::size_t>(window.kernel * window.kernel));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t firstPlane = task / sizes.outHeight * lanes.planes, oy = task % sizes.outHeight;
      const std::int64_t used = std::min(lanes.planes, planes - firstPlane);
      const LipSpan<std::int64_t> down = lipPixelsOf(window, oy, sizes.height);
      std::size_t count = 0;
      for (std::int64_t iy = down.begin; iy < down.end; ++iy) {
        const std::int64_t base = (iy - down.begin) * phases * arrayLength;
        for (std::int64_t phase = 0; phase < phases; ++phase) {
          for (std::int64_t plane = 0; plane < used; ++plane) {
            const std::int64_t source = ((firstPlane + plane) * sizes.height + iy) * sizes.width;
            const std::int64_t target = base + phase * arrayLength + plane * lanes.pitch;
            packRow(x + source, sizes.width, phase - window.padding, window.stride, T(0), lanes.pitch,
                    xs.data() + target);
            packRow(logit + source, sizes.width, phase - window.padding, window.stride, kOutside, lanes.pitch,
                    logits.data() + target);
          }
        }
        for (std::int64_t dx = 0; dx < window.kernel; ++dx) {
          const std::int64_t at = base + dx % window.stride * arrayLength + dx / window.stride;
          pixels[count++] = {xs.data() + at, logits.data() + at};
        }
      }
      lipPoolLanes(pixels.data(), static_cast<std::int64_t>(count), laneCount, out);
      for (std::int64_t plane = 0; plane < used; ++plane) {
        const std::int64_t source = plane * lanes.pitch;
        const std::int64_t target = ((firstPlane + plane) * sizes.outHeight + oy) * sizes.outWidth;
        copyRow(out.y + source, sizes.outWidth, result.y + target);
        if (!kept) continue;
        copyRow(out.largest + source, sizes.outWidth, result.largest + target);
        copyRow(out.inverseSum + source, sizes.outWidth, result.inverseSum + target);
      }
    }
  });
}

template <typename In>
void backwardContiguous(const BackwardArrays<In>& arrays, const Sizes& sizes, const LipWindow& window) {
  using T = SumType<In>;
  constexpr T kNever = std::numeric_limits<T>::infinity();  // next to this logit no pixel has a share
  const std::int64_t planes = sizes.batch * sizes.channels, reach = (window.kernel - 1) / window.stride;
  const std::int64_t perPhase = (sizes.width + window.padding + window.stride - 1) / window.stride;
  // Window ox = i - t holds pixel i of a phase, 0 <= t <= reach: cells stand `reach` lanes to the right.
  const Lanes lanes = lanesFor(perPhase + reach, planes);
  const std::int64_t groups = (planes + lanes.planes - 1) / lanes.planes, laneCount = lanes.count();
  forRows(groups * sizes.height, laneCount * window.stride, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t arrayLength = laneCount + reach, rowsOfCells = reach + 1;
    const auto lanesOf = [](std::int64_t length) { return std::vector<T>(static_cast<std::size_t>(length)); };
    std::vector<T> upstream = lanesOf(rowsOfCells * arrayLength), y = upstream, largest = upstream,
                   inverseSum = upstream, x = lanesOf(laneCount), logit = x, gradX = x, gradLogit = x;
    std::vector<LipCell<T>> cells(static_cast<std::size_t>(rowsOfCells * rowsOfCells));
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t firstPlane = task / sizes.height * lanes.planes, iy = task % sizes.height;
      const std::int64_t used = std::min(lanes.planes, planes - firstPlane);
      const LipSpan<std::int64_t> down = lipOutputsOf(window, iy, sizes.outHeight);
      for (std::int64_t oy = down.begin; oy < down.end; ++oy) {
        for (std::int64_t plane = 0; plane < used; ++plane) {
          const std::int64_t source = ((firstPlane + plane) * sizes.outHeight + oy) * sizes.outWidth;
          const std::int64_t target = (oy - down.begin) * arrayLength + plane * lanes.pitch;
          const auto pack = [&](const auto* from, T outside, std::vector<T>& to) {
            packRow(from + source, sizes.outWidth, -reach, 1, outside, lanes.pitch, to.data() + target);
          };
          pack(arrays.upstream, T(0), upstream);
          pack(arrays.result.y, T(0), y);
          pack(arrays.result.largest, kNever, largest);
          pack(arrays.result.inverseSum, T(0), inverseSum);
        }
      }
      for (std::int64_t phase = 0; phase < window.stride; ++phase) {
        std::size_t count = 0;
        for (std::int64_t oy = down.begin; oy < down.end; ++oy) {
          for (std::int64_t t = reach; t >= 0; --t) {
            if (t * window.stride + phase >= window.kernel) continue;
            const std::int64_t at = (oy - down.begin) * arrayLength + reach - t;
            cells[count++] = {upstream.data() + at, y.data() + at, largest.data() + at,
                              inverseSum.data() + at};
          }
        }
        for (std::int64_t plane = 0; plane < used; ++plane) {
          const std::int64_t source = ((firstPlane + plane) * sizes.height + iy) * sizes.width;
          const auto pack = [&](const In* from, std::vector<T>& to) {
            packRow(from + source, sizes.width, phase - window.padding, window.stride, T(0), lanes.pitch,
                    to.data() + plane * lanes.pitch);
          };
          pack(arrays.x, x);
          pack(arrays.logit, logit);
        }
        lipGradientLanes({x.data(), logit.data()}, cells.data(), static_cast<std::int64_t>(count), laneCount,
                         gradX.data(), gradLogit.data());
        for (std::int64_t plane = 0; plane < used; ++plane) {
          const std::int64_t target = ((firstPlane + plane) * sizes.height + iy) * sizes.width;
          for (std::int64_t i = 0; i < perPhase; ++i) {
            const std::int64_t ix = i * window.stride + phase - window.padding;
            if (ix < 0 || ix >= sizes.width) continue;
            arrays.gradX[target + ix] =
                static_cast<In>(gradX[static_cast<std::size_t>(plane * lanes.pitch + i)]);
            arrays.gradLogit[target + ix] =
                static_cast<In>(gradLogit[static_cast<std::size_t>(plane * lanes.pitch + i)]);
          }
        }
      }
    }
  });
}

template <typename In>
ResultArrays<In> resultArrays(const LipResult& result) {
  const bool kept = result.largest.defined();
  return {result.y.data_ptr<In>(), kept ? result.largest.data_ptr<In>() : nullptr,
          kept ? result.inverseSum.data_ptr<SumType<In>>() : nullptr};
}

/// Calls function(T{}) with the tensor's element type.
template <typename Function>
void withPoolType(const at::Tensor& tensor, const Function& function) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return function(float{});
    case at::kDouble:
      return function(double{});
    case at::kBFloat16:
      return function(at::BFloat16{});
    default:
      ANCHORSCOPE_CHECK(tensor.scalar_type() == at::kHalf, "dtype ", toString(tensor.scalar_type()));
      return function(at::Half{});
  }
}

}  // namespace

void lipForwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                     const LipResult& result) {
  withPoolType(x, [&](auto zero) {
    using In = decltype(zero);
    (x.is_contiguous() ? forwardContiguous<In>
                       : forwardChannelsLast<In>)(x.const_data_ptr<In>(), logit.const_data_ptr<In>(),
                                                  sizesOf(x, result.y), window, resultArrays<In>(result));
  });
}

void lipBackwardOnCpu(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      const LipResult& result, const at::Tensor& upstream, const LipGradient& gradient) {
  withPoolType(x, [&](auto zero) {
    using In = decltype(zero);
    const BackwardArrays<In> arrays{
        x.const_data_ptr<In>(),   logit.const_data_ptr<In>(),        upstream.const_data_ptr<In>(),
        resultArrays<In>(result), gradient.x.mutable_data_ptr<In>(), gradient.logit.mutable_data_ptr<In>()};
    (x.is_contiguous() ? backwardContiguous<In> : backwardChannelsLast<In>)(arrays, sizesOf(x, result.y),
                                                                            window);
  });
}

}  // namespace anchorscope
