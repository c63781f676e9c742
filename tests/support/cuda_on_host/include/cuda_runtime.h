#pragma once
// CUDA's runtime as far as core/ops/cuda uses it, for the host: see tests/support/cuda_on_host/threads.h. The
// names are CUDA's.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/support/cuda_on_host/threads.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
// One block runs at a time, so one copy will do; all of them in one place, to be spoilt between two blocks.
#define __shared__ static __attribute__((section("cuda_shared")))

using dim3 = anchorscope::cuda_on_host::Extent;
inline const dim3& threadIdx = anchorscope::cuda_on_host::threadIndex;
inline const dim3& blockIdx = anchorscope::cuda_on_host::blockIndex;
inline const dim3& blockDim = anchorscope::cuda_on_host::blockExtent;
inline const dim3& gridDim = anchorscope::cuda_on_host::gridExtent;

/// A stream runs what it is given at once; all there is to it is the order.
struct CUstream_st {
  anchorscope::cuda_on_host::Order order;
};
using cudaStream_t = CUstream_st*;

enum cudaError_t { cudaSuccess, cudaErrorInvalidValue, cudaErrorLaunchFailure };

const char* cudaGetErrorString(cudaError_t error);
/// The last error, which is forgotten.
cudaError_t cudaGetLastError();
cudaError_t cudaMemsetAsync(void* bytes, int value, std::size_t count, cudaStream_t stream);

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
};

namespace anchorscope::cuda_on_host {
cudaError_t launch(const cudaLaunchConfig_t& configuration, const std::function<void()>& thread);
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* configuration, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const std::tuple<Parameters...> given(std::forward<Arguments>(arguments)...);
  return anchorscope::cuda_on_host::launch(*configuration, [&] { std::apply(kernel, given); });
}

// ---------------------------------------------------------------------------------------------- barriers,
// warps

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  anchorscope::cuda_on_host::waitForBlock(where);
}

inline void __syncwarp(unsigned mask = 0xffffffffU,
                       std::source_location where = std::source_location::current()) {
  anchorscope::cuda_on_host::waitForWarp(mask, where);
}

namespace anchorscope::cuda_on_host {

template <typename T>
T ofLane(unsigned mask, T value, unsigned source, std::source_location where) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const auto values = exchange(mask, bits, where);
  if ((mask >> source & 1U) == 0) fail("a lane is read that the mask does not name");
  T result;
  std::memcpy(&result, &values[source], sizeof result);
  return result;
}

inline unsigned ballot(unsigned mask, bool vote, std::source_location where) {
  const auto votes = exchange(mask, vote ? 1 : 0, where);
  unsigned result = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane)
    if ((mask >> lane & 1U) != 0 && votes[lane] != 0) result |= 1U << lane;
  return result;
}

}  // namespace anchorscope::cuda_on_host

template <typename T>
T __shfl_sync(unsigned mask, T value, int source,
              std::source_location where = std::source_location::current()) {
  return anchorscope::cuda_on_host::ofLane(mask, value, static_cast<unsigned>(source) % 32U, where);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance,
                   std::source_location where = std::source_location::current()) {
  const unsigned lane = anchorscope::cuda_on_host::lane();
  return anchorscope::cuda_on_host::ofLane(mask, value, lane + distance < 32U ? lane + distance : lane,
                                           where);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance,
                 std::source_location where = std::source_location::current()) {
  const unsigned lane = anchorscope::cuda_on_host::lane();
  return anchorscope::cuda_on_host::ofLane(mask, value, lane >= distance ? lane - distance : lane, where);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int other,
                  std::source_location where = std::source_location::current()) {
  const unsigned lane = anchorscope::cuda_on_host::lane();
  return anchorscope::cuda_on_host::ofLane(mask, value, (lane ^ static_cast<unsigned>(other)) % 32U, where);
}
inline unsigned __ballot_sync(unsigned mask, int vote,
                              std::source_location where = std::source_location::current()) {
  return anchorscope::cuda_on_host::ballot(mask, vote != 0, where);
}
inline int __any_sync(unsigned mask, int vote, std::source_location where = std::source_location::current()) {
  return anchorscope::cuda_on_host::ballot(mask, vote != 0, where) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int vote, std::source_location where = std::source_location::current()) {
  return anchorscope::cuda_on_host::ballot(mask, vote != 0, where) == mask ? 1 : 0;
}

// ---------------------------------------------------------------------------------------------- atomics,
// bits

// One thread runs at a time, and none is interrupted between two barriers.
template <typename T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  const T before = *at;
  *at = static_cast<T>(before + value);
  return before;
}
template <typename T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  const T before = *at;
  *at = std::max(before, value);
  return before;
}
template <typename T>
T atomicOr(T* at, std::type_identity_t<T> value) {
  const T before = *at;
  *at = before | value;
  return before;
}
template <typename T>
T atomicAnd(T* at, std::type_identity_t<T> value) {
  const T before = *at;
  *at = before & value;
  return before;
}

inline unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}
inline int __float_as_int(float value) {
  return std::bit_cast<int>(value);
}
inline float __uint_as_float(unsigned bits) {
  return std::bit_cast<float>(bits);
}
inline int __ffsll(long long bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(bits)) + 1;
}
inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
