#pragma once
// View header. A training run on its own thread, seen from outside: commands in, events and snapshots out.
// The trainer never waits for whoever looks.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/evidence/specs.h"
#include "core/ops/step_phase.h"
#include "core/session/state.h"
#include "core/store/run_types.h"
#include "core/store/run_writer.h"
#include "core/trainer/batch_image.h"
#include "core/trainer/part_norm.h"
#include "core/trainer/run_config.h"
#include "core/trainer/run_facts.h"
#include "core/watch/evidence_condition.h"

namespace anchorscope {

// ---- commands: applied at step boundaries, each acknowledged once
// ------------------------------------------------

struct PauseCommand {};
struct ResumeCommand {};
struct StepCommand {
  std::int64_t count = 1;
};  ///< Run so many steps, then pause.
struct RunUntilStepCommand {
  std::int64_t step = 0;
};  ///< Run to this step, then pause.
/// Run until a condition over the run's scalars, those of evaluations included, is true (see ScalarCondition)
/// or one of them is not finite, then pause. With SessionOptions::pauseWhenNotFinite = false the latter is no
/// reason.
struct RunUntilConditionCommand {
  std::string condition;
};
/// Run until this is so of a probe's object or candidate, then pause; evidence is captured at every step
/// until then.
struct RunUntilEvidenceCommand {
  EvidenceCondition condition;
};
/// Does the next part of a step, then waits: see StepPhase. What needs a step's boundary (probes, options,
/// checkpoints, evaluations, stopping) first finishes the step that is open, and training stays paused.
struct StepPhaseCommand {};
/// The images of the training batches, as the steps saw them, are in the snapshots from now on, or not any
/// more.
struct ShowBatchCommand {
  bool on = true;
};
struct StopCommand {
  bool checkpoint = true;
};
struct SetProbesCommand {
  std::vector<std::string> imageNames;
};  ///< Newest wins; a fresh capture follows at once.
/// A live option with its prefix ("train.lr", "method.beta"); newest per key wins.
struct SetParamCommand {
  std::string key, value;
  std::string cause = {};  ///< For the journal, see ParameterChange.
};
/// What if: asks these variants, written as train.variants is, beside it from now on; of a run that is paused
/// between two steps at once, about the outputs that were measured last. No option changes and nothing of it
/// is recorded; newest wins, empty ends it.
struct AskCommand {
  std::string variants;
};
struct SaveCheckpointCommand {
  std::string path;
};                         ///< Empty: into the run folder.
struct CaptureCommand {};  ///< Publish a fresh snapshot now.
struct EvaluateCommand {};
struct CancelEvaluationCommand {
};  ///< Ends the one that is going on, asked for or scheduled; training goes on.

using Command = std::variant<PauseCommand, ResumeCommand, StepCommand, RunUntilStepCommand,
                             RunUntilConditionCommand, RunUntilEvidenceCommand, StepPhaseCommand,
                             ShowBatchCommand, StopCommand, SetProbesCommand, SetParamCommand, AskCommand,
                             SaveCheckpointCommand, CaptureCommand, EvaluateCommand, CancelEvaluationCommand>;
using CommandId = std::uint64_t;

// ---- events: never lost, in order
// --------------------------------------------------------------------------------

struct StateChangedEvent {
  TrainerState state = TrainerState::kIdle;
  std::string reason;
};
/// Exactly one per command; `coalesced` when a newer one of its kind replaced it before it was applied.
struct AcknowledgedEvent {
  CommandId id = 0;
  bool coalesced = false;
  std::optional<Error> error;
  std::int64_t appliedAtStep = 0;  ///< Steps done by then: what it changes holds from the next one.
};
struct ProgressEvent {
  std::string what;
  double fraction = 0;
};  ///< While preparing: "Opening the data set" ...; "Evaluating", until one with an empty text.
struct StepEvent {
  std::int64_t step = 0;
  std::vector<ScalarValue> scalars;
};
struct NoteEvent {
  RunEvent event;
};  ///< Checkpoint written, parameter changed, thinned out ...
struct EvaluationEvent {
  std::int64_t step = 0;
  std::vector<ScalarValue> metrics;     ///< "ap", "ap50", ... the 12 COCO numbers
  std::vector<ScalarValue> perClassAp;  ///< class name -> AP
  std::vector<ScalarValue> perClassAp50;
};
struct DiagnosticsEvent {
  Diagnostics diagnostics;
};  ///< Bad records of the data set or of loading.
struct FailedEvent {
  Error error;
  std::string culpritImage;
};

using Event = std::variant<StateChangedEvent, AcknowledgedEvent, ProgressEvent, StepEvent, NoteEvent,
                           EvaluationEvent, DiagnosticsEvent, FailedEvent>;

// ---- snapshot: immutable, the latest wins
// --------------------------------------------------------------------------

/// How far a step is that is done by phases.
struct OpenStep {
  std::int64_t step = 0;                  ///< Its number; the first is 1.
  StepPhase phase = StepPhase::kForward;  ///< The last one that is done.
  std::string stage;                      ///< Of a detector of several the one it was done for.
  std::int64_t batch = 0, batches = 1;    ///< Which of the step's batches it was done for.
};

/// What training costs and where it stands, at the time of a snapshot.
struct TrainingStatus {
  std::int64_t step = 0, plannedSteps = 0;
  double stepsPerSecond = 0;         ///< Over the last seconds, captures included.
  double captureMsPerStep = 0;       ///< Mean cost of evidence per step.
  double captureShare = 0;           ///< Of the step time, 0..1.
  std::int64_t captureEvery = 0;     ///< Present distance between captures, steps.
  std::optional<OpenStep> openStep;  ///< Empty between two steps.
  std::string goal;                  ///< Until when training goes on by itself: "step 500"; empty: its end.
  std::string device;                ///< "CPU · 1 thread", "NVIDIA H200"
  std::int64_t memoryBytes = 0;      ///< Resident (CPU) or allocated (GPU).
  RecordingState recording;
};

/// Everything the window shows of one moment; each panel gets the same pointer.
struct Snapshot {
  std::uint64_t sequence = 0;  ///< Grows by one per snapshot of a session.
  TrainingStatus status;
  std::vector<std::shared_ptr<const ProbeFrame>> probes;  ///< In probe order.
  /// What train.variants say of the same outputs, of every probe; those of one probe as they are asked.
  std::vector<std::shared_ptr<const ProbeFrame>> variants;
  /// Of the newest step that was looked at: ShowBatchCommand, StepPhaseCommand, a watchpoint's hit.
  std::vector<BatchImage> batch;
  bool batchShown = false;      ///< ShowBatchCommand
  std::vector<PartNorm> parts;  ///< Of a step that is done by phases.
};

// ---- the session
// ---------------------------------------------------------------------------------------------------

/// One training run and its thread. All members may be called from any thread; the destructor stops the run
/// (at the end of the present step) and joins.
class TrainingSession {
 public:
  virtual ~TrainingSession() = default;

  virtual CommandId post(Command command) = 0;
  virtual std::vector<Event> drainEvents() = 0;
  virtual std::shared_ptr<const Snapshot> latestSnapshot() const = 0;
  virtual std::shared_ptr<const RunFacts> facts() const = 0;  ///< Null until prepared.
  virtual TrainerState state() const = 0;
  /// Called on the trainer thread whenever there is something to drain or a new snapshot; must only wake
  /// someone.
  virtual void setWake(std::function<void()> wake) = 0;
  /// Blocks until Stopped or Failed. Not for the GUI thread.
  virtual void wait() = 0;
};

struct SessionOptions {
  bool startPaused = false;  ///< Prepare, publish step 0, wait for Resume.
  bool captureLive = true;   ///< Publish snapshots for a window; false when nobody looks.
  Overwrite overwrite = Overwrite::kNo;
  /// Continue this run; the config is the run's own, with `resumeSettings` (see applyResumeSettings).
  std::string resumeFolder;
  std::int64_t resumeStep = -1;  ///< From this step's checkpoint; -1: from the newest that can be read.
  /// Into this folder, the run as it was at that checkpoint copied first; empty: in its own, what came later
  /// removed.
  std::string resumeInto;
  std::vector<std::pair<std::string, std::string>> resumeSettings;
  /// Made as training comes to their steps, in this order, and before any step at which training would end.
  /// One that is refused fails the run.
  std::vector<ParameterChange> script;
  std::int64_t stopAtStep = -1;  ///< Stop there, as by StopCommand; -1: at the planned end.
  /// Pause at a step that is not finite, with its image as a probe, for somebody to look; else such steps are
  /// skipped up to train.max_skipped_steps in a row.
  bool pauseWhenNotFinite = true;
  /// Pause at a watchpoint's hit (train.watch), with its image as a probe; else hits are noted alone.
  bool pauseAtWatchpoints = true;
  std::string until;  ///< Pause when this condition is true: as RunUntilConditionCommand, from the start.
  /// For tests: called on the trainer thread before "step", "capture" and "evaluate"; what it throws, that
  /// work throws.
  std::function<void(const char* work)> beforeWork;
};

/// Starts a run on its own thread; errors of preparation arrive as FailedEvent.
std::unique_ptr<TrainingSession> startSession(RunConfig config, SessionOptions options = {});

}  // namespace anchorscope
