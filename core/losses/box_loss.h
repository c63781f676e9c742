#pragma once
// Internal header (ATen). Box regression losses behind one interface, chosen by name.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/part.h"

namespace anchorscope {

/// What the box head is asked for.
struct BoxTargets {
  at::Tensor boxes;                    ///< [B,G,4] objects, input frame; G >= 1.
  at::Tensor matched;                  ///< [B,N] int64: object of each anchor; negative = none.
  at::Tensor weights;                  ///< [B,N] float >= 0, 0 where matched is negative.
  at::Tensor labels = {}, masks = {};  ///< Of the objects: see DenseTargets. For losses of masks.
};

/// A box loss. Some stand beside another one, as a head of their own (StageRules::furtherBoxLosses).
class BoxLoss : public Part {
 public:
  /// [B,N]: each anchor's loss, weighted, not normalised, 0 for anchors without an object or weight; with
  /// gradient to the outputs it uses (offsets or decoded boxes). outputs: with one box and one row of offsets
  /// per candidate, of heads with a box per class those of its object's class (withBoxesOfObjects).
  virtual at::Tensor rows(const AnchorSet& anchors, const HeadOutputs& outputs, const BoxTargets& targets,
                          const StepContext& step) = 0;
};

/// A registered box loss.
struct BoxLossEntry {
  std::string name;
  std::string title;
  std::string description;  ///< Formula and what it is measured on.
  std::string source;
  std::vector<ParamSpec> params;
  bool distribution = false;    ///< Of distances that are learnt as distributions: HeadTraits::distanceBins.
  bool masks = false;           ///< Of masks of regions: HeadTraits::masks.
  bool normalized = false;      ///< The sum of the rows is the batch's loss: nothing divides it.
  bool holdsConstants = false;  ///< Differences of the loss do not give its gradient.
  std::function<Result<std::unique_ptr<BoxLoss>>(const ParamSet&)> make;
};

/// Every box loss, in registry order.
const std::vector<BoxLossEntry>& boxLossEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<BoxLoss>> makeBoxLoss(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
