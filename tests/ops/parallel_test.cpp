// Loops of our own: that threads run them at the same time, what a range covers, and what bodies may throw.

#include "core/ops/parallel.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/ops/box_losses.h"
#include "core/ops/box_similarity.h"
#include "core/ops/cls_losses.h"
#include "core/ops/lip.h"

namespace anchorscope {
namespace {

using ::testing::Each;
using ::testing::Le;
using ::testing::SizeIs;

/// ATen's number of threads for a scope.
class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = at::get_num_threads();
};

/// Where `count` threads wait for each other, no longer than half a minute.
class Meeting {
 public:
  explicit Meeting(int count) : missing_(count) {}
  bool all() {
    std::unique_lock lock(mutex_);
    --missing_;
    arrived_.notify_all();
    return arrived_.wait_for(lock, std::chrono::seconds(30), [&] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  int missing_;
};

TEST(ParallelFor, TwoBodiesAreInsideAtOnce) {
  const Threads threads(2);
  Meeting meeting(2);
  std::atomic<int> met = 0;
  parallelFor(0, 2, 1, [&](std::int64_t begin, std::int64_t end) {
    EXPECT_EQ(end, begin + 1);
    met += meeting.all() ? 1 : 0;
  });
  EXPECT_EQ(met, 2);
}

TEST(ParallelFor, HasTheOneRuntimeThatLibTorchHas) {
  std::set<std::string> runtimes;
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, std::size_t, void* found) {
        const std::string path = std::filesystem::weakly_canonical(library->dlpi_name);
        for (const char* name : {"libgomp", "libiomp5", "libomp"})
          if (path.find(name) != std::string::npos) static_cast<std::set<std::string>*>(found)->insert(path);
        return 0;
      },
      &runtimes);
  EXPECT_THAT(runtimes, SizeIs(Le(1u)));
}

TEST(ParallelFor, VisitsEveryIndexOnceInRangesOfTheGrain) {
  for (const int threads : {1, 2, 3, 5}) {
    const Threads scope(threads);
    for (const std::int64_t count : {0, 1, 2, 7, 64, 1000}) {
      std::vector<int> visits(static_cast<std::size_t>(count), 0);
      std::atomic<int> calls = 0;
      parallelFor(3, 3 + count, 10, [&](std::int64_t begin, std::int64_t end) {
        ++calls;
        EXPECT_TRUE(end - begin >= 10 || end == 3 + count) << begin << ".." << end;
        for (std::int64_t i = begin; i < end; ++i)
          ++visits[static_cast<std::size_t>(i - 3)];
      });
      EXPECT_THAT(visits, Each(1)) << count << " on " << threads;
      EXPECT_LE(calls, threads);
      EXPECT_EQ(calls == 0, count == 0);
    }
  }
}

TEST(ParallelFor, WithinAnotherLoopRunsOnTheSameThread) {
  const Threads threads(2);
  Meeting meeting(2);
  std::vector<int> calls(2, 0);
  parallelFor(0, 2, 1, [&](std::int64_t outer, std::int64_t) {
    meeting.all();
    const std::thread::id self = std::this_thread::get_id();
    parallelFor(0, 100, 1, [&](std::int64_t begin, std::int64_t end) {
      EXPECT_EQ(std::this_thread::get_id(), self);
      EXPECT_EQ(end - begin, 100);
      ++calls[static_cast<std::size_t>(outer)];
    });
  });
  EXPECT_THAT(calls, Each(1));
}

TEST(ParallelFor, PassesAnExceptionOn) {
  const Threads threads(2);
  for (const std::int64_t thrower : {0, 1}) {
    const auto body = [&](std::int64_t begin, std::int64_t) {
      if (begin == thrower) throw std::runtime_error("of a body");
    };
    EXPECT_THROW(parallelFor(0, 2, 1, body), std::runtime_error);
  }
  std::atomic<int> calls = 0;  // and the next loop is none the worse
  parallelFor(0, 2, 1, [&](std::int64_t, std::int64_t) { ++calls; });
  EXPECT_EQ(calls, 2);
}

/// What the operators that loop in parallel give, gradients included, in one list.
std::vector<at::Tensor> operatorsResults() {
  at::manual_seed(7);
  const auto leaf = [](at::Tensor value) { return value.set_requires_grad(true); };
  std::vector<at::Tensor> out;
  const at::Tensor corners = at::rand({3, 5000, 4}) * 50;
  const at::Tensor boxes =
      at::cat({corners.narrow(2, 0, 2), corners.narrow(2, 0, 2) + corners.narrow(2, 2, 2) + 1}, 2);
  out.push_back(pairwiseIou(boxes, boxes.narrow(1, 0, 40)));

  const at::Tensor predicted = leaf(boxes + at::rand({3, 5000, 4})),
                   matched = at::randint(-1, 40, {3, 5000}, at::kLong);
  const at::Tensor boxLoss = matchedSimilarityLoss(predicted, boxes.narrow(1, 0, 40), matched,
                                                   at::rand({3, 5000}), {BoxSimilarity::kGiou});
  boxLoss.sum().backward();
  out.insert(out.end(), {boxLoss, predicted.grad()});

  const at::Tensor logits = leaf(at::randn({3, 5000, 7}));
  const at::Tensor clsLoss = clsLossRowsOfLabels(logits, at::randint(-2, 7, {3, 5000}, at::kLong), {});
  clsLoss.sum().backward();
  out.insert(out.end(), {clsLoss, logits.grad()});

  const at::Tensor map = leaf(at::randn({2, 16, 61, 67})), importance = leaf(at::randn({2, 16, 61, 67}));
  const at::Tensor pooled = lipPool(map, importance, 3, 2, 1);
  pooled.square().sum().backward();
  out.insert(out.end(), {pooled, map.grad(), importance.grad()});
  return out;
}

TEST(ParallelFor, OperatorsGiveTheSameBitsOnAnyNumberOfThreads) {
  std::vector<at::Tensor> one;
  {
    const Threads threads(1);
    one = operatorsResults();
  }
  for (const int count : {2, 3}) {
    const Threads threads(count);
    const std::vector<at::Tensor> several = operatorsResults();
    for (std::size_t i = 0; i < one.size(); ++i)
      EXPECT_TRUE(at::equal(several[i], one[i])) << "result " << i << " on " << count << " threads";
  }
}

}  // namespace
}  // namespace anchorscope
