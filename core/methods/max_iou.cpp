#include "core/methods/recipe.h"

namespace anchorscope {

Recipe maxIouRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "max_iou";
  recipe.info.title = "Maximum IoU with focal loss (RetinaNet)";
  recipe.info.description =
      "The classic: an anchor trains on the object it overlaps most if it overlaps it enough, the same "
      "anchors for both "
      "heads. Focal loss for classes, L1 on offsets (or an IoU loss on boxes) for positives.";
  recipe.info.source =
      "RetinaNet (Lin et al., ICCV 2017); defaults and normalisers as torchvision 0.26.0, options for mmdet "
      "3.3.0's rule";
  rules.assigners = {"max_iou"};
  rules.clsLosses = {"focal", "bce", "soft_focal", "varifocal", "ghm_c", "ap", "dr"};
  rules.boxLosses = {"l1", "smooth_l1", "giou", "iou", "balanced_l1", "ghm_r", "diou", "ciou", "iou_square"};
  rules.transforms = {sampling(), reweighting()};
  rules.combiners = {"weighted_sum", "sampling_free"};
  rules.clsNormalizer = "torchvision";
  rules.locNormalizer = "torchvision";
  rules.lossSource = "torchvision 0.26.0 RetinaNet";
  return recipe;
}

}  // namespace anchorscope
