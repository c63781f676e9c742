#include "core/methods/recipe.h"

namespace anchorscope {

Recipe toodRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "tood";
  recipe.info.title = "TOOD: task-aligned learning";
  recipe.info.description =
      "Both heads learn at the same anchors: those whose score and predicted box fit the object best "
      "together. The "
      "class score learns how well they do, and box losses weigh by it.";
  recipe.info.source =
      "TOOD (Feng et al., ICCV 2021); assignment, losses and normalisers as mmdet 3.3.0 TOODHead after its "
      "initial "
      "epochs. The initial ones are assigner atss with cls_loss focal, to be changed while "
      "training. Ours: on "
      "the heads of this program, without the task decomposition of TOOD's own head";
  rules.assigners = {"task_aligned", "atss"};
  rules.clsLosses = {"soft_focal", "focal", "bce"};
  rules.boxLosses = {"giou", "iou", "iou_log"};
  rules.clsNormalizer = "sum_of_weights";
  rules.locNormalizer = "sum_of_weights_min_1";
  rules.lossSource = "mmdet 3.3.0 TOODHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 TOOD configuration"}};
  return recipe;
}

}  // namespace anchorscope
