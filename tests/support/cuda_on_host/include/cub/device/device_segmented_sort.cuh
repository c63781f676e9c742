#pragma once
// CUB's sort of an array's segments on the host.

#include <cuda_runtime.h>

#include <numeric>
#include <vector>

namespace cub {

struct DeviceSegmentedSort {
  template <typename Key, typename Value, typename Count, typename Offset>
  static cudaError_t StableSortPairsDescending(void* temporary, std::size_t& bytes, const Key* keysIn,
                                               Key* keysOut, const Value* valuesIn, Value* valuesOut, Count,
                                               Count segments, const Offset* begins, const Offset* ends,
                                               cudaStream_t = nullptr) {
    constexpr std::size_t kWanted = 256;
    if (temporary == nullptr) {
      bytes = kWanted;
      return cudaSuccess;
    }
    if (bytes < kWanted) return cudaErrorInvalidValue;
    for (Count segment = 0; segment < segments; ++segment) {
      std::vector<Offset> order(static_cast<std::size_t>(ends[segment] - begins[segment]));
      std::iota(order.begin(), order.end(), begins[segment]);
      std::stable_sort(order.begin(), order.end(), [&](Offset a, Offset b) { return keysIn[a] > keysIn[b]; });
      for (std::size_t k = 0; k < order.size(); ++k) {
        keysOut[begins[segment] + static_cast<Offset>(k)] = keysIn[order[k]];
        valuesOut[begins[segment] + static_cast<Offset>(k)] = valuesIn[order[k]];
      }
    }
    return cudaSuccess;
  }
};

}  // namespace cub
