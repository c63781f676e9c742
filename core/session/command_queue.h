#pragma once
// View header. Commands on their way to the trainer thread: in order, newest wins where only the newest can
// matter.

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "core/session/session.h"

namespace anchorscope {

struct QueuedCommand {
  CommandId id = 0;
  Command command;
};

/// What a command replaces: two with the same non-empty key cannot both matter (probes, one option's value, a
/// capture, an evaluation). Empty: every one counts.
std::string coalescingKey(const Command& command);

/// Between any number of posting threads and one taking thread. Every id that post() gives comes out exactly
/// once: from take() or waitAndTake(), in `replaced` of a later post, or from close(); or post() said that it
/// was refused.
class CommandQueue {
 public:
  struct Posted {
    CommandId id = 0;
    bool accepted = true;             ///< False once the queue is closed.
    std::vector<CommandId> replaced;  ///< Older commands of the same key that this one has thrown out.
  };
  Posted post(Command command);

  /// Everything there is, in order; never waits.
  std::vector<QueuedCommand> take();
  /// Waits for a command; empty only when the queue is closed.
  std::vector<QueuedCommand> waitAndTake();
  /// Refuses what comes later and gives what was left.
  std::vector<QueuedCommand> close();

  /// A command of this kind is waiting: a stop, for which long work should end early, or what ends an
  /// evaluation.
  template <typename Kind>
  bool pending() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(queue_.begin(), queue_.end(), [](const QueuedCommand& waiting) {
      return std::holds_alternative<Kind>(waiting.command);
    });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<QueuedCommand> queue_;
  CommandId lastId_ = 0;
  bool closed_ = false;
};

}  // namespace anchorscope
