#pragma once
// Pictures with a bright mark each, and streams of batches of them, for the tests of the loader.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "core/data/loader.h"
#include "tests/data/sample_files.h"

namespace anchorscope::testing {

/// Images of different sizes, each with one bright mark (220 on 20) that its object surrounds.
std::shared_ptr<MemoryDataset> markedImages(int count);

/// 64 x 48 px, batches of 3, made in next().
LoaderOptions smallOptions();

/// Sets a loader option; fails the test on an error.
void set(LoaderOptions& options, const char* name, const char* value);

/// An empty batch, with a failed test, where there is none.
Batch nextOrFail(Loader& loader);

/// So many batches of a new loader.
std::vector<Batch> batches(const std::shared_ptr<const Dataset>& dataset, const LoaderOptions& options,
                           int count, std::int64_t from = 0);

/// Pixels, objects, transforms and order, bit by bit.
void expectSame(const Batch& a, const Batch& b);

/// Of every sample, in order.
std::vector<std::size_t> imagesOf(const std::vector<Batch>& all);

/// Meets its other callers: so many threads are inside at once, or the wait ends after a while.
class MeetingDataset final : public Dataset {
 public:
  MeetingDataset(std::shared_ptr<MemoryDataset> inner, int threads)
      : inner_(std::move(inner)), threads_(threads) {}
  const std::string& spec() const override { return inner_->spec(); }
  const std::vector<std::string>& classNames() const override { return inner_->classNames(); }
  const std::vector<ImageRecord>& images() const override { return inner_->images(); }
  const Diagnostics& diagnostics() const override { return inner_->diagnostics(); }
  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++inside_);
    met_.notify_all();
    met_.wait_for(lock, std::chrono::seconds(20), [&] { return most_ >= threads_; });
    --inside_;
    return inner_->loadPixels(imageIndex);
  }
  int mostAtOnce() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::shared_ptr<MemoryDataset> inner_;
  const int threads_;
  mutable std::mutex mutex_;
  mutable std::condition_variable met_;
  mutable int inside_ = 0, most_ = 0;
};

}  // namespace anchorscope::testing
