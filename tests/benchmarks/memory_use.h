#pragma once
// How much memory work holds at once. A program that links memory_use.cpp has its operator new.

#include <cstdint>
#include <functional>

namespace anchorscope::testing {

/// Most bytes that the work held beyond what was there before: this thread's tensors (as LibTorch's allocator
/// reports them) and everything from operator new, which the containers take.
std::int64_t peakBytesOf(const std::function<void()>& work);

}  // namespace anchorscope::testing
