#include "core/session/thrown.h"

#include <c10/util/Exception.h>

#include <initializer_list>
#include <new>
#include <string>
#include <string_view>

namespace anchorscope {
namespace {

bool containsAnyOf(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    if (text.find(part) != std::string_view::npos) return true;
  return false;
}

Error memoryFull(const char* what, const char* details) {
  Error error = makeError(ErrorCode::kMemory, what,
                          "Use a smaller batch, input size or cache_mb, or close what else uses the memory");
  error.details = details;
  return error;
}

}  // namespace

Error errorFromThrown(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const c10::OutOfMemoryError& problem) {
    return memoryFull("The GPU's memory is full", problem.what_without_backtrace());
  } catch (const c10::Error& problem) {
    // LibTorch's general error: only its text tells a fault of the device, or of the allocator, from a bug.
    const std::string message = problem.what_without_backtrace();
    if (containsAnyOf(message,
                      {"DefaultCPUAllocator", "not enough memory", "could not create a memory object"}))
      return memoryFull("The memory is full", problem.what_without_backtrace());
    const bool device = containsAnyOf(message, {"CUDA error", "CUDA driver"});
    Error error = device ? makeError(ErrorCode::kDevice, message,
                                     "Check the GPU and its driver, or train with --device cpu")
                         : makeError(ErrorCode::kInternal, message, "Please report this with its details");
    error.details = problem.what();
    return error;
  } catch (const std::bad_alloc& problem) {
    return memoryFull("The memory is full", problem.what());
  } catch (const std::exception& problem) {
    // oneDNN and the C library tell of full memory by these words.
    if (containsAnyOf(problem.what(),
                      {"Cannot allocate memory", "could not create a memory", "could not allocate"}))
      return memoryFull("The memory is full", problem.what());
    // Seen where memory was short; oneDNN does not tell it from an operator that it lacks.
    if (containsAnyOf(problem.what(), {"could not create a primitive"}))
      return memoryFull("oneDNN could not set up an operator, most likely because the memory is full",
                        problem.what());
    return makeError(ErrorCode::kInternal, problem.what(), "Please report this");
  } catch (...) {
    return makeError(ErrorCode::kInternal, "An unknown error ended training", "Please report this");
  }
}

}  // namespace anchorscope
