#pragma once
// Local importance-based pooling as kernels; see core/ops/lip.h for the meaning. Conventions as in kernels.h.

#include <cstdint>

#include "core/ops/cuda/kernels.h"
#include "core/ops/lip_math.h"

namespace anchorscope::kernels {

/// The element type of the maps; sums are double for kFloat64, otherwise float.
enum class LipElement { kFloat32, kFloat64, kBfloat16, kFloat16 };

/// Maps [batch,channels,height,width] and [batch,channels,outHeight,outWidth], all contiguous or all
/// channels_last.
struct LipBatch {
  LipElement element;
  bool channelsLast;
  std::int64_t batch, channels, height, width, outHeight, outWidth;
  LipWindow window;
};

struct LipForward {
  const void *x, *logit;
  void *y, *largest;  // `largest`: the window's largest logit, or null
  void* inverseSum;   // sum type: 1 / sum of e^(logit - largest); null where largest is
};

KernelStatus lipPool(const LipBatch& batch, const LipForward& arrays, Stream stream);

struct LipBackward {
  const void *x, *logit, *y, *largest, *inverseSum, *upstream;
  void *gradX, *gradLogit;
};

/// Gathers: one thread adds up all that a pixel receives, in a fixed order.
KernelStatus lipPoolBackward(const LipBatch& batch, const LipBackward& arrays, Stream stream);

}  // namespace anchorscope::kernels
