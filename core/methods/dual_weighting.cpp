#include "core/methods/recipe.h"

namespace anchorscope {

Recipe dualWeightingRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "dw";
  recipe.info.title = "DW: dual weighting";
  recipe.info.description =
      "Every point inside an object has a weight as a positive and another as a negative, so that points "
      "between are not "
      "forced to be one of both.";
  recipe.info.source =
      "A Dual Weighting Label Assignment Scheme for Object Detection (Li et al., CVPR 2022); as the authors' "
      "code "
      "(strongwolf/DW), without its box refinement";
  rules.assigners = {"inside"};
  rules.clsLosses = {"bce"};
  rules.boxLosses = {"giou", "iou"};
  rules.jointLosses = {"dual_weighting"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "the authors' code (strongwolf/DW)";
  return recipe;
}

}  // namespace anchorscope
