#pragma once
// Internal header (ATen). The generic method of a dense detector: assign, two or three losses, couple,
// combine, show.

#include <memory>
#include <string>

#include "core/assigners/assigner.h"
#include "core/losses/box_loss.h"
#include "core/losses/cls_loss.h"
#include "core/losses/combiner.h"
#include "core/losses/coupling.h"
#include "core/methods/method.h"

namespace anchorscope {

/// What a dense method is made of.
struct RecipeParts {
  std::string assignmentKey;  ///< The assigner's name and options, as text.
  std::unique_ptr<Assigner> assigner;
  std::unique_ptr<ClsLoss> clsLoss;
  std::unique_ptr<BoxLoss> boxLoss;
  std::unique_ptr<LossCoupling> coupling;
  std::unique_ptr<LossCombiner> combiner;
};

/// params: of recipeParams().
std::unique_ptr<Method> makeDenseMethod(MethodInfo info, ParamSet params, RecipeParts parts);

}  // namespace anchorscope
