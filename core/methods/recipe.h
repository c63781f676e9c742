#pragma once
// Internal header. A method as data: which assigner, losses and normalisers under one name, with which
// defaults.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/methods/method_info.h"

namespace anchorscope {

/// A default that this method sets differently from the part it comes from.
struct DefaultOverride {
  std::string option;
  ParamValue value;
  std::string source;
};

/// One place in the order of transforms: an option that chooses which stands there.
struct TransformSlot {
  std::string option;  ///< "coupling"
  std::string help;
  std::vector<std::string> choices;
};

/// What couples an anchor's two losses.
inline TransformSlot coupling(std::vector<std::string> choices) {
  return {"coupling", "How an anchor's two losses weigh each other.", std::move(choices)};
}

/// Which of the assigned candidates learn.
inline TransformSlot sampling(std::vector<std::string> choices = {"none", "sampling"}) {
  return {"sampling", "Which of the assigned anchors learn.", std::move(choices)};
}

/// How positives count against each other.
inline TransformSlot reweighting(std::vector<std::string> choices = {"none", "isr_p", "carl"}) {
  return {"reweighting", "How positives count against each other.", std::move(choices)};
}

/// How the levels of a pyramid count against each other.
inline TransformSlot levelWeighting(std::vector<std::string> choices = {"level_weights", "none"}) {
  return {"level_weighting", "How the levels of the pyramid count against each other.", std::move(choices)};
}

/// What one stage of a detector learns by. The parts are names in their registries; of each list the first is
/// the default. A part with several choices is an option: assigner, cls_loss, box_loss, quality_loss, a
/// transform's, combiner.
struct StageRules {
  std::string stage = "dense";  ///< StageSpec::name of the detector's stage.
  std::vector<std::string> assigners;
  std::vector<std::string> clsLosses, boxLosses;
  std::vector<std::string> qualityLosses = {"bce"};  ///< Where heads have outputs for them.
  /// Box losses that all stand beside the chosen one, each a head of its own: "dfl".
  std::vector<std::string> furtherBoxLosses = {};
  /// In place of class and box loss, which are then what it is made of: "free_anchor". Empty: none.
  std::vector<std::string> jointLosses = {};
  std::string classTargets = "assigned", boxWeights = "assigned";  ///< See TargetRules.
  std::vector<TransformSlot> transforms;                           ///< In their order.
  std::vector<std::string> combiners = {"weighted_sum"};
  std::string clsNormalizer, locNormalizer;  ///< Defaults of cls_normalizer and loc_normalizer.
  std::string biasInit = "model";            ///< Default of bias_init.
  std::string lossSource;                    ///< Where the choice of losses and normalisers comes from.
};

/// A method: what each of a detector's stages learns by, in their order. Options of a method of several
/// stages begin with the stage's name: "roi.box_loss".
struct Recipe {
  MethodInfo info;
  std::vector<StageRules> stages = std::vector<StageRules>(1);
  std::vector<DefaultOverride> overrides;
};

/// Every recipe, in registry order. A new method is a file and a line in CMakeLists.txt.
const std::vector<Recipe>& recipes();

class Method;
/// One stage's rules alone; options without the stage's prefix, as ParamSet::sub gives them.
Result<std::unique_ptr<Method>> makeStage(const Recipe& recipe, std::size_t stage, const ParamSet& own);
/// What contradicts heads like these, likewise.
std::vector<OptionConflict> stageConflicts(const Recipe& recipe, std::size_t stage, const ParamSet& own,
                                           const HeadTraits& heads);
/// A stage's options of a method's.
ParamSet stageParams(const Recipe& recipe, std::size_t stage, const ParamSet& params);
/// What a recipe's stages learn by; the options must come from recipeParams(recipe).
Result<std::vector<std::unique_ptr<Method>>> makeStages(const Recipe& recipe, const ParamSet& params);

/// The options of a recipe: of each stage the choices of parts, the parts' own options (each mattering only
/// while its part is chosen) and the normalisers'.
std::vector<ParamSpec> recipeParams(const Recipe& recipe);

}  // namespace anchorscope
