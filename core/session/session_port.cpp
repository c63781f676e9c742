#include "core/session/session_port.h"

#include <utility>

namespace anchorscope {
namespace {

Error runHasEnded() {
  return makeError(ErrorCode::kCancelled, "The run has ended");
}

}  // namespace

CommandId SessionPort::post(Command command) {
  const CommandQueue::Posted posted = commands_.post(std::move(command));
  for (const CommandId id : posted.replaced)
    events_.push(AcknowledgedEvent{id, true, {}, 0});
  if (!posted.accepted) events_.push(AcknowledgedEvent{posted.id, false, runHasEnded(), 0});
  if (!posted.accepted || !posted.replaced.empty()) wake();
  return posted.id;
}

TrainerState SessionPort::state() const {
  const std::lock_guard lock(stateMutex_);
  return state_;
}

void SessionPort::setWake(std::function<void()> newWake) {
  const std::lock_guard lock(wakeMutex_);
  wake_ = std::move(newWake);
}

void SessionPort::wake() {
  const std::lock_guard lock(wakeMutex_);
  if (wake_) wake_();
}

void SessionPort::waitForEnd() {
  std::unique_lock lock(stateMutex_);
  ended_.wait(lock, [&] { return isFinal(state_); });
}

void SessionPort::emit(Event event) {
  events_.push(std::move(event));
  wake();
}

void SessionPort::acknowledge(CommandId id, std::optional<Error> error, std::int64_t step) {
  emit(AcknowledgedEvent{id, false, std::move(error), step});
}

void SessionPort::acknowledgeAtEnd(const QueuedCommand& command, std::int64_t step) {
  std::optional<Error> error;
  if (!std::holds_alternative<StopCommand>(command.command)) error = runHasEnded();
  acknowledge(command.id, std::move(error), step);
}

void SessionPort::publish(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_.post(std::move(snapshot));
  wake();
}

void SessionPort::setState(TrainerState state, std::string reason) {
  // The event first: whoever has waited for the end finds it in the queue.
  events_.push(StateChangedEvent{state, std::move(reason)});
  {
    const std::lock_guard lock(stateMutex_);
    state_ = state;
  }
  if (isFinal(state)) ended_.notify_all();
  wake();
}

void SessionPort::close(TrainerState lastState, std::string reason, std::int64_t step) {
  for (const QueuedCommand& left : commands_.close())
    acknowledgeAtEnd(left, step);
  setState(lastState, std::move(reason));
}

}  // namespace anchorscope
