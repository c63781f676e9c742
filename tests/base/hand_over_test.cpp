#include <gtest/gtest.h>

#include <thread>

#include "core/base/mailbox.h"

namespace anchorscope {
namespace {

TEST(Mailbox, KeepsTheNewest) {
  Mailbox<int> box;
  EXPECT_EQ(box.latest(), nullptr);
  box.post(std::make_shared<const int>(1));
  const auto second = std::make_shared<const int>(2);
  box.post(second);
  EXPECT_EQ(box.latest(), second);
}

TEST(EventQueue, LosesNothingAndKeepsEachProducersOrder) {
  constexpr int kProducers = 3, kEach = 2000;
  EventQueue<std::pair<int, int>> queue;
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer)
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < kEach; ++i)
        queue.push({producer, i});
    });
  std::vector<int> next(kProducers, 0);
  int received = 0;
  while (received < kProducers * kEach)
    for (const auto& [producer, i] : queue.drain()) {
      EXPECT_EQ(i, next[static_cast<std::size_t>(producer)]++);
      ++received;
    }
  for (std::thread& producer : producers)
    producer.join();
  EXPECT_TRUE(queue.drain().empty());
}

}  // namespace
}  // namespace anchorscope
