#pragma once
// Internal header (ATen). What the parts of a method have in common, whatever they do: assigners, losses,
// transforms of losses, combiners.

#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <vector>

#include "core/evidence/specs.h"
#include "core/ops/dense_types.h"
#include "core/ops/evidence_sink.h"

namespace anchorscope {

/// What the description of a scalar that StepContext::statistics asks for ends with.
inline constexpr const char* kStatisticsRule = " Measured every train.statistics_every steps.";

/// The step in which a part is called.
struct StepContext {
  /// Of a call that nobody watches, or whose evidence goes to `seenBy`.
  StepContext(EvidenceSink* seenBy = nullptr) : sink(seenBy) {}  // NOLINT(google-explicit-constructor)

  std::int64_t step = 0;          ///< Updates of the parameters before this one.
  std::int64_t plannedSteps = 0;  ///< Of the run; 0: not known.
  double epochs = 0;              ///< Passes over the data before this step.
  /// What random choices follow from, with the step: the run's seed, and which of the step's batches this is
  /// (train.accumulate). See randomNumbers().
  std::uint64_t seed = 0;
  std::int64_t batch = 0;
  /// Gradients are recorded, and state may move: a training step. Not so while evidence is measured.
  bool training = at::GradMode::is_enabled();
  /// Scalars that cost more than what a step computes anyway are wanted: train.statistics_every says when. A
  /// part leaves them out otherwise, and says so in their descriptions (kStatisticsRule).
  bool statistics = true;
  EvidenceSink* sink = nullptr;  ///< Null: nobody looks; nothing is published, and nothing extra computed.
};

/// A part with its options fixed. Not thread-safe: owned by the trainer thread.
class Part {
 public:
  virtual ~Part() = default;
  /// What it publishes with its present options.
  virtual EvidenceDeclaration declaration() const { return {}; }
  /// Learnable parameters, trained with the detector's, and state, under names that are unique in a method.
  /// Both are saved in checkpoints. State moves only in calls with StepContext::training, and is put back
  /// when such a step turns out not to be finite. On the CPU at first; Method::moveTo takes them to the
  /// detector's device, the tensors keeping their identity.
  virtual std::vector<NamedTensor> parameters() { return {}; }
  virtual std::vector<NamedTensor> buffers() { return {}; }
};

}  // namespace anchorscope
