#pragma once
// Internal header. What the trainer thread does from preparing to the end: commands at step boundaries,
// steps, captures, recording, checkpoints, evaluation.

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "core/trainer/pacing.h"
#include "core/trainer/run_goal.h"
#include "core/trainer/session_port.h"
#include "core/trainer/trainer.h"

namespace anchorscope {

/// Runs on one thread; made, run and destroyed there.
class TrainingLoop {
 public:
  TrainingLoop(SessionPort& port, RunConfig config, SessionOptions options);

  /// Until the run is stopped or its steps are done. An error: it has failed.
  Status run();
  /// After a failure: acknowledges what was taken from the queue, records the steps that were still open,
  /// saves a checkpoint when the state is sound, and notes the error in the run.
  void abandon(const Error& error);
  std::int64_t step() const { return trainer_ ? trainer_->stepsDone() : 0; }
  const std::string& endReason() const { return endReason_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// A step whose record waits for its scalars (a GPU gives them a step late) or frames.
  struct OpenRecord {
    StepRecord record;
    bool scalarsMissing = true, framesMissing = false;
  };
  enum class Hurry { kNo, kYes };  ///< kYes: wait for the frames' copy and publish at once.

  Status prepare();
  Status prepareRecording(std::int64_t resumedStep);
  Status finish();

  // commands
  /// A command of this kind is waiting, or stands among those being applied.
  template <typename Kind>
  bool isComing() const;
  bool stopComing() const;  ///< Long work should end early.
  void apply(const QueuedCommand& command);
  std::optional<Error> applied(const PauseCommand&);
  std::optional<Error> applied(const ResumeCommand&);
  std::optional<Error> applied(const StepCommand& command);
  std::optional<Error> applied(const RunUntilStepCommand& command);
  std::optional<Error> applied(const RunUntilScalarCommand& command);
  std::optional<Error> applied(const StopCommand& command);
  std::optional<Error> applied(const SetProbesCommand& command);
  std::optional<Error> applied(const SetParamCommand& command);
  std::optional<Error> applied(const SaveCheckpointCommand& command);
  std::optional<Error> applied(const CaptureCommand&);
  std::optional<Error> applied(const EvaluateCommand&);
  std::optional<Error> applied(const CancelEvaluationCommand&);
  void goOn();
  void pause(const std::string& reason);

  // a step and what follows it
  Status oneStep();
  void handleReports(bool all);
  void handleNonFinite(std::int64_t step);
  void capture(Hurry hurry);
  void collectFrames();
  void publish();
  void flushRecords();
  std::optional<Error> evaluate();
  Status checkpoint(const std::string& path, Overwrite overwrite);
  void checkpointIntoRun();
  void startCheckpoint();               ///< Into the run, written beside training.
  void collectCheckpoint(Hurry hurry);  ///< Notes how it went; kYes: waits for it.
  void removeOldCheckpoints();
  void watchRecording();
  void note(const std::string& kind, const std::string& text);
  void emitDiagnostics();
  TrainingStatus status() const;

  SessionPort& port_;
  RunConfig config_;
  const SessionOptions options_;
  std::unique_ptr<Trainer> trainer_;
  std::shared_ptr<RunWriter> writer_;  ///< Shared with a checkpoint that is being written.
  CapturePacer pacer_;
  RateMeter rate_;
  RunGoal goal_;
  std::deque<QueuedCommand> taken_;  ///< From the queue, not yet acknowledged.
  bool paused_ = false, stopping_ = false, stepsDone_ = false, checkpointAtStop_ = true;
  std::string endReason_;
  PendingFrames pendingFrames_;
  double pendingCaptureMs_ = 0;
  std::vector<std::shared_ptr<const ProbeFrame>> frames_;
  std::deque<OpenRecord> openRecords_;
  std::uint64_t snapshots_ = 0;
  Clock::time_point lastPublish_{}, started_ = Clock::now();
  std::int64_t lastEvaluation_ = -1, lastCheckpoint_ = -1, lastCapture_ = -1, lastRecordedFrames_ = -1;
  std::int64_t framesDropped_ = 0;
  bool recordingFailed_ = false;
  std::future<Status> writtenCheckpoint_;  ///< Valid while one is being written.
  std::string writtenPath_;
};

}  // namespace anchorscope
