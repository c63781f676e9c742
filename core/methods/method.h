#pragma once
// Internal header (ATen). What one stage of a detector learns by turns a batch's head outputs into a loss and
// evidence: an assigner, a classification loss and a box loss from their registries. A method is one of these
// for each stage (method_set.h), under one name with one set of options.

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/evidence/specs.h"
#include "core/methods/method_info.h"
#include "core/parts/part.h"
#include "core/parts/stage.h"

namespace anchorscope {

/// The loss of one batch.
struct LossTerms {
  at::Tensor total;                  ///< 0-dim, with gradient.
  std::vector<NamedScalar> scalars;  ///< "loss.total", "loss.cls", "loss.loc" and the method's own, detached.
  /// [B] float64, detached: what of each head's loss, normalised, is each image's; adds up to the scalar of
  /// the same name where the combiner sums. Only where somebody looks at the step.
  std::vector<NamedTensor> ofImages;
};

/// How many anchors of each image learn an object, learn that there is none, and learn nothing: [B] int64.
struct AnchorCounts {
  at::Tensor positives, background, ignored;
};

/// The score for every class that minimises the cross entropy of constant scores: positives / (positives +
/// background) / classes (Chen et al., TIP 2021, equation 18). In (0,1) when both are above 0.
inline double countedPrior(std::int64_t positives, std::int64_t background, std::int64_t classes) {
  return static_cast<double>(positives) / static_cast<double>(positives + background) /
         static_cast<double>(classes);
}

/// A training method, for one stage. Not thread-safe: owned by the trainer thread.
class Method {
 public:
  virtual ~Method() = default;
  virtual const MethodInfo& info() const = 0;
  virtual const ParamSet& params() const = 0;
  /// What this instance publishes of heads like these with its present options.
  virtual EvidenceDeclaration declaration(const HeadTraits& heads) const = 0;
  /// Loss over the batch; publishes to the step's sink. Inputs are not modified. Works without objects, and
  /// under at::NoGradGuard (then `total` has no gradient).
  virtual LossTerms loss(const StageInputs& inputs, const StepContext& step) = 0;
  /// What the classification head would learn of these objects, for methods whose assignment does not depend
  /// on the heads' outputs (bias_init counted). Anchors that option ignored_anchors trains as background
  /// count as ignored.
  virtual AnchorCounts countAnchors(const AnchorSet& anchors, const DenseTargets& targets) = 0;
  /// The assignment depends on what the heads say.
  virtual bool followsOutputs() const = 0;
  /// Shows what these objects' boxes alone decide, of methods whose assignment does not follow the outputs:
  /// the winners, and what the assigner publishes.
  virtual void showAssignment(const AnchorSet& anchors, const DenseTargets& targets, EvidenceSink& sink) = 0;
  /// All that countAnchors depends on besides its arguments: the assigner and its options, as text.
  virtual std::string assignmentKey() const = 0;
  /// All of its parts': see Part.
  virtual std::vector<NamedTensor> parameters() { return {}; }
  virtual std::vector<NamedTensor> buffers() { return {}; }
  void moveTo(at::Device device);
};

/// Builds a method by name, one per stage of the detectors that it trains; the options must come from
/// methodParams(name). Unknown name: kUsage with the nearest names.
Result<std::vector<std::unique_ptr<Method>>> makeStages(const std::string& name, const ParamSet& params);
/// The same of a method of one stage.
Result<std::unique_ptr<Method>> makeMethod(const std::string& name, const ParamSet& params);

}  // namespace anchorscope
