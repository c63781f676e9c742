#pragma once
// A few threads that share out numbered pieces of work. No Qt.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace anchorscope {

/// Persistent threads; idle ones sleep. run() may be called from one thread at a time.
class StripPool {
 public:
  /// `threads` counts the caller: 1 starts none.
  explicit StripPool(int threads);
  ~StripPool();
  StripPool(const StripPool&) = delete;
  StripPool& operator=(const StripPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(0) … work(count - 1), each once, in any order and thread; returns when all are done.
  void run(std::size_t count, const std::function<void(std::size_t)>& work);

  /// The GUI thread's pool: as many threads as cores, at most 4.
  static StripPool& shared();

 private:
  void serve();
  void takePieces(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::size_t count_ = 0, next_ = 0, unfinished_ = 0;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace anchorscope
