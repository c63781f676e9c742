#include "core/trainer/training_loop.h"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "core/base/check.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/trainer/version.h"

namespace anchorscope {
namespace {

// With captures far apart the window still gets the step and the speed this often.
constexpr std::chrono::milliseconds kStatusInterval{200};

double millisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::string utcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
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
    for (QueuedCommand& command : paused_ ? port_.commands().waitAndTake() : port_.commands().take())
      taken_.push_back(std::move(command));
    for (; !taken_.empty(); taken_.pop_front())
      apply(taken_.front());
    if (stopping_ || paused_) continue;
    if (trainer_->plannedSteps() > 0 && trainer_->stepsDone() >= trainer_->plannedSteps()) {
      stopping_ = stepsDone_ = true;
      endReason_ = concat("all ", trainer_->plannedSteps(), " steps done");
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
  std::int64_t resumedStep = -1;
  if (!options_.resumeFolder.empty()) {
    const std::vector<std::string> checkpoints = listCheckpoints(options_.resumeFolder);
    if (checkpoints.empty())
      return makeError(ErrorCode::kNotFound,
                       concat("'", options_.resumeFolder, "' holds no checkpoint to continue from"),
                       "Name the folder of a recorded run");
    prepare.checkpoint = checkpoints.back();
    auto facts = readCheckpointFacts(prepare.checkpoint);
    if (!facts) return std::move(facts).error();
    auto config = fromToml(facts->configToml, prepare.checkpoint);
    if (!config) return std::move(config).error();
    config_ = *std::move(config);
    config_.out = options_.resumeFolder;
    resumedStep = facts->step;
    pacer_.setBudget(config_.train.getFloat("capture_budget"));
  }
  auto trainer = Trainer::prepare(config_, prepare);
  if (!trainer) return std::move(trainer).error();
  trainer_ = *std::move(trainer);
  ANCHORSCOPE_TRY(prepareRecording(resumedStep));
  port_.publishFacts(std::make_shared<const SessionFacts>(trainer_->facts()));
  if (resumedStep >= 0)
    note("note", concat("continued from ", std::filesystem::path(prepare.checkpoint).filename().string()));
  if (const std::string& prior = trainer_->facts().priorReport; !prior.empty()) note("prior", prior);
  emitDiagnostics();
  paused_ = options_.startPaused;
  lastCheckpoint_ = resumedStep;
  if (writer_ && resumedStep < 0) openRecords_.push_back({{trainer_->stepsDone(), {}, {}}, false, true});
  if (options_.captureLive || !openRecords_.empty()) capture(Hurry::kYes);
  flushRecords();
  return {};
}

Status TrainingLoop::prepareRecording(std::int64_t resumedStep) {
  if (config_.out.empty()) return {};
  if (resumedStep >= 0) {
    auto writer = continueRun(config_.out, resumedStep);
    if (!writer) return std::move(writer).error();
    writer_ = *std::move(writer);
    return {};
  }
  RunHeader header;
  const SessionFacts& facts = trainer_->facts();
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
  auto writer = createRun(config_.out, header, options_.overwrite);
  if (!writer) return std::move(writer).error();
  writer_ = *std::move(writer);
  return {};
}

Status TrainingLoop::finish() {
  port_.setState(TrainerState::kStopping, endReason_);
  handleReports(/*all=*/true);
  if (stepsDone_ && trainer_->canEvaluate() && lastEvaluation_ != trainer_->stepsDone()) {
    if (auto error = evaluate(); error && error->code != ErrorCode::kCancelled) note("error", error->text());
  }
  const bool record =
      writer_ && config_.train.getInt("record_every") > 0 && lastRecordedFrames_ != trainer_->stepsDone();
  if (record) openRecords_.push_back({{trainer_->stepsDone(), {}, {}}, false, true});
  if (record || (options_.captureLive && lastCapture_ != trainer_->stepsDone())) capture(Hurry::kYes);
  collectFrames();
  flushRecords();
  collectCheckpoint(Hurry::kYes);
  if (checkpointAtStop_ && writer_ && lastCheckpoint_ != trainer_->stepsDone()) checkpointIntoRun();
  note("note", concat("ended: ", endReason_));
  if (writer_) (void)writer_->flush();  // a failure is in the state that is looked at next
  watchRecording();
  publish();
  writer_.reset();
  return {};
}

void TrainingLoop::abandon(const Error& error) {
  stopping_ = true;
  for (; !taken_.empty(); taken_.pop_front())
    port_.acknowledgeAtEnd(taken_.front(), step());
  note("error", error.text());
  if (trainer_ && writer_) {
    const bool sound = error.code != ErrorCode::kDevice && error.code != ErrorCode::kInternal;
    if (sound) {
      handleReports(/*all=*/true);
      collectFrames();
    }
    for (OpenRecord& open : openRecords_)
      if (!open.scalarsMissing) writer_->record(std::move(open.record));
    openRecords_.clear();
    if (sound) checkpointIntoRun();
  }
  writer_.reset();
}

// ---- commands
// --------------------------------------------------------------------------------------------------------

template <typename Kind>
bool TrainingLoop::isComing() const {
  return port_.commands().pending<Kind>() ||
         std::any_of(taken_.begin(), taken_.end(),
                     [](const QueuedCommand& taken) { return std::holds_alternative<Kind>(taken.command); });
}

bool TrainingLoop::stopComing() const {
  return isComing<StopCommand>();
}

void TrainingLoop::apply(const QueuedCommand& queued) {
  std::optional<Error> error =
      std::visit([this](const auto& command) { return applied(command); }, queued.command);
  port_.acknowledge(queued.id, std::move(error), trainer_->stepsDone());
}

void TrainingLoop::goOn() {
  if (!paused_ || stopping_) return;
  paused_ = false;
  rate_.reset();
  port_.setState(TrainerState::kRunning, "");
}

void TrainingLoop::pause(const std::string& reason) {
  goal_.clear();
  if (paused_ || stopping_) return;
  paused_ = true;
  handleReports(/*all=*/true);
  collectCheckpoint(Hurry::kYes);
  if (options_.captureLive) capture(Hurry::kYes);
  flushRecords();
  port_.setState(TrainerState::kPaused, reason);
}

std::optional<Error> TrainingLoop::applied(const PauseCommand&) {
  pause("");
  return {};
}

std::optional<Error> TrainingLoop::applied(const ResumeCommand&) {
  goal_.clear();
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const StepCommand& command) {
  if (command.count < 1) return makeError(ErrorCode::kUsage, "The number of steps must be at least 1");
  goal_.addSteps(command.count, trainer_->stepsDone());
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const RunUntilStepCommand& command) {
  if (command.step <= trainer_->stepsDone())
    return makeError(ErrorCode::kUsage,
                     concat("Step ", command.step, " is not ahead: ", trainer_->stepsDone(), " are done"));
  goal_.runToStep(command.step);
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const RunUntilScalarCommand& command) {
  const auto& scalars = trainer_->facts().declaration.scalars;
  if (!trainer_->facts().declaration.scalar(command.name)) {
    std::vector<std::string> names;
    for (const ScalarSpec& spec : scalars)
      names.push_back(spec.name);
    return makeError(ErrorCode::kUsage, concat("There is no scalar '", command.name, "'"),
                     concat("Did you mean ", join(nearestNames(command.name, names), " or "), "?"));
  }
  goal_.runUntil(command);
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const StopCommand& command) {
  stopping_ = true;
  checkpointAtStop_ = command.checkpoint;
  endReason_ = "stopped";
  return {};
}

std::optional<Error> TrainingLoop::applied(const SetProbesCommand& command) {
  collectFrames();
  if (Status status = trainer_->setProbes(command.imageNames); !status) return std::move(status).error();
  note("note", concat("probes: ", join(trainer_->probeNames(), ", ")));
  frames_.clear();
  if (options_.captureLive) capture(Hurry::kYes);
  return {};
}

std::optional<Error> TrainingLoop::applied(const SetParamCommand& command) {
  auto key = fullKey(trainer_->config(), command.key);
  if (!key) return std::move(key).error();
  const std::size_t dot = key->find('.');
  const auto valueText = [&] {
    return toText(paramsOf(trainer_->config(), key->substr(0, dot)).get(key->substr(dot + 1)));
  };
  const std::string before = valueText();
  if (Status status = trainer_->setParam(*key, command.value); !status) return std::move(status).error();
  config_ = trainer_->config();
  pacer_.setBudget(config_.train.getFloat("capture_budget"));
  note("parameter", concat(*key, " = ", valueText(), " (was ", before, ")"));
  port_.publishFacts(std::make_shared<const SessionFacts>(trainer_->facts()));
  if (paused_ && options_.captureLive) capture(Hurry::kYes);
  return {};
}

std::optional<Error> TrainingLoop::applied(const SaveCheckpointCommand& command) {
  std::string path = command.path;
  if (path.empty() && !writer_)
    return makeError(ErrorCode::kUsage, "This run is not recorded, so there is no folder for the checkpoint",
                     "Name a file");
  const bool intoRun = path.empty();
  if (intoRun) path = checkpointPath(config_.out, trainer_->stepsDone());
  if (Status status = checkpoint(path, intoRun ? Overwrite::kYes : Overwrite::kNo); !status)
    return std::move(status).error();
  return {};
}

std::optional<Error> TrainingLoop::applied(const CaptureCommand&) {
  capture(Hurry::kYes);
  return {};
}

std::optional<Error> TrainingLoop::applied(const EvaluateCommand&) {
  return evaluate();
}

std::optional<Error> TrainingLoop::applied(const CancelEvaluationCommand&) {
  return {};  // the evaluation that it meant has seen it coming
}

// ---- a step and what follows it
// ------------------------------------------------------------------------------------------

Status TrainingLoop::oneStep() {
  const auto begin = Clock::now();
  ANCHORSCOPE_TRY(trainer_->step());
  const std::int64_t step = trainer_->stepsDone();
  const auto every = [&](const char* option) {
    const std::int64_t distance = config_.train.getInt(option);
    return distance > 0 && step % distance == 0;
  };
  const bool record = writer_ && every("record_every");
  if (writer_) openRecords_.push_back({{step, {}, {}}, true, record});
  // A goal must stop at its step, not one later: then the scalars are waited for.
  handleReports(/*all=*/goal_.active());
  pacer_.addStep(millisecondsSince(begin));
  rate_.addStep(std::chrono::duration<double>(Clock::now() - started_).count());
  emitDiagnostics();
  if (pendingFrames_.ready()) collectFrames();
  const bool live = options_.captureLive && !paused_ && pacer_.due(step);
  if (live || (record && lastCapture_ != step)) capture(Hurry::kNo);
  if (!paused_ && every("eval_every") && trainer_->canEvaluate())
    if (auto error = evaluate(); error && error->code != ErrorCode::kCancelled) note("error", error->text());
  flushRecords();
  collectCheckpoint(Hurry::kNo);
  if (writer_ && every("checkpoint_every")) startCheckpoint();
  if (options_.captureLive && Clock::now() - lastPublish_ > kStatusInterval) publish();
  watchRecording();
  return {};
}

void TrainingLoop::handleReports(bool all) {
  for (StepReport& report : trainer_->takeReports(all)) {
    for (OpenRecord& open : openRecords_)
      if (open.record.step == report.step) {
        open.record.scalars.insert(open.record.scalars.end(), report.scalars.begin(), report.scalars.end());
        open.scalarsMissing = false;
      }
    const std::string reached = goal_.reached(report.step, report.scalars);
    port_.emit(StepEvent{report.step, std::move(report.scalars)});
    if (!report.updated) handleNonFinite(report.step);
    if (!reached.empty()) pause(reached);
  }
}

void TrainingLoop::handleNonFinite(std::int64_t step) {
  const NonFiniteStory story = trainer_->explainNonFinite(step);
  note("error", story.error.text());
  std::vector<std::string> probes = trainer_->probeNames();
  if (!story.culpritImage.empty() &&
      std::find(probes.begin(), probes.end(), story.culpritImage) == probes.end()) {
    probes.insert(probes.begin(), story.culpritImage);
    collectFrames();
    if (Status status = trainer_->setProbes(probes); !status) note("error", status.error().text());
  }
  port_.emit(FailedEvent{story.error, story.culpritImage});
  pause("the loss is not finite");
}

void TrainingLoop::capture(Hurry hurry) {
  collectFrames();
  const auto begin = Clock::now();
  lastCapture_ = trainer_->stepsDone();
  pendingFrames_ = trainer_->capture();
  const double launched = millisecondsSince(begin);
  pendingCaptureMs_ = launched;
  if (!pendingFrames_.pending()) {  // There are no probes.
    for (OpenRecord& open : openRecords_)
      open.framesMissing = false;
    publish();
    return;
  }
  if (hurry == Hurry::kYes || pendingFrames_.ready()) collectFrames();
}

void TrainingLoop::collectFrames() {
  if (!pendingFrames_.pending()) return;
  const auto begin = Clock::now();
  frames_ = pendingFrames_.take();
  const std::int64_t step = frames_.front()->step;
  pacer_.addCapture(step, pendingCaptureMs_ + millisecondsSince(begin));
  for (OpenRecord& open : openRecords_)
    if (open.record.step == step && open.framesMissing) {
      open.record.frames = frames_;
      open.framesMissing = false;
      lastRecordedFrames_ = step;
    }
  if (options_.captureLive) publish();
}

TrainingStatus TrainingLoop::status() const {
  TrainingStatus status;
  status.step = trainer_->stepsDone();
  status.plannedSteps = trainer_->plannedSteps();
  status.stepsPerSecond = rate_.perSecond();
  status.captureMsPerStep = pacer_.captureMsPerStep();
  status.captureShare = pacer_.share();
  status.captureEvery = pacer_.every();
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
  snapshot->probes = frames_;
  port_.publish(std::move(snapshot));
  lastPublish_ = Clock::now();
}

void TrainingLoop::flushRecords() {
  while (!openRecords_.empty() && !openRecords_.front().scalarsMissing &&
         !openRecords_.front().framesMissing) {
    if (writer_) writer_->record(std::move(openRecords_.front().record));
    openRecords_.pop_front();
  }
}

std::optional<Error> TrainingLoop::evaluate() {
  auto evaluation = trainer_->evaluate([this](double fraction) {
    port_.emit(ProgressEvent{"Evaluating", fraction});
    return !stopComing() && !isComing<CancelEvaluationCommand>();
  });
  port_.emit(ProgressEvent{});
  if (!evaluation) return std::move(evaluation).error();
  lastEvaluation_ = trainer_->stepsDone();
  StepRecord record{lastEvaluation_, {}, {}};
  std::string text;
  for (const ScalarValue& metric : evaluation->metrics) {
    record.scalars.push_back({"eval." + metric.name, metric.value});
    if (metric.name == "ap" || metric.name == "ap50")
      text += concat(text.empty() ? "" : ", ", metric.name, " ", metric.value);
  }
  const auto open = std::find_if(openRecords_.begin(), openRecords_.end(), [&](const OpenRecord& entry) {
    return entry.record.step == lastEvaluation_;
  });
  if (open != openRecords_.end())
    open->record.scalars.insert(open->record.scalars.end(), record.scalars.begin(), record.scalars.end());
  else if (writer_)
    writer_->record(std::move(record));
  note("evaluation", concat(text, " on ", evaluation->images, " images"));
  port_.emit(EvaluationEvent{lastEvaluation_, evaluation->metrics, evaluation->perClassAp,
                             evaluation->perClassAp50});
  emitDiagnostics();
  rate_.reset();
  return {};
}

// ---- checkpoints and the journal
// -------------------------------------------------------------------------------------

namespace {

void makeFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code code;  // a failure shows when the file is written
  if (!folder.empty()) std::filesystem::create_directories(folder, code);
}

}  // namespace

Status TrainingLoop::checkpoint(const std::string& path, Overwrite overwrite) {
  collectCheckpoint(Hurry::kYes);
  makeFolderOf(path);
  ANCHORSCOPE_TRY(trainer_->saveCheckpoint(path, overwrite));
  note("checkpoint", std::filesystem::path(path).filename().string());
  return {};
}

void TrainingLoop::checkpointIntoRun() {
  const std::int64_t step = trainer_->stepsDone();
  if (Status status = checkpoint(checkpointPath(config_.out, step), Overwrite::kYes); !status) {
    note("error", status.error().text());
    return;
  }
  lastCheckpoint_ = step;
  removeOldCheckpoints();
}

void TrainingLoop::startCheckpoint() {
  collectCheckpoint(Hurry::kYes);
  lastCheckpoint_ = trainer_->stepsDone();
  writtenPath_ = checkpointPath(config_.out, lastCheckpoint_);
  makeFolderOf(writtenPath_);
  writtenCheckpoint_ =
      std::async(std::launch::async, [state = trainer_->copyState(), path = writtenPath_, writer = writer_] {
        // A run goes on from its checkpoint: what led there must be in the trace first, even if all ends
        // here. A trace that cannot be written is reported on its own; the checkpoint is wanted all the more
        // then.
        (void)writer->flush();
        return writeCheckpoint(path, state.facts, state.tensors, Overwrite::kYes);
      });
}

void TrainingLoop::collectCheckpoint(Hurry hurry) {
  if (!writtenCheckpoint_.valid()) return;
  if (hurry == Hurry::kNo &&
      writtenCheckpoint_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return;
  if (Status status = writtenCheckpoint_.get(); !status) {
    lastCheckpoint_ = -1;
    note("error", status.error().text());
    return;
  }
  note("checkpoint", std::filesystem::path(writtenPath_).filename().string());
  removeOldCheckpoints();
}

void TrainingLoop::removeOldCheckpoints() {
  const std::int64_t keep = config_.train.getInt("keep_checkpoints");
  if (keep == 0) return;
  std::vector<std::string> paths = listCheckpoints(config_.out);
  while (static_cast<std::int64_t>(paths.size()) > keep + 1) {
    std::error_code code;
    std::filesystem::remove(paths.front(), code);
    paths.erase(paths.begin());
  }
}

void TrainingLoop::watchRecording() {
  if (!writer_) return;
  const RecordingState recording = writer_->state();
  // Once recording has failed every frame is dropped, and that has been said.
  if (recording.failure.empty() && recording.framesDropped > framesDropped_) {
    // The writer has put it into the run's own journal.
    port_.emit(NoteEvent{
        {trainer_->stepsDone(), "thinned",
         concat(recording.framesDropped - framesDropped_, " frames were not recorded: the disk is behind")}});
    framesDropped_ = recording.framesDropped;
  }
  if (!recording.failure.empty() && !recordingFailed_) {
    recordingFailed_ = true;
    port_.emit(
        NoteEvent{{trainer_->stepsDone(), "error", concat("Recording has stopped: ", recording.failure)}});
  }
}

void TrainingLoop::note(const std::string& kind, const std::string& text) {
  const RunEvent event{trainer_ ? trainer_->stepsDone() : 0, kind, text};
  if (writer_) writer_->recordEvent(event);
  port_.emit(NoteEvent{event});
}

void TrainingLoop::emitDiagnostics() {
  Diagnostics diagnostics = trainer_->takeDiagnostics();
  if (!diagnostics.empty()) port_.emit(DiagnosticsEvent{std::move(diagnostics)});
}

}  // namespace anchorscope
