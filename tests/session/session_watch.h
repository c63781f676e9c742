#pragma once
// A session's events on the test's thread.

#include <condition_variable>
#include <mutex>
#include <variant>
#include <vector>

#include "core/session/session.h"

namespace anchorscope::testing {

/// A session that stands at its beginning.
inline SessionOptions paused() {
  SessionOptions options;
  options.startPaused = true;
  return options;
}

/// Waits for a session's events on the test's thread.
class SessionWatch {
 public:
  explicit SessionWatch(TrainingSession& session);
  ~SessionWatch();
  SessionWatch(const SessionWatch&) = delete;
  SessionWatch& operator=(const SessionWatch&) = delete;

  /// Returns when the session has entered this state (or a final one).
  void waitForState(TrainerState state);
  /// Returns when this command is acknowledged; its event.
  AcknowledgedEvent waitForAcknowledgement(CommandId id);
  /// Waits for the end and gives all events of the session.
  const std::vector<Event>& finish();

  /// Every event so far, in order.
  const std::vector<Event>& events();
  std::vector<TrainerState> states();
  template <typename E>
  std::vector<E> all() {
    std::vector<E> out;
    for (const Event& event : events())
      if (const auto* found = std::get_if<E>(&event)) out.push_back(*found);
    return out;
  }

 private:
  template <typename Condition>
  void waitUntil(const Condition& condition);

  TrainingSession& session_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool awake_ = false;
  std::vector<Event> events_;
};

}  // namespace anchorscope::testing
