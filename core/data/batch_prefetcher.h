#pragma once
// View header (no torch). Batches made ahead by threads and handed out in order.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/data/batch.h"

namespace anchorscope {

/// Which thread makes which batch changes nothing about it. next() is called by one thread.
class BatchPrefetcher {
 public:
  /// Makes the batch at a position, on any thread; should give up soon once stopped.
  using Make = std::function<Result<Batch>(std::int64_t position, const std::stop_token& stop)>;

  /// Positions first, first + 1 ... below end. No threads: next() makes the batch itself. At most `ahead` (at
  /// least 1) are made and not yet handed out.
  BatchPrefetcher(Make make, std::int64_t first, std::int64_t end, int threads, std::int64_t ahead);
  /// Stops its threads: within one call of `make` each, all at once.
  ~BatchPrefetcher();
  BatchPrefetcher(const BatchPrefetcher&) = delete;
  BatchPrefetcher& operator=(const BatchPrefetcher&) = delete;

  std::int64_t position() const { return position_; }  ///< Of the batch next() will give; below end.
  /// The next batch; waits where it is not made yet. What its making throws, memory run out among it, is an
  /// error of that batch.
  Result<Batch> next();

 private:
  Result<Batch> made(std::int64_t position, const std::stop_token& stop) const;
  void work(const std::stop_token& stop);

  const Make make_;
  const std::int64_t end_, ahead_;
  std::int64_t position_;  ///< Only next()'s thread.

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable_any room_;
  std::map<std::int64_t, Result<Batch>> finished_;
  std::int64_t taken_;  ///< Positions below it were handed out.
  std::int64_t nextToMake_;
  std::vector<std::jthread> threads_;
};

}  // namespace anchorscope
