#include "core/methods/recipe.h"

namespace anchorscope {

Recipe atssRecipe() {
  Recipe recipe;
  recipe.info.name = "atss";
  recipe.info.title = "ATSS: adaptive training sample selection";
  recipe.info.description =
      "Each object sets its own IoU threshold: mean plus deviation of the IoUs of the anchors nearest to its "
      "centre, level by level. Box losses count by centerness, which a third head learns where there is one.";
  recipe.info.source =
      "ATSS (Zhang et al., CVPR 2020); defaults, weights and normalisers as mmdet 3.3.0 ATSSHead";
  recipe.assigners = {"atss"};
  recipe.clsLosses = {"focal", "bce"};
  recipe.boxLosses = {"giou", "iou", "iou_log", "harmonic_iou", "l1", "smooth_l1"};
  recipe.transforms = {coupling({"none", "harmonic"})};
  recipe.combiners = {"weighted_sum", "sampling_free"};
  recipe.clsNormalizer = "mmdet";
  recipe.locNormalizer = "sum_of_weights_min_1";
  recipe.lossSource = "mmdet 3.3.0 ATSSHead";
  recipe.overrides = {{"lambda_reg", 2.0, "mmdet 3.3.0 ATSS configuration"}};
  return recipe;
}

}  // namespace anchorscope
