#pragma once
// Internal header (ATen). The generic method of a dense detector: assign, two or more losses, transform,
// combine, show.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/assigners/assigner.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/joint_loss.h"
#include "core/losses/quality_loss.h"
#include "core/losses/transform.h"
#include "core/methods/method.h"

namespace anchorscope {

/// What a dense method is made of.
struct RecipeParts {
  std::string assignmentKey;    ///< The assigner's name and options, as text.
  bool followsOutputs = false;  ///< The assigner looks at what the heads say.
  std::unique_ptr<Assigner> assigner;
  std::unique_ptr<ClsLoss> clsLoss;
  bool clsNormalized = false, locNormalized = false;  ///< ClsLossEntry::normalized, BoxLossEntry::normalized.
  std::unique_ptr<BoxLoss> boxLoss;
  std::unique_ptr<QualityLoss> qualityLoss;
  /// Box losses beside boxLoss, each a head of its own, weighted alike.
  std::vector<std::pair<LossHead, std::unique_ptr<BoxLoss>>> furtherBoxLosses;
  std::unique_ptr<JointLoss> jointLoss;  ///< In place of class and box loss, which are its costs; null: none.
  std::vector<std::unique_ptr<LossTransform>> transforms;  ///< In their order.
  std::unique_ptr<LossCombiner> combiner;
};

/// params: of recipeParams().
std::unique_ptr<Method> makeDenseMethod(MethodInfo info, ParamSet params, RecipeParts parts);

}  // namespace anchorscope
