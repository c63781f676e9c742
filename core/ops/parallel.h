#pragma once
// Internal header (ATen). Loops of our own on all of ATen's threads.

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace anchorscope {

/// Calls body(first, last) for ranges that cover begin..end - 1, each index once, on the threads of
/// LibTorch's own OpenMP runtime: as many as at::get_num_threads() says, none with fewer than `grain` (>= 1)
/// indices but the last. Within another parallel loop, ours or ATen's, it is one call on the same thread.
/// Returns when all have ended; the first exception of a body is thrown on. Bodies write disjoint memory and
/// add up in an order that does not depend on where ranges begin; they use pointers, no tensors (a worker has
/// none of the caller's thread-local state, such as its gradient mode).
///
/// at::parallel_for does this only in code compiled with OpenMP, and that is one file of ours. In a build
/// whose OpenMP runtime is not LibTorch's (cmake/LibTorch.cmake says so) it is one call on the same thread.
void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 c10::function_ref<void(std::int64_t, std::int64_t)> body);

}  // namespace anchorscope
