#pragma once
// Internal header. What the methods of two-stage detectors start from: torchvision's Faster R-CNN.

#include <string>
#include <utility>
#include <vector>

#include "core/methods/recipe.h"

namespace anchorscope {

/// Region proposals, then regions, with the choices that go with each; and torchvision's values of their
/// options.
Recipe twoStageRecipe();

}  // namespace anchorscope
