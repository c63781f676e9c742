#pragma once
// Internal header (ATen). Training as plain functions: one step, one capture, one evaluation, one checkpoint.
// No threads of its own except the loader's; the session calls it on the trainer thread, tests call it
// directly.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/result.h"
#include "core/data/loader.h"
#include "core/methods/method_set.h"
#include "core/model/detector.h"
#include "core/ops/pixels.h"
#include "core/trainer/batch_evidence.h"
#include "core/trainer/capture.h"
#include "core/trainer/checkpoint.h"
#include "core/trainer/frame_packer.h"
#include "core/trainer/input_buffers.h"
#include "core/trainer/moving_statistics.h"
#include "core/trainer/non_finite.h"
#include "core/trainer/optimizer.h"
#include "core/trainer/probes.h"
#include "core/trainer/run_config.h"
#include "core/trainer/run_facts.h"
#include "core/trainer/step_watch.h"
#include "core/trainer/validation.h"
#include "core/trainer/weight_average.h"

namespace anchorscope {

struct PrepareOptions {
  /// Gets what is being done and a fraction in [0,1]; false cancels (kCancelled). May be empty.
  std::function<bool(const std::string& what, double fraction)> progress;
  std::string checkpoint;  ///< Continue from this file; the config must be the one it was written with.
  std::int64_t availableBytes = 0;  ///< Memory that a step may take; 0: as much as there is.
  /// Another run may train in this program: threads, determinism and generators, which are the program's,
  /// stay as they are. Such a trainer is good for looking, not for a reproducible step.
  bool besideOthers = false;
};

/// What one step gave, read back from the device.
struct StepReport {
  std::int64_t step = 0;  ///< Steps done after it: 1 for the first.
  std::vector<ScalarValue> scalars;
  bool updated =
      true;  ///< False: the loss or the gradient was not finite, and nothing was changed by this step.
  std::int64_t skippedInARow = 0;  ///< Steps up to this one, without a gap, that were not updated.
};

/// One training run. All members are called on one thread, the one that called prepare().
class Trainer {
 public:
  static Result<std::unique_ptr<Trainer>> prepare(RunConfig config, const PrepareOptions& options);
  ~Trainer();

  const RunConfig& config() const { return config_; }
  const RunFacts& facts() const { return facts_; }
  /// Optimizer steps done.
  std::int64_t stepsDone() const { return stepsDone_; }
  std::int64_t plannedSteps() const { return config_.train.getInt("steps"); }
  int threads() const { return threads_; }
  std::string deviceTitle() const;
  std::string deviceName() const { return device_.str(); }
  std::int64_t memoryBytes() const;

  /// One step: train.accumulate times batch, forward, loss and backward, then clipping and update. `watch`
  /// looks at it while it is done and changes nothing of it; null: nobody. Fails only when no image can be
  /// read. A step that is not finite changes no parameter (see StepReport). What it throws (no memory,
  /// a failed check) leaves the state as before the step, so that a checkpoint can still be written, unless
  /// the parameters were being updated: see sound().
  Status step(StepWatch* watch = nullptr);
  /// Collects the evidence of the step that comes, for step(). It must not outlive the trainer, nor a change
  /// of the method's options.
  std::unique_ptr<BatchEvidence> watchBatch(BatchEvidence::Hook hook = {});
  /// False once a step was broken off while it updated the parameters: the state must not be saved any more.
  bool sound() const { return sound_; }
  /// The reports of finished steps in order, each once. On a GPU the newest is still on its way unless `all`
  /// waits for it.
  std::vector<StepReport> takeReports(bool all);
  /// Bad records met since the last call.
  Diagnostics takeDiagnostics();
  /// Finds the culprit among the images of a step that was not updated, one of the last two; reads them
  /// again.
  NonFiniteStory explainNonFinite(std::int64_t step);

  /// Chooses the probe images, also for a run that goes on from a later checkpoint; on an error the present
  /// ones stay.
  Status setProbes(const std::vector<std::string>& names);
  std::vector<std::string> probeNames() const;
  /// Named probes that the data set does not have any more were left out by prepare(); told once.
  std::vector<std::string> takeMissingProbes() { return std::exchange(missingProbes_, {}); }
  /// How the training set differs from that of the checkpoint that was restored; empty: not.
  const std::string& dataChange() const { return dataChange_; }
  /// Measures the probes' evidence with the present weights in evaluation mode. Nothing pending when there
  /// are no probes.
  PendingFrames capture();
  /// What train.variants say now of what capture() has measured of the same step: takes no forward pass.
  /// Nothing pending where there are none, or where another capture() has to come first: canAskAgain().
  PendingFrames captureVariants();
  bool canAskAgain() const { return !kept_.empty() && keptStep_ == stepsDone_; }
  /// What if: from now on these variants, written as train.variants is, are asked beside it. They belong to
  /// nobody's run: they are no option of it and are not to be recorded. kUsage, and what was asked before
  /// stays, for what cannot be asked.
  Status ask(const std::string& variants);
  /// What ask() was told; empty once a change of the run's options has made it impossible.
  const std::string& asked() const { return asked_; }
  /// Whether train.variants asks it too.
  bool isOfRun(const Variant& variant) const;

  /// Evaluates on the validation set, with the averaged weights where they are kept and train.eval_ema says
  /// so; kUsage when there is none.
  Result<Evaluation> evaluate(const std::function<bool(double)>& progress);
  bool canEvaluate() const { return validation_ != nullptr; }

  /// Sets a live option ("train.lr", "method.beta" ...). One that only a new run can take is kUsage.
  Status setParam(const std::string& key, const std::string& value);

  Status saveCheckpoint(const std::string& path, Overwrite overwrite) const;
  /// The whole state as it is now, copied to the host: may be written on another thread while training goes
  /// on.
  Checkpoint copyState() const;
  CheckpointFacts checkpointFacts() const;
  /// Every parameter and buffer, for comparisons in tests.
  std::vector<NamedTensor> stateDict() const { return detector_->stateDict(); }

 private:
  struct PendingReport;
  struct AskedMethods {
    std::shared_ptr<const Variant> variant;
    std::unique_ptr<MethodSet> methods;
    bool ofRun = true;  ///< Else asked by ask() alone.
  };

  Trainer();
  Status choosePrecision();
  Status openData(const PrepareOptions& options);
  Status buildDetector(const PrepareOptions& options);
  Status buildMethod();
  Status buildVariants();
  enum class Asks { kOwnMethod, kVariantsToo };
  CaptureSetup captureSetup(Asks asks = Asks::kVariantsToo);
  Result<std::vector<AskedMethods>> methodsOf(const std::string& variants, bool ofRun) const;
  Status countBias(const PrepareOptions& options);
  Status chooseProbes();
  Status loadProbes(const std::vector<std::string>& names);
  std::optional<double> prior() const;
  void buildOptimizer();
  /// What holds of the whole program.
  void setUpProgram();
  Status restore(const PrepareOptions& options);
  LoaderOptions loaderOptions(bool forTraining) const;
  void describe();
  std::string trainingReport() const;
  /// The loss and the gradient of the batches of one step.
  Result<LossTerms> accumulate(StepWatch* watch);
  /// Of the step that comes, or of a capture; watched: somebody looks.
  StepContext contextOf(bool watched) const;
  LossTerms forwardAndBackward(const Batch& batch, std::int64_t place, StepWatch* watch,
                               const StageSinks& sinks);
  /// Those that the optimizer changes.
  std::vector<NamedTensor> trainedParameters() const;
  void report(const LossTerms& terms, const at::Tensor& gradientNorm, const at::Tensor& skip,
              double learningRate);
  /// A method's parameters and buffers under the names checkpoints give them.
  static std::vector<NamedTensor> methodState(const MethodSet& method);
  /// What both have by the same name and shape.
  static void takeOver(const MethodSet& from, MethodSet& to);
  std::vector<NamedTensor> randomStates() const;
  std::vector<NamedTensor> wholeState() const;

  RunConfig config_;
  RunFacts facts_;
  std::shared_ptr<const std::vector<std::string>> classNames_;
  at::Device device_{at::kCPU};
  int threads_ = 1;
  bool bf16_ = false;
  std::size_t imagesPerEpoch_ = 0;
  std::string leftOutImages_;  ///< See EpochList::leftOut().
  std::shared_ptr<const Dataset> dataset_, validation_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<Detector> detector_;
  std::optional<PixelNormalization> normalization_;
  std::optional<InputBuffers> inputs_;
  MovingStatistics movingStatistics_;
  bool classBiasLoaded_ = false;         ///< From a weights file.
  std::vector<at::Tensor> classBiases_;  ///< Of the first stage's class outputs that have one.
  at::Tensor priorCounts_;  ///< [3] int64 positives, background, ignored; undefined: not counted.
  std::unique_ptr<MethodSet> method_;
  std::vector<AskedMethods> variants_;  ///< Asked at every capture, beside it.
  std::string asked_;                   ///< By ask().
  std::vector<CapturedOutputs> kept_;   ///< Of the probes' groups, while variants are asked.
  std::int64_t keptStep_ = -1;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<WeightAverage> average_;  ///< Null: not kept.
  ProbeSet probes_;
  std::vector<std::string> missingProbes_;
  std::string dataChange_;
  Diagnostics diagnostics_;
  std::int64_t stepsDone_ = 0, loaderPosition_ = 0, skippedSteps_ = 0, skippedInARow_ = 0;
  bool sound_ = true;
  bool watched_ = false;  ///< Somebody looks at the evidence of the step.
  std::deque<PendingReport> reports_;
  std::deque<StepBatches> remembered_;
};

}  // namespace anchorscope
