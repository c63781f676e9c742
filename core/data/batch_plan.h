#pragma once
// View header. Which places of the endless stream of epochs make a batch, so that images of like aspect come
// together.

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/data/sample_order.h"

namespace anchorscope {

/// The stream is cut into sections of about an epoch, each a whole number of batches. Within a section the
/// places of one bucket, in their order, fill batches; what is left of a bucket goes on into the next
/// bucket's first batch, so every place comes exactly once. A batch stands where its last place stood. With
/// one bucket the batches are consecutive runs of the stream. Depends on the epochs, the buckets and the
/// batch size alone; any thread.
class BatchPlan {
 public:
  /// bucketOfImage: one per image of the data set, or none (one bucket). batchSize at least 1.
  BatchPlan(EpochList epochs, std::size_t batchSize, std::vector<int> bucketOfImage);

  const SampleOrder& order() const { return order_; }
  /// The batchSize places of a batch (position >= 0).
  std::vector<SamplePlace> placesOf(std::int64_t position) const;

 private:
  using Section = std::vector<std::uint64_t>;  ///< Samples of the stream, batch after batch.
  std::shared_ptr<const Section> section(std::uint64_t index) const;
  Section grouped(std::uint64_t index) const;

  SampleOrder order_;
  std::size_t batchSize_;
  std::uint64_t sectionBatches_;
  std::vector<int> bucketOfImage_;
  mutable std::mutex mutex_;
  /// Two sections, since prefetching straddles their border.
  mutable std::uint64_t kept_[2] = {};
  mutable std::shared_ptr<const Section> sections_[2];
};

}  // namespace anchorscope
