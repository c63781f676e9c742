#include "core/methods/recipe.h"

namespace anchorscope {

Recipe maxIouRecipe() {
  Recipe recipe;
  recipe.info.name = "max_iou";
  recipe.info.title = "Maximum IoU with focal loss (RetinaNet)";
  recipe.info.description =
      "The classic: an anchor trains on the object it overlaps most if it overlaps it enough, the same "
      "anchors for both "
      "heads. Focal loss for classes, L1 on offsets (or an IoU loss on boxes) for positives.";
  recipe.info.source =
      "RetinaNet (Lin et al., ICCV 2017); defaults and normalisers as torchvision 0.26.0, options for mmdet "
      "3.3.0's rule";
  recipe.assigners = {"max_iou"};
  recipe.clsLosses = {"focal", "bce"};
  recipe.boxLosses = {"l1", "smooth_l1", "giou", "iou"};
  recipe.combiners = {"weighted_sum", "sampling_free"};
  recipe.clsNormalizer = "torchvision";
  recipe.locNormalizer = "torchvision";
  recipe.lossSource = "torchvision 0.26.0 RetinaNet";
  return recipe;
}

}  // namespace anchorscope
