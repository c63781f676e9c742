#include "core/methods/recipe.h"

namespace anchorscope {

Recipe otaRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "ota";
  recipe.info.title = "OTA: assignment as optimal transport";
  recipe.info.description =
      "Objects supply labels, as many as their best boxes are good, the background the rest, and every "
      "anchor takes one, so "
      "that class and box losses cost least altogether.";
  recipe.info.source = "OTA (Ge et al., CVPR 2021); losses and normalisers as the authors' code";
  rules.assigners = {"ota", "simota"};
  rules.clsLosses = {"focal", "bce"};
  rules.boxLosses = {"giou", "iou", "iou_log"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "the authors' code (Megvii-BaseDetection/OTA)";
  recipe.overrides = {{"lambda_reg", 2.0, "the authors' configuration"},
                      {"lambda_quality", 0.5, "the authors' configuration"}};
  return recipe;
}

}  // namespace anchorscope
