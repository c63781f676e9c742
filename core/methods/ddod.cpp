#include "core/methods/recipe.h"

namespace anchorscope {

Recipe ddodRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "ddod";
  recipe.info.title = "DDOD: what heads and levels share, taken apart";
  recipe.info.description =
      "Class and box head have positives of their own, each chosen by score and predicted box with its own "
      "weighing. A third output learns the IoU, and levels with few positives count up to twice.";
  recipe.info.source =
      "DDOD (Chen et al., ACM MM 2021); assignment, losses, normalisers and weights of levels as mmdet 3.3.0 "
      "DDODHead. Ours: on the heads of this program, without the deformable convolutions that part the "
      "features "
      "of both branches there";
  rules.assigners = {"ddod", "atss"};
  rules.clsLosses = {"focal", "bce", "soft_focal"};
  rules.boxLosses = {"giou", "iou", "diou", "ciou"};
  rules.transforms = {levelWeighting()};
  rules.boxWeights = "one";
  rules.clsNormalizer = "mmdet";
  rules.locNormalizer = "mmdet";
  rules.lossSource = "mmdet 3.3.0 DDODHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 DDOD configuration"}};
  return recipe;
}

}  // namespace anchorscope
