#pragma once
// Internal header (ATen). Couplings between the heads' losses, anchor by anchor, before they are summed: the
// harmonic weighting of an anchor's two losses, for example.

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

/// A coupling with its options fixed. Owned by the trainer thread.
class LossCoupling {
 public:
  virtual ~LossCoupling() = default;
  virtual EvidenceDeclaration declaration() const { return {}; }
  /// Changes the rows of `losses` (and may fill extraRows); returns its own scalars, each declared. Publishes
  /// to `sink` unless it is null.
  virtual std::vector<NamedScalar> couple(HeadLosses& losses, const LossContext& context,
                                          EvidenceSink* sink) = 0;
};

/// A registered coupling.
struct LossCouplingEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<LossCoupling>>(const ParamSet&)> make;
  /// Options (name, value) with which nothing is held constant in the gradient, so that differences of the
  /// loss give it; empty where the defaults are such options.
  std::vector<std::pair<std::string, std::string>> differentiableWith;
};

/// Every coupling, in registry order; the first is "none".
const std::vector<LossCouplingEntry>& lossCouplingEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<LossCoupling>> makeLossCoupling(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
