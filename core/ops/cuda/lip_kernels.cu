// Local importance-based pooling: one thread per output cell forward, one per pixel backward, in memory
// order, so that neighbouring threads read neighbouring elements in both layouts.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <limits>

#include "core/ops/cuda/launch.h"
#include "core/ops/cuda/lip_kernels.h"
#include "core/ops/cuda/places.h"

namespace anchorscope::kernels {
namespace {

/// Sizes in the index type: 32 bits where they suffice, since divisions of 64 bits are slow.
template <typename Index>
struct Maps {
  Index channels, height, width, outHeight, outWidth;
  bool channelsLast;
  LipWindow window;
};

template <typename In, typename T, typename Index>
struct Forward {
  const In *x, *logit;
  In *y, *largestOut;
  T* inverseSum;
  Maps<Index> maps;

  __device__ void operator()(std::int64_t i) const {
    const Index own = static_cast<Index>(i);
    const Place<Index> place = placeOf(own, maps.channels, maps.outHeight, maps.outWidth, maps.channelsLast);
    const Plane<Index> plane =
        planeOf(place.first, place.channel, maps.channels, maps.height * maps.width, maps.channelsLast);
    const LipSpan<Index> down = lipPixelsOf(maps.window, place.row, maps.height);
    const LipSpan<Index> across = lipPixelsOf(maps.window, place.column, maps.width);
    T largest = -static_cast<T>(INFINITY);
    for (Index row = down.begin; row < down.end; ++row) {
      for (Index column = across.begin; column < across.end; ++column) {
        const T g = static_cast<T>(logit[plane.base + (row * maps.width + column) * plane.step]);
        largest = g > largest ? g : largest;
      }
    }
    T sum = T(0), weighted = T(0);
    for (Index row = down.begin; row < down.end; ++row) {
      for (Index column = across.begin; column < across.end; ++column) {
        const Index at = plane.base + (row * maps.width + column) * plane.step;
        const T weight = ::exp(static_cast<T>(logit[at]) - largest);
        sum += weight;
        weighted += weight * static_cast<T>(x[at]);
      }
    }
    y[own] = static_cast<In>(weighted / sum);
    if (largestOut == nullptr) return;
    largestOut[own] = static_cast<In>(largest);  // one of the logits: exact
    inverseSum[own] = T(1) / sum;
  }
};

template <typename In, typename T, typename Index>
struct Backward {
  const In *x, *logit, *y, *largest, *upstream;
  const T* inverseSum;
  In *gradX, *gradLogit;
  Maps<Index> maps;

  __device__ void operator()(std::int64_t i) const {
    const Index own = static_cast<Index>(i);
    const Place<Index> place = placeOf(own, maps.channels, maps.height, maps.width, maps.channelsLast);
    const Plane<Index> plane =
        planeOf(place.first, place.channel, maps.channels, maps.outHeight * maps.outWidth, maps.channelsLast);
    const LipSpan<Index> down = lipOutputsOf(maps.window, place.row, maps.outHeight);
    const LipSpan<Index> across = lipOutputsOf(maps.window, place.column, maps.outWidth);
    const T feature = static_cast<T>(x[own]), g = static_cast<T>(logit[own]);
    T toX = T(0), toLogit = T(0);
    for (Index row = down.begin; row < down.end; ++row) {
      for (Index column = across.begin; column < across.end; ++column) {
        const Index at = plane.base + (row * maps.outWidth + column) * plane.step;
        const T share = ::exp(g - static_cast<T>(largest[at])) * inverseSum[at];
        const T part = share * static_cast<T>(upstream[at]);
        toX += part;
        toLogit += part * (feature - static_cast<T>(y[at]));
      }
    }
    gradX[own] = static_cast<In>(toX);
    gradLogit[own] = static_cast<In>(toLogit);
  }
};

template <typename Index>
Maps<Index> mapsOf(const LipBatch& batch) {
  return {static_cast<Index>(batch.channels),
          static_cast<Index>(batch.height),
          static_cast<Index>(batch.width),
          static_cast<Index>(batch.outHeight),
          static_cast<Index>(batch.outWidth),
          batch.channelsLast,
          batch.window};
}

std::int64_t pixelsOf(const LipBatch& batch) {
  return batch.batch * batch.channels * batch.height * batch.width;
}
std::int64_t cellsOf(const LipBatch& batch) {
  return batch.batch * batch.channels * batch.outHeight * batch.outWidth;
}

/// Calls launch(In{}, T{}, Index{}) with the element type, its sums' type and the index type.
template <typename Index, typename Launch>
KernelStatus withElement(const LipBatch& batch, const Launch& launch) {
  switch (batch.element) {
    case LipElement::kFloat32:
      return launch(float{}, float{}, Index{});
    case LipElement::kFloat64:
      return launch(double{}, double{}, Index{});
    case LipElement::kBfloat16:
      return launch(__nv_bfloat16{}, float{}, Index{});
    case LipElement::kFloat16:
      return launch(__half{}, float{}, Index{});
  }
  return {"unknown element type"};
}

template <typename Launch>
KernelStatus withTypes(const LipBatch& batch, const Launch& launch) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() / 2;  // room for what is computed
  return pixelsOf(batch) < kMost && cellsOf(batch) < kMost ? withElement<std::int32_t>(batch, launch)
                                                           : withElement<std::int64_t>(batch, launch);
}

}  // namespace

KernelStatus lipPool(const LipBatch& batch, const LipForward& arrays, Stream stream) {
  return withTypes(batch, [&](auto in, auto sum, auto index) {
    using In = decltype(in);
    using T = decltype(sum);
    using Index = decltype(index);
    const Forward<In, T, Index> forward{
        static_cast<const In*>(arrays.x), static_cast<const In*>(arrays.logit), static_cast<In*>(arrays.y),
        static_cast<In*>(arrays.largest), static_cast<T*>(arrays.inverseSum),   mapsOf<Index>(batch)};
    return forEach(cellsOf(batch), forward, stream);
  });
}

KernelStatus lipPoolBackward(const LipBatch& batch, const LipBackward& arrays, Stream stream) {
  return withTypes(batch, [&](auto in, auto sum, auto index) {
    using In = decltype(in);
    using T = decltype(sum);
    using Index = decltype(index);
    const auto map = [](const void* pointer) { return static_cast<const In*>(pointer); };
    const Backward<In, T, Index> backward{map(arrays.x),
                                          map(arrays.logit),
                                          map(arrays.y),
                                          map(arrays.largest),
                                          map(arrays.upstream),
                                          static_cast<const T*>(arrays.inverseSum),
                                          static_cast<In*>(arrays.gradX),
                                          static_cast<In*>(arrays.gradLogit),
                                          mapsOf<Index>(batch)};
    return forEach(pixelsOf(batch), backward, stream);
  });
}

}  // namespace anchorscope::kernels
