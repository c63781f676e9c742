#pragma once
// Internal header (ATen). Classification losses behind one interface, chosen by name.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

/// What the classification head is asked for: hard labels or soft targets (exactly one of them), and weights.
struct ClsTargets {
  at::Tensor labels;   ///< [B,N] int64: class, -1 background, -2 ignored; undefined with soft targets.
  at::Tensor soft;     ///< [B,N,C] float in [0,1]; undefined with labels.
  at::Tensor weights;  ///< [B,N] float, factor on all of an anchor's elements; undefined: 1 everywhere.
};

/// A classification loss on logits. Stateless ones may be shared; not thread-safe otherwise.
class ClsLoss {
 public:
  virtual ~ClsLoss() = default;
  /// logits [B,N,C] -> [B,N]: each anchor's loss summed over classes, weighted, not normalised, with gradient
  /// to the logits. The batch's loss is the sum of these over a normaliser. Finite for finite logits.
  virtual at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets) = 0;
};

/// A registered classification loss.
struct ClsLossEntry {
  std::string name;
  std::string title;
  std::string description;  ///< Formula.
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<ClsLoss>>(const ParamSet&)> make;
};

/// Every classification loss, in registry order.
const std::vector<ClsLossEntry>& clsLossEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<ClsLoss>> makeClsLoss(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
