#pragma once
// Internal header (ATen). Classification losses behind one interface, chosen by name.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/loss_table.h"
#include "core/parts/part.h"

namespace anchorscope {

/// What the classification head is asked for: hard labels, soft targets, or weights of both answers (exactly
/// one of these), and weights of whole anchors.
struct ClsTargets {
  at::Tensor labels;   ///< [B,N] int64: class, -1 background, -2 ignored.
  at::Tensor soft;     ///< [B,N,C] float in [0,1].
  at::Tensor weights;  ///< [B,N] float, factor on all of an anchor's elements; undefined: 1 everywhere.
  /// [B,N,C] float >= 0, both or none: each element's loss is positive * loss(1) + negative * loss(0).
  at::Tensor positive = {}, negative = {};
};

/// A classification loss on logits.
class ClsLoss : public Part {
 public:
  /// What a value belongs to: kBatch of losses that compare all of an image's scores, whose rows are [B,1].
  virtual LossDomain domain() const { return LossDomain::kCandidate; }
  /// logits [B,N,C] -> [B,N]: each anchor's loss summed over classes, weighted, not normalised, with gradient
  /// to the logits (and to weights that have one). The batch's loss is the sum of these over a normaliser.
  /// Finite for finite logits.
  virtual at::Tensor rows(const at::Tensor& logits, const ClsTargets& targets, const StepContext& step) = 0;
};

/// A registered classification loss.
struct ClsLossEntry {
  std::string name;
  std::string title;
  std::string description;  ///< Formula.
  std::string source;
  std::vector<ParamSpec> params;
  bool background = false;  ///< Of a softmax with an output for "nothing": HeadTraits::background.
  bool labelsOnly = false;  ///< Takes hard labels alone.
  bool normalized = false;  ///< The sum of the rows is the batch's loss: nothing divides it.
  bool ofBatch = false;     ///< What a row is depends on the other candidates' scores.
  /// Something is held constant in the gradient, or the gradient is one by rule, so that differences of the
  /// loss do not give it.
  bool holdsConstants = false;
  std::function<Result<std::unique_ptr<ClsLoss>>(const ParamSet&)> make;
};

/// Every classification loss, in registry order.
const std::vector<ClsLossEntry>& clsLossEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<ClsLoss>> makeClsLoss(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
