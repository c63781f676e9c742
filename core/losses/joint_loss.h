#pragma once
// Internal header (ATen). Losses that no head has by itself: what a bag of candidates says of an object,
// class and box together. In place of the class and the box loss, which it may use as costs.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/loss_costs.h"
#include "core/parts/loss_table.h"
#include "core/parts/part.h"
#include "core/parts/stage.h"

namespace anchorscope {

class JointLoss : public Part {
 public:
  /// What rows() gives, always the same.
  virtual std::vector<LossHead> heads() const = 0;
  /// Whether the outputs beside classes and boxes (objectness) are learnt by it, too.
  virtual bool learnsFurtherOutputs() const { return false; }
  /// The batch's losses with their divisors, with gradient. bags: which candidates each object has, sorted by
  /// image, object, candidate. own: the method's class and box loss of single pairs.
  virtual std::vector<LossRows> rows(const StageInputs& inputs, const CandidatePairs& bags,
                                     const LossCosts& own, const StepContext& step) = 0;
};

/// A registered joint loss.
struct JointLossEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  /// Weights that follow the outputs are held constant in the gradient, so that differences do not give it.
  bool holdsConstants = false;
  std::function<Result<std::unique_ptr<JointLoss>>(const ParamSet&)> make;
};

/// Every joint loss, in registry order.
const std::vector<JointLossEntry>& jointLossEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<JointLoss>> makeJointLoss(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
