#include "core/data/sample_order.h"

namespace anchorscope {

EpochEntry SampleOrder::entryAt(const SamplePlace& place) const {
  return (*entriesOf(place.epoch))[place.rank % epochs_.length()];
}

std::shared_ptr<const SampleOrder::Entries> SampleOrder::entriesOf(std::uint64_t epoch) const {
  const std::lock_guard lock(mutex_);
  const std::size_t slot = epoch % 2;
  if (entries_[slot] && kept_[slot] == epoch) return entries_[slot];
  entries_[slot] = std::make_shared<const Entries>(epochs_.epoch(epoch));
  kept_[slot] = epoch;
  return entries_[slot];
}

}  // namespace anchorscope
