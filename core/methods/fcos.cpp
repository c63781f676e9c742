#include "core/methods/recipe.h"

namespace anchorscope {

Recipe fcosRecipe() {
  Recipe recipe;
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
  recipe.assigners = {"fcos"};
  recipe.clsLosses = {"focal", "bce"};
  recipe.boxLosses = {"giou", "iou", "iou_log", "harmonic_iou", "l1", "smooth_l1"};
  recipe.transforms = {coupling({"none", "harmonic"})};
  recipe.combiners = {"weighted_sum", "sampling_free"};
  recipe.clsNormalizer = "positives";
  recipe.locNormalizer = "positives";
  recipe.lossSource = "torchvision 0.26.0 FCOS";
  return recipe;
}

}  // namespace anchorscope
