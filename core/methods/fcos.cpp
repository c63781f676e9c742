#include "core/methods/recipe.h"

namespace anchorscope {

Recipe fcosRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "fcos";
  recipe.info.title = "FCOS: locations inside objects";
  recipe.info.description =
      "No anchors and no IoU: a location learns the smallest object that holds it, if the object's size "
      "suits "
      "its level and its centre is near. A third head learns the centerness, which lowers the scores of "
      "boxes "
      "predicted from an object's edge.";
  recipe.info.source =
      "FCOS (Tian et al., ICCV 2019). Defaults as torchvision 0.26.0: level ranges from strides, centre "
      "sampling, GIoU loss of equal weight over the positives. mmdet 3.3.0 and the authors' code: "
      "fcos_convention mmdet, box_weight centerness, box_loss iou_log, loc_normalizer sum_of_weights";
  rules.assigners = {"fcos"};
  rules.clsLosses = {"focal", "bce", "soft_focal", "varifocal", "ghm_c", "ap", "dr"};
  rules.boxLosses = {"giou",        "iou",   "iou_log", "harmonic_iou", "l1",        "smooth_l1",
                     "balanced_l1", "ghm_r", "diou",    "ciou",         "iou_square"};
  rules.transforms = {coupling({"none", "harmonic"}), sampling(), reweighting()};
  rules.combiners = {"weighted_sum", "sampling_free"};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "torchvision 0.26.0 FCOS";
  return recipe;
}

}  // namespace anchorscope
