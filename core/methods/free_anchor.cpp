#include "core/methods/recipe.h"

namespace anchorscope {

Recipe freeAnchorRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "free_anchor";
  recipe.info.title = "FreeAnchor: learning to match";
  recipe.info.description =
      "No anchor is assigned: each object has a bag of those that overlap it most and is likely when one of "
      "them says its "
      "class and its box; every anchor is unlikely that has no object's box.";
  recipe.info.source = "FreeAnchor (Zhang et al., NeurIPS 2019); as mmdet 3.3.0 FreeAnchorRetinaHead";
  rules.assigners = {"iou_bag"};
  rules.clsLosses = {"bce"};
  rules.boxLosses = {"smooth_l1", "giou", "l1"};
  rules.jointLosses = {"free_anchor"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "mmdet 3.3.0 FreeAnchorRetinaHead";
  recipe.overrides = {
      {"smooth_l1_weights", std::string("10,10,5,5"), "mmdet 3.3.0: target_stds 0.1, 0.1, 0.2, 0.2"}};
  return recipe;
}

}  // namespace anchorscope
