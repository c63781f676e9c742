#pragma once
// Internal header (ATen). How the heads' losses become one: a weighted sum, or a rule that couples them
// (a guided or learned scale).

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/loss_table.h"
#include "core/parts/part.h"
#include "core/parts/stage.h"

namespace anchorscope {

struct CombinedLoss {
  at::Tensor total;  ///< 0-dim, with gradient.
  /// 0-dim per row of the table, in its order: the head's loss as it is shown ("loss.cls"), normalised.
  std::vector<at::Tensor> heads;
  std::vector<NamedScalar> scalars;  ///< The rule's own, each declared.
};

/// Combines the heads' losses. May have learnable parameters and state.
class LossCombiner : public Part {
 public:
  virtual CombinedLoss combine(const LossTable& losses, const StageInputs& inputs,
                               const StepContext& step) = 0;
};

/// A registered rule.
struct LossCombinerEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<LossCombiner>>(const ParamSet&)> make;
  /// With any options some factor of a head's loss is held constant in the gradient, so that differences of
  /// the total do not give it.
  bool holdsConstants = false;
};

/// Every rule, in registry order.
const std::vector<LossCombinerEntry>& lossCombinerEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<LossCombiner>> makeLossCombiner(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
