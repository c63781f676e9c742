#pragma once
// Hand-over points between threads: Mailbox (latest wins), EventQueue (never loses), BoundedQueue (never
// waits to push).

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
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

/// Queue of limited length between one producer that must not wait and one consumer that does.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False, and the value is left untouched, when the queue is full or closed. Never waits.
  bool tryPush(T& value) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || queue_.size() >= capacity_) return false;
      queue_.push_back(std::move(value));
    }
    ready_.notify_one();
    return true;
  }

  /// Waits for a value; empty only when the queue is closed and everything has been taken.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    return value;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> queue_;
  bool closed_ = false;
};

}  // namespace anchorscope
