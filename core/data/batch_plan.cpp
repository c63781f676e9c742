#include "core/data/batch_plan.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {

BatchPlan::BatchPlan(EpochList epochs, std::size_t batchSize, std::vector<int> bucketOfImage)
    : order_(std::move(epochs)),
      batchSize_(batchSize),
      sectionBatches_((order_.epochs().length() + batchSize - 1) / batchSize),
      bucketOfImage_(std::move(bucketOfImage)) {
  ANCHORSCOPE_CHECK(batchSize >= 1, "a batch of no images");
}

std::vector<SamplePlace> BatchPlan::placesOf(std::int64_t position) const {
  const auto batch = static_cast<std::uint64_t>(position);
  std::vector<SamplePlace> places(batchSize_);
  if (bucketOfImage_.empty()) {
    for (std::size_t i = 0; i < batchSize_; ++i)
      places[i] = order_.place(batch * batchSize_ + i);
    return places;
  }
  const auto samples = section(batch / sectionBatches_);
  const std::size_t first = static_cast<std::size_t>(batch % sectionBatches_) * batchSize_;
  for (std::size_t i = 0; i < batchSize_; ++i)
    places[i] = order_.place((*samples)[first + i]);
  return places;
}

std::shared_ptr<const BatchPlan::Section> BatchPlan::section(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const std::size_t slot = index % 2;
  if (sections_[slot] && kept_[slot] == index) return sections_[slot];
  sections_[slot] = std::make_shared<const Section>(grouped(index));
  kept_[slot] = index;
  return sections_[slot];
}

BatchPlan::Section BatchPlan::grouped(std::uint64_t index) const {
  const std::size_t count = static_cast<std::size_t>(sectionBatches_) * batchSize_;
  const std::uint64_t first = index * count;
  std::vector<std::pair<int, std::uint64_t>> places(count);  // bucket, sample
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t sample = first + i;
    places[i] = {bucketOfImage_[order_.entryAt(order_.place(sample)).image], sample};
  }
  std::sort(places.begin(), places.end());
  std::vector<std::pair<std::uint64_t, std::size_t>> batches;  // last sample, where it begins in `places`
  for (std::size_t begin = 0; begin < count; begin += batchSize_) {
    std::uint64_t last = 0;
    for (std::size_t i = begin; i < begin + batchSize_; ++i)
      last = std::max(last, places[i].second);
    batches.emplace_back(last, begin);
  }
  std::sort(batches.begin(), batches.end());
  Section section;
  section.reserve(count);
  for (const auto& [last, begin] : batches)
    for (std::size_t i = begin; i < begin + batchSize_; ++i)
      section.push_back(places[i].second);
  return section;
}

}  // namespace anchorscope
