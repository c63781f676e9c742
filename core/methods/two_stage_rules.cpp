#include "core/methods/two_stage_rules.h"

namespace anchorscope {

Recipe twoStageRecipe() {
  const std::string source = "torchvision 0.26.0 Faster R-CNN";
  Recipe recipe;
  StageRules proposals;
  proposals.stage = "rpn";
  proposals.assigners = {"max_iou"};
  proposals.clsLosses = {"bce", "focal"};
  proposals.boxLosses = {"smooth_l1", "l1", "giou", "iou", "smooth_l1_harmonic_iou"};
  proposals.transforms = {sampling({"sampling", "none"}), coupling({"none", "harmonic"})};
  proposals.combiners = {"weighted_sum", "sampling_free"};
  proposals.clsNormalizer = proposals.locNormalizer = "positives";
  proposals.lossSource = source;
  StageRules regions = proposals;
  regions.stage = "roi";
  regions.clsLosses = {"softmax_ce"};
  regions.transforms.push_back(reweighting());
  recipe.stages = {proposals, regions};
  recipe.overrides = {{"rpn.pos_iou_thr", 0.7, source},
                      {"rpn.neg_iou_thr", 0.3, source},
                      {"rpn.smooth_l1_beta", 1.0 / 9, source},
                      {"roi.neg_iou_thr", 0.5, source},
                      {"roi.low_quality", false, source},
                      {"roi.smooth_l1_beta", 1.0 / 9, source},
                      {"roi.sample_number", std::int64_t{512}, source},
                      {"roi.positive_fraction", 0.25, source}};
  return recipe;
}

}  // namespace anchorscope
