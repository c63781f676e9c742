#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/normalizer.h"
#include "core/methods/dense_method.h"
#include "core/methods/recipe.h"

// One line per method: the function that its file defines.
#define ANCHORSCOPE_METHODS(entry) entry(musuRecipe) entry(maxIouRecipe)

namespace anchorscope {

#define ANCHORSCOPE_DECLARE(function) Recipe function();
ANCHORSCOPE_METHODS(ANCHORSCOPE_DECLARE)
#undef ANCHORSCOPE_DECLARE

const std::vector<Recipe>& recipes() {
#define ANCHORSCOPE_CALL(function) function(),
  static const std::vector<Recipe> all = {ANCHORSCOPE_METHODS(ANCHORSCOPE_CALL)};
#undef ANCHORSCOPE_CALL
  return all;
}

namespace {

/// A part that a recipe names; a wrong name there is a bug.
template <typename Entry>
const Entry& part(const std::vector<Entry>& entries, const std::string& name, std::string_view kind) {
  const auto found = findNamed(entries, name, kind);
  ANCHORSCOPE_CHECK(found.ok(), "a recipe names the unknown ", kind, " '", name, "'");
  return **found;
}

/// Appends options; one that several parts share stands once.
void append(std::vector<ParamSpec>& into, const std::vector<ParamSpec>& specs) {
  for (const ParamSpec& spec : specs) {
    const bool known = std::any_of(into.begin(), into.end(),
                                   [&](const ParamSpec& other) { return other.name == spec.name; });
    if (!known) into.push_back(spec);
  }
}

Result<const Recipe*> findRecipe(const std::string& name) {
  const auto& infos = methodInfos();
  auto info = findNamed(infos, name, "method");
  if (!info) return std::move(info).error();
  return &recipes()[static_cast<std::size_t>(*info - infos.data())];
}

}  // namespace

std::vector<ParamSpec> recipeParams(const Recipe& recipe) {
  std::vector<ParamSpec> specs = part(assignerEntries(), recipe.assigner, "assigner").params;
  specs.push_back(choiceParam("cls_loss", recipe.clsLosses.front(), recipe.clsLosses,
                              "Loss of the classification head.", recipe.lossSource));
  for (const std::string& name : recipe.clsLosses)
    append(specs, part(clsLossEntries(), name, "classification loss").params);
  specs.push_back(choiceParam("box_loss", recipe.boxLosses.front(), recipe.boxLosses, "Loss of the box head.",
                              recipe.lossSource));
  for (const std::string& name : recipe.boxLosses)
    append(specs, part(boxLossEntries(), name, "box loss").params);
  append(specs, part(lossCombinerEntries(), recipe.combiner, "rule that combines losses").params);
  const std::string choices =
      " sum_of_weights: the batch's weights; positives: the batch's positives, at least 1; mmdet: the "
      "images' positives, each "
      "at least 1; torchvision: per image, then the mean over images.";
  specs.push_back(choiceParam("cls_normalizer", recipe.clsNormalizer, normalizerNames(),
                              "What the classification loss is divided by." + choices, recipe.lossSource));
  specs.push_back(choiceParam("loc_normalizer", recipe.locNormalizer, normalizerNames(),
                              "What the box loss is divided by." + choices, recipe.lossSource));
  for (const DefaultOverride& change : recipe.overrides) {
    const auto found = std::find_if(specs.begin(), specs.end(),
                                    [&](const ParamSpec& spec) { return spec.name == change.option; });
    ANCHORSCOPE_CHECK(found != specs.end(), "recipe '", recipe.info.name, "' changes the unknown option '",
                      change.option, "'");
    found->defaultValue = change.value;
    found->source = change.source;
  }
  return specs;
}

const std::vector<MethodInfo>& methodInfos() {
  static const std::vector<MethodInfo> infos = [] {
    std::vector<MethodInfo> all;
    for (const Recipe& recipe : recipes())
      all.push_back(recipe.info);
    return all;
  }();
  return infos;
}

Result<ParamSet> methodParams(const std::string& name) {
  auto recipe = findRecipe(name);
  if (!recipe) return std::move(recipe).error();
  return ParamSet(recipeParams(**recipe));
}

Result<std::unique_ptr<Method>> makeMethod(const std::string& name, const ParamSet& params) {
  auto recipe = findRecipe(name);
  if (!recipe) return std::move(recipe).error();
  for (const ParamSpec& spec : recipeParams(**recipe))
    if (!params.find(spec.name))
      return makeError(ErrorCode::kUsage,
                       concat("The options given to method '", name, "' lack '", spec.name, "'"),
                       concat("Start from the options of '", name, "'"));
  return makeDenseMethod(**recipe, params);
}

Result<EvidenceDeclaration> methodDeclaration(const std::string& name) {
  auto params = methodParams(name);
  if (!params) return std::move(params).error();
  auto method = makeMethod(name, *params);
  if (!method) return std::move(method).error();
  return (*method)->declaration();
}

}  // namespace anchorscope
