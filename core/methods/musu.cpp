#include "core/methods/recipe.h"

namespace anchorscope {

Recipe musuRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "musu";
  recipe.info.title = "MuSu: mutual supervision";
  recipe.info.description =
      "The two heads teach each other: anchors train the regression head by how well they classify, and the "
      "classification "
      "head by how well they localise. Per object an adaptive bag from both scores, two rankings, ranks as "
      "loss weights.";
  recipe.info.source =
      "Mutual Supervision for Dense Object Detection (Gao, Wang, Wu; ICCV 2021, arXiv 2109.05986). The "
      "paper's: heads need "
      "not share samples; the three steps; the joint score for membership only; two rankings with alpha; no "
      "geometric prior. "
      "Ours: all formulas, constants, tie rules, losses and normalisers, reconstructed because the paper's "
      "equations and code "
      "could not be obtained.";
  rules.assigners = {"musu"};
  rules.clsLosses = {"soft_focal", "weighted_focal", "weighted_bce"};
  rules.boxLosses = {"giou", "iou", "l1", "smooth_l1"};
  rules.clsNormalizer = "sum_of_weights";
  rules.locNormalizer = "sum_of_weights";
  rules.lossSource = "Paper: weights scale the base loss at each location; this choice is ours";
  recipe.overrides = {{"lambda_reg", 2.0, "Ours (reconstruction)"}};
  return recipe;
}

}  // namespace anchorscope
