#include "core/methods/recipe.h"

namespace anchorscope {

Recipe simOtaRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "simota";
  recipe.info.title = "SimOTA: the cheapest candidates";
  recipe.info.description =
      "Every object takes the candidates that cost it least, class and box together, and as many as its best "
      "boxes are good. The class score learns how well the box fits.";
  recipe.info.source =
      "YOLOX (Ge et al., 2021); the assignment as mmdet 3.3.0 SimOTAAssigner (candidates in a box or within "
      "2.5 strides of a centre; YOLOX's own code: within 1.5 strides alone). Defaults as YOLOX's head: "
      "binary "
      "cross entropy, IoU loss times 5, both over the positives. Ours: without an objectness output, so that "
      "every location's class scores learn, the background's too";
  rules.assigners = {"simota"};
  rules.clsLosses = {"bce", "soft_focal"};
  rules.boxLosses = {"iou", "giou", "iou_log"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "mmdet 3.3.0 YOLOXHead";
  recipe.overrides = {{"lambda_reg", 5.0, "mmdet 3.3.0 YOLOX configuration"}};
  return recipe;
}

}  // namespace anchorscope
