#pragma once
// A grid of CUDA threads on one thread of the host: every thread of a block that has to wait is a fiber,
// blocks run one after another. Test-only; behind include/cuda_runtime.h.

#include <array>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

namespace anchorscope::cuda_on_host {

/// In which order the blocks of a grid run, and the threads of a block from one barrier to the next. A device
/// promises none, so every order has to give the same results.
enum class Order { kForwards, kBackwards, kShuffled };

struct Extent {
  unsigned x = 1, y = 1, z = 1;
};

/// Where the running thread stands. Two dimensions and more are not needed yet: y and z are 1.
inline Extent threadIndex, blockIndex, blockExtent, gridExtent;

inline constexpr unsigned kLanes = 32;

/// Runs thread() for every thread of the grid. Returns what was wrong: a barrier that not all threads reach,
/// a warp operation whose lanes are not all there; empty when all went well. What is declared __shared__
/// holds garbage when a block begins. Calls from several host threads wait for each other.
std::string runGrid(unsigned blocks, unsigned threads, Order order, const std::function<void()>& thread);

/// Until every thread of the block that has not ended is here.
void waitForBlock(std::source_location where);
/// Until the lanes of `mask` in the thread's warp are here.
void waitForWarp(unsigned mask, std::source_location where);
/// Gives `value` to the lanes of `mask` and returns theirs.
std::array<std::uint64_t, kLanes> exchange(unsigned mask, std::uint64_t value, std::source_location where);

/// The thread's number in its warp.
inline unsigned lane() {
  return threadIndex.x % kLanes;
}

/// Ends the grid with this fault; does not return to the thread, whose frames are left as they are.
[[noreturn]] void fail(const char* what);

}  // namespace anchorscope::cuda_on_host
