#include "widgets/overlays/strip_pool.h"

#include <algorithm>

namespace anchorscope {

StripPool::StripPool(int threads) {
  for (int i = 1; i < threads; ++i)
    workers_.emplace_back([this] { serve(); });
}

StripPool::~StripPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_)
    worker.join();
}

void StripPool::run(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  std::unique_lock lock(mutex_);
  work_ = &work;
  count_ = unfinished_ = count;
  next_ = 0;
  if (!workers_.empty() && count > 1) wake_.notify_all();
  takePieces(lock);
  done_.wait(lock, [this] { return unfinished_ == 0; });
  work_ = nullptr;
}

void StripPool::takePieces(std::unique_lock<std::mutex>& lock) {
  while (next_ < count_) {
    const std::size_t piece = next_++;
    const auto* work = work_;
    lock.unlock();
    (*work)(piece);
    lock.lock();
    if (--unfinished_ == 0) done_.notify_all();
  }
}

void StripPool::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || next_ < count_; });
    if (stop_) return;
    takePieces(lock);
  }
}

StripPool& StripPool::shared() {
  static StripPool pool(std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4));
  return pool;
}

}  // namespace anchorscope
