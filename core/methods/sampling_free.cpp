#include "core/methods/recipe.h"

namespace anchorscope {

Recipe samplingFreeRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "sampling_free";
  recipe.info.title = "Sampling-Free";
  recipe.info.description =
      "Plain cross entropy on every anchor, no focal loss and no sampling. Two things replace them: class "
      "scores start at the share of positives, counted over the training set, so that background does not "
      "flood the first steps; and the classification loss is scaled to the box loss in every step.";
  recipe.info.source =
      "Is Heuristic Sampling Necessary in Training Deep Object Detectors? (Chen et al., TIP 2021) and the "
      "authors' code, all four versions. Defaults: RetinaNet with the version of the paper's form (2021a), "
      "divided by at least one positive. Ours: the guard, counting with any assigner that looks at boxes "
      "alone";
  rules.assigners = {"max_iou", "fcos", "atss"};
  rules.clsLosses = {"bce", "focal"};
  rules.boxLosses = {"smooth_l1", "giou", "iou", "l1", "iou_log", "iou_log_plus1", "giou_plus1"};
  rules.transforms = {coupling({"none", "harmonic"})};
  rules.combiners = {"sampling_free", "weighted_sum"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "four_positives";
  rules.biasInit = "counted";
  rules.lossSource = "Sampling-Free repository, RetinaNet";
  return recipe;
}

}  // namespace anchorscope
