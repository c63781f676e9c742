#include "core/methods/recipe.h"

namespace anchorscope {

Recipe autoAssignRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "auto_assign";
  recipe.info.title = "AutoAssign: every point inside";
  recipe.info.description =
      "Every point inside an object learns of it, by how likely it is and how near to a centre that each "
      "class learns; "
      "where boxes are good scores count less as background.";
  recipe.info.source = "AutoAssign (Zhu et al., 2020); as mmdet 3.3.0 AutoAssignHead";
  rules.assigners = {"inside"};
  rules.clsLosses = {"bce"};
  rules.boxLosses = {"giou", "iou"};
  rules.jointLosses = {"auto_assign"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "mmdet 3.3.0 AutoAssignHead";
  return recipe;
}

}  // namespace anchorscope
