#include "tests/support/cuda_on_host/threads.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

#include "tests/support/cuda_on_host/fiber.h"

// Where the linker puts what is declared __shared__.
extern "C" {
extern unsigned char __start_cuda_shared[] __attribute__((weak));
extern unsigned char __stop_cuda_shared[] __attribute__((weak));
}

namespace anchorscope::cuda_on_host {
namespace {

enum class State { kNotBegun, kRunnable, kAtBlockBarrier, kAtWarpBarrier, kEnded };

struct Thread {
  State state = State::kNotBegun;
  Fiber* fiber = nullptr;  // once it has waited
  std::source_location where{};
  unsigned mask = 0;
};

std::string text(const std::source_location& where) {
  const std::string file = where.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(where.line());
}

__attribute__((no_sanitize("address"))) void spoilSharedMemory(unsigned char garbage) {
  // The linker gives both ends or none.
  for (volatile unsigned char* byte = __start_cuda_shared; byte != __stop_cuda_shared; ++byte)
    *byte = garbage;
}

/// The one grid that runs.
class Grid {
 public:
  std::string run(unsigned blocks, unsigned threads, Order order, const std::function<void()>& body) {
    if (blocks == 0 || blocks > 0x7fffffffU || threads == 0 || threads > 1024)
      return "a grid of " + std::to_string(blocks) + " blocks of " + std::to_string(threads) + " threads";
    body_ = &body;
    order_ = order;
    fault_.clear();
    blockExtent = {threads};
    gridExtent = {blocks};
    const auto at = [&](unsigned k) { return order == Order::kBackwards ? blocks - 1 - k : k; };
    std::vector<unsigned> shuffled;
    if (order == Order::kShuffled) {
      shuffled.resize(blocks);
      std::iota(shuffled.begin(), shuffled.end(), 0U);
      std::shuffle(shuffled.begin(), shuffled.end(), random_);
    }
    for (unsigned k = 0; k < blocks && fault_.empty(); ++k) {
      blockIndex.x = shuffled.empty() ? at(k) : shuffled[k];
      runBlock(threads);
    }
    return fault_;
  }

  void wait(State state, unsigned mask, std::source_location where) {
    Thread& own = threads_[threadIndex.x];
    own.state = state;
    own.mask = mask;
    own.where = where;
    own.fiber = running_;
    const Extent self = threadIndex;
    running_->leave();
    threadIndex = self;
  }

  [[noreturn]] void fail(const char* what) {
    if (fault_.empty()) fault_ = what;
    for (;;)
      running_->leave();  // and is not entered again
  }

  std::uint64_t given[1024] = {};

 private:
  void runBlock(unsigned count) {
    threads_.assign(count, {});
    spoilSharedMemory(order_ == Order::kForwards ? 0xff : order_ == Order::kBackwards ? 0x7f : 0xa5);
    sequence_.resize(count);
    std::iota(sequence_.begin(), sequence_.end(), 0U);
    if (order_ == Order::kBackwards) std::reverse(sequence_.begin(), sequence_.end());
    notBegun_ = 0;
    shuffle();
    while (notBegun_ < count && fault_.empty())
      enter(*idleFiber());
    while (fault_.empty() && release()) {
      shuffle();
      for (const unsigned k : sequence_) {
        if (threads_[k].state != State::kRunnable) continue;
        threadIndex = {k};
        enter(*threads_[k].fiber);
        if (!fault_.empty()) return;
      }
    }
  }

  void shuffle() {
    if (order_ == Order::kShuffled) std::shuffle(sequence_.begin(), sequence_.end(), random_);
  }

  void enter(Fiber& fiber) {
    running_ = &fiber;
    fiber.enter();
    running_ = nullptr;
    if (fault_.empty()) return;
    // Stacks that were left in the middle are of no use any more.
    idle_.clear();
    fibers_.clear();
  }

  /// A fiber that has ended its threads: runs those that have not begun until one has to wait.
  Fiber* idleFiber() {
    if (!idle_.empty()) {
      Fiber* fiber = idle_.back();
      idle_.pop_back();
      return fiber;
    }
    fibers_.push_back(std::make_unique<Fiber>([this] {
      for (;;) {
        Fiber* const own = running_;
        while (notBegun_ < sequence_.size()) {
          const unsigned k = sequence_[notBegun_++];
          threadIndex = {k};
          threads_[k].state = State::kRunnable;
          (*body_)();
          threads_[k].state = State::kEnded;
          if (threads_[k].fiber != nullptr) break;  // it has waited: others have begun meanwhile
        }
        idle_.push_back(own);
        own->leave();
      }
    }));
    return fibers_.back().get();
  }

  /// Lets go whose barrier is complete. False when all have ended, or none can go on, which is a fault.
  bool release() {
    bool any = false, waiting = false;
    for (unsigned first = 0; first < threads_.size(); first += kLanes)
      any = releaseWarp(first) || any;
    if (any) return true;
    const Thread *block = nullptr, *other = nullptr;
    for (const Thread& thread : threads_) {
      if (thread.state == State::kEnded) continue;
      waiting = true;
      if (thread.state != State::kAtBlockBarrier) {
        other = &thread;
      } else if (block == nullptr) {
        block = &thread;
      } else if (thread.where.line() != block->where.line() ||
                 std::string_view(thread.where.file_name()) != block->where.file_name()) {
        other = &thread;
      }
    }
    if (!waiting) return false;
    if (other != nullptr) {
      fault_ = "threads of one block wait at " + text(other->where) +
               (block != nullptr ? " and at " + text(block->where) : " for lanes that do not come");
      idle_.clear();
      fibers_.clear();
      return false;
    }
    for (Thread& thread : threads_)
      if (thread.state == State::kAtBlockBarrier) thread.state = State::kRunnable;
    return true;
  }

  /// Lets go the groups of lanes of the warp that begins at `first` that are complete.
  bool releaseWarp(unsigned first) {
    const unsigned lanes = std::min<unsigned>(kLanes, static_cast<unsigned>(threads_.size()) - first);
    bool any = false;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const Thread leader = threads_[first + lane];
      if (leader.state != State::kAtWarpBarrier) continue;
      bool complete = (leader.mask >> lane & 1U) != 0;
      for (unsigned k = 0; k < kLanes && complete; ++k) {
        if ((leader.mask >> k & 1U) == 0) continue;
        complete = k < lanes && threads_[first + k].state == State::kAtWarpBarrier &&
                   threads_[first + k].mask == leader.mask &&
                   threads_[first + k].where.line() == leader.where.line();
      }
      if (!complete) continue;
      for (unsigned k = 0; k < lanes; ++k)
        if ((leader.mask >> k & 1U) != 0) threads_[first + k].state = State::kRunnable;
      any = true;
    }
    return any;
  }

  const std::function<void()>* body_ = nullptr;
  Order order_ = Order::kForwards;
  std::mt19937 random_;
  std::string fault_;
  std::vector<Thread> threads_;
  std::vector<unsigned> sequence_;  // the threads in the order in which they run
  std::size_t notBegun_ = 0;        // the first of the sequence that has not begun
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  Fiber* running_ = nullptr;
};

Grid& grid() {
  static Grid grid;
  return grid;
}

}  // namespace

std::string runGrid(unsigned blocks, unsigned threads, Order order, const std::function<void()>& thread) {
  static std::mutex one;
  const std::lock_guard<std::mutex> lock(one);
  return grid().run(blocks, threads, order, thread);
}

void waitForBlock(std::source_location where) {
  grid().wait(State::kAtBlockBarrier, 0, where);
}

void waitForWarp(unsigned mask, std::source_location where) {
  grid().wait(State::kAtWarpBarrier, mask, where);
}

std::array<std::uint64_t, kLanes> exchange(unsigned mask, std::uint64_t value, std::source_location where) {
  const unsigned warp = threadIndex.x - lane();
  grid().given[threadIndex.x] = value;
  waitForWarp(mask, where);
  std::array<std::uint64_t, kLanes> values{};
  std::copy_n(grid().given + warp, kLanes, values.begin());
  waitForWarp(mask, where);
  return values;
}

void fail(const char* what) {
  grid().fail(what);
}

}  // namespace anchorscope::cuda_on_host
