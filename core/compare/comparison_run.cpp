#include "core/compare/comparison_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/session/pacing.h"
#include "core/session/session.h"
#include "core/session/session_port.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/trainer/device.h"
#include "core/trainer/evaluation.h"
#include "core/trainer/precision.h"
#include "core/trainer/version.h"

namespace anchorscope {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Follows a session from outside until it ends; nobody is there to look at a pause.
class SessionFollower {
 public:
  SessionFollower(TrainingSession& session, const RunHooks& hooks) : session_(session), hooks_(hooks) {
    session_.setWake([this] {
      const std::lock_guard lock(mutex_);
      awake_ = true;
      ready_.notify_one();
    });
  }
  ~SessionFollower() { session_.setWake({}); }
  SessionFollower(const SessionFollower&) = delete;
  SessionFollower& operator=(const SessionFollower&) = delete;

  /// `enough`, asked after every step, ends it early and well.
  void follow(const std::function<bool()>& enough = {}) {
    for (;;) {
      {
        // Nobody wakes for a cancellation: look for one this often.
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, std::chrono::milliseconds(200), [&] { return awake_; });
        awake_ = false;
      }
      if (!stopping_ && hooks_.cancelled && hooks_.cancelled()) {
        cancelled_ = true;
        stop(/*checkpoint=*/true);
      }
      // The state first: once it is final, every event is there.
      const TrainerState state = session_.state();
      for (const Event& event : session_.drainEvents())
        std::visit([this](const auto& entry) { take(entry); }, event);
      if (isFinal(state)) return;
      if (!stopping_ && failure_) stop(/*checkpoint=*/false);
      if (!stopping_ && enough && enough()) stop(/*checkpoint=*/false);
    }
  }

  bool cancelled() const { return cancelled_; }
  const std::optional<Error>& failure() const { return failure_; }
  std::int64_t step() const { return progress_.step; }
  const SteadySpeed& speed() const { return speed_; }
  const std::vector<std::string>& problems() const { return problems_; }
  const std::map<std::string, std::int64_t>& badRecords() const { return badRecords_; }

 private:
  void stop(bool checkpoint) {
    stopping_ = true;
    session_.post(StopCommand{checkpoint});
  }
  void show() {
    if (hooks_.progress) hooks_.progress(progress_);
  }

  void take(const StateChangedEvent&) {}
  void take(const EvaluationEvent&) {}
  void take(const DiagnosticsEvent& event) {
    for (const auto& [kind, count] : event.diagnostics.countsOfBad())
      badRecords_[kind] += static_cast<std::int64_t>(count);
  }
  void take(const AcknowledgedEvent& event) {
    if (event.error && event.error->code != ErrorCode::kCancelled && !failure_) failure_ = event.error;
  }
  void take(const ProgressEvent& event) {
    if (event.what.empty()) return;
    progress_.what = event.what;
    progress_.fraction = event.fraction;
    show();
  }
  void take(const StepEvent& event) {
    const double now = secondsSince(begin_);
    speed_.addStep(event.step, now);
    rate_.addStep(now);
    const auto facts = session_.facts();
    progress_ = {{}, 0, event.step, facts ? facts->config.train.getInt("steps") : 0, rate_.perSecond()};
    show();
  }
  void take(const NoteEvent& event) {
    if (event.event.kind == "error") problems_.push_back(event.event.text);
  }
  void take(const FailedEvent& event) {
    if (!failure_) failure_ = event.error;
  }

  TrainingSession& session_;
  const RunHooks& hooks_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool awake_ = false, stopping_ = false, cancelled_ = false;
  std::optional<Error> failure_;
  std::vector<std::string> problems_;
  std::map<std::string, std::int64_t> badRecords_;
  RunProgress progress_;
  const Clock::time_point begin_ = Clock::now();
  SteadySpeed speed_;
  RateMeter rate_;
};

Error cancelledError() {
  return makeError(ErrorCode::kCancelled, "Stopped");
}

/// Whether a record already holds everything of a run of so many steps.
bool recordIsWhole(const PlannedRun& run, std::int64_t checkpointStep) {
  const std::int64_t steps = run.config.train.getInt("steps");
  if (checkpointStep != steps) return false;
  auto reader = openRun(run.config.out);
  if (!reader) return false;
  auto evaluated = (*reader)->scalar("eval.ap");
  if (!evaluated || evaluated->steps.empty() || evaluated->steps.back() != steps) return false;
  const std::vector<std::string> probes = (*reader)->probeNames();
  return std::all_of(probes.begin(), probes.end(), [&](const std::string& probe) {
    const auto recorded = (*reader)->recordedSteps(probe);
    return !recorded.empty() && recorded.back() == steps;
  });
}

/// As a run records it: with what "auto" means on this machine.
RunConfig recordedConfig(const PlannedRun& run) {
  RunConfig config = run.config;
  const auto device = resolveDevice(config.train.getText("device"));
  if (!device) return config;  // training will tell
  const auto precision = resolvePrecision(config.train.getText("precision"), *device);
  if (precision) (void)config.train.set("precision", precision->option);
  return config;
}

ComparisonResult emptyResult(const PlannedRun& run) {
  ComparisonResult result;
  result.label = run.label;
  result.preset = run.preset;
  result.seed = run.seed;
  RunConfig config = recordedConfig(run);
  config.out.clear();  // The folder may move.
  result.configToml = toToml(config);
  result.programVersion = kProgramVersion;
  result.machine = machineTitle();
  return result;
}

void addNumbers(const PlannedRun& run, ComparisonResult& result) {
  auto numbers = recordedNumbers(run.config.out, run.config.train.getInt("steps"));
  if (numbers) {
    result.numbers.merge(*numbers);
    return;
  }
  result.outcome = RunOutcome::kFailed;
  result.reason = result.problems.empty() ? numbers.error().text() : result.problems.front();
}

/// The configuration that a folder's run was made with; none where there is no run.
Result<std::optional<RunConfig>> configIn(const std::string& folder, const RunStanding& standing) {
  const auto some = [](Result<RunConfig> config) -> Result<std::optional<RunConfig>> {
    if (!config) return std::move(config).error();
    return std::optional(*std::move(config));
  };
  if (standing.result) return some(fromToml(standing.result->configToml, resultPath(folder)));
  const std::vector<std::string> checkpoints = listCheckpoints(folder);
  if (!checkpoints.empty()) return some(configOfCheckpoint(checkpoints.back()));
  std::error_code code;
  if (!std::filesystem::exists(configPath(folder), code)) return std::optional<RunConfig>();
  auto text = readFile(configPath(folder), kLargestConfigBytes);
  if (!text) return std::move(text).error();
  return some(fromToml(*text, configPath(folder)));
}

}  // namespace

Result<RunStanding> standingOf(const PlannedRun& run) {
  RunStanding standing;
  const std::string& folder = run.config.out;
  auto result = readResult(folder);
  if (!result) return std::move(result).error();
  standing.result = *std::move(result);
  auto config = configIn(folder, standing);
  if (!config) return std::move(config).error();
  if (!*config) return standing;
  standing.differences = configDifferences(**config, recordedConfig(run));
  const std::vector<std::string> checkpoints = listCheckpoints(folder);
  if (!checkpoints.empty()) standing.checkpointStep = checkpointStep(checkpoints.back());
  if (standing.result) {
    const bool failed = standing.result->outcome == RunOutcome::kFailed;
    standing.state = failed ? RunStanding::State::kFailed : RunStanding::State::kDone;
  } else if (!checkpoints.empty()) {
    standing.state = RunStanding::State::kInterrupted;
  } else {
    standing.state = RunStanding::State::kBegun;
  }
  return standing;
}

Result<ComparisonResult> trainRun(const PlannedRun& run, const RunStanding& standing, const RunHooks& hooks) {
  ComparisonResult result = emptyResult(run);
  const bool goesOn = standing.checkpointStep >= 0;
  std::error_code code;
  std::filesystem::remove(resultPath(run.config.out), code);  // Of a failure: from here on it is not true.
  if (goesOn && recordIsWhole(run, standing.checkpointStep)) {
    result.step = standing.checkpointStep;
    addNumbers(run, result);
    return result;
  }
  const auto begin = Clock::now();
  SessionOptions options;
  options.captureLive = options.pauseAtWatchpoints = false;
  options.overwrite = Overwrite::kYes;  // What may not be overwritten has been refused before.
  if (goesOn) options.resumeFolder = run.config.out;
  const auto session = startSession(run.config, options);
  SessionFollower follower(*session, hooks);
  follower.follow();
  result.step = std::max({follower.step(), standing.checkpointStep, std::int64_t{0}});
  result.problems = follower.problems();
  result.badRecords = follower.badRecords();
  result.seconds = secondsSince(begin);
  result.timedSteps = follower.speed().timedSteps();
  if (const auto snapshot = session->latestSnapshot())
    result.machine = concat(result.machine, "; ", snapshot->status.device);
  if (follower.failure()) {
    const Error& failure = *follower.failure();
    result.outcome = failure.code == ErrorCode::kNumeric ? RunOutcome::kDiverged : RunOutcome::kFailed;
    result.reason = failure.text();
    std::erase(result.problems, result.reason);
    return result;
  }
  if (follower.cancelled() && result.step < run.config.train.getInt("steps")) return cancelledError();
  if (const double speed = follower.speed().perSecond(); speed > 0)
    result.numbers["steps_per_second"] = speed;
  addNumbers(run, result);
  // Stopped while its last step was being evaluated: that can still be done.
  if (follower.cancelled() && result.outcome == RunOutcome::kFailed) return cancelledError();
  return result;
}

Result<std::int64_t> measureSteps(const RunConfig& config, double seconds, const RunHooks& hooks) {
  constexpr std::int64_t kFewestSteps = 4;
  const double wanted = std::clamp(seconds / 20, 2.0, 10.0);
  RunConfig trial = config;
  trial.out.clear();
  trial.probes.clear();
  for (const char* name : {"steps", "eval_every", "probe_count"})
    ANCHORSCOPE_TRY(trial.train.setValue(name, ParamValue(std::int64_t{0})));
  SessionOptions options;
  options.captureLive = options.pauseAtWatchpoints = false;
  const auto session = startSession(trial, options);
  SessionFollower follower(*session, hooks);
  std::optional<Clock::time_point> firstStep;
  follower.follow([&] {
    if (follower.step() > 0 && !firstStep) firstStep = Clock::now();
    return firstStep && follower.speed().timedSteps() >= kFewestSteps && secondsSince(*firstStep) >= wanted;
  });
  if (follower.cancelled()) return cancelledError();
  // What diverges later is found when it is trained; the steps so far have told the speed.
  const double speed = follower.speed().perSecond();
  if (speed <= 0 && follower.failure()) return *follower.failure();
  if (speed <= 0) return makeError(ErrorCode::kInternal, "The speed of training could not be measured");
  return std::max<std::int64_t>(1, std::llround(seconds * speed));
}

}  // namespace anchorscope
