#include "core/methods/two_stage_rules.h"

namespace anchorscope {

Recipe fasterRcnnRecipe() {
  Recipe recipe = twoStageRecipe();
  recipe.info.name = "faster_rcnn";
  recipe.info.title = "Faster R-CNN: proposals, then regions";
  recipe.info.description =
      "Anchors learn to tell something from nothing, and the boxes that they propose learn classes and "
      "better boxes. In either stage a candidate learns the object it overlaps enough, and of each image "
      "only "
      "a random sample of so many candidates learns, with a share of positives.";
  recipe.info.source =
      "Ren et al., NeurIPS 2015; Lin et al., CVPR 2017; matching, samples, losses and their divisors as "
      "torchvision 0.26.0 Faster R-CNN. Ours: every region is judged, also those that the sample leaves out, "
      "so that they can be looked at";
  return recipe;
}

}  // namespace anchorscope
