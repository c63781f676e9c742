#include "core/data/batch_prefetcher.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {

BatchPrefetcher::BatchPrefetcher(Make make, std::int64_t first, std::int64_t end, int threads,
                                 std::int64_t ahead)
    : make_(std::move(make)),
      end_(end),
      ahead_(std::max<std::int64_t>(1, ahead)),
      position_(first),
      taken_(first),
      nextToMake_(first) {
  threads_.reserve(static_cast<std::size_t>(std::max(0, threads)));
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

BatchPrefetcher::~BatchPrefetcher() {
  for (std::jthread& thread : threads_)
    thread.request_stop();
  threads_.clear();
}

Result<Batch> BatchPrefetcher::next() {
  if (threads_.empty()) return made(position_++, {});
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return finished_.count(position_) > 0; });
  auto node = finished_.extract(position_);
  taken_ = ++position_;
  lock.unlock();
  room_.notify_all();
  return std::move(node.mapped());
}

Result<Batch> BatchPrefetcher::made(std::int64_t position, const std::stop_token& stop) const {
  try {
    return make_(position, stop);
  } catch (const std::bad_alloc&) {
    return makeError(ErrorCode::kIo, concat("Out of memory while loading batch ", position),
                     "Use a smaller batch, image size or cache_mb");
  } catch (const std::exception& exception) {
    return makeError(ErrorCode::kInternal, concat("Loading batch ", position, " failed: ", exception.what()),
                     "Report this");
  }
}

void BatchPrefetcher::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!room_.wait(lock, stop, [&] { return nextToMake_ >= end_ || nextToMake_ < taken_ + ahead_; })) return;
    if (nextToMake_ >= end_) return;
    const std::int64_t position = nextToMake_++;
    lock.unlock();
    Result<Batch> batch = made(position, stop);
    if (stop.stop_requested()) return;
    lock.lock();
    finished_.emplace(position, std::move(batch));
    lock.unlock();
    ready_.notify_one();
  }
}

}  // namespace anchorscope
