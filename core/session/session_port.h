#pragma once
// View header. The trainer thread's side of a session: takes commands, gives out events, snapshots and
// states.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/mailbox.h"
#include "core/session/command_queue.h"
#include "core/session/session.h"

namespace anchorscope {

/// What the trainer thread and everyone else share. All members may be called from any thread unless they say
/// otherwise.
class SessionPort {
 public:
  // ---- outside
  /// Every accepted or refused command is acknowledged exactly once, by an event.
  CommandId post(Command command);
  std::vector<Event> drainEvents() { return events_.drain(); }
  std::shared_ptr<const Snapshot> latestSnapshot() const { return snapshot_.latest(); }
  std::shared_ptr<const RunFacts> facts() const { return facts_.latest(); }
  TrainerState state() const;
  /// After it returns the former function is not running any more and is not called again.
  void setWake(std::function<void()> wake);
  void waitForEnd();

  // ---- trainer thread
  CommandQueue& commands() { return commands_; }
  void emit(Event event);
  void acknowledge(CommandId id, std::optional<Error> error, std::int64_t step);
  /// Acknowledges a command that was not applied before the end: refused, except that a stop has its way.
  void acknowledgeAtEnd(const QueuedCommand& command, std::int64_t step);
  void publish(std::shared_ptr<const Snapshot> snapshot);
  void publishFacts(std::shared_ptr<const RunFacts> facts) { facts_.post(std::move(facts)); }
  void setState(TrainerState state, std::string reason);
  /// Refuses further commands, acknowledges those that wait, then enters the last state.
  void close(TrainerState lastState, std::string reason, std::int64_t step);

 private:
  void wake();

  CommandQueue commands_;
  EventQueue<Event> events_;
  Mailbox<Snapshot> snapshot_;
  Mailbox<RunFacts> facts_;
  mutable std::mutex stateMutex_;
  std::condition_variable ended_;
  TrainerState state_ = TrainerState::kIdle;
  std::mutex wakeMutex_;
  std::function<void()> wake_;
};

/// No command changes anything any more.
inline bool isFinal(TrainerState state) {
  return state == TrainerState::kStopped || state == TrainerState::kFailed;
}

}  // namespace anchorscope
