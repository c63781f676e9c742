#pragma once
// Internal header (ATen). A method as the trainer uses it: what each of the detector's stages learns by, and
// the sum of their losses.

#include <memory>
#include <string>
#include <vector>

#include "core/methods/method.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// The rules of a detector's stages, in their order. With several stages everything that belongs to one stage
/// is named after it: the scalar "rpn.loss.cls", the parameter "roi.scale". Not thread-safe: owned by the
/// trainer thread.
class MethodSet {
 public:
  /// heads: of the detector's stages, as many.
  MethodSet(std::vector<std::unique_ptr<Method>> methods, const std::vector<HeadTraits>& heads);
  /// Builds a method by name for a detector whose stages have heads like these.
  static Result<std::unique_ptr<MethodSet>> make(const std::string& name, const ParamSet& params,
                                                 const std::vector<HeadTraits>& heads);

  std::size_t count() const { return methods_.size(); }
  Method& stage(std::size_t index) const { return *methods_.at(index); }
  /// What a stage publishes; scalars under the names that loss() gives them.
  EvidenceDeclaration declaration(std::size_t stage) const;
  /// What all of them publish; specs: of the detector's stages.
  RunDeclaration declaration(const std::vector<StageSpec>& specs) const;
  /// The sum of the stages' losses, and all their scalars with "loss.total" first. sinks: one per stage, as
  /// Detector::forward takes them; step.sink is not used.
  LossTerms loss(const std::vector<StageOutputs>& stages, const DenseTargets& targets,
                 const StepContext& step, const std::vector<EvidenceSink*>& sinks = {});
  /// Of all stages: see Part.
  std::vector<NamedTensor> parameters() const;
  std::vector<NamedTensor> buffers() const;
  void moveTo(at::Device device);

 private:
  /// What the names of a stage begin with: empty where there is but one.
  std::string prefix(std::size_t stage) const;
  std::vector<NamedTensor> named(std::vector<NamedTensor> (Method::*of)()) const;

  std::vector<std::unique_ptr<Method>> methods_;
  std::vector<HeadTraits> heads_;
};

}  // namespace anchorscope
