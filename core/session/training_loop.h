#pragma once
// Internal header. What the trainer thread does from preparing to the end: commands at step boundaries,
// steps, captures, recording, checkpoints, evaluation.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/session/checkpoint_keeper.h"
#include "core/session/pacing.h"
#include "core/session/resume.h"
#include "core/session/run_goal.h"
#include "core/session/session_port.h"
#include "core/session/step_recorder.h"
#include "core/store/run_writer.h"
#include "core/trainer/planned_changes.h"
#include "core/trainer/trainer.h"
#include "core/watch/watch_list.h"

namespace anchorscope {

/// Runs on one thread; made, run and destroyed there.
class TrainingLoop {
 public:
  TrainingLoop(SessionPort& port, RunConfig config, SessionOptions options);

  /// Until the run is stopped or its steps are done. An error: it has failed.
  Status run();
  /// After a failure: acknowledges what was taken from the queue, records the steps that were still open,
  /// saves a checkpoint when the state is sound, notes the error in the run, and adds to the error what was
  /// kept.
  void abandon(Error& error);
  std::int64_t step() const { return trainer_ ? trainer_->stepsDone() : 0; }
  const std::string& endReason() const { return endReason_; }

 private:
  using Clock = std::chrono::steady_clock;

  enum class Hurry { kNo, kYes };  ///< kYes: wait for the frames' copy and publish at once.

  Status prepare();
  Status startRecording();
  Status continueRecording(const ResumePoint& point);
  void tellOfPreparing(const std::optional<ResumePoint>& point);
  RunHeader header() const;
  Status finish();

  // commands
  /// A command of this kind is waiting, or stands among those being applied.
  template <typename Kind>
  bool isComing() const {
    return port_.commands().template pending<Kind>() ||
           std::any_of(taken_.begin(), taken_.end(), [](const QueuedCommand& taken) {
             return std::holds_alternative<Kind>(taken.command);
           });
  }
  bool stopComing() const;  ///< Long work should end early.
  void apply(const QueuedCommand& command);
  std::optional<Error> applied(const PauseCommand&);
  std::optional<Error> applied(const ResumeCommand&);
  std::optional<Error> applied(const StepCommand& command);
  std::optional<Error> applied(const RunUntilStepCommand& command);
  std::optional<Error> applied(const RunUntilConditionCommand& command);
  std::optional<Error> applied(const RunUntilEvidenceCommand& command);
  std::optional<Error> applied(const StepPhaseCommand&);
  std::optional<Error> applied(const ShowBatchCommand& command);
  std::optional<Error> applied(const StopCommand& command);
  std::optional<Error> applied(const SetProbesCommand& command);
  std::optional<Error> applied(const SetParamCommand& command);
  /// As the command does, at this step, and into the journal.
  Status changeOption(const std::string& key, const std::string& value, const std::string& cause);
  /// The state before a change, where a checkpoint of it is wanted and there is none yet.
  std::optional<Checkpoint> stateBeforeChange(const std::string& key);
  /// What SessionOptions::script has for this step.
  Status followScript();
  /// What train.planned_changes has for this step, and for earlier ones where it came about later.
  Status followPlan();
  /// Where a run goes on: what of the plan is behind it.
  void skipPlanBefore(const ResumePoint& point);
  std::optional<Error> applied(const AskCommand& command);
  std::optional<Error> applied(const SaveCheckpointCommand& command);
  std::optional<Error> applied(const CaptureCommand&);
  std::optional<Error> applied(const EvaluateCommand&);
  std::optional<Error> applied(const CancelEvaluationCommand&);
  void goOn();
  void pause(const std::string& reason);
  void wantPause(const std::string& reason);  ///< At the end of this step.
  std::optional<Error> setGoal(const std::string& condition);

  // looking at steps while they are done (training_loop_watch.cpp)
  /// Takes train.watch over.
  Status setWatchpoints(const std::string& text);
  /// Those that conditions may name: that will have values.
  std::vector<std::string> scalarNames() const;
  /// Who looks at the step that comes; null: nobody, and nothing is measured.
  std::unique_ptr<BatchEvidence> watchStep();
  /// The step is done: shows its batch where somebody wants to see it, and lets watchpoints look at it.
  void tellOfBatch(const BatchEvidence& evidence, bool byPhases);
  void takeBatch(const BatchEvidence& evidence);
  /// A phase of the open step is done: waits here until the next one is wanted, or the step's end.
  void reachedPhase(const BatchEvidence& evidence, const BatchEvidence::Reached& reached);
  void waitInPhase();
  void tellHits(std::int64_t step, std::vector<WatchReport> reports);
  void pinCulprit(const std::string& image);

  // a step and what follows it
  Status oneStep();
  void handleReports(bool all);
  void handleNonFinite(const StepReport& report);
  void capture(Hurry hurry);
  /// Asks them about what was captured of this step; false where a capture has to come first.
  bool askVariants();
  void collectFrames();
  /// All that were captured last but what AskCommand asks for.
  std::vector<std::shared_ptr<const ProbeFrame>> framesOfRun() const;
  void captureFailed(const Error& error);
  void publish();
  std::optional<Error> evaluate();
  void evaluateAndNote();  ///< As above; a failure is noted and training goes on.
  void recordEvaluation(const Evaluation& evaluation);
  void startCheckpoint();  ///< Into the run, written beside training.
  void saveCheckpointNow();
  /// Whether this step's checkpoint, with the present options, is still to be written.
  bool wantsCheckpoint() const {
    return optionsUnsaved_ || checkpoints_->newestStep() != trainer_->stepsDone();
  }
  void makeKeepers();  ///< Of what is recorded, where something is.
  void planRecording();
  std::int64_t probeCount() const { return static_cast<std::int64_t>(trainer_->probeNames().size()); }
  void note(const std::string& kind, const std::string& text);
  void journal(const ParameterChange& change);
  void emitDiagnostics();
  TrainingStatus status() const;

  SessionPort& port_;
  RunConfig config_;
  const SessionOptions options_;
  std::unique_ptr<Trainer> trainer_;
  std::shared_ptr<RunWriter> writer_;  ///< Shared with the checkpoints' thread.
  CapturePacer pacer_;
  RateMeter rate_;
  RunGoal goal_;
  std::deque<QueuedCommand> taken_;  ///< From the queue, not yet acknowledged.
  bool paused_ = false, stopping_ = false, stepsDone_ = false, checkpointAtStop_ = true, pauseWanted_ = false;
  std::int64_t resumedStep_ = -1;
  std::string endReason_;
  PendingFrames pendingFrames_;
  double pendingCaptureMs_ = 0;
  std::vector<std::shared_ptr<const ProbeFrame>> frames_;
  std::uint64_t snapshots_ = 0;
  Clock::time_point lastPublish_{}, started_ = Clock::now();
  std::int64_t lastEvaluation_ = -1, lastCapture_ = -1, failedCaptures_ = 0, failedCaptureStep_ = -1;
  std::string captureFailure_;  ///< The last one noted: one that comes again at every capture is told once.
  std::string pauseReason_;
  WatchList watches_;
  std::vector<WatchReport> scalarHits_;  ///< Of this step, still without a place.
  bool batchShown_ = false;
  std::vector<BatchImage> batch_;
  std::vector<PartNorm> parts_;
  std::int64_t phasesWanted_ = 0;
  std::optional<OpenStep> openStep_;               ///< Up to where a step is done.
  std::unique_ptr<StepRecorder> recorder_;         ///< Null without a recorded run,
  std::unique_ptr<CheckpointKeeper> checkpoints_;  ///< as this one.
  std::vector<ParameterChange> resumeChanges_;
  std::size_t scripted_ = 0;  ///< How much of the script has been made.
  std::vector<PlannedChange> planMade_;
  bool optionsUnsaved_ = false;  ///< Some have changed since the newest checkpoint.
};

}  // namespace anchorscope
