#include "core/methods/recipe.h"

namespace anchorscope {

Recipe yoloxRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "yolox";
  recipe.info.title = "YOLOX: SimOTA with objectness";
  recipe.info.description =
      "SimOTA's assignment by the root of class score times objectness. The objectness alone tells objects "
      "from background; class "
      "scores learn the IoU at positives.";
  recipe.info.source =
      "YOLOX (Ge et al., 2021); losses and normalisers as mmdet 3.3.0 YOLOXHead. Ours: on heads of this "
      "program with an objectness "
      "output (model.quality_output)";
  rules.assigners = {"simota"};
  rules.clsLosses = {"bce", "soft_focal"};
  rules.boxLosses = {"iou_square", "iou", "giou"};
  rules.furtherBoxLosses = {"l1_center_size"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "mmdet 3.3.0 YOLOXHead";
  recipe.overrides = {{"lambda_reg", 5.0, "mmdet 3.3.0 YOLOX configuration"},
                      {"l1_share", 0.05, "mmdet 3.3.0 YOLOX configuration: the last 15 of 300 epochs"}};
  return recipe;
}

}  // namespace anchorscope
