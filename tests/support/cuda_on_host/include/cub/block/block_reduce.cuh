#pragma once
// CUB's reduction over a block on the host: the same order of operations, and the same places where threads
// wait, so that a barrier that is missing between two uses of one storage is missed here too.

#include <cuda_runtime.h>

namespace cub {

template <typename T, int kThreads>
class BlockReduce {
 public:
  struct TempStorage {
    T values[kThreads];
  };

  explicit BlockReduce(TempStorage& storage) : storage_(storage) {}

  /// Defined in thread 0 alone; the others get back what they gave.
  template <typename Operation>
  T Reduce(T value, Operation operation, std::source_location where = std::source_location::current()) {
    constexpr int kLanes = 32;
    const auto own = static_cast<int>(threadIdx.x);
    storage_.values[own] = value;
    __syncthreads(where);
    if (own != 0) return value;
    // Within each warp by a tree, then warp after warp.
    T result{};
    for (int first = 0; first < kThreads; first += kLanes) {
      const int lanes = std::min(kLanes, kThreads - first);
      T* const values = storage_.values + first;
      for (int distance = 1; distance < lanes; distance *= 2)
        for (int lane = 0; lane + distance < lanes; ++lane)
          values[lane] = operation(values[lane], values[lane + distance]);
      result = first == 0 ? values[0] : operation(result, values[0]);
    }
    return result;
  }
  T Sum(T value, std::source_location where = std::source_location::current()) {
    return Reduce(
        value, [](T a, T b) { return a + b; }, where);
  }

 private:
  TempStorage& storage_;
};

}  // namespace cub
