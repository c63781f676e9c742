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
#include "core/evidence/specs.h"
#include "core/losses/head_losses.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

struct CombinedLoss {
  at::Tensor total;              ///< 0-dim, with gradient.
  at::Tensor cls, loc, quality;  ///< 0-dim, as they are shown ("loss.cls"); quality undefined without one.
  std::vector<NamedScalar> scalars;  ///< The rule's own, each declared.
};

/// Combines the heads' losses. May have learnable parameters and state; owned by the trainer thread.
class LossCombiner {
 public:
  virtual ~LossCombiner() = default;
  virtual EvidenceDeclaration declaration() const { return {}; }
  /// State (counters, moving averages) moves only while gradients are recorded (at::GradMode), that is in
  /// training steps, not when evidence of probes is measured.
  virtual CombinedLoss combine(const HeadLosses& losses, const LossContext& context, EvidenceSink* sink) = 0;
  /// Learnable parameters and state, under names that are unique among both. Both are saved in checkpoints;
  /// the state is put back when a step turns out not to be finite.
  virtual std::vector<NamedTensor> parameters() { return {}; }
  virtual std::vector<NamedTensor> buffers() { return {}; }
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
