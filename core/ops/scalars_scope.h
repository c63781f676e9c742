#pragma once
// Internal header (ATen). Marks what a step computes for its curves alone, so that the benchmarks can tell
// what that costs.

#include <ATen/record_function.h>

namespace anchorscope {

/// For RECORD_USER_SCOPE, which costs nothing while nobody watches.
inline constexpr const char* kScalarsScope = "scalars of the step";

}  // namespace anchorscope
