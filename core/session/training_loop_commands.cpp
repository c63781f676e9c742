// What each command does to a running or paused session, between two steps.

#include <filesystem>

#include "core/base/check.h"
#include "core/session/training_loop.h"
#include "core/store/run_folder.h"

namespace anchorscope {

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
  if (checkpoints_) checkpoints_->collect(/*wait=*/true);
  if (options_.captureLive) capture(Hurry::kYes);
  if (recorder_) recorder_->handOver();
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
  if (writer_) planRecording();
  note("parameter", concat(*key, " = ", valueText(), " (was ", before, ")"));
  port_.publishFacts(std::make_shared<const RunFacts>(trainer_->facts()));
  if (paused_ && options_.captureLive && !(*key == "train.variants" && askVariants())) capture(Hurry::kYes);
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
  return evaluate();
}

std::optional<Error> TrainingLoop::applied(const CancelEvaluationCommand&) {
  return {};  // the evaluation that it meant has seen it coming
}

}  // namespace anchorscope
