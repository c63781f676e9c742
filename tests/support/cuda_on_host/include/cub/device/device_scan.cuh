#pragma once
// CUB's scan over a device's array on the host.

#include <cuda_runtime.h>

namespace cub {

struct DeviceScan {
  /// Without `temporary` only says how much of it is wanted.
  template <typename In, typename Out, typename Count>
  static cudaError_t ExclusiveSum(void* temporary, std::size_t& bytes, const In* in, Out* out, Count count,
                                  cudaStream_t = nullptr) {
    constexpr std::size_t kWanted = 256;
    if (temporary == nullptr) {
      bytes = kWanted;
      return cudaSuccess;
    }
    if (bytes < kWanted) return cudaErrorInvalidValue;
    std::memset(temporary, 0x5a, kWanted);
    Out sum{};
    for (Count k = 0; k < count; ++k)
      out[k] = std::exchange(sum, static_cast<Out>(sum + in[k]));
    return cudaSuccess;
  }
};

}  // namespace cub
