#pragma once
// Internal header (ATen). What is learnt of an assignment where that follows from the predicted boxes and not
// from the assigner's rule: soft class targets, weights of boxes, targets of outputs that say how good a box
// is. The same for every assigner.

#include <string>
#include <vector>

#include "core/assigners/assigner.h"
#include "core/base/combination.h"
#include "core/base/param.h"

namespace anchorscope {

/// The options class_targets and box_weights with these defaults.
std::vector<ParamSpec> targetParams(const std::string& classTargets, const std::string& boxWeights,
                                    const std::string& source);

struct TargetRules {
  /// What the class score learns at a positive.
  enum class Classes {
    kAssigned,  ///< What the assigner says; 1 where it says nothing.
    kLabel,     ///< 1, whatever it says.
    kIou        ///< The IoU of the predicted box with its object (GFL, VarifocalNet).
  } classes = Classes::kAssigned;
  /// What a positive's box loss is multiplied by.
  enum class Weights {
    kAssigned,  ///< What the assigner says.
    kOne,       ///< 1, whatever it says.
    kIou,       ///< The IoU of the predicted box with its object (PAA).
    kScore      ///< The candidate's largest class score (GFL).
  } weights = Weights::kAssigned;

  static TargetRules from(const ParamSet& params);
  /// The outputs of heads that then have something to learn, whatever the assigner: "iou", "objectness".
  static std::vector<std::string> learntOutputs();
  /// Changes the assignment by the rules and adds targets for outputs that the assigner has none for. Where
  /// heads have an objectness, it alone tells background from objects, and classes are learnt at positives.
  /// No gradient flows into what is added. targets: with padding.
  void apply(Assignment& assignment, const HeadOutputs& outputs, const DenseTargets& targets) const;
};

}  // namespace anchorscope
