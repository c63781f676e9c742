#pragma once
// View header. Makes the batch at a position: reads, augments, resamples. No state but caches; any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "core/data/augment.h"
#include "core/data/batch_plan.h"
#include "core/data/loader.h"

namespace anchorscope {

/// Decoded images kept in memory: the first ones that fit the budget. Under shuffled epochs, where every
/// image is as likely to come next as any other, throwing one out for another gains nothing.
class PixelCache {
 public:
  PixelCache(std::size_t imageCount, std::int64_t budgetBytes)
      : budgetBytes_(budgetBytes), pixels_(imageCount) {}
  std::shared_ptr<const ImagePixels> find(std::size_t imageIndex) const;
  void offer(std::size_t imageIndex, const std::shared_ptr<const ImagePixels>& pixels);

 private:
  const std::int64_t budgetBytes_;
  mutable std::mutex mutex_;
  std::int64_t usedBytes_ = 0;
  std::vector<std::shared_ptr<const ImagePixels>> pixels_;
};

class SampleMaker {
 public:
  /// `epochs`: of the same data set.
  SampleMaker(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options, EpochList epochs);

  /// kBadData when not one image can be read, kCancelled when stopped.
  Result<Batch> batchAt(std::int64_t position, const std::stop_token& stop) const;

 private:
  /// An image reduced by a power of two, so far that augmentation never needs more of it. Whether it came
  /// from the cache makes no difference to its pixels.
  struct Source {
    std::shared_ptr<const ImagePixels> pixels;
    AxisTransform imageFromSource;
  };
  Result<Source> load(std::size_t imageIndex) const;
  /// One place of a batch.
  struct Loaded {
    EpochEntry entry;
    std::uint64_t epoch = 0;
    Source source;
    SizePx window;  ///< The part of the input that is the image's.
  };
  /// Where a sample's pixels go.
  struct Target {
    Fit fit;
    SizePx inputSize;
    std::uint8_t* pixels;
  };
  Result<Loaded> loadNextReadable(SamplePlace place, Diagnostics& diagnostics,
                                  const std::stop_token& stop) const;
  void makeSingle(const Loaded& loaded, const Target& target, Random& random, BatchSample& sample) const;
  void makeMosaic(const Loaded& loaded, const Target& target, Random& random, BatchSample& sample,
                  Diagnostics& diagnostics) const;

  std::shared_ptr<const Dataset> dataset_;
  const LoaderOptions options_;
  const AugmentOptions augment_;
  const std::vector<InputShape> shapes_;
  const BatchPlan plan_;
  mutable PixelCache cache_;
};

/// Of the batches of a stream; at least one.
std::vector<InputShape> shapesOf(const LoaderOptions& options);

/// What the list of problems says about an image that could not be loaded.
RecordProblem problemOfImage(const Dataset& dataset, std::size_t imageIndex, const Error& error);

}  // namespace anchorscope
