#pragma once
// CUDA only. How the kernels are launched: the one place that does it.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "core/ops/cuda/kernels.h"

namespace anchorscope::kernels {

inline constexpr int kThreads = 256;

inline KernelStatus statusOf(cudaError_t error) {
  if (error != cudaSuccess) cudaGetLastError();  // said here, so nobody else is to find it
  return {error == cudaSuccess ? nullptr : cudaGetErrorString(error)};
}

/// Runs a kernel in `blocks` blocks of `threads`.
template <typename... Parameters, typename... Arguments>
KernelStatus launch(void (*kernel)(Parameters...), std::int64_t blocks, int threads, Stream stream,
                    const Arguments&... arguments) {
  cudaLaunchConfig_t configuration{};
  configuration.gridDim = dim3{static_cast<unsigned>(blocks), 1, 1};
  configuration.blockDim = dim3{static_cast<unsigned>(threads), 1, 1};
  configuration.stream = stream;
  return statusOf(cudaLaunchKernelEx(&configuration, kernel, Parameters(arguments)...));
}

inline std::int64_t blocksFor(std::int64_t items) {
  constexpr std::int64_t kMostBlocks = 1 << 20;
  return std::min((items + kThreads - 1) / kThreads, kMostBlocks);
}

template <typename Body>
__global__ void forEachKernel(std::int64_t items, Body body) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < items;
       i += stride) {
    body(i);
  }
}

/// Runs body(i) for 0 <= i < items, one thread per item; body is a struct with a __device__ operator().
template <typename Body>
KernelStatus forEach(std::int64_t items, Body body, Stream stream) {
  if (items <= 0) return {};
  return launch(forEachKernel<Body>, blocksFor(items), kThreads, stream, items, body);
}

}  // namespace anchorscope::kernels
