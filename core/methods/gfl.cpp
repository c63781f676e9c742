#include "core/methods/recipe.h"

namespace anchorscope {

Recipe gflRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "gfl";
  recipe.info.title = "GFL: generalized focal loss";
  recipe.info.description =
      "ATSS's positives, whose class scores learn the IoU of their predicted boxes, and whose distances to "
      "the sides are learnt "
      "as distributions. Box losses weigh by the class score.";
  recipe.info.source =
      "Generalized Focal Loss (Li et al., NeurIPS 2020); defaults, weights and normalisers as mmdet 3.3.0 "
      "GFLHead";
  rules.assigners = {"atss", "task_aligned"};
  rules.clsLosses = {"soft_focal", "bce"};
  rules.boxLosses = {"giou", "iou", "iou_log"};
  rules.furtherBoxLosses = {"dfl"};
  rules.classTargets = "iou";
  rules.boxWeights = "score";
  rules.clsNormalizer = "mmdet";
  rules.locNormalizer = "sum_of_weights_min_1";
  rules.lossSource = "mmdet 3.3.0 GFLHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 GFL configuration"},
                      {"point_scale", 8.0, "mmdet 3.3.0 GFL configuration"}};
  return recipe;
}

}  // namespace anchorscope
