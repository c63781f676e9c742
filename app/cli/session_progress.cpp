#include "app/cli/session_progress.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <set>

#include "app/cli/terminal.h"
#include "core/base/check.h"
#include "core/base/duration.h"
#include "core/evidence/main_losses.h"
#include "core/watch/watch_list.h"

namespace anchorscope::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Shows a session on the terminal until it ends. On a terminal the progress line is rewritten in place,
/// elsewhere it is printed every few seconds.
class Progress {
 public:
  Progress(TrainingSession& session, bool quiet) : session_(session), quiet_(quiet) {
    session_.setWake([this] {
      const std::lock_guard lock(mutex_);
      awake_ = true;
      ready_.notify_one();
    });
  }
  ~Progress() { session_.setWake({}); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  ExitCode watch() {
    bool stopping = false;
    for (;;) {
      {
        // A signal wakes nobody: look for one this often.
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, std::chrono::milliseconds(200), [&] { return awake_; });
        awake_ = false;
      }
      if (interrupted() && !stopping) {
        stopping = true;
        say("Stopping after this step and saving a checkpoint (Ctrl-C again: at once, without saving)");
        session_.post(StopCommand{});
      }
      // The state first: once it is final, every event is there.
      const TrainerState state = session_.state();
      for (const Event& event : session_.drainEvents())
        std::visit([this](const auto& entry) { show(entry); }, event);
      if (state == TrainerState::kStopped || state == TrainerState::kFailed) break;
      if (failure_ && !stopping) {  // Nobody is there to look at a pause.
        stopping = true;
        session_.post(StopCommand{});
      }
      if (!reached_.empty() && !stopping && !ending_) {  // what was asked for: --until, --stop-at-watchpoint
        ending_ = true;
        say(concat("Stopped as asked: ", reached_));
        session_.post(StopCommand{});
      }
    }
    line_.end();
    if (failure_) return told_.contains(failure_->text()) ? exitCode(failure_->code) : fail(*failure_);
    if (stopping) return exitCode(ErrorCode::kCancelled);
    // Training went to its end, but something that was asked for is missing from the run.
    return told_.empty() ? 0 : exitCode(ErrorCode::kIo);
  }

 private:
  void say(const std::string& text) { line_.say(text); }

  void show(const StateChangedEvent& event) {
    if (event.state == TrainerState::kPaused) reached_ = event.reason;
  }
  void show(const AcknowledgedEvent& event) {
    if (event.error && event.error->code != ErrorCode::kCancelled) failure_ = event.error;
  }
  void show(const ProgressEvent& event) {
    if (event.what.empty() || event.what == lastProgress_ || quiet_) return;
    lastProgress_ = event.what;
    say(event.what);
  }
  void show(const DiagnosticsEvent& event) {
    std::map<std::string, std::size_t> bad, noted;
    const RecordProblem* first = nullptr;
    for (const RecordProblem& problem : event.diagnostics.problems()) {
      const bool isNoted = !isBad(problem.action);
      (isNoted ? noted : bad)[problem.kind] += problem.count;
      if (!isNoted && first == nullptr) first = &problem;
    }
    for (const auto& [kind, count] : bad)
      say(concat("Bad records: ", count, " x ", kind));
    for (const auto& [kind, count] : noted)
      say(concat("Noted: ", count, " x ", kind));
    if (first != nullptr) say(concat("  first: ", first->file, ": ", first->message));
  }
  void show(const NoteEvent& event) {
    const bool error = event.event.kind == "error";
    if (error) {
      told_.insert(event.event.text);
      say(concat("anchorscope-cli: ", event.event.step > 0 ? concat("At step ", event.event.step, ": ") : "",
                 event.event.text));
    } else if (!quiet_ || event.event.kind == "thinned" || event.event.kind == "warning" ||
               event.event.kind == "skipped" || event.event.kind == kWatchEvent) {
      say(concat("[step ", event.event.step, "] ", event.event.kind, ": ", event.event.text));
    }
  }
  void show(const EvaluationEvent& event) {
    line_.end();
    std::cout << "step " << event.step << ':';
    for (const ScalarValue& metric : event.metrics)
      if (metric.name == "ap" || metric.name == "ap50" || metric.name == "ap75")
        std::cout << ' ' << metric.name << ' ' << precisionText(metric.value);
    for (const ScalarValue& entry : event.perClassAp50)
      std::cout << "  " << entry.name << " ap50 " << precisionText(entry.value);
    std::cout << std::endl;
    lastProgress_.clear();
    begin_ = {};
  }
  void show(const FailedEvent& event) { failure_ = event.error; }

  void show(const StepEvent& event) {
    const auto now = Clock::now();
    if (begin_ == Clock::time_point{}) {
      begin_ = now;
      firstStep_ = event.step;
    }
    const auto facts = session_.facts();
    const std::int64_t planned = facts ? facts->config.train.getInt("steps") : 0;
    if (quiet_ || (!line_.due() && event.step != planned)) return;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double rate = seconds > 0 ? static_cast<double>(event.step - firstStep_) / seconds : 0;
    std::string line = concat("step ", event.step, planned > 0 ? concat("/", planned) : "");
    std::vector<std::string> names;
    for (const ScalarValue& scalar : event.scalars)
      names.push_back(scalar.name);
    const std::vector<std::string> losses = mainLosses(names);
    for (const ScalarValue& scalar : event.scalars)
      if (scalar.name == "loss.total" || std::ranges::count(losses, scalar.name) > 0)
        line += concat("  ", lossLabel(scalar.name), " ", shortNumber(scalar.value));
    line += concat("  ", shortNumber(rate), " steps/s");
    if (planned > 0 && rate > 0)
      line += concat("  ETA ", durationText(static_cast<double>(planned - event.step) / rate));
    line_.show(line);
  }

  TrainingSession& session_;
  const bool quiet_;
  ProgressLine line_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool awake_ = false;
  std::string reached_;  ///< Why training pauses.
  bool ending_ = false;
  std::optional<Error> failure_;
  std::set<std::string> told_;  ///< Errors shown already.
  std::string lastProgress_;
  Clock::time_point begin_{};
  std::int64_t firstStep_ = 0;
};

}  // namespace

ExitCode showUntilEnd(TrainingSession& session, bool quiet) {
  return Progress(session, quiet).watch();
}

std::string folderNow(const TrainingSession& session, const std::string& started) {
  const auto last = session.latestSnapshot();
  return last && !last->status.recording.folder.empty() ? last->status.recording.folder : started;
}

}  // namespace anchorscope::cli
