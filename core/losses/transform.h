#pragma once
// Internal header (ATen). Transforms of the losses, candidate by candidate, before they are summed, one after
// the other: couplings of an anchor's losses, sampling, re-weighting.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/parts/loss_table.h"
#include "core/parts/part.h"
#include "core/parts/stage.h"

namespace anchorscope {

/// A transform with its options fixed.
class LossTransform : public Part {
 public:
  /// Changes the table's values, and may add and remove heads; returns its own scalars, each declared. What
  /// it did to each candidate, and why, it publishes to the step's sink: a factor as a channel, a choice
  /// among candidates (sampling) as decision rows, those that were dropped included.
  virtual std::vector<NamedScalar> apply(LossTable& losses, const StageInputs& inputs,
                                         const StepContext& step) = 0;
};

/// A registered transform.
struct LossTransformEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  bool weighsBackground = false;  ///< Changes the losses of candidates without an object, too.
  std::function<Result<std::unique_ptr<LossTransform>>(const ParamSet&)> make;
  /// Options (name, value) with which nothing is held constant in the gradient, so that differences of the
  /// loss give it; empty where the defaults are such options.
  std::vector<std::pair<std::string, std::string>> differentiableWith;
};

/// Every transform, in registry order; the first is "none".
const std::vector<LossTransformEntry>& lossTransformEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<LossTransform>> makeLossTransform(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
