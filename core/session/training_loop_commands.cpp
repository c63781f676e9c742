// What each command does to a running or paused session, between two steps.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/base/check.h"
#include "core/session/journal.h"
#include "core/session/thrown.h"
#include "core/session/training_loop.h"
#include "core/store/run_folder.h"

namespace anchorscope {
namespace {

constexpr const char* kPlannedCause = "planned";

}  // namespace

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
  phasesWanted_ = 0;
  handleReports(/*all=*/true);
  if (checkpoints_) checkpoints_->collect(/*wait=*/true);
  if (options_.captureLive) capture(Hurry::kYes);
  if (recorder_) recorder_->handOver();
  // A report that was still on its way may have been reason enough; the pause that it wanted is this one.
  const bool toldOf = std::exchange(pauseWanted_, false);
  port_.setState(TrainerState::kPaused, toldOf ? pauseReason_ : reason);
}

std::optional<Error> TrainingLoop::applied(const PauseCommand&) {
  pause("");
  return {};
}

std::optional<Error> TrainingLoop::applied(const ResumeCommand&) {
  goal_.clear();
  phasesWanted_ = 0;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const StepCommand& command) {
  if (command.count < 1) return makeError(ErrorCode::kUsage, "The number of steps must be at least 1");
  goal_.addSteps(command.count, trainer_->stepsDone());
  phasesWanted_ = 0;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const RunUntilStepCommand& command) {
  if (command.step <= trainer_->stepsDone())
    return makeError(ErrorCode::kUsage,
                     concat("Step ", command.step, " is not ahead: ", trainer_->stepsDone(), " are done"));
  goal_.runToStep(command.step);
  phasesWanted_ = 0;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::setGoal(const std::string& text) {
  auto condition = ScalarCondition::parse(text);
  if (!condition) return std::move(condition).error();
  if (Status status = condition->check(scalarNames()); !status) return std::move(status).error();
  goal_.runUntil(*std::move(condition),
                 options_.pauseWhenNotFinite ? RunGoal::NotFinite::kPauses : RunGoal::NotFinite::kIsNoReason);
  return {};
}

std::optional<Error> TrainingLoop::applied(const RunUntilConditionCommand& command) {
  if (auto error = setGoal(command.condition)) return error;
  phasesWanted_ = 0;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const RunUntilEvidenceCommand& command) {
  const std::vector<std::string> probes = trainer_->probeNames();
  if (std::find(probes.begin(), probes.end(), command.condition.image) == probes.end())
    return makeError(ErrorCode::kUsage,
                     concat("'", command.condition.image, "' is no probe, so nothing of it is measured"),
                     "Pin the image as a probe first");
  if (command.condition.holds(frames_))
    return makeError(ErrorCode::kUsage, concat("It is so already: ", command.condition.text()));
  goal_.runUntil(command.condition);
  phasesWanted_ = 0;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const StepPhaseCommand&) {
  if (!paused_ && phasesWanted_ == 0)
    return makeError(ErrorCode::kUsage, "Training runs: it goes by phases from a pause", "Pause it first");
  ++phasesWanted_;
  goOn();
  return {};
}

std::optional<Error> TrainingLoop::applied(const ShowBatchCommand& command) {
  batchShown_ = command.on;
  if (!batchShown_ && !openStep_) batch_.clear();
  if (options_.captureLive) publish();
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
  const auto key = fullKey(trainer_->config(), command.key);
  if (!key) return key.error();
  if (Status status = changeOption(*key, command.value, command.cause); !status)
    return std::move(status).error();
  port_.publishFacts(std::make_shared<const RunFacts>(trainer_->facts()));
  if (paused_ && options_.captureLive && !(*key == "train.variants" && askVariants())) capture(Hurry::kYes);
  return {};
}

Status TrainingLoop::changeOption(const std::string& key, const std::string& value,
                                  const std::string& cause) {
  const std::size_t dot = key.find('.');
  const auto valueIn = [&](const RunConfig& config) {
    return toText(paramsOf(config, key.substr(0, dot)).get(key.substr(dot + 1)));
  };
  const std::string before = valueIn(trainer_->config());
  RunConfig wanted = trainer_->config();
  if (applySetting(wanted, key, value) && valueIn(wanted) == before) return {};  // nothing to journal
  if (key == "train.watch") ANCHORSCOPE_TRY(setWatchpoints(value));
  std::optional<Checkpoint> state = stateBeforeChange(key);
  const std::string asked = trainer_->asked();
  ANCHORSCOPE_TRY(trainer_->setParam(key, value));
  if (trainer_->asked() != asked)
    note("note", concat("'", asked, "' cannot be asked any more with ", key, " = ", value));
  config_ = trainer_->config();
  pacer_.setBudget(config_.train.getFloat("capture_budget"));
  if (writer_) planRecording();
  ParameterChange change{trainer_->stepsDone(), key, before, valueIn(config_), {}, cause};
  if (checkpoints_ && state) checkpoints_->start(*std::move(state), config_.train.getInt("keep_checkpoints"));
  if (checkpoints_ && checkpoints_->newestStep() == change.step) {
    change.checkpoint = std::filesystem::path(checkpointPath({}, change.step)).filename().string();
    checkpoints_->keepBeforeChange(change.step);
  }
  optionsUnsaved_ = true;
  journal(change);
  return {};
}

std::optional<Checkpoint> TrainingLoop::stateBeforeChange(const std::string& key) {
  std::optional<Checkpoint> state;
  if (!checkpoints_ || checkpoints_->newestStep() == trainer_->stepsDone() ||
      !config_.train.getBool("checkpoint_before_change") || !changesTraining(key))
    return state;
  const Status copied = fenced([&]() -> Status {
    state = trainer_->copyState();
    return {};
  });
  if (!copied)
    note("error", concat("There is no checkpoint from before ", key, " changes: ", copied.error().text()));
  return state;
}

Status TrainingLoop::followScript() {
  for (; scripted_ < options_.script.size() && options_.script[scripted_].step <= trainer_->stepsDone();
       ++scripted_) {
    const ParameterChange& change = options_.script[scripted_];
    const char* cause = change.cause == kPlannedCause ? kPlannedCause : "replayed";
    if (Status status = changeOption(change.key, change.after, cause); !status)
      return std::move(status).error().in(
          concat("making ", changeText(change), " again at step ", change.step));
    port_.publishFacts(std::make_shared<const RunFacts>(trainer_->facts()));
  }
  return {};
}

Status TrainingLoop::followPlan() {
  if (config_.train.getText("planned_changes").empty()) return {};
  auto plan = plannedChanges(config_);
  if (!plan) return std::move(plan).error();
  for (PlannedChange& change : *plan) {
    const auto step = stepOf(change, config_.train);
    if (!step || *step > trainer_->stepsDone() ||
        std::find(planMade_.begin(), planMade_.end(), change) != planMade_.end())
      continue;
    if (Status status = changeOption(change.key, change.value, kPlannedCause); !status)
      return std::move(status).error().in(
          concat("making the planned change ", change.key, '=', change.value));
    port_.publishFacts(std::make_shared<const RunFacts>(trainer_->facts()));
    planMade_.push_back(std::move(change));
  }
  return {};
}

void TrainingLoop::skipPlanBefore(const ResumePoint& point) {
  const auto plan = plannedChanges(config_);
  if (!plan) return;
  const std::int64_t from = point.facts.step;
  const bool madeThen = std::any_of(point.changes.begin(), point.changes.end(), [&](const auto& change) {
    return change.step == from && change.cause == kPlannedCause;
  });
  for (const PlannedChange& change : *plan)
    if (const auto step = stepOf(change, config_.train);
        step && (*step < from || (madeThen && *step == from)))
      planMade_.push_back(change);
}

std::optional<Error> TrainingLoop::applied(const AskCommand& command) {
  if (Status status = trainer_->ask(command.variants); !status) return std::move(status).error();
  // In the middle of a step there is nothing to ask: what was measured before it is gone, and what would be
  // measured now is of no step's end. The next capture asks.
  if (paused_ && !openStep_ && options_.captureLive && !askVariants()) capture(Hurry::kYes);
  return {};
}

std::optional<Error> TrainingLoop::applied(const SaveCheckpointCommand& command) {
  std::string path = command.path;
  if (path.empty() && !writer_)
    return makeError(ErrorCode::kUsage, "This run is not recorded, so there is no folder for the checkpoint",
                     "Name a file");
  const bool intoRun = path.empty();
  if (intoRun) path = checkpointPath(writer_->folder(), trainer_->stepsDone());
  if (checkpoints_) checkpoints_->collect(/*wait=*/true);
  if (Status status = trainer_->saveCheckpoint(path, intoRun ? Overwrite::kYes : Overwrite::kNo); !status)
    return std::move(status).error();
  note("checkpoint", std::filesystem::path(path).filename().string());
  return {};
}

std::optional<Error> TrainingLoop::applied(const CaptureCommand&) {
  capture(Hurry::kYes);
  return {};
}

std::optional<Error> TrainingLoop::applied(const EvaluateCommand&) {
  std::optional<Error> error = evaluate();
  if (std::exchange(pauseWanted_, false)) pause(pauseReason_);
  return error;
}

std::optional<Error> TrainingLoop::applied(const CancelEvaluationCommand&) {
  return {};  // the evaluation that it meant has seen it coming
}

}  // namespace anchorscope
