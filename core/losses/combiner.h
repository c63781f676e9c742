#pragma once
// Internal header (ATen). How the heads' losses become one: a weighted sum, or a rule that couples them
// (a harmonic weighting, a guided or learned scale).

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// The heads' losses of a batch, before they are combined.
struct HeadLosses {
  at::Tensor clsRows, locRows;          ///< [B,N] per anchor, weighted, not normalised, with gradient.
  at::Tensor clsDivisors, locDivisors;  ///< [B], see core/losses/normalizer.h.
  at::Tensor clsObject, regObject;      ///< [B,N] int64, as in Assignment.
};

struct CombinedLoss {
  at::Tensor total, cls, loc;  ///< 0-dim; total with gradient, cls and loc as they are shown ("loss.cls").
  std::vector<NamedScalar> scalars;  ///< The rule's own, each declared.
};

/// Combines the heads' losses. May have learnable parameters and state; owned by the trainer thread.
class LossCombiner {
 public:
  virtual ~LossCombiner() = default;
  virtual EvidenceDeclaration declaration() const = 0;
  virtual CombinedLoss combine(const HeadLosses& losses, EvidenceSink* sink) = 0;
  virtual std::vector<at::Tensor> parameters() { return {}; }
};

/// A registered rule.
struct LossCombinerEntry {
  std::string name;
  std::string title;
  std::string description;
  std::string source;
  std::vector<ParamSpec> params;
  std::function<Result<std::unique_ptr<LossCombiner>>(const ParamSet&)> make;
};

/// Every rule, in registry order.
const std::vector<LossCombinerEntry>& lossCombinerEntries();

/// Builds by name; unknown: kUsage with the nearest names. `params` holds at least the entry's options.
Result<std::unique_ptr<LossCombiner>> makeLossCombiner(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
