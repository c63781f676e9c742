#pragma once
// Internal header (ATen). Losses of outputs that say how good a box is: centerness, IoU, objectness.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/part.h"

namespace anchorscope {

class QualityLoss : public Part {
 public:
  /// logits, target in [0,1] and mask (bool): [B,N] -> [B,N], 0 where the mask is false; not normalised, with
  /// gradient to the logits.
  virtual at::Tensor rows(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& mask,
                          const StepContext& step) = 0;
};

/// A registered quality loss.
struct QualityLossEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<QualityLoss>>(const ParamSet&)> make;
};

/// Every quality loss, in registry order.
const std::vector<QualityLossEntry>& qualityLossEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<QualityLoss>> makeQualityLoss(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
