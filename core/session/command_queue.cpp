#include "core/session/command_queue.h"

#include <algorithm>
#include <utility>

namespace anchorscope {

std::string coalescingKey(const Command& command) {
  if (std::holds_alternative<SetProbesCommand>(command)) return "probes";
  if (std::holds_alternative<CaptureCommand>(command)) return "capture";
  if (std::holds_alternative<EvaluateCommand>(command)) return "evaluate";
  if (std::holds_alternative<AskCommand>(command)) return "ask";
  if (const auto* parameter = std::get_if<SetParamCommand>(&command)) return "parameter " + parameter->key;
  return {};
}

CommandQueue::Posted CommandQueue::post(Command command) {
  Posted posted;
  const std::string key = coalescingKey(command);
  {
    const std::lock_guard lock(mutex_);
    posted.id = ++lastId_;
    posted.accepted = !closed_;
    if (closed_) return posted;
    if (!key.empty()) {
      const auto stale = std::stable_partition(
          queue_.begin(), queue_.end(),
          [&](const QueuedCommand& waiting) { return coalescingKey(waiting.command) != key; });
      for (auto old = stale; old != queue_.end(); ++old)
        posted.replaced.push_back(old->id);
      queue_.erase(stale, queue_.end());
    }
    queue_.push_back({posted.id, std::move(command)});
  }
  ready_.notify_one();
  return posted;
}

std::vector<QueuedCommand> CommandQueue::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(queue_, {});
}

std::vector<QueuedCommand> CommandQueue::waitAndTake() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return closed_ || !queue_.empty(); });
  return std::exchange(queue_, {});
}

std::vector<QueuedCommand> CommandQueue::close() {
  std::vector<QueuedCommand> rest;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    rest.swap(queue_);
  }
  ready_.notify_all();
  return rest;
}

}  // namespace anchorscope
