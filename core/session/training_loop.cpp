#include "core/session/training_loop.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <iterator>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/eval/coco_ap.h"
#include "core/eval/evaluation_specs.h"
#include "core/evidence/difference.h"
#include "core/session/evaluation_scalars.h"
#include "core/session/journal.h"
#include "core/session/thrown.h"
#include "core/store/run_copy.h"
#include "core/store/run_folder.h"
#include "core/trainer/version.h"
#include "core/watch/culprit.h"

namespace anchorscope {
namespace {

// With captures far apart the window still gets the step and the speed this often.
constexpr std::chrono::milliseconds kStatusInterval{200};

double millisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// "AP50 0.510"; "AP50 –" where there was nothing to measure.
std::string precisionText(const ScalarValue& metric) {
  std::string title = metric.name;
  const auto take = [&](const CocoStat& stat) {
    if (metric.name == stat.name) title = stat.title;
  };
  std::ranges::for_each(kCocoStats, take);
  std::ranges::for_each(kMaskStats, take);
  return concat(title, ' ', statText(metric.value));
}

std::string utcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

/// More steps done than planned: not by a run itself, only by what it was told when it went on.
Status checkStepsLeft(const ResumePoint& point) {
  if (!point.config.train.knowsSteps("steps")) return {};
  const std::int64_t planned = point.config.train.getInt("steps");
  if (planned == 0 || planned >= point.facts.step) return {};
  return makeError(ErrorCode::kUsage,
                   concat("The run has done ", point.facts.step, " steps, more than the ", planned,
                          " that are asked for: steps count from its beginning"),
                   concat("Give more than ", point.facts.step, ", or go on from an earlier checkpoint"));
}

}  // namespace

TrainingLoop::TrainingLoop(SessionPort& port, RunConfig config, SessionOptions options)
    : port_(port),
      config_(std::move(config)),
      options_(std::move(options)),
      pacer_(config_.train.getFloat("capture_budget")) {}

// ---- life
// ------------------------------------------------------------------------------------------------------------

Status TrainingLoop::run() {
  port_.setState(TrainerState::kPreparing, "");
  if (Status status = prepare(); !status) {
    if (status.error().code != ErrorCode::kCancelled) return std::move(status).error();
    endReason_ = "stopped while preparing";
    return {};
  }
  port_.setState(paused_ ? TrainerState::kPaused : TrainerState::kRunning, "");
  while (!stopping_) {
    // What an open step has put off is there already.
    if (taken_.empty())
      for (QueuedCommand& command : paused_ ? port_.commands().waitAndTake() : port_.commands().take())
        taken_.push_back(std::move(command));
    for (; !taken_.empty(); taken_.pop_front())
      apply(taken_.front());
    if (stopping_ || paused_) continue;
    ANCHORSCOPE_TRY(followScript());
    ANCHORSCOPE_TRY(followPlan());
    if (trainer_->plannedSteps() > 0 && trainer_->stepsDone() >= trainer_->plannedSteps()) {
      stopping_ = stepsDone_ = true;
      endReason_ = concat("all ", trainer_->plannedSteps(), " steps done");
      break;
    }
    if (options_.stopAtStep >= 0 && trainer_->stepsDone() >= options_.stopAtStep) {
      stopping_ = true;
      endReason_ = concat("stopped at step ", trainer_->stepsDone());
      break;
    }
    ANCHORSCOPE_TRY(oneStep());
  }
  return finish();
}

Status TrainingLoop::prepare() {
  PrepareOptions prepare;
  prepare.progress = [this](const std::string& what, double fraction) {
    port_.emit(ProgressEvent{what, fraction});
    return !stopComing();
  };
  std::optional<ResumePoint> point;
  if (!options_.resumeFolder.empty()) {
    auto found = findResumePoint(options_.resumeFolder, options_.resumeStep);
    if (!found) return std::move(found).error();
    auto changes = applyResumeSettings(found->config, options_.resumeSettings);
    if (!changes) return std::move(changes).error();
    ANCHORSCOPE_TRY(checkStepsLeft(*found));
    resumeChanges_ = *std::move(changes);
    point = *std::move(found);
    for (ParameterChange& change : resumeChanges_) {
      change.step = point->facts.step;
      change.checkpoint = std::filesystem::path(point->checkpoint).filename().string();
      change.cause = options_.resumeInto.empty() ? "continued" : "forked";
    }
    prepare.checkpoint = point->checkpoint;
    resumedStep_ = point->facts.step;
    config_ = point->config;
    config_.out = options_.resumeInto.empty() ? options_.resumeFolder : options_.resumeInto;
    pacer_.setBudget(config_.train.getFloat("capture_budget"));
  }
  // Before the data set is opened, which can take minutes.
  if (!point && !config_.out.empty()) ANCHORSCOPE_TRY(checkRunFolder(config_.out, options_.overwrite));
  auto trainer = Trainer::prepare(config_, prepare);
  if (!trainer) return std::move(trainer).error();
  trainer_ = *std::move(trainer);
  config_ = trainer_->config();  // with the size of an epoch
  if (point) skipPlanBefore(*point);
  ANCHORSCOPE_TRY(setWatchpoints(config_.train.getText("watch")));
  if (!options_.until.empty())
    if (auto error = setGoal(options_.until)) return *std::move(error);
  ANCHORSCOPE_TRY(point ? continueRecording(*point) : startRecording());
  port_.publishFacts(std::make_shared<const RunFacts>(trainer_->facts()));
  if (writer_) makeKeepers();
  if (checkpoints_ && point)
    for (const ParameterChange& change : point->changes)
      if (!change.checkpoint.empty()) checkpoints_->keepBeforeChange(change.step);
  tellOfPreparing(point);
  emitDiagnostics();
  paused_ = options_.startPaused;
  if (recorder_ && !point) recorder_->open(trainer_->stepsDone(), StepRecorder::Waits::kForEvidence);
  if (options_.captureLive || (recorder_ && recorder_->waits())) capture(Hurry::kYes);
  if (recorder_) {
    recorder_->handOver();
    (void)writer_->flush();  // what a moment takes on disk is known only then; a failure shows below
    planRecording();
    if (config_.train.getInt("record_every") > 0 && !trainer_->probeNames().empty())
      note("recording", recorder_->forecastText());
    recorder_->watch(probeCount());
  }
  return {};
}

void TrainingLoop::makeKeepers() {
  const auto both = [this](const std::string& kind, const std::string& text) { note(kind, text); };
  recorder_ =
      std::make_unique<StepRecorder>(writer_, both, [this](const std::string& kind, const std::string& text) {
        port_.emit(NoteEvent{{trainer_->stepsDone(), kind, text}});
      });
  checkpoints_ = std::make_unique<CheckpointKeeper>(writer_, both);
  checkpoints_->setNewestStep(resumedStep_);
}

void TrainingLoop::planRecording() {
  recorder_->plan(config_.train.getInt("record_every"), trainer_->plannedSteps(),
                  std::llround(config_.train.getFloat("record_budget") * 1e9), resumedStep_, probeCount());
}

void TrainingLoop::tellOfPreparing(const std::optional<ResumePoint>& point) {
  if (point) {
    const std::int64_t from = point->facts.step;
    std::string text =
        concat("continued from ", std::filesystem::path(point->checkpoint).filename().string());
    if (!options_.resumeInto.empty())
      text += concat(", as a fork of '", options_.resumeFolder, "'");
    else if (point->lastStep > from)
      text += concat("; what was recorded later, up to step ", point->lastStep, ", was removed");
    note("note", text);
    for (const std::string& report : point->damageReports)
      note("warning", concat("passed over: ", report, ". It was put aside as ….damaged"));
    for (const std::string& report : point->journalReports)
      note("warning", concat("the run goes on without what could not be read of it: ", report));
    for (const ParameterChange& change : resumeChanges_)
      journal(change);
    if (!trainer_->dataChange().empty()) note("warning", trainer_->dataChange());
    for (const std::string& name : trainer_->takeMissingProbes())
      note("warning", concat("the probe '", name, "' is not in the data set any more"));
  }
  const RunFacts& facts = trainer_->facts();
  if (!facts.weightsReport.empty()) note("weights", facts.weightsReport);
  if (!facts.priorReport.empty()) note("prior", facts.priorReport);
  if (!facts.precisionReport.empty()) note("precision", facts.precisionReport);
  if (!facts.trainingReport.empty()) note("training", facts.trainingReport);
}

Status TrainingLoop::continueRecording(const ResumePoint& point) {
  if (!options_.resumeInto.empty()) {
    ANCHORSCOPE_TRY(
        copyRun(options_.resumeFolder, options_.resumeInto, point.facts.step, options_.overwrite));
    // What the other run reached later is not this one's to beat.
    const std::string best = bestCheckpointPath(options_.resumeInto);
    std::error_code code;
    if (const auto facts = readCheckpointFacts(best); facts && facts->step > point.facts.step)
      std::filesystem::remove(best, code);
  }
  ContinueChanges changes{header(), {}, {}};
  if (!options_.resumeInto.empty())
    changes.parent = RunParent{
        std::filesystem::absolute(options_.resumeFolder).lexically_normal().string(), {}, point.facts.step};
  // A copy holds no damaged checkpoints; in its own folder they are kept, but under names that say so.
  if (options_.resumeInto.empty()) changes.putAside = point.damaged;
  auto writer = continueRun(config_.out, point.facts.step, {}, changes);
  if (!writer) return std::move(writer).error();
  writer_ = *std::move(writer);
  return {};
}

Status TrainingLoop::startRecording() {
  if (config_.out.empty()) return {};
  auto writer = createRun(config_.out, header(), options_.overwrite);
  if (!writer) return std::move(writer).error();
  writer_ = *std::move(writer);
  return {};
}

RunHeader TrainingLoop::header() const {
  RunHeader header;
  const RunFacts& facts = trainer_->facts();
  header.configToml = toToml(facts.config);
  header.dataSpec = facts.config.data;
  header.methodName = facts.config.method;
  header.modelName = facts.config.model;
  header.device = trainer_->deviceName();
  header.classNames = facts.classNames;
  header.declaration = facts.declaration;
  header.programVersion = kProgramVersion;
  header.startedAtUtc = utcNow();
  header.threads = trainer_->threads();
  header.plannedSteps = trainer_->plannedSteps();
  return header;
}

Status TrainingLoop::finish() {
  port_.setState(TrainerState::kStopping, endReason_);
  handleReports(/*all=*/true);
  // First of all, while nothing that follows can cost the weights.
  if (checkpoints_ && checkpointAtStop_ && wantsCheckpoint()) saveCheckpointNow();
  if (stepsDone_ && trainer_->canEvaluate() && lastEvaluation_ != trainer_->stepsDone()) evaluateAndNote();
  const bool record = recorder_ && config_.train.getInt("record_every") > 0 &&
                      recorder_->newestEvidence() != trainer_->stepsDone() &&
                      failedCaptureStep_ != trainer_->stepsDone();
  if (record) recorder_->open(trainer_->stepsDone(), StepRecorder::Waits::kForEvidence);
  if (record || (options_.captureLive && lastCapture_ != trainer_->stepsDone())) capture(Hurry::kYes);
  collectFrames();
  if (recorder_) recorder_->handOver();
  if (checkpoints_) checkpoints_->collect(/*wait=*/true);
  if (failedCaptures_ > 0)
    note("error",
         concat(failedCaptures_, failedCaptures_ == 1 ? " capture" : " captures", " of evidence failed and ",
                failedCaptures_ == 1 ? "is" : "are", " missing from the run"));
  note("note", concat("ended: ", endReason_));
  if (writer_) (void)writer_->flush();  // a failure is in the state that is looked at next
  if (recorder_) recorder_->watch(probeCount());
  publish();
  checkpoints_.reset();
  recorder_.reset();
  writer_.reset();
  return {};
}

void TrainingLoop::abandon(Error& error) {
  stopping_ = true;
  for (; !taken_.empty(); taken_.pop_front())
    port_.acknowledgeAtEnd(taken_.front(), step());
  note("error", error.text());
  if (trainer_ && writer_ && checkpoints_) {
    // After a fault of the device nothing more can be read from it.
    if (error.code != ErrorCode::kDevice) {
      (void)fenced([&]() -> Status {  // the error that ended the run is the one to tell
        handleReports(/*all=*/true);
        collectFrames();
        return {};
      });
      if (trainer_->sound() && wantsCheckpoint()) saveCheckpointNow();
    }
    recorder_->handOverRest();
    checkpoints_->collect(/*wait=*/true);
    const std::int64_t kept = checkpoints_->newestStep();
    error.action +=
        concat(error.action.empty() ? "" : ". ",
               kept < 0 ? "No checkpoint was kept" : concat("Kept: the checkpoint of step ", kept));
  }
  checkpoints_.reset();
  recorder_.reset();
  writer_.reset();
}

// ---- a step and what follows it
// ------------------------------------------------------------------------------------------

Status TrainingLoop::oneStep() {
  const auto begin = Clock::now();
  const bool byPhases = phasesWanted_ > 0;
  if (options_.beforeWork) options_.beforeWork("step");
  const std::unique_ptr<BatchEvidence> watched = watchStep();
  ANCHORSCOPE_TRY(trainer_->step(watched.get()));
  const std::int64_t step = trainer_->stepsDone();
  const auto every = [&](const char* option) {
    const std::int64_t distance = config_.train.getInt(option);
    return distance > 0 && step % distance == 0;
  };
  const bool record = recorder_ && recorder_->takesEvidence(step);
  if (recorder_)
    recorder_->open(step, record ? StepRecorder::Waits::kForBoth : StepRecorder::Waits::kForScalars);
  // A goal must stop at its step, not one later: then the scalars are waited for.
  handleReports(/*all=*/goal_.active() || !watches_.empty());
  if (!byPhases) {  // in which somebody was waited for
    pacer_.addStep(millisecondsSince(begin));
    rate_.addStep(std::chrono::duration<double>(Clock::now() - started_).count());
  }
  if (watched) tellOfBatch(*watched, byPhases);
  emitDiagnostics();
  if (pendingFrames_.ready()) collectFrames();
  const bool live = options_.captureLive && !pauseWanted_ && pacer_.due(step);
  const bool waitedFor = goal_.needsEvidence();
  if (live || waitedFor || (record && lastCapture_ != step)) capture(waitedFor ? Hurry::kYes : Hurry::kNo);
  const bool evaluating = every("eval_every") && trainer_->canEvaluate();
  // Before an evaluation: whatever it does to the program, these steps are kept.
  if (checkpoints_ && (every("checkpoint_every") || evaluating)) startCheckpoint();
  if (evaluating) evaluateAndNote();
  if (recorder_) recorder_->handOver();
  if (checkpoints_) checkpoints_->collect(/*wait=*/false);
  if (std::exchange(pauseWanted_, false)) pause(pauseReason_);
  if (options_.captureLive && Clock::now() - lastPublish_ > kStatusInterval) publish();
  if (recorder_) recorder_->watch(probeCount());
  return {};
}

void TrainingLoop::handleReports(bool all) {
  for (StepReport& report : trainer_->takeReports(all)) {
    if (recorder_) recorder_->addScalars(report.step, report.scalars);
    const std::string reached = goal_.reached(report.step, report.scalars);
    if (!watches_.empty()) {
      // With watchpoints every step's numbers are waited for, so that these are of the step just done.
      if (auto hits = watches_.see(report.scalars); !hits.empty()) scalarHits_ = std::move(hits);
    }
    port_.emit(StepEvent{report.step, std::move(report.scalars)});
    if (!reached.empty()) wantPause(reached);
    if (!report.updated) handleNonFinite(report);
  }
}

void TrainingLoop::wantPause(const std::string& reason) {
  // After what is due at this step: a goal must not cost an evaluation or a checkpoint.
  pauseWanted_ = true;
  pauseReason_ = reason;
}

void TrainingLoop::handleNonFinite(const StepReport& report) {
  NonFiniteStory story = trainer_->explainNonFinite(report.step);
  if (!options_.pauseWhenNotFinite && report.skippedInARow <= config_.train.getInt("max_skipped_steps")) {
    note("skipped", story.error.message);
    return;
  }
  if (!options_.pauseWhenNotFinite)
    story.error.message +=
        concat("; ", report.skippedInARow, report.skippedInARow == 1 ? " step" : " steps in a row");
  note("error", story.error.text());
  pinCulprit(story.culpritImage);
  port_.emit(FailedEvent{story.error, story.culpritImage});
  wantPause("the loss is not finite");
}

void TrainingLoop::capture(Hurry hurry) {
  collectFrames();
  const auto begin = Clock::now();
  lastCapture_ = trainer_->stepsDone();
  Status captured = fenced([&]() -> Status {
    if (options_.beforeWork) options_.beforeWork("capture");
    pendingFrames_ = trainer_->capture();
    return {};
  });
  if (!captured) return captureFailed(captured.error());
  const double launched = millisecondsSince(begin);
  pendingCaptureMs_ = launched;
  if (!pendingFrames_.pending()) {  // There are no probes.
    if (recorder_) recorder_->giveUpEvidence();
    publish();
    return;
  }
  if (hurry == Hurry::kYes || pendingFrames_.ready()) collectFrames();
}

bool TrainingLoop::askVariants() {
  collectFrames();
  if (frames_.empty() || frames_.front()->step != trainer_->stepsDone() || !trainer_->canAskAgain())
    return false;
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  for (const auto& frame : frames_)
    if (!frame->variant) frames.push_back(frame);
  const Status asked = fenced([&]() -> Status {
    PendingFrames pending = trainer_->captureVariants();
    if (pending.pending())
      for (auto& frame : pending.take())
        frames.push_back(std::move(frame));
    frames_ = withDifferences(std::move(frames));
    return {};
  });
  if (!asked) {
    captureFailed(asked.error());
    return true;
  }
  publish();
  return true;
}

void TrainingLoop::collectFrames() {
  if (!pendingFrames_.pending()) return;
  const auto begin = Clock::now();
  if (Status taken = fenced([&]() -> Status {
        frames_ = withDifferences(pendingFrames_.take());
        return {};
      });
      !taken)
    return captureFailed(taken.error());
  const std::int64_t step = frames_.front()->step;
  if (!paused_) {
    if (const std::string reached = goal_.reached(frames_); !reached.empty()) wantPause(reached);
    if (watches_.looksAt(WatchSource::kProbes)) {
      std::vector<std::shared_ptr<const ProbeFrame>> own;
      std::copy_if(frames_.begin(), frames_.end(), std::back_inserter(own),
                   [](const auto& frame) { return !frame->variant; });
      std::vector<WatchReport> reports = watches_.see(WatchSource::kProbes, own);
      for (WatchReport& report : reports)
        addCandidates(report.hit.where, own);
      tellHits(step, std::move(reports));
    }
  }
  pacer_.addCapture(step, pendingCaptureMs_ + millisecondsSince(begin));
  if (recorder_) recorder_->addEvidence(step, framesOfRun());
  if (options_.captureLive) publish();
}

std::vector<std::shared_ptr<const ProbeFrame>> TrainingLoop::framesOfRun() const {
  std::vector<std::shared_ptr<const ProbeFrame>> own;
  for (const auto& frame : frames_)
    if (!frame->variant || trainer_->isOfRun(*frame->variant)) own.push_back(frame);
  return own;
}

void TrainingLoop::captureFailed(const Error& error) {
  pendingFrames_ = {};
  ++failedCaptures_;
  failedCaptureStep_ = trainer_->stepsDone();
  if (recorder_) recorder_->giveUpEvidence();
  if (error.text() == captureFailure_) return;
  captureFailure_ = error.text();
  note("error", concat("Evidence could not be captured: ", captureFailure_));
}

TrainingStatus TrainingLoop::status() const {
  TrainingStatus status;
  status.step = trainer_->stepsDone();
  status.plannedSteps = trainer_->plannedSteps();
  status.stepsPerSecond = rate_.perSecond();
  status.captureMsPerStep = pacer_.captureMsPerStep();
  status.captureShare = pacer_.share();
  status.captureEvery = pacer_.every();
  status.openStep = openStep_;
  status.goal = goal_.text();
  status.device = trainer_->deviceTitle();
  status.memoryBytes = trainer_->memoryBytes();
  if (writer_) status.recording = writer_->state();
  return status;
}

void TrainingLoop::publish() {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->sequence = ++snapshots_;
  snapshot->status = status();
  for (const auto& frame : frames_)
    (frame->variant ? snapshot->variants : snapshot->probes).push_back(frame);
  snapshot->batch = batch_;
  snapshot->batchShown = batchShown_;
  snapshot->parts = parts_;
  port_.publish(std::move(snapshot));
  lastPublish_ = Clock::now();
}

std::optional<Error> TrainingLoop::evaluate() {
  lastEvaluation_ = trainer_->stepsDone();  // also when it fails: the same would fail again at the end
  Status status = fenced([&]() -> Status {
    if (options_.beforeWork) options_.beforeWork("evaluate");
    auto evaluation = trainer_->evaluate([this](double fraction) {
      port_.emit(ProgressEvent{"Evaluating", fraction});
      return !stopComing() && !isComing<CancelEvaluationCommand>();
    });
    if (!evaluation) return std::move(evaluation).error();
    recordEvaluation(*evaluation);
    return {};
  });
  port_.emit(ProgressEvent{});
  rate_.reset();
  if (status) return {};
  return std::move(status).error();
}

void TrainingLoop::evaluateAndNote() {
  if (auto error = evaluate(); error && error->code != ErrorCode::kCancelled)
    note("error", concat("The evaluation failed: ", error->text()));
}

void TrainingLoop::recordEvaluation(const Evaluation& evaluation) {
  const EvaluationEvent event{lastEvaluation_, evaluation.metrics, evaluation.perClassAp,
                              evaluation.perClassAp50};
  std::string text;
  double ap = -1;
  for (const ScalarValue& metric : evaluation.metrics) {
    if (metric.name == "ap") ap = metric.value;
    if (metric.name == "ap" || metric.name == "ap50")
      text += concat(text.empty() ? "" : ", ", precisionText(metric));
  }
  const std::vector<ScalarValue> scalars = evaluationScalars(event);
  if (recorder_) recorder_->addLater(lastEvaluation_, scalars);
  note("evaluation", concat(text, " on ", evaluation.images, evaluation.images == 1 ? " image" : " images",
                            evaluation.averagedWeights ? ", with the averaged weights" : ""));
  port_.emit(event);
  emitDiagnostics();
  if (checkpoints_ && config_.train.getBool("keep_best"))
    checkpoints_->startIfBest([this] { return trainer_->copyState(); }, ap);
  if (const std::string reached = goal_.reached(lastEvaluation_, scalars); !reached.empty())
    wantPause(reached);
  tellHits(lastEvaluation_, watches_.see(scalars));
}

// ---- checkpoints and the journal
// -------------------------------------------------------------------------------------

void TrainingLoop::startCheckpoint() {
  if (!wantsCheckpoint()) return;
  optionsUnsaved_ = false;
  Status status = fenced([&]() -> Status {
    checkpoints_->start(trainer_->copyState(), config_.train.getInt("keep_checkpoints"));
    return {};
  });
  if (!status) saveCheckpointNow();  // no memory for a copy: without one, then
}

void TrainingLoop::saveCheckpointNow() {
  optionsUnsaved_ = false;
  checkpoints_->saveNow(
      trainer_->stepsDone(), config_.train.getInt("keep_checkpoints"),
      [this](const std::string& path) { return trainer_->saveCheckpoint(path, Overwrite::kYes); });
}

void TrainingLoop::note(const std::string& kind, const std::string& text) {
  const RunEvent event{trainer_ ? trainer_->stepsDone() : 0, kind, printable(text)};
  if (writer_) writer_->recordEvent(event);
  port_.emit(NoteEvent{event});
}

void TrainingLoop::journal(const ParameterChange& change) {
  if (writer_) writer_->recordChange(change);
  note("parameter", changeText(change));
}

void TrainingLoop::emitDiagnostics() {
  Diagnostics diagnostics = trainer_->takeDiagnostics();
  if (!diagnostics.empty()) port_.emit(DiagnosticsEvent{std::move(diagnostics)});
}

}  // namespace anchorscope
