#include "core/methods/recipe.h"

namespace anchorscope {

Recipe harmonicRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "harmonic";
  recipe.info.title = "Harmonic loss and Harmonic IoU loss";
  recipe.info.description =
      "A positive's two losses weigh each other: a good box makes its classification count up to twice, a "
      "sure class "
      "its box. The Harmonic IoU loss turns from boxes far off to boxes nearly right, and the task contrast "
      "draws "
      "score and IoU together.";
  recipe.info.source =
      "Reconcile Prediction Consistency for Balanced Object Detection (Wang and Zhang, ICCV 2021, arXiv "
      "2108.10809). "
      "The paper's, by an independent note and an independent implementation: the coupling, the Harmonic IoU "
      "loss, "
      "the task contrast, alpha 1.5, gamma 0.8, margin 0.2. Not known, so options: whether factors are "
      "detached. "
      "Ours: sigmoid scores in the task contrast, its IoU held constant, the box loss without centerness "
      "inside the "
      "factor.";
  rules.assigners = {"max_iou", "fcos", "atss"};
  rules.clsLosses = {"focal", "bce"};
  rules.boxLosses = {"smooth_l1_harmonic_iou", "harmonic_iou", "smooth_l1", "l1", "giou", "iou"};
  rules.transforms = {coupling({"harmonic", "none"})};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "Wang and Zhang, ICCV 2021: RetinaNet with its focal loss; normalisers ours";
  return recipe;
}

}  // namespace anchorscope
