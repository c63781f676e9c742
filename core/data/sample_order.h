#pragma once
// View header. Which image comes at which place of the endless stream: shuffled epochs, computable from
// anywhere.

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace anchorscope {

/// Place in the stream of samples.
struct SamplePlace {
  std::uint64_t epoch = 0;
  std::size_t rank = 0;  ///< Within the epoch.
};

/// The order depends on (seed, epoch) alone. Any thread.
class SampleOrder {
 public:
  /// `count` images, at least 1.
  SampleOrder(std::size_t count, std::uint64_t seed, bool shuffle);

  SamplePlace place(std::uint64_t sample) const {
    return {sample / count_, static_cast<std::size_t>(sample % count_)};
  }
  /// Image at a place; a rank beyond the epoch's end continues at its beginning.
  std::size_t imageAt(const SamplePlace& place) const;

 private:
  using Permutation = std::vector<std::uint32_t>;
  std::shared_ptr<const Permutation> permutation(std::uint64_t epoch) const;

  std::size_t count_;
  std::uint64_t seed_;
  bool shuffle_;
  mutable std::mutex mutex_;
  /// Two epochs, since prefetching straddles their border.
  mutable std::uint64_t epochs_[2] = {};
  mutable std::shared_ptr<const Permutation> permutations_[2];
};

}  // namespace anchorscope
