#include "core/methods/recipe.h"

namespace anchorscope {

Recipe paaRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "paa";
  recipe.info.title = "PAA: probabilistic anchor assignment";
  recipe.info.description =
      "An object's candidates are told apart by what they cost it: a mixture of two Gaussians is fitted to "
      "their losses, and "
      "the cheap ones learn. Box losses weigh by the predicted IoU, which a third head learns where there is "
      "one.";
  recipe.info.source =
      "PAA (Kim and Lee, ECCV 2020); defaults, weights and normalisers as mmdet 3.3.0 PAAHead";
  rules.assigners = {"paa"};
  rules.clsLosses = {"focal", "bce"};
  rules.boxLosses = {"giou", "iou", "iou_log", "l1", "smooth_l1"};
  rules.combiners = {"weighted_sum", "sampling_free"};
  rules.boxWeights = "iou";
  rules.clsNormalizer = "positives_min_images";
  rules.locNormalizer = "sum_of_weights";
  rules.lossSource = "mmdet 3.3.0 PAAHead";
  recipe.overrides = {{"lambda_reg", 1.3, "mmdet 3.3.0 PAA configuration"},
                      {"lambda_quality", 0.5, "mmdet 3.3.0 PAA configuration"}};
  return recipe;
}

}  // namespace anchorscope
