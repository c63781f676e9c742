#pragma once
// CUB's scan over a block on the host, with the places where threads wait.

#include <cuda_runtime.h>

namespace cub {

template <typename T, int kThreads>
class BlockScan {
 public:
  struct TempStorage {
    T values[kThreads];
  };

  explicit BlockScan(TempStorage& storage) : storage_(storage) {}

  void ExclusiveSum(T value, T& before, std::source_location where = std::source_location::current()) {
    storage_.values[threadIdx.x] = value;
    __syncthreads(where);
    before = T{};
    for (unsigned k = 0; k < threadIdx.x; ++k)
      before += storage_.values[k];
  }

 private:
  TempStorage& storage_;
};

}  // namespace cub
