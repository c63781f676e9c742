#include "core/session/command_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <map>
#include <thread>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<CommandId> ids(const std::vector<QueuedCommand>& commands) {
  std::vector<CommandId> out;
  for (const QueuedCommand& command : commands)
    out.push_back(command.id);
  return out;
}

TEST(CommandQueue, KeepsTheOrder) {
  CommandQueue queue;
  const CommandId pause = queue.post(PauseCommand{}).id;
  const CommandId step = queue.post(StepCommand{3}).id;
  const CommandId stepAgain = queue.post(StepCommand{4}).id;
  EXPECT_THAT(ids(queue.take()), ElementsAre(pause, step, stepAgain));
  EXPECT_THAT(queue.take(), IsEmpty());
}

TEST(CommandQueue, TheNewestProbesReplaceThoseThatWait) {
  CommandQueue queue;
  const CommandId first = queue.post(SetProbesCommand{{"a"}}).id;
  const CommandId pause = queue.post(PauseCommand{}).id;
  const auto second = queue.post(SetProbesCommand{{"b"}});
  EXPECT_THAT(second.replaced, ElementsAre(first));
  const auto taken = queue.take();
  ASSERT_THAT(ids(taken), ElementsAre(pause, second.id));
  EXPECT_EQ(std::get<SetProbesCommand>(taken[1].command).imageNames, std::vector<std::string>{"b"});
}

TEST(CommandQueue, OptionsReplaceOnlyTheirOwnKey) {
  CommandQueue queue;
  const CommandId oldRate = queue.post(SetParamCommand{"train.lr", "1"}).id;
  const CommandId beta = queue.post(SetParamCommand{"method.beta", "0.5"}).id;
  const auto rate = queue.post(SetParamCommand{"train.lr", "2"});
  EXPECT_THAT(rate.replaced, ElementsAre(oldRate));
  EXPECT_THAT(ids(queue.take()), ElementsAre(beta, rate.id));
}

TEST(CommandQueue, WhatHasBeenTakenIsNotReplaced) {
  CommandQueue queue;
  queue.post(CaptureCommand{});
  queue.take();
  EXPECT_THAT(queue.post(CaptureCommand{}).replaced, IsEmpty());
}

TEST(CommandQueue, RefusesAfterClosing) {
  CommandQueue queue;
  const CommandId left = queue.post(PauseCommand{}).id;
  EXPECT_THAT(ids(queue.close()), ElementsAre(left));
  const auto late = queue.post(PauseCommand{});
  EXPECT_FALSE(late.accepted);
  EXPECT_GT(late.id, left);
  EXPECT_THAT(queue.waitAndTake(), IsEmpty()) << "a closed queue is not waited for";
}

TEST(CommandQueue, SeesWhatKindsOfCommandsWait) {
  CommandQueue queue;
  queue.post(PauseCommand{});
  EXPECT_FALSE(queue.pending<StopCommand>());
  queue.post(StopCommand{});
  EXPECT_TRUE(queue.pending<StopCommand>());
  EXPECT_FALSE(queue.pending<CancelEvaluationCommand>());
}

TEST(CommandQueue, AWaitingReaderWakesForAPostAndForClosing) {
  CommandQueue queue;
  std::vector<CommandId> seen;
  std::barrier taken(2);
  std::thread reader([&] {
    seen = ids(queue.waitAndTake());
    taken.arrive_and_wait();
    EXPECT_THAT(queue.waitAndTake(), IsEmpty());
  });
  const CommandId id = queue.post(PauseCommand{}).id;
  taken.arrive_and_wait();
  queue.close();
  reader.join();
  EXPECT_THAT(seen, ElementsAre(id));
}

TEST(CommandQueue, EveryIdComesOutOnceUnderManyPosters) {
  constexpr int kPosters = 4, kPosts = 500;
  CommandQueue queue;
  std::mutex mutex;
  std::map<CommandId, int> outcomes;
  const auto count = [&](CommandId id) {
    const std::lock_guard lock(mutex);
    ++outcomes[id];
  };
  std::thread reader([&] {
    for (auto commands = queue.waitAndTake(); !commands.empty(); commands = queue.waitAndTake())
      for (const QueuedCommand& command : commands)
        count(command.id);
  });
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster)
    posters.emplace_back([&, poster] {
      for (int i = 0; i < kPosts; ++i) {
        const auto posted = i % 3 == 0   ? queue.post(SetProbesCommand{})
                            : i % 3 == 1 ? queue.post(SetParamCommand{poster % 2 ? "a" : "b", "1"})
                                         : queue.post(StepCommand{});
        for (const CommandId id : posted.replaced)
          count(id);
        if (!posted.accepted) count(posted.id);
      }
    });
  for (std::thread& poster : posters)
    poster.join();
  for (const QueuedCommand& left : queue.close())
    count(left.id);
  reader.join();
  EXPECT_EQ(outcomes.size(), std::size_t{kPosters} * kPosts);
  for (const auto& [id, times] : outcomes)
    EXPECT_EQ(times, 1) << "command " << id;
}

}  // namespace
}  // namespace anchorscope
