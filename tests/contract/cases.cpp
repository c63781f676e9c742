#include "tests/contract/cases.h"

#include "core/base/named_registry.h"
#include "core/losses/combiner.h"
#include "core/losses/coupling.h"
#include "core/methods/method_info.h"
#include "core/methods/recipe.h"
#include "core/ops/box_coder.h"

namespace anchorscope::testing {

DenseScene HeadKind::scene(DenseSceneOptions options) const {
  options.points = heads.points;
  options.anchorsPerCell = heads.anchorsPerCell;
  options.centerness = heads.centerness;
  return makeDenseScene(options);
}

const std::vector<HeadKind>& headKinds() {
  static const std::vector<HeadKind> kinds = {{"anchors", {false, 2, false}},
                                              {"one_anchor", {false, 1, false}},
                                              {"points", {true, 1, false}},
                                              {"one_anchor_centerness", {false, 1, true}},
                                              {"points_centerness", {true, 1, true}}};
  return kinds;
}

DenseOutputs withOffsets(const DenseScene& scene, const at::Tensor& offsets) {
  DenseOutputs outputs = scene.outputs;
  outputs.deltas = offsets;
  outputs.boxes = BoxCoder::of(scene.anchors.offsets).decode(scene.anchors.boxes, offsets);
  return outputs;
}

std::vector<AssignerCase> assignerCases() {
  std::vector<AssignerCase> cases;
  for (const AssignerEntry& entry : assignerEntries())
    for (const HeadKind& kind : headKinds())
      if (!kind.heads.centerness &&
          (!entry.conflicts || entry.conflicts(ParamSet(entry.params), kind.heads).empty()))
        cases.push_back({&entry, kind});
  return cases;
}

bool MethodCase::holdsConstants() const {
  return (*findNamed(lossCombinerEntries(), combiner, "combiner"))->holdsConstants;
}

ParamSet MethodCase::differentiableParams() const {
  ParamSet set = params;
  for (const auto& [name, value] :
       (*findNamed(lossCouplingEntries(), coupling, "coupling"))->differentiableWith)
    EXPECT_TRUE(set.set(name, value).ok()) << name;
  return set;
}

std::vector<MethodCase> methodCases() {
  std::vector<MethodCase> cases;
  for (const Recipe& recipe : recipes())
    for (const std::string& assigner : recipe.assigners)
      for (const std::string& coupling : recipe.couplings)
        for (const std::string& combiner : recipe.combiners) {
          MethodCase made{
              recipe.info.name, assigner, coupling, combiner, ParamSet(recipeParams(recipe)), {}, false};
          for (const auto& [option, value] :
               {std::pair{"assigner", assigner}, {"coupling", coupling}, {"combiner", combiner}})
            if (made.params.find(option)) {
              EXPECT_TRUE(made.params.set(option, value).ok()) << option;
            }
          made.isDefault = assigner == recipe.assigners.front() && coupling == recipe.couplings.front() &&
                           combiner == recipe.combiners.front();
          for (const HeadKind& kind : headKinds()) {
            made.kind = kind;
            if (methodConflicts(made.method, made.params, kind.heads).empty()) cases.push_back(made);
          }
        }
  return cases;
}

std::vector<MethodCase> defaultMethodCases() {
  std::vector<MethodCase> cases = methodCases();
  std::erase_if(cases, [](const MethodCase& tested) { return !tested.isDefault; });
  return cases;
}

const HeadKind* fittingKind(const std::string& method, const ParamSet& params) {
  for (const HeadKind& kind : headKinds())
    if (methodConflicts(method, params, kind.heads).empty()) return &kind;
  return nullptr;
}

std::string nameOf(const AssignerCase& tested) {
  return tested.entry->name + "_on_" + tested.kind.name;
}

std::string nameOf(const MethodCase& tested) {
  std::string name = tested.method;
  if (!tested.isDefault) name += "_" + tested.assigner + "_" + tested.coupling + "_" + tested.combiner;
  return name + "_on_" + tested.kind.name;
}

std::vector<std::string> methodNames() {
  return namesOf(methodInfos());
}

}  // namespace anchorscope::testing
