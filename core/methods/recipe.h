#pragma once
// Internal header. A method as data: which assigner, losses and normalisers under one name, with which
// defaults.

#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/methods/method_info.h"

namespace anchorscope {

/// A default that this method sets differently from the part it comes from.
struct DefaultOverride {
  std::string option;
  ParamValue value;
  std::string source;
};

/// A dense method. The parts are names in their registries.
struct Recipe {
  MethodInfo info;
  std::string assigner;
  std::vector<std::string> clsLosses;  ///< Choices of option cls_loss; the first is the default.
  std::vector<std::string> boxLosses;  ///< Choices of option box_loss; the first is the default.
  std::string combiner = "weighted_sum";
  std::string clsNormalizer, locNormalizer;  ///< Defaults of the options of these names.
  std::string lossSource;                    ///< Where the choice of losses and normalisers comes from.
  std::vector<DefaultOverride> overrides;
};

/// Every recipe, in registry order. A new method is a file and a line in registry.cpp.
const std::vector<Recipe>& recipes();

/// The flat options of a recipe: the assigner's, the losses', the combiner's and the normalisers'.
std::vector<ParamSpec> recipeParams(const Recipe& recipe);

}  // namespace anchorscope
