#include "tests/session/session_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace anchorscope::testing {

SessionWatch::SessionWatch(TrainingSession& session) : session_(session) {
  session_.setWake([this] {
    const std::lock_guard lock(mutex_);
    awake_ = true;
    ready_.notify_one();
  });
}

SessionWatch::~SessionWatch() {
  session_.setWake({});
}

template <typename Condition>
void SessionWatch::waitUntil(const Condition& condition) {
  for (;;) {
    const TrainerState state = session_.state();
    events();
    if (condition() || state == TrainerState::kStopped || state == TrainerState::kFailed) return;
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return awake_; });
    awake_ = false;
  }
}

const std::vector<Event>& SessionWatch::events() {
  std::vector<Event> more = session_.drainEvents();
  events_.insert(events_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return events_;
}

std::vector<TrainerState> SessionWatch::states() {
  std::vector<TrainerState> out;
  for (const StateChangedEvent& event : all<StateChangedEvent>())
    out.push_back(event.state);
  return out;
}

void SessionWatch::waitForState(TrainerState state) {
  waitUntil([&] {
    const std::vector<TrainerState> seen = states();
    return std::find(seen.begin(), seen.end(), state) != seen.end() && session_.state() == state;
  });
}

AcknowledgedEvent SessionWatch::waitForAcknowledgement(CommandId id) {
  AcknowledgedEvent found;
  waitUntil([&] {
    for (const AcknowledgedEvent& event : all<AcknowledgedEvent>())
      if (event.id == id) found = event;
    return found.id == id;
  });
  EXPECT_EQ(found.id, id) << "the command was never acknowledged";
  return found;
}

const std::vector<Event>& SessionWatch::finish() {
  session_.wait();
  return events();
}

}  // namespace anchorscope::testing
