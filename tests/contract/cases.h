#pragma once
// On what the entries of the registries are tried: kinds of heads, and methods in every combination of their
// parts with the kinds of heads that they go with. New entries are in these lists by themselves.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/assigners/assigner.h"
#include "core/base/combination.h"
#include "core/base/param.h"
#include "core/methods/method.h"
#include "core/methods/recipe.h"
#include "tests/support/dense_scene.h"

namespace anchorscope::testing {

/// A kind of heads, of which there is a made-up scene.
struct HeadKind {
  std::string name;  ///< "anchors", "one_anchor", "one_anchor_centerness", "points", "points_centerness"
  HeadTraits heads;

  /// A scene of this kind, the rest as in `options`.
  DenseScene scene(DenseSceneOptions options = {}) const;
};

const std::vector<HeadKind>& headKinds();

/// The scene's outputs with these offsets, and the boxes they stand for.
HeadOutputs withOffsets(const DenseScene& scene, const at::Tensor& offsets);

/// An assigner with default options on a kind of heads without centerness.
struct AssignerCase {
  const AssignerEntry* entry = nullptr;
  HeadKind kind;
};
std::vector<AssignerCase> assignerCases();

/// A method, or one of its stages, with one choice of parts, its other options at their defaults, on a kind
/// of heads.
struct MethodCase {
  const Recipe* recipe = nullptr;
  std::size_t stage = 0;
  std::string method, assigner;
  std::vector<std::string> transforms;  ///< Of the recipe's slots, in their order.
  std::string combiner;
  ParamSet params;  ///< Of the stage, without its prefix.
  HeadKind kind;
  bool isDefault = false;  ///< All parts are the method's defaults.

  Result<std::unique_ptr<Method>> make(const ParamSet& own) const { return makeStage(*recipe, stage, own); }
  std::vector<OptionConflict> conflicts(const HeadTraits& heads) const {
    return stageConflicts(*recipe, stage, params, heads);
  }
  const StageRules& rules() const { return recipe->stages[stage]; }
  bool holdsConstants() const;  ///< See LossCombinerEntry, JointLossEntry.
  bool joint() const;           ///< Class and box are learnt by one loss: no "loss.cls".
  bool classesOfPairs() const;  ///< The class loss is of pairs alone: background learns no class.
  const AssignerEntry& assignerEntry() const;
  bool listsPairs() const;  ///< See AssignerEntry.
  /// An output of its own tells objects from background, and classes are learnt at positives.
  bool objectness() const { return kind.heads.gives(kObjectnessOutput); }
  /// Background learns as much as there are positives.
  bool hardNegatives() const {
    return std::count(transforms.begin(), transforms.end(), "sampling") > 0 &&
           params.getText("sampler") == "hard_negative";
  }
  /// The options with which nothing is held constant, as far as there are such.
  ParamSet differentiableParams() const;
};
/// Parts other than a method's defaults are tried once, by the first method that has them.
std::vector<MethodCase> methodCases();
/// What distinguishes one choice of parts from another, whichever method it is made in.
std::string partsOf(const StageRules& rules, const std::string& assigner,
                    const std::vector<std::string>& transforms, const std::string& combiner);
/// Choices of transforms for a recipe's slots: its defaults, which are the first, and every other choice of
/// one slot with the defaults of the rest. All products would be dozens a recipe.
std::vector<std::vector<std::string>> transformChoices(const StageRules& rules);
/// Only those with default parts.
std::vector<MethodCase> defaultMethodCases();

/// The first kind of heads that goes with a stage's own options; nullptr when there is none.
const HeadKind* fittingKind(const Recipe& recipe, std::size_t stage, const ParamSet& own);
const Recipe& recipeOf(const std::string& method);
/// What a stage of a method is called, "faster_rcnn_rpn"; a method of one stage by its name.
std::string stageName(const Recipe& recipe, std::size_t stage);

std::string nameOf(const AssignerCase& tested);
std::string nameOf(const MethodCase& tested);
inline std::ostream& operator<<(std::ostream& stream, const AssignerCase& tested) {
  return stream << nameOf(tested);
}
inline std::ostream& operator<<(std::ostream& stream, const MethodCase& tested) {
  return stream << nameOf(tested);
}
inline constexpr auto kCaseName = [](const auto& info) { return nameOf(info.param); };

std::vector<std::string> methodNames();

template <typename Entry>
std::vector<std::string> namesOf(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries)
    names.push_back(entry.name);
  return names;
}

}  // namespace anchorscope::testing
