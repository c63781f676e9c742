// Who looks at steps while they are done: watchpoints, the training batch, and a step by its phases.

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/evidence/batch_name.h"
#include "core/session/evaluation_scalars.h"
#include "core/session/thrown.h"
#include "core/session/training_loop.h"
#include "core/watch/culprit.h"

namespace anchorscope {
namespace {

/// Works on the state between two steps, so that a step that is open has to be finished first.
bool needsBoundary(const Command& command) {
  return std::holds_alternative<StopCommand>(command) || std::holds_alternative<SetProbesCommand>(command) ||
         std::holds_alternative<SetParamCommand>(command) ||
         std::holds_alternative<SaveCheckpointCommand>(command) ||
         std::holds_alternative<CaptureCommand>(command) || std::holds_alternative<EvaluateCommand>(command);
}

std::vector<std::shared_ptr<const ProbeFrame>> framesOf(const std::vector<BatchImage>& batch) {
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const BatchImage& image : batch)
    frames.push_back(image.frame);
  return frames;
}

}  // namespace

std::vector<std::string> TrainingLoop::scalarNames() const {
  std::vector<std::string> names;
  for (const ScalarSpec& spec : trainer_->facts().declaration.scalars)
    if (trainer_->canEvaluate() || !isEvaluationScalar(spec.name)) names.push_back(spec.name);
  return names;
}

Status TrainingLoop::setWatchpoints(const std::string& text) {
  auto list = WatchList::make(text, scalarNames());
  if (!list) return std::move(list).error();
  watches_ = *std::move(list);
  return {};
}

std::unique_ptr<BatchEvidence> TrainingLoop::watchStep() {
  parts_.clear();
  if (!batchShown_) batch_.clear();
  scalarHits_.clear();
  if (phasesWanted_ > 0) {
    return trainer_->watchBatch([this](const BatchEvidence& evidence, const BatchEvidence::Reached& reached) {
      reachedPhase(evidence, reached);
    });
  }
  // At captures, and at the step at which somebody wants to pause.
  const bool shown =
      batchShown_ && options_.captureLive && (goal_.active() || pacer_.due(trainer_->stepsDone() + 1));
  if (!shown && !watches_.looksAt(WatchSource::kScalars) && !watches_.looksAt(WatchSource::kBatch))
    return nullptr;
  return trainer_->watchBatch();
}

void TrainingLoop::takeBatch(const BatchEvidence& evidence) {
  const Status taken = fenced([&]() -> Status {
    batch_ = evidence.take();
    parts_ = evidence.norms();
    return {};
  });
  if (taken) return;
  batch_.clear();
  if (taken.error().text() == captureFailure_) return;
  captureFailure_ = taken.error().text();
  note("error", concat("The training batch could not be captured: ", captureFailure_));
}

void TrainingLoop::tellOfBatch(const BatchEvidence& evidence, bool byPhases) {
  const bool looked = watches_.looksAt(WatchSource::kBatch);
  const bool shown =
      batchShown_ && options_.captureLive && (pauseWanted_ || pacer_.due(trainer_->stepsDone()));
  const bool finished = byPhases && pauseWanted_;
  if (looked || shown || finished || !scalarHits_.empty()) takeBatch(evidence);
  std::vector<WatchReport> reports;
  const auto frames = framesOf(batch_);
  if (looked) {
    reports = watches_.see(WatchSource::kBatch, frames);
    for (WatchReport& report : reports)
      addCandidates(report.hit.where, frames);
  }
  std::vector<double> losses;
  for (const BatchImage& image : batch_)
    losses.push_back(image.loss);
  for (WatchReport& report : scalarHits_) {
    report.hit.where = costliest(frames, losses);
    reports.push_back(std::move(report));
  }
  scalarHits_.clear();
  const bool hit = !reports.empty() && options_.pauseAtWatchpoints;
  if (!reports.empty()) tellHits(trainer_->stepsDone(), std::move(reports));
  if (!batchShown_ && !finished && !hit) batch_.clear();
}

void TrainingLoop::tellHits(std::int64_t step, std::vector<WatchReport> reports) {
  for (const WatchReport& report : reports) {
    const RunEvent event{step, kWatchEvent, printable(watchEventText(report))};
    if (writer_) writer_->recordEvent(event);
    port_.emit(NoteEvent{event});
  }
  if (reports.empty()) return;
  // What the hit was about can be gone back to.
  const bool pauses = options_.pauseAtWatchpoints;
  if (recorder_ && recorder_->wantEvidence(step) && lastCapture_ != step && !(pauses && options_.captureLive))
    capture(Hurry::kNo);
  if (!pauses) return;
  pinCulprit(std::string(imageOf(reports.front().hit.where.image)));
  wantPause(concat(reports.front().watch, ": ", reports.front().hit.what));
}

void TrainingLoop::pinCulprit(const std::string& image) {
  std::vector<std::string> probes = trainer_->probeNames();
  if (image.empty() || std::find(probes.begin(), probes.end(), image) != probes.end()) return;
  probes.insert(probes.begin(), image);
  collectFrames();
  if (Status status = trainer_->setProbes(probes); !status) note("error", status.error().text());
}

// ---- phases

void TrainingLoop::reachedPhase(const BatchEvidence& evidence, const BatchEvidence::Reached& reached) {
  if (phasesWanted_ == 0) return;  // the step is being finished
  const bool done = reached.phase == StepPhase::kUpdate;
  if (--phasesWanted_ > 0) return;
  if (done) return wantPause(concat("step ", trainer_->stepsDone(), " after ", toString(reached.phase)));
  openStep_ =
      OpenStep{trainer_->stepsDone() + 1, reached.phase, reached.stage, reached.batch, reached.batches};
  takeBatch(evidence);
  waitInPhase();
}

void TrainingLoop::waitInPhase() {
  paused_ = true;
  if (options_.captureLive) publish();
  port_.setState(TrainerState::kPaused,
                 concat("step ", openStep_->step, " after ", toString(openStep_->phase)));
  while (paused_) {
    if (taken_.empty())
      for (QueuedCommand& command : port_.commands().waitAndTake())
        taken_.push_back(std::move(command));
    if (taken_.empty()) break;  // the session ends
    if (needsBoundary(taken_.front().command)) {
      port_.emit(NoteEvent{{trainer_->stepsDone(), "note",
                            concat("Step ", trainer_->stepsDone() + 1,
                                   " is finished first: this is done between two steps")}});
      paused_ = false;
      port_.setState(TrainerState::kRunning, "");
      wantPause(concat("step ", trainer_->stepsDone() + 1, " finished"));
      break;
    }
    apply(taken_.front());
    taken_.pop_front();
  }
  openStep_.reset();
}

}  // namespace anchorscope
