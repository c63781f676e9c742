#include "core/methods/recipe.h"

namespace anchorscope {

Recipe samplingFreeRecipe() {
  Recipe recipe;
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
  recipe.assigners = {"max_iou", "fcos", "atss"};
  recipe.clsLosses = {"bce", "focal"};
  recipe.boxLosses = {"smooth_l1", "giou", "iou", "l1", "iou_log", "iou_log_plus1", "giou_plus1"};
  recipe.transforms = {coupling({"none", "harmonic"})};
  recipe.combiners = {"sampling_free", "weighted_sum"};
  recipe.clsNormalizer = "positives";
  recipe.locNormalizer = "four_positives";
  recipe.biasInit = "counted";
  recipe.lossSource = "Sampling-Free repository, RetinaNet";
  return recipe;
}

}  // namespace anchorscope
