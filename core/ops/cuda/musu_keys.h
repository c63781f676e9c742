#pragma once
// CUDA only. A key orders pairs as one integer: larger P first, then the smaller index; larger key = better,
// 0 = none.

#include <cuda_runtime.h>

#include <cstdint>

namespace anchorscope::kernels {

using Key = unsigned long long;  // the type that CUDA's atomics take
static_assert(sizeof(Key) == sizeof(std::uint64_t), "keys are 64 bits");

__device__ inline Key keyOf(float joint, std::int64_t anchor) {
  return static_cast<Key>(__float_as_uint(joint)) << 32 | (0xffffffffU - static_cast<unsigned>(anchor));
}
__device__ inline float jointOf(Key key) {
  return __uint_as_float(static_cast<unsigned>(key >> 32));
}
__device__ inline std::int64_t anchorOf(Key key) {
  return 0xffffffffU - static_cast<unsigned>(key);
}

}  // namespace anchorscope::kernels
