#pragma once
// Hand-over points between threads: Mailbox (latest wins), EventQueue (never loses).

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace anchorscope {

/// Holds the newest immutable value. Any thread may post and read; a post replaces what was there.
template <typename T>
class Mailbox {
 public:
  void post(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);  // the old value is released after the lock
  }
  std::shared_ptr<const T> latest() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

/// Unbounded queue whose reader takes everything at once, in order. Any thread may push.
template <typename T>
class EventQueue {
 public:
  void push(T event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<T> drain() {
    std::vector<T> out;
    const std::lock_guard lock(mutex_);
    out.swap(events_);
    return out;
  }

 private:
  std::mutex mutex_;
  std::vector<T> events_;
};

}  // namespace anchorscope
