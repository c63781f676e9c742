#include "core/session/session_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

namespace anchorscope {
namespace {

std::map<CommandId, int> acknowledgements(const std::vector<Event>& events) {
  std::map<CommandId, int> out;
  for (const Event& event : events)
    if (const auto* acknowledged = std::get_if<AcknowledgedEvent>(&event)) ++out[acknowledged->id];
  return out;
}

TEST(SessionPort, AcknowledgesReplacedCommandsAsCoalesced) {
  SessionPort port;
  const CommandId first = port.post(SetProbesCommand{{"a"}});
  port.post(SetProbesCommand{{"b"}});
  const std::vector<Event> events = port.drainEvents();
  ASSERT_EQ(events.size(), 1U);
  const auto& acknowledged = std::get<AcknowledgedEvent>(events.front());
  EXPECT_EQ(acknowledged.id, first);
  EXPECT_TRUE(acknowledged.coalesced);
}

TEST(SessionPort, ClosingAcknowledgesWhatWaitsAndWhatComesLater) {
  SessionPort port;
  const CommandId waiting = port.post(PauseCommand{});
  port.close(TrainerState::kStopped, "stopped", 7);
  const CommandId late = port.post(PauseCommand{});
  const auto counts = acknowledgements(port.drainEvents());
  EXPECT_EQ(counts, (std::map<CommandId, int>{{waiting, 1}, {late, 1}}));
}

TEST(SessionPort, AStopThatTheEndOvertakesIsNotRefused) {
  SessionPort port;
  const CommandId stop = port.post(StopCommand{}), pause = port.post(PauseCommand{});
  port.close(TrainerState::kStopped, "stopped while preparing", 0);
  std::map<CommandId, bool> refused;
  for (const Event& event : port.drainEvents())
    if (const auto* acknowledged = std::get_if<AcknowledgedEvent>(&event))
      refused[acknowledged->id] = acknowledged->error.has_value();
  EXPECT_EQ(refused, (std::map<CommandId, bool>{{stop, false}, {pause, true}}));
}

TEST(SessionPort, WhoeverWaitedForTheEndFindsItsEvent) {
  SessionPort port;
  std::thread trainer([&] { port.close(TrainerState::kFailed, "broken", 0); });
  port.waitForEnd();
  EXPECT_EQ(port.state(), TrainerState::kFailed);
  const std::vector<Event> events = port.drainEvents();
  ASSERT_FALSE(events.empty());
  const auto& changed = std::get<StateChangedEvent>(events.back());
  EXPECT_EQ(changed.state, TrainerState::kFailed);
  EXPECT_EQ(changed.reason, "broken");
  trainer.join();
}

TEST(SessionPort, ARemovedWakeIsNeverCalledAgain) {
  SessionPort port;
  std::atomic<bool> removed{false}, calledLate{false};
  std::atomic<int> calls{0};
  port.setWake([&] {
    ++calls;
    if (removed) calledLate = true;
  });
  std::atomic<bool> enough{false};
  std::thread trainer([&] {
    while (!enough)
      port.emit(StepEvent{});
  });
  while (calls < 100)
    std::this_thread::yield();
  port.setWake({});
  removed = true;
  const int callsAtRemoval = calls;
  enough = true;
  trainer.join();
  port.emit(StepEvent{});
  EXPECT_FALSE(calledLate);
  EXPECT_EQ(calls, callsAtRemoval);
}

TEST(SessionPort, EveryPostedCommandIsAcknowledgedOnceThroughAConcurrentEnd) {
  constexpr int kPosters = 3, kPosts = 300;
  SessionPort port;
  // Ends while the posters are still at it: they post 900, of which it takes a part.
  std::thread trainer([&] {
    for (std::size_t taken = 0; taken < 100;)
      for (const QueuedCommand& command : port.commands().waitAndTake()) {
        port.acknowledge(command.id, {}, 0);
        ++taken;
      }
    port.close(TrainerState::kStopped, "", 50);
  });
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster)
    posters.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i)
        port.post(i % 2 ? Command(CaptureCommand{}) : Command(StepCommand{}));
    });
  for (std::thread& poster : posters)
    poster.join();
  trainer.join();
  const auto counts = acknowledgements(port.drainEvents());
  EXPECT_EQ(counts.size(), std::size_t{kPosters} * kPosts);
  for (const auto& [id, times] : counts)
    EXPECT_EQ(times, 1) << "command " << id;
  EXPECT_EQ(counts.size(), counts.rbegin()->first) << "ids are 1, 2, 3 ...: none may be missing";
}

}  // namespace
}  // namespace anchorscope
