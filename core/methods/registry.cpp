#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/normalizer.h"
#include "core/losses/quality_loss.h"
#include "core/losses/transform.h"
#include "core/methods/dense_method.h"
#include "core/methods/recipe.h"

namespace anchorscope {
namespace {

/// A part that a recipe names; a wrong name there is a bug.
template <typename Entry>
const Entry& part(const std::vector<Entry>& entries, const std::string& name, std::string_view kind) {
  const auto found = findNamed(entries, name, kind);
  ANCHORSCOPE_CHECK(found.ok(), "a recipe names the unknown ", kind, " '", name, "'");
  return **found;
}

/// Appends the option that chooses a part, if there is a choice, and the options of the parts. One that
/// several parts share stands once and matters with each of them.
template <typename Entry>
void appendParts(std::vector<ParamSpec>& into, const std::string& option, const std::string& help,
                 const std::string& source, const std::vector<Entry>& entries,
                 const std::vector<std::string>& names) {
  const bool choice = names.size() > 1;
  if (choice) into.push_back(choiceParam(option, names.front(), names, help, source));
  for (const std::string& name : names) {
    for (ParamSpec spec : part(entries, name, option).params) {
      // An option that depends on another of its part does so on the part by that.
      if (choice && spec.whenOption.empty()) spec = onlyWhen(std::move(spec), option, {name});
      const auto known = std::find_if(into.begin(), into.end(),
                                      [&](const ParamSpec& other) { return other.name == spec.name; });
      if (known == into.end()) {
        into.push_back(std::move(spec));
        continue;
      }
      std::vector<std::string> when = known->whenValues;
      if (known->whenOption == option) when.push_back(name);
      spec.whenValues = known->whenValues;
      ANCHORSCOPE_CHECK(*known == spec, "two parts mean different things by the option '", spec.name, "'");
      known->whenValues = std::move(when);
    }
  }
}

/// The part that the options choose: the only one, or the value of `option`.
const std::string& chosen(const ParamSet& params, const std::string& option,
                          const std::vector<std::string>& names) {
  return names.size() > 1 ? params.getText(option) : names.front();
}

Result<const Recipe*> findRecipe(const std::string& name) {
  const auto& infos = methodInfos();
  auto info = findNamed(infos, name, "method");
  if (!info) return std::move(info).error();
  return &recipes()[static_cast<std::size_t>(*info - infos.data())];
}

}  // namespace

std::vector<ParamSpec> recipeParams(const Recipe& recipe) {
  std::vector<ParamSpec> specs;
  appendParts(specs, "assigner", "Which anchors learn which object.", recipe.lossSource, assignerEntries(),
              recipe.assigners);
  appendParts(specs, "cls_loss", "Loss of the classification head.", recipe.lossSource, clsLossEntries(),
              recipe.clsLosses);
  appendParts(specs, "box_loss", "Loss of the box head.", recipe.lossSource, boxLossEntries(),
              recipe.boxLosses);
  appendParts(specs, "quality_loss", "Loss of outputs that say how good a box is.", recipe.lossSource,
              qualityLossEntries(), recipe.qualityLosses);
  for (const TransformSlot& slot : recipe.transforms)
    appendParts(specs, slot.option, slot.help, recipe.lossSource, lossTransformEntries(), slot.choices);
  appendParts(specs, "combiner", "How the heads' losses become one.", recipe.lossSource,
              lossCombinerEntries(), recipe.combiners);
  for (ParamSpec& spec : specs)  // a rule that learns brings parameters of its own
    if (spec.name == "combiner") spec.effect = ParamEffect::kNextRun;
  const std::string choices =
      " sum_of_weights: the batch's weights; positives: the batch's positives, at least 1; mmdet: the "
      "images' positives, each "
      "at least 1; torchvision: per image, then the mean over images; sum_of_weights_min_1: the batch's "
      "weights, at least 1; positives_plus_images: the batch's positives plus its images; four_positives: 4 "
      "times the batch's positives, at least 1; positives_unguarded: the batch's positives, 0 without any.";
  // Without the guard of the rule that comes with it, a batch without positives would be no number.
  std::vector<std::string> normalizers = normalizerNames();
  if (recipe.combiners.front() != "sampling_free") std::erase(normalizers, "positives_unguarded");
  specs.push_back(choiceParam("cls_normalizer", recipe.clsNormalizer, normalizers,
                              "What the classification loss is divided by." + choices, recipe.lossSource));
  specs.push_back(choiceParam("loc_normalizer", recipe.locNormalizer, normalizers,
                              "What the box loss is divided by." + choices, recipe.lossSource));
  specs.push_back(choiceParam("ignored_anchors", "ignored", {"ignored", "background"},
                              "What anchors that the assigner leaves out (between two thresholds, in crowd "
                              "regions) learn: nothing, or that there is no object (Sampling-Free 2020).",
                              "Common practice"));
  ParamSpec biasInit = choiceParam(
      "bias_init", recipe.biasInit, {"model", "counted"},
      "The score that every class starts with: model.prior, or the one that minimises cross entropy, counted "
      "over the training set's boxes before the first step: positives / (positives + background) / classes.",
      recipe.biasInit == "counted" ? "Chen et al., TIP 2021, equation 18" : "Lin et al., ICCV 2017");
  biasInit.effect = ParamEffect::kNextRun;
  specs.push_back(std::move(biasInit));
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

namespace {

/// "max_iou pos_iou_thr=0.5 ..."
std::string assignmentKeyOf(const AssignerEntry& entry, const ParamSet& params) {
  std::string key = entry.name;
  for (const ParamSpec& spec : entry.params)
    key += concat(' ', spec.name, '=', toText(params.get(spec.name)));
  return key;
}

Result<RecipeParts> chosenParts(const Recipe& recipe, const ParamSet& params) {
  const std::string& assignerName = chosen(params, "assigner", recipe.assigners);
  auto assigner = makeAssigner(assignerName, params);
  if (!assigner) return std::move(assigner).error();
  auto clsLoss = makeClsLoss(chosen(params, "cls_loss", recipe.clsLosses), params);
  if (!clsLoss) return std::move(clsLoss).error();
  auto boxLoss = makeBoxLoss(chosen(params, "box_loss", recipe.boxLosses), params);
  if (!boxLoss) return std::move(boxLoss).error();
  auto qualityLoss = makeQualityLoss(chosen(params, "quality_loss", recipe.qualityLosses), params);
  if (!qualityLoss) return std::move(qualityLoss).error();
  std::vector<std::unique_ptr<LossTransform>> transforms;
  for (const TransformSlot& slot : recipe.transforms) {
    auto transform = makeLossTransform(chosen(params, slot.option, slot.choices), params);
    if (!transform) return std::move(transform).error();
    transforms.push_back(*std::move(transform));
  }
  auto combiner = makeLossCombiner(chosen(params, "combiner", recipe.combiners), params);
  if (!combiner) return std::move(combiner).error();
  return RecipeParts{assignmentKeyOf(part(assignerEntries(), assignerName, "assigner"), params),
                     *std::move(assigner),
                     *std::move(clsLoss),
                     *std::move(boxLoss),
                     *std::move(qualityLoss),
                     std::move(transforms),
                     *std::move(combiner)};
}

}  // namespace

Result<std::unique_ptr<Method>> makeMethod(const std::string& name, const ParamSet& params) {
  auto recipe = findRecipe(name);
  if (!recipe) return std::move(recipe).error();
  for (const ParamSpec& spec : recipeParams(**recipe))
    if (!params.find(spec.name))
      return makeError(ErrorCode::kUsage,
                       concat("The options given to method '", name, "' lack '", spec.name, "'"),
                       concat("Start from the options of '", name, "'"));
  auto parts = chosenParts(**recipe, params);
  if (!parts) return std::move(parts).error();
  return makeDenseMethod((*recipe)->info, params, *std::move(parts));
}

std::vector<OptionConflict> methodConflicts(const std::string& name, const ParamSet& params,
                                            const HeadTraits& heads) {
  const auto recipe = findRecipe(name);
  ANCHORSCOPE_CHECK(recipe.ok(), "no method '", name, "'");
  const AssignerEntry& assigner =
      part(assignerEntries(), chosen(params, "assigner", (*recipe)->assigners), "assigner");
  std::vector<OptionConflict> conflicts;
  if (assigner.conflicts) conflicts = assigner.conflicts(params, heads);
  if (assigner.usesPredictions && params.getText("bias_init") == "counted")
    conflicts.push_back({"bias_init",
                         concat("Positives can only be counted beforehand where the boxes alone decide, and ",
                                assigner.title, " also looks at the detector's outputs"),
                         "Set method.bias_init to model"});
  const auto made = assigner.make(params);
  if (made && heads.centerness && (*made)->qualityOutputs().empty())
    conflicts.push_back(
        {"model.centerness",
         concat("The model has a centerness head, and ", assigner.title, " gives it nothing to learn"),
         "Set model.centerness to false"});
  return conflicts;
}

Result<EvidenceDeclaration> methodDeclaration(const std::string& name) {
  auto params = methodParams(name);
  if (!params) return std::move(params).error();
  auto method = makeMethod(name, *params);
  if (!method) return std::move(method).error();
  HeadTraits every;  // output that there is
  every.centerness = true;
  return (*method)->declaration(every);
}

}  // namespace anchorscope
