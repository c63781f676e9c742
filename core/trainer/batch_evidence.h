#pragma once
// Internal header (ATen). The evidence of the images of a training step as the step saw them: cut and
// coloured as they were, with the batch's own statistics in the norms, each with its share of the loss.

#include <functional>
#include <memory>
#include <vector>

#include "core/data/dataset.h"
#include "core/trainer/batch_image.h"
#include "core/trainer/capture.h"
#include "core/trainer/part_norms.h"
#include "core/trainer/step_watch.h"

namespace anchorscope {

/// Collects one step. Between the step's end and the next one, or between two of its phases, take() gives
/// what there is.
class BatchEvidence final : public StepWatch {
 public:
  struct Facts {
    CaptureSetup setup;
    std::shared_ptr<const Dataset> dataset;
    std::int64_t step = 0;                ///< Updates before this one.
    std::vector<NamedTensor> parameters;  ///< Trained ones, for the norms of parts.
  };
  /// What is called when a phase has been reached: of the `batch`th of `batches`, from 0; stage: whose
  /// assignment, empty where the phase is the whole detector's or there is but one stage.
  struct Reached {
    StepPhase phase = StepPhase::kForward;
    std::int64_t batch = 0, batches = 1;
    std::string stage;
  };
  using Hook = std::function<void(const BatchEvidence& evidence, const Reached& reached)>;

  /// hook: stops at every phase, for which a little more is published; empty: the step is only collected.
  explicit BatchEvidence(Facts facts, Hook hook = {});
  ~BatchEvidence() override;
  BatchEvidence(const BatchEvidence&) = delete;
  BatchEvidence& operator=(const BatchEvidence&) = delete;

  StageSinks begin(const Batch& batch, std::int64_t index, std::int64_t count) override;
  void forwarded(const std::vector<StageOutputs>& stages) override;
  void lost(const LossTerms& terms) override;
  void differentiated() override;
  void updated() override;

  /// The images of all batches so far; waits for the device.
  std::vector<BatchImage> take() const;
  /// With a hook: of every part of the detector.
  std::vector<PartNorm> norms() const;

 private:
  class Packer;
  struct One;
  void reached(StepPhase phase, const std::string& stage = {});

  Facts facts_;
  Hook hook_;
  std::vector<StageInfo> stages_;
  std::vector<std::unique_ptr<One>> batches_;
  std::unique_ptr<PartNorms> norms_;
  std::int64_t count_ = 1;
};

}  // namespace anchorscope
