#include "core/methods/recipe.h"

namespace anchorscope {

Recipe ssdRecipe() {
  Recipe recipe;
  StageRules& rules = recipe.stages.front();
  recipe.info.name = "ssd";
  recipe.info.title = "SSD: softmax with hard negatives";
  recipe.info.description =
      "A default box learns the object it overlaps by a half, and every object its best box. Scores are a "
      "softmax with a "
      "background, which only the three worst of the background boxes per positive learn.";
  recipe.info.source =
      "SSD (Liu et al., ECCV 2016); matching, losses and normalisers as torchvision 0.26.0 SSD. Ours: of "
      "boxes that tie at an "
      "object's best IoU all are its own";
  rules.assigners = {"max_iou"};
  rules.clsLosses = {"softmax_ce"};
  rules.boxLosses = {"smooth_l1", "l1", "giou", "iou", "smooth_l1_harmonic_iou"};
  rules.transforms = {sampling({"sampling", "none"}), coupling({"none", "harmonic"})};
  rules.clsNormalizer = "positives";
  rules.locNormalizer = "positives";
  rules.lossSource = "torchvision 0.26.0 SSD";
  recipe.overrides = {
      {"convention", std::string("mmdet"), "torchvision 0.26.0 SSDMatcher: an object's best box is its own"},
      {"neg_iou_thr", 0.5, "torchvision 0.26.0 SSD"},
      {"smooth_l1_beta", 1.0, "torchvision 0.26.0 SSD"},
      {"sampler", std::string("hard_negative"), "torchvision 0.26.0 SSD"},
      {"sampled_normalizer", false, "torchvision 0.26.0 SSD"}};
  return recipe;
}

}  // namespace anchorscope
