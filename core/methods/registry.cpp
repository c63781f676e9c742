#include "core/assigners/assigner.h"
#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/joint_loss.h"
#include "core/losses/normalizer.h"
#include "core/losses/quality_loss.h"
#include "core/losses/transform.h"
#include "core/methods/dense_method.h"
#include "core/methods/method_set.h"
#include "core/methods/recipe.h"
#include "core/methods/target_rules.h"

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

/// A normaliser's option, mattering only with losses that something divides.
template <typename Entry>
ParamSpec whereDivided(ParamSpec spec, const std::string& option, const std::vector<Entry>& entries,
                       const std::vector<std::string>& names) {
  std::vector<std::string> divided = names;
  std::erase_if(divided, [&](const std::string& name) { return part(entries, name, option).normalized; });
  return divided.size() == names.size() ? spec : onlyWhen(std::move(spec), option, std::move(divided));
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

namespace {

std::vector<ParamSpec> stageSpecs(const StageRules& rules) {
  std::vector<ParamSpec> specs;
  appendParts(specs, "assigner", "Which anchors learn which object.", rules.lossSource, assignerEntries(),
              rules.assigners);
  appendParts(specs, "cls_loss", "Loss of the classification head.", rules.lossSource, clsLossEntries(),
              rules.clsLosses);
  appendParts(specs, "box_loss", "Loss of the box head.", rules.lossSource, boxLossEntries(),
              rules.boxLosses);
  for (const std::string& further : rules.furtherBoxLosses)
    appendParts(specs, further, "", rules.lossSource, boxLossEntries(), {further});
  if (!rules.jointLosses.empty())
    appendParts(specs, "joint_loss", "What is made of the losses of the candidates in an object's bag.",
                rules.lossSource, jointLossEntries(), rules.jointLosses);
  appendParts(specs, "quality_loss", "Loss of outputs that say how good a box is.", rules.lossSource,
              qualityLossEntries(), rules.qualityLosses);
  for (const TransformSlot& slot : rules.transforms)
    appendParts(specs, slot.option, slot.help, rules.lossSource, lossTransformEntries(), slot.choices);
  appendParts(specs, "combiner", "How the heads' losses become one.", rules.lossSource, lossCombinerEntries(),
              rules.combiners);
  for (ParamSpec& spec : specs)  // a rule that learns brings parameters of its own
    if (spec.name == "combiner") spec.effect = ParamEffect::kNextRun;
  const std::string choices =
      " sum_of_weights: the batch's weights; positives: the batch's positives, at least 1; mmdet: the "
      "images' positives, each "
      "at least 1; torchvision: per image, then the mean over images; sum_of_weights_min_1: the batch's "
      "weights, at least 1; positives_plus_images: the batch's positives plus its images; four_positives: 4 "
      "times the batch's positives, at least 1; positives_unguarded: the batch's positives, 0 without any; "
      "positives_min_images: the batch's positives, at least its images; one: 1.";
  // Without the guard of the rule that comes with it, a batch without positives would be no number.
  std::vector<std::string> normalizers = normalizerNames();
  if (rules.combiners.front() != "sampling_free") std::erase(normalizers, "positives_unguarded");
  for (ParamSpec& spec : targetParams(rules.classTargets, rules.boxWeights, rules.lossSource))
    specs.push_back(std::move(spec));
  specs.push_back(
      whereDivided(choiceParam("cls_normalizer", rules.clsNormalizer, normalizers,
                               "What the classification loss is divided by." + choices, rules.lossSource),
                   "cls_loss", clsLossEntries(), rules.clsLosses));
  specs.push_back(whereDivided(choiceParam("loc_normalizer", rules.locNormalizer, normalizers,
                                           "What the box loss is divided by." + choices, rules.lossSource),
                               "box_loss", boxLossEntries(), rules.boxLosses));
  specs.push_back(choiceParam("ignored_anchors", "ignored", {"ignored", "background"},
                              "What anchors that the assigner leaves out (between two thresholds, in crowd "
                              "regions) learn: nothing, or that there is no object (Sampling-Free 2020).",
                              "Common practice"));
  ParamSpec biasInit = choiceParam(
      "bias_init", rules.biasInit, {"model", "counted"},
      "The score that every class starts with: model.prior, or the one that minimises cross entropy, counted "
      "over the training set's boxes before the first step: positives / (positives + background) / classes.",
      rules.biasInit == "counted" ? "Chen et al., TIP 2021, equation 18" : "Lin et al., ICCV 2017");
  biasInit.effect = ParamEffect::kNextRun;
  specs.push_back(std::move(biasInit));
  return specs;
}

/// What options of a stage begin with.
std::string prefixOf(const Recipe& recipe, const StageRules& rules) {
  return recipe.stages.size() > 1 ? rules.stage + "." : std::string();
}

}  // namespace

ParamSet stageParams(const Recipe& recipe, std::size_t stage, const ParamSet& params) {
  return recipe.stages.size() > 1 ? params.sub(recipe.stages[stage].stage) : params;
}

std::vector<ParamSpec> recipeParams(const Recipe& recipe) {
  std::vector<ParamSpec> specs;
  for (const StageRules& rules : recipe.stages)
    for (ParamSpec spec : stageSpecs(rules)) {
      const std::string prefix = prefixOf(recipe, rules);
      spec.name = prefix + spec.name;
      if (!spec.whenOption.empty()) spec.whenOption = prefix + spec.whenOption;
      specs.push_back(std::move(spec));
    }
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

Result<RecipeParts> chosenParts(const StageRules& rules, const ParamSet& params) {
  const std::string& assignerName = chosen(params, "assigner", rules.assigners);
  auto assigner = makeAssigner(assignerName, params);
  if (!assigner) return std::move(assigner).error();
  auto clsLoss = makeClsLoss(chosen(params, "cls_loss", rules.clsLosses), params);
  if (!clsLoss) return std::move(clsLoss).error();
  auto boxLoss = makeBoxLoss(chosen(params, "box_loss", rules.boxLosses), params);
  if (!boxLoss) return std::move(boxLoss).error();
  auto qualityLoss = makeQualityLoss(chosen(params, "quality_loss", rules.qualityLosses), params);
  if (!qualityLoss) return std::move(qualityLoss).error();
  std::vector<std::unique_ptr<LossTransform>> transforms;
  for (const TransformSlot& slot : rules.transforms) {
    auto transform = makeLossTransform(chosen(params, slot.option, slot.choices), params);
    if (!transform) return std::move(transform).error();
    transforms.push_back(*std::move(transform));
  }
  auto combiner = makeLossCombiner(chosen(params, "combiner", rules.combiners), params);
  if (!combiner) return std::move(combiner).error();
  const AssignerEntry& entry = part(assignerEntries(), assignerName, "assigner");
  RecipeParts parts;
  parts.assignmentKey = assignmentKeyOf(entry, params);
  parts.followsOutputs = entry.usesPredictions;
  parts.assigner = *std::move(assigner);
  parts.clsLoss = *std::move(clsLoss);
  parts.clsNormalized =
      part(clsLossEntries(), chosen(params, "cls_loss", rules.clsLosses), "cls_loss").normalized;
  parts.locNormalized =
      part(boxLossEntries(), chosen(params, "box_loss", rules.boxLosses), "box_loss").normalized;
  parts.boxLoss = *std::move(boxLoss);
  parts.qualityLoss = *std::move(qualityLoss);
  for (const std::string& name : rules.furtherBoxLosses) {
    auto further = makeBoxLoss(name, params);
    if (!further) return std::move(further).error();
    const BoxLossEntry& of = part(boxLossEntries(), name, "box_loss");
    parts.furtherBoxLosses.emplace_back(
        LossHead{of.name, of.title, "1",
                 concat("The anchor's ", of.title, ", weighted, before it is normalised.")},
        *std::move(further));
  }
  if (!rules.jointLosses.empty()) {
    auto joint = makeJointLoss(chosen(params, "joint_loss", rules.jointLosses), params);
    if (!joint) return std::move(joint).error();
    parts.jointLoss = *std::move(joint);
  }
  parts.transforms = std::move(transforms);
  parts.combiner = *std::move(combiner);
  return parts;
}

}  // namespace

Result<std::unique_ptr<Method>> makeStage(const Recipe& recipe, std::size_t stage, const ParamSet& own) {
  auto parts = chosenParts(recipe.stages[stage], own);
  if (!parts) return std::move(parts).error();
  return makeDenseMethod(recipe.info, own, *std::move(parts));
}

Result<std::vector<std::unique_ptr<Method>>> makeStages(const Recipe& recipe, const ParamSet& params) {
  for (const ParamSpec& spec : recipeParams(recipe))
    if (!params.find(spec.name))
      return makeError(ErrorCode::kUsage,
                       concat("The options given to method '", recipe.info.name, "' lack '", spec.name, "'"),
                       concat("Start from the options of '", recipe.info.name, "'"));
  std::vector<std::unique_ptr<Method>> stages;
  for (std::size_t stage = 0; stage < recipe.stages.size(); ++stage) {
    auto made = makeStage(recipe, stage, stageParams(recipe, stage, params));
    if (!made) return std::move(made).error();
    stages.push_back(*std::move(made));
  }
  return stages;
}

Result<std::vector<std::unique_ptr<Method>>> makeStages(const std::string& name, const ParamSet& params) {
  auto recipe = findRecipe(name);
  if (!recipe) return std::move(recipe).error();
  return makeStages(**recipe, params);
}

Result<std::unique_ptr<Method>> makeMethod(const std::string& name, const ParamSet& params) {
  auto stages = makeStages(name, params);
  if (!stages) return std::move(stages).error();
  ANCHORSCOPE_CHECK(stages->size() == 1, "method '", name, "' has ", stages->size(), " stages");
  return std::move(stages->front());
}

std::vector<OptionConflict> stageConflicts(const Recipe& recipe, std::size_t stage, const ParamSet& params,
                                           const HeadTraits& heads) {
  const StageRules& rules = recipe.stages[stage];
  const AssignerEntry& assigner =
      part(assignerEntries(), chosen(params, "assigner", rules.assigners), "assigner");
  std::vector<OptionConflict> conflicts;
  if (assigner.conflicts) conflicts = assigner.conflicts(params, heads);
  if (heads.ownCandidates && !assigner.ownCandidates)
    conflicts.push_back(
        {"assigner",
         concat(assigner.title, " needs anchors that are the same for every image, and stage '", heads.stage,
                "' has boxes of its own for each"),
         "Choose another assigner for this stage"});
  if (heads.boxPerClass && assigner.usesPredictions && !assigner.boxPerClass)
    conflicts.push_back({"assigner",
                         concat(assigner.title, " judges anchors by their one predicted box, and stage '",
                                heads.stage, "' has a box for every class"),
                         "Choose another assigner for this stage"});
  const ClsLossEntry& loss = part(clsLossEntries(), chosen(params, "cls_loss", rules.clsLosses), "cls_loss");
  if (loss.background != heads.background)
    conflicts.push_back(
        {"cls_loss",
         concat(loss.title, loss.background ? " needs an output for the background" : " is of sigmoids",
                ", and the model's class scores ", heads.background ? "are a softmax with one" : "have none"),
         "Choose another classification loss or another model"});
  if (loss.labelsOnly && params.getText("class_targets") == "iou")
    conflicts.push_back({"class_targets", concat(loss.title, " takes no soft targets"),
                         "Set method.class_targets to assigned, or choose another classification loss"});
  if (const auto built = loss.make(params); built && (*built)->domain() != LossDomain::kCandidate)
    for (const TransformSlot& slot : rules.transforms)
      if (const std::string& name = chosen(params, slot.option, slot.choices); name != "none")
        conflicts.push_back(
            {slot.option,
             concat(part(lossTransformEntries(), name, slot.option).title,
                    " works on the losses of anchors, and ", loss.title, " is one of the image as a whole"),
             concat("Set method.", slot.option, " to none, or choose another classification loss")});
  if (assigner.usesPredictions && params.getText("bias_init") == "counted")
    conflicts.push_back({"bias_init",
                         concat("Positives can only be counted beforehand where the boxes alone decide, and ",
                                assigner.title, " also looks at the detector's outputs"),
                         "Set method.bias_init to model"});
  const auto made = assigner.make(params);
  if (!made) return conflicts;
  std::vector<std::string> learnt = (*made)->qualityOutputs(), always = TargetRules::learntOutputs();
  if (!rules.jointLosses.empty()) {
    const auto joint = makeJointLoss(chosen(params, "joint_loss", rules.jointLosses), params);
    learnt.clear();
    always = joint && (*joint)->learnsFurtherOutputs() ? std::vector<std::string>{kObjectnessOutput}
                                                       : std::vector<std::string>();
  }
  learnt.insert(learnt.end(), always.begin(), always.end());
  for (const std::string& name : rules.furtherBoxLosses)
    if (const BoxLossEntry& further = part(boxLossEntries(), name, "box_loss");
        further.distribution && heads.distanceBins == 0)
      conflicts.push_back({"run.model",
                           concat(further.title,
                                  " needs heads that learn distances as distributions, and the "
                                  "model's give each distance as one number"),
                           "Choose one for points with model.distance_bins above 0 (fcos-small)"});
    else if (further.masks && !heads.masks)
      conflicts.push_back({"run.model",
                           concat(further.title, " needs heads that give masks, and the model's give none"),
                           "Choose a model with masks (mask-rcnn-small), or method faster_rcnn"});
  for (const std::string& output : heads.outputs)
    if (std::find(learnt.begin(), learnt.end(), output) == learnt.end())
      conflicts.push_back(
          {"model.centerness",
           concat("The model has a ", output, " head, and ", assigner.title, " gives it nothing to learn"),
           output == kCenternessOutput
               ? "Set model.centerness to false"
               : "Set model.centerness to false, or choose another model.quality_output"});
  return conflicts;
}

std::vector<OptionConflict> methodConflicts(const std::string& name, const ParamSet& params,
                                            const std::vector<HeadTraits>& heads) {
  const auto found = findRecipe(name);
  ANCHORSCOPE_CHECK(found.ok(), "no method '", name, "'");
  const Recipe& recipe = **found;
  std::vector<std::string> has, needs;
  for (const HeadTraits& stage : heads)
    has.push_back(stage.stage);
  for (const StageRules& rules : recipe.stages)
    needs.push_back(rules.stage);
  if (has != needs)
    return {{"run.method",
             concat("Method '", name, "' has rules for the stages ", join(needs, ", "),
                    ", and the model has ", join(has, ", ")),
             "Choose another method or another model"}};
  std::vector<OptionConflict> conflicts;
  for (std::size_t stage = 0; stage < heads.size(); ++stage) {
    const std::string prefix = prefixOf(recipe, recipe.stages[stage]);
    for (OptionConflict& conflict :
         stageConflicts(recipe, stage, stageParams(recipe, stage, params), heads[stage])) {
      if (conflict.option.find('.') == std::string::npos) conflict.option = prefix + conflict.option;
      conflicts.push_back(std::move(conflict));
    }
  }
  return conflicts;
}

Result<RunDeclaration> methodDeclaration(const std::string& name) {
  auto params = methodParams(name);
  if (!params) return std::move(params).error();
  auto stages = makeStages(name, *params);
  if (!stages) return std::move(stages).error();
  std::vector<HeadTraits> heads(stages->size());
  std::vector<StageSpec> specs(stages->size());
  const std::vector<StageRules>& rules = (*findRecipe(name))->stages;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    heads[i].outputs = {kCenternessOutput, kIouOutput, kObjectnessOutput};  // every one that there is
    heads[i].stage = specs[i].name = rules[i].stage;
  }
  return MethodSet(*std::move(stages), heads).declaration(specs);
}

}  // namespace anchorscope
