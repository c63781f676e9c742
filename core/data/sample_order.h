#pragma once
// View header. Which image comes at which place of the endless stream of epochs, computable from anywhere.

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/data/epoch_list.h"

namespace anchorscope {

/// Place in the stream of samples.
struct SamplePlace {
  std::uint64_t epoch = 0;
  std::size_t rank = 0;  ///< Within the epoch.
};

/// Epoch after epoch of a list. Any thread.
class SampleOrder {
 public:
  explicit SampleOrder(EpochList epochs) : epochs_(std::move(epochs)) {}

  const EpochList& epochs() const { return epochs_; }
  SamplePlace place(std::uint64_t sample) const {
    return {sample / epochs_.length(), static_cast<std::size_t>(sample % epochs_.length())};
  }
  /// What comes at a place; a rank beyond the epoch's end continues at its beginning.
  EpochEntry entryAt(const SamplePlace& place) const;

 private:
  using Entries = std::vector<EpochEntry>;
  std::shared_ptr<const Entries> entriesOf(std::uint64_t epoch) const;

  EpochList epochs_;
  mutable std::mutex mutex_;
  /// Two epochs, since prefetching straddles their border.
  mutable std::uint64_t kept_[2] = {};
  mutable std::shared_ptr<const Entries> entries_[2];
};

}  // namespace anchorscope
