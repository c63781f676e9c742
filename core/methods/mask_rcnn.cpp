#include "core/methods/two_stage_rules.h"

namespace anchorscope {

Recipe maskRcnnRecipe() {
  Recipe recipe = twoStageRecipe();
  recipe.info.name = "mask_rcnn";
  recipe.info.title = "Mask R-CNN: regions and their masks";
  recipe.info.description =
      "Faster R-CNN, and of every region that learns an object the pixels that belong to it. Needs a data "
      "set "
      "that says what shape its objects have (COCO's segmentation).";
  recipe.info.source =
      "He et al., ICCV 2017; matching, samples, losses and their divisors as torchvision 0.26.0 Mask R-CNN";
  recipe.stages.back().furtherBoxLosses = {"mask"};
  return recipe;
}

}  // namespace anchorscope
