#pragma once
// Internal header (ATen). The generic method of a dense detector: assign, two losses, combine, show.

#include <memory>

#include "core/methods/method.h"
#include "core/methods/recipe.h"

namespace anchorscope {

/// Builds a recipe's method; kUsage when its options contradict each other.
Result<std::unique_ptr<Method>> makeDenseMethod(const Recipe& recipe, const ParamSet& params);

}  // namespace anchorscope
