#include "core/data/sample_order.h"

#include <limits>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"

namespace anchorscope {

SampleOrder::SampleOrder(std::size_t count, std::uint64_t seed, bool shuffle)
    : count_(count), seed_(seed), shuffle_(shuffle) {
  ANCHORSCOPE_CHECK(count >= 1 && count <= std::numeric_limits<std::uint32_t>::max(), count, " images");
}

std::size_t SampleOrder::imageAt(const SamplePlace& place) const {
  const std::size_t rank = place.rank % count_;
  return shuffle_ ? (*permutation(place.epoch))[rank] : rank;
}

std::shared_ptr<const SampleOrder::Permutation> SampleOrder::permutation(std::uint64_t epoch) const {
  const std::lock_guard lock(mutex_);
  const std::size_t slot = epoch % 2;
  if (permutations_[slot] && epochs_[slot] == epoch) return permutations_[slot];
  auto order = std::make_shared<Permutation>(count_);
  std::iota(order->begin(), order->end(), 0u);
  Random random = Random::of(seed_, RandomPurpose::kShuffle, {epoch});
  for (std::size_t i = count_; i > 1; --i)
    std::swap((*order)[i - 1], (*order)[random.below(i)]);
  epochs_[slot] = epoch;
  permutations_[slot] = std::move(order);
  return permutations_[slot];
}

}  // namespace anchorscope
