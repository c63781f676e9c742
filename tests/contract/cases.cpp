#include "tests/contract/cases.h"

#include <set>

#include "core/base/check.h"
#include "core/base/named_registry.h"
#include "core/losses/combiner.h"
#include "core/losses/joint_loss.h"
#include "core/losses/transform.h"
#include "core/methods/method_info.h"
#include "core/methods/recipe.h"
#include "core/ops/box_coder.h"

namespace anchorscope::testing {

DenseScene HeadKind::scene(DenseSceneOptions options) const {
  options.points = heads.points;
  options.anchorsPerCell = heads.anchorsPerCell;
  options.centerness = heads.gives(kCenternessOutput);
  for (const std::string& output : heads.outputs)
    if (output != kCenternessOutput) options.further.push_back(output);
  options.distanceBins = heads.distanceBins;
  options.softmax = heads.background;
  options.masks = heads.masks;
  return makeDenseScene(options);
}

namespace {

HeadTraits withBins(HeadTraits heads, int bins) {
  heads.distanceBins = bins;
  return heads;
}

HeadTraits withBackground(HeadTraits heads) {
  heads.background = true;
  return heads;
}

HeadTraits withMasks(HeadTraits heads) {
  heads.masks = true;
  return heads;
}

/// Kinds on which a method's default parts are tried alone, unless it needs them.
bool rare(const HeadKind& kind) {
  return kind.heads.distanceBins > 0 || kind.heads.masks || kind.heads.gives(kObjectnessOutput) ||
         kind.heads.gives(kIouOutput);
}

}  // namespace

const std::vector<HeadKind>& headKinds() {
  static const std::vector<HeadKind> kinds = {{"anchors", {false, 2}},
                                              {"one_anchor", {false, 1}},
                                              {"points", {true, 1}},
                                              {"anchors_softmax", withBackground({false, 2})},
                                              {"anchors_masks", withMasks(withBackground({false, 2}))},
                                              {"points_distributions", withBins({true, 1}, 9)},
                                              {"points_objectness", {true, 1, {kObjectnessOutput}}},
                                              {"one_anchor_iou", {false, 1, {kIouOutput}}},
                                              {"one_anchor_centerness", {false, 1, {kCenternessOutput}}},
                                              {"points_centerness", {true, 1, {kCenternessOutput}}}};
  return kinds;
}

HeadOutputs withOffsets(const DenseScene& scene, const at::Tensor& offsets) {
  HeadOutputs outputs = scene.outputs;
  outputs.offsets = offsets;
  outputs.boxes = BoxCoder::of(scene.anchors.offsets).decode(scene.anchors.boxes, offsets);
  return outputs;
}

std::vector<AssignerCase> assignerCases() {
  std::vector<AssignerCase> cases;
  for (const AssignerEntry& entry : assignerEntries())
    for (const HeadKind& kind : headKinds())
      if (kind.heads.outputs.empty() && kind.heads.distanceBins == 0 && !kind.heads.background &&
          (!entry.conflicts || entry.conflicts(ParamSet(entry.params), kind.heads).empty()))
        cases.push_back({&entry, kind});
  return cases;
}

bool MethodCase::holdsConstants() const {
  const auto& joint = rules().jointLosses;
  return (*findNamed(lossCombinerEntries(), combiner, "combiner"))->holdsConstants ||
         (!joint.empty() && (*findNamed(jointLossEntries(), joint.front(), "joint loss"))->holdsConstants);
}

bool MethodCase::joint() const {
  return !rules().jointLosses.empty();
}

bool MethodCase::classesOfPairs() const {
  if (joint()) return false;
  const DenseScene scene = kind.scene();
  const auto made = makeAssigner(assigner, params);
  return (*made)->assign({scene.anchors, scene.outputs, scene.targets}, nullptr).pairs.has_value();
}

const AssignerEntry& MethodCase::assignerEntry() const {
  return **findNamed(assignerEntries(), assigner, "assigner");
}

bool MethodCase::listsPairs() const {
  return assignerEntry().listsPairs;
}

ParamSet MethodCase::differentiableParams() const {
  ParamSet set = params;
  // What follows from the predicted boxes is held constant.
  if (set.getText("class_targets") == "iou") {
    EXPECT_TRUE(set.set("class_targets", "label").ok());
  }
  EXPECT_TRUE(set.set("box_weights", "assigned").ok());
  // CIoU's trade-off is held constant in the gradient.
  if (set.find("box_loss") && set.getText("box_loss") == "ciou") {
    EXPECT_TRUE(set.set("box_loss", "giou").ok());
  }
  for (const auto& [name, value] : assignerEntry().differentiableWith)
    EXPECT_TRUE(set.set(name, value).ok()) << name;
  for (const std::string& transform : transforms)
    for (const auto& [name, value] :
         (*findNamed(lossTransformEntries(), transform, "transform"))->differentiableWith)
      EXPECT_TRUE(set.set(name, value).ok()) << name;
  return set;
}

std::vector<std::vector<std::string>> transformChoices(const StageRules& rules) {
  std::vector<std::string> defaults;
  for (const TransformSlot& slot : rules.transforms)
    defaults.push_back(slot.choices.front());
  std::vector<std::vector<std::string>> all{defaults};
  for (std::size_t slot = 0; slot < defaults.size(); ++slot)
    for (std::size_t choice = 1; choice < rules.transforms[slot].choices.size(); ++choice) {
      all.push_back(defaults);
      all.back()[slot] = rules.transforms[slot].choices[choice];
    }
  return all;
}

std::string partsOf(const StageRules& rules, const std::string& assigner,
                    const std::vector<std::string>& transforms, const std::string& combiner) {
  std::vector<std::string> parts = {assigner,           rules.clsLosses.front(), rules.boxLosses.front(),
                                    rules.classTargets, rules.boxWeights,        combiner};
  for (const auto* further : {&transforms, &rules.furtherBoxLosses, &rules.jointLosses})
    for (const std::string& name : *further)
      if (name != "none") parts.push_back(name);
  return join(parts, " ");
}

namespace {

/// Of one stage of a recipe.
void appendCases(const Recipe& recipe, std::size_t stage, std::set<std::string>& tried,
                 std::vector<MethodCase>& cases) {
  const StageRules& rules = recipe.stages[stage];
  const ParamSet defaults = stageParams(recipe, stage, ParamSet(recipeParams(recipe)));
  for (const std::string& assigner : rules.assigners)
    for (const std::vector<std::string>& transforms : transformChoices(rules))
      for (const std::string& combiner : rules.combiners) {
        MethodCase made{&recipe, stage, recipe.info.name, assigner, transforms, combiner, defaults,
                        {},      false};
        std::vector<std::pair<std::string, std::string>> choices = {{"assigner", assigner},
                                                                    {"combiner", combiner}};
        for (std::size_t i = 0; i < transforms.size(); ++i)
          choices.emplace_back(rules.transforms[i].option, transforms[i]);
        for (const auto& [option, value] : choices)
          if (made.params.find(option)) {
            EXPECT_TRUE(made.params.set(option, value).ok()) << option;
          }
        made.isDefault = assigner == rules.assigners.front() &&
                         transforms == transformChoices(rules).front() && combiner == rules.combiners.front();
        const std::string parts = partsOf(rules, assigner, transforms, combiner);
        if (!made.isDefault && tried.count(parts) > 0) continue;
        for (const HeadKind& kind : headKinds()) {
          made.kind = kind;
          if (rare(kind) && !made.isDefault && rules.furtherBoxLosses.empty()) continue;
          MethodCase fitted = made;
          // The scene's anchors overlap its objects less than an object's own box among the regions does.
          if (fitted.params.find("low_quality") && !fitted.params.getBool("low_quality")) {
            for (const char* bound : {"neg_iou_thr", "pos_iou_thr"})
              EXPECT_TRUE(fitted.params.set(bound, "0.3").ok()) << bound;
          }
          // The scene's objects are of two strides, mmdet's anchors for points of eight.
          if (kind.heads.points && fitted.params.find("point_scale") &&
              fitted.params.getFloat("point_scale") > 0) {
            EXPECT_TRUE(fitted.params.set("point_scale", "2").ok());
          }
          if (!fitted.conflicts(kind.heads).empty()) continue;
          cases.push_back(std::move(fitted));
          tried.insert(parts);
          if (!made.isDefault) break;  // other parts than the defaults: on one kind of heads
        }
      }
}

}  // namespace

std::vector<MethodCase> methodCases() {
  std::vector<MethodCase> cases;
  std::set<std::string> tried;
  for (const Recipe& recipe : recipes())
    for (std::size_t stage = 0; stage < recipe.stages.size(); ++stage)
      appendCases(recipe, stage, tried, cases);
  return cases;
}

std::vector<MethodCase> defaultMethodCases() {
  std::vector<MethodCase> cases = methodCases();
  std::erase_if(cases, [](const MethodCase& tested) { return !tested.isDefault; });
  return cases;
}

const HeadKind* fittingKind(const Recipe& recipe, std::size_t stage, const ParamSet& own) {
  for (const HeadKind& kind : headKinds())
    if (stageConflicts(recipe, stage, own, kind.heads).empty()) return &kind;
  return nullptr;
}

const Recipe& recipeOf(const std::string& method) {
  const auto found = std::find_if(recipes().begin(), recipes().end(),
                                  [&](const Recipe& recipe) { return recipe.info.name == method; });
  EXPECT_NE(found, recipes().end()) << method;
  return *found;
}

std::string stageName(const Recipe& recipe, std::size_t stage) {
  return recipe.stages.size() > 1 ? recipe.info.name + "_" + recipe.stages[stage].stage : recipe.info.name;
}

std::string nameOf(const AssignerCase& tested) {
  return tested.entry->name + "_on_" + tested.kind.name;
}

std::string nameOf(const MethodCase& tested) {
  std::string name = stageName(*tested.recipe, tested.stage);
  if (!tested.isDefault) {
    name += "_" + tested.assigner;
    for (const std::string& transform : tested.transforms)
      name += "_" + transform;
    name += "_" + tested.combiner;
  }
  return name + "_on_" + tested.kind.name;
}

std::vector<std::string> methodNames() {
  return namesOf(methodInfos());
}

}  // namespace anchorscope::testing
