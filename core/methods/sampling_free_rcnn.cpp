#include "core/methods/two_stage_rules.h"

namespace anchorscope {

Recipe samplingFreeRcnnRecipe() {
  Recipe recipe = twoStageRecipe();
  recipe.info.name = "sampling_free_rcnn";
  recipe.info.title = "Sampling-Free Faster R-CNN";
  recipe.info.description =
      "Faster R-CNN whose stages learn from every anchor and every region instead of random samples. The "
      "proposals' scores start at the counted share of positives, and in both stages the classification "
      "loss is scaled to the box loss in every step, twice as large in the second.";
  recipe.info.source =
      "Is Heuristic Sampling Necessary in Training Deep Object Detectors? (Chen et al., TIP 2021) and the "
      "authors' code, whose versions have the same two stages: no learnt factor, which is generation 2020. "
      "What the classification loss is divided by cancels in the scaling. Ours: the guard (a batch without a "
      "positive keeps the last ratio; in the authors' 2020 it learns no proposals)";
  const std::string source = "Sampling-Free repository";
  for (StageRules& rules : recipe.stages) {
    rules.transforms.front() = sampling({"none", "sampling"});
    rules.combiners = {"sampling_free", "weighted_sum"};
    rules.locNormalizer = "four_positives";
    rules.lossSource = source;
  }
  recipe.stages.front().biasInit = "counted";
  const std::vector<DefaultOverride> own = {{"rpn.generation", std::string("2020"), source},
                                            {"roi.generation", std::string("2020"), source},
                                            {"rpn.loc_factor", 0.5, source},
                                            {"roi.cls_factor", 2.0, source},
                                            {"roi.smooth_l1_beta", 1.0, source}};
  for (const DefaultOverride& change : own) {
    std::erase_if(recipe.overrides,
                  [&](const DefaultOverride& known) { return known.option == change.option; });
    recipe.overrides.push_back(change);
  }
  return recipe;
}

}  // namespace anchorscope
