#include "core/methods/recipe.h"

namespace anchorscope {

Recipe atssRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "atss";
  recipe.info.title = "ATSS: adaptive training sample selection";
  recipe.info.description =
      "Each object sets its own IoU threshold: mean plus deviation of the IoUs of the anchors nearest to its "
      "centre, level by level. Box losses count by centerness, which a third head learns where there is one.";
  recipe.info.source =
      "ATSS (Zhang et al., CVPR 2020); defaults, weights and normalisers as mmdet 3.3.0 ATSSHead";
  rules.assigners = {"atss"};
  rules.clsLosses = {"focal", "bce", "soft_focal", "varifocal", "ghm_c", "ap", "dr"};
  rules.boxLosses = {"giou",        "iou",   "iou_log", "harmonic_iou", "l1",        "smooth_l1",
                     "balanced_l1", "ghm_r", "diou",    "ciou",         "iou_square"};
  rules.transforms = {coupling({"none", "harmonic"}), sampling(), reweighting()};
  rules.combiners = {"weighted_sum", "sampling_free"};
  rules.clsNormalizer = "mmdet";
  rules.locNormalizer = "sum_of_weights_min_1";
  rules.lossSource = "mmdet 3.3.0 ATSSHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 ATSS configuration"}};
  return recipe;
}

}  // namespace anchorscope
