#pragma once
// Internal header. What LibTorch, the standard library and our own checks throw, as Errors; and a fence
// around work that may fail without ending a run.

#include <exception>

#include "core/base/result.h"

namespace anchorscope {

/// Full memory (of the machine or a GPU) is kMemory, a fault of the GPU or its driver kDevice, everything
/// else kInternal.
Error errorFromThrown(const std::exception_ptr& thrown);

/// Runs `work`, which returns a Status, and turns what it throws into its error. A fault of the device passes
/// through: after it no work on the device can be trusted.
template <typename Work>
Status fenced(const Work& work) {
  try {
    return work();
  } catch (...) {
    Error error = errorFromThrown(std::current_exception());
    if (error.code == ErrorCode::kDevice) throw;
    return error;
  }
}

}  // namespace anchorscope
