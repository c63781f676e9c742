#pragma once
// CUDA only. How the kernels are launched: one thread per item, in a grid-stride loop.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "core/ops/cuda/kernels.h"

namespace anchorscope::kernels {

inline constexpr int kThreads = 256;

/// The last launch's outcome.
inline KernelStatus launched() {
  const cudaError_t error = cudaGetLastError();
  return {error == cudaSuccess ? nullptr : cudaGetErrorString(error)};
}

inline unsigned blocksFor(std::int64_t items) {
  constexpr std::int64_t kMostBlocks = 1 << 20;
  return static_cast<unsigned>(std::min((items + kThreads - 1) / kThreads, kMostBlocks));
}

template <typename Body>
__global__ void forEachKernel(std::int64_t items, Body body) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < items;
       i += stride) {
    body(i);
  }
}

/// Runs body(i) for 0 <= i < items; body is a struct with a __device__ operator().
template <typename Body>
KernelStatus forEach(std::int64_t items, Body body, Stream stream) {
  if (items <= 0) return {};
  forEachKernel<<<blocksFor(items), kThreads, 0, stream>>>(items, body);
  return launched();
}

}  // namespace anchorscope::kernels
