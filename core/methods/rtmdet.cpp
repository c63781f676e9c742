#include "core/methods/recipe.h"

namespace anchorscope {

Recipe rtmdetRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "rtmdet";
  recipe.info.title = "RTMDet: dynamic soft labels";
  recipe.info.description =
      "Every object takes the candidates that cost it least: a class cost that knows how well the box fits, "
      "the box, "
      "and the distance from the centre. Class scores learn the IoU of the predicted box, by which box "
      "losses weigh, too.";
  recipe.info.source =
      "RTMDet (Lyu et al., 2022); assignment, losses and normalisers as mmdet 3.3.0 RTMDetHead. Ours: on the "
      "heads of "
      "this program";
  rules.assigners = {"dynamic_soft_label", "simota"};
  rules.clsLosses = {"soft_focal", "bce"};
  rules.boxLosses = {"giou", "iou", "iou_log"};
  rules.boxWeights = "iou";
  rules.clsNormalizer = "sum_of_weights";
  rules.locNormalizer = "sum_of_weights_min_1";
  rules.lossSource = "mmdet 3.3.0 RTMDetHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 RTMDet configuration"}};
  return recipe;
}

}  // namespace anchorscope
