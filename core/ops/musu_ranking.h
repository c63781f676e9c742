#pragma once
// The rankings inside one of MuSu's bags, on the CPU, and the weights of their ranks. No ATen.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/ops/musu_math.h"

namespace anchorscope {

/// Ranks values >= 0 without NaN; keeps its buffers from one bag to the next.
template <typename T>
class MusuRanking {
 public:
  /// ranks: 0 for the largest criterion; ties: larger joint score, then the smaller index.
  void rank(const T* criterion, const T* joint, std::size_t count, std::int32_t* ranks) {
    sort(criterion, count);
    forEachTie(criterion, count, [&](std::size_t first, std::size_t last) {
      std::stable_sort(
          entries_.begin() + static_cast<std::ptrdiff_t>(first),
          entries_.begin() + static_cast<std::ptrdiff_t>(last),
          [&](std::uint64_t a, std::uint64_t b) { return joint[indexOf(a)] > joint[indexOf(b)]; });
    });
    for (std::size_t place = 0; place < count; ++place)
      ranks[indexOf(entries_[place])] = static_cast<std::int32_t>(place);
  }

  /// doubled: twice the rank by falling value, where equal values share the mean of their ranks.
  void rankSharing(const T* values, std::size_t count, std::int32_t* doubled) {
    sort(values, count);
    for (std::size_t place = 0; place < count; ++place)
      doubled[indexOf(entries_[place])] = static_cast<std::int32_t>(2 * place);
    forEachTie(values, count, [&](std::size_t first, std::size_t last) {
      for (std::size_t place = first; place < last; ++place)
        doubled[indexOf(entries_[place])] = static_cast<std::int32_t>(first + last - 1);
    });
  }

 private:
  static std::uint32_t indexOf(std::uint64_t entry) { return static_cast<std::uint32_t>(entry); }

  /// Leaves the indices in entries_ by falling value, equal values by index. Float: the upper half of an
  /// entry is how far its value's bits are below the largest's, by which the entries are sorted as integers.
  void sort(const T* values, std::size_t count) {
    entries_.resize(count);
    if constexpr (std::is_same_v<T, float>) {
      std::uint32_t most = 0, least = ~std::uint32_t{0};
      for (std::size_t k = 0; k < count; ++k) {
        const auto bits = std::bit_cast<std::uint32_t>(values[k]);
        most = std::max(most, bits);
        least = std::min(least, bits);
      }
      for (std::size_t k = 0; k < count; ++k)
        entries_[k] = std::uint64_t{most - std::bit_cast<std::uint32_t>(values[k])} << 32 | k;
      if (most != least) bucketSort(most - least);
    } else {
      for (std::size_t k = 0; k < count; ++k)
        entries_[k] = k;
      std::stable_sort(entries_.begin(), entries_.end(),
                       [&](std::uint64_t a, std::uint64_t b) { return values[a] > values[b]; });
    }
  }

  /// Into some two buckets per entry by the leading bits of the upper halves, which are at most `largest`;
  /// the bits of a bag's values are spread evenly enough that few entries share a bucket. The rest is done in
  /// place.
  void bucketSort(std::uint32_t largest) {
    const int width = std::bit_width(largest),
              leading = std::min(width, static_cast<int>(std::bit_width(entries_.size())));
    const int shift = 32 + width - leading;
    begins_.assign((std::size_t{1} << leading) + 1, 0);
    for (const std::uint64_t entry : entries_)
      ++begins_[(entry >> shift) + 1];
    std::uint32_t fullest = 0;
    for (std::size_t bucket = 1; bucket < begins_.size(); ++bucket) {
      fullest = std::max(fullest, begins_[bucket]);
      begins_[bucket] += begins_[bucket - 1];
    }
    if (fullest > kFull) {
      std::sort(entries_.begin(), entries_.end());
      return;
    }
    spare_.resize(entries_.size());
    for (const std::uint64_t entry : entries_)
      spare_[begins_[entry >> shift]++] = entry;
    entries_.swap(spare_);
    for (std::size_t k = 1; k < entries_.size(); ++k) {  // nearly sorted: at most kFull places to go
      const std::uint64_t entry = entries_[k];
      std::size_t place = k;
      for (; place > 0 && entries_[place - 1] > entry; --place)
        entries_[place] = entries_[place - 1];
      entries_[place] = entry;
    }
  }

  /// Calls body(first, last) for every run of places with equal values, two or more of them.
  template <typename Body>
  void forEachTie(const T* values, std::size_t count, Body body) {
    const auto same = [&](std::size_t place) {
      const std::uint64_t a = entries_[place - 1], b = entries_[place];
      if constexpr (std::is_same_v<T, float>) return a >> 32 == b >> 32;
      return values[a] == values[b];
    };
    for (std::size_t first = 0, last = 1; last <= count; ++last) {
      if (last < count && same(last)) continue;
      if (last - first > 1) body(first, last);
      first = last;
    }
  }

  static constexpr std::uint32_t kFull = 32;
  std::vector<std::uint64_t> entries_, spare_;
  std::vector<std::uint32_t> begins_;
};

/// Weights by rank of one head, computed once for all bags where they do not depend on the bag's size.
class MusuWeights {
 public:
  MusuWeights(double tau, const MusuOptions& options) : tau_(tau), options_(options) {}

  /// Weights of the ranks of a bag, best first. Valid until the next call.
  const double* ofBag(std::int64_t size) {
    if (options_.weighting == MusuOptions::Weighting::kLinear) weights_.clear(), sums_.clear();
    for (auto rank = static_cast<std::int64_t>(weights_.size()); rank < size; ++rank) {
      const double weight = musumath::weightOfRank(rank, size, tau_, options_);
      const Sums before = sums_.empty() ? Sums{} : sums_.back();
      weights_.push_back(weight);
      sums_.push_back({before.weight + weight, before.weightTimesLog + weight * logOf(weight, rank)});
    }
    return weights_.data();
  }

  /// Entropy of the weights' shares, nat, of the bag last asked for; its size is at least 1.
  double entropy(std::int64_t size) const {
    const Sums& sums = sums_[static_cast<std::size_t>(size - 1)];
    return std::log(sums.weight) - sums.weightTimesLog / sums.weight;
  }

 private:
  struct Sums {
    double weight = 0, weightTimesLog = 0;
  };
  double logOf(double weight, std::int64_t rank) const {
    if (options_.weighting == MusuOptions::Weighting::kExponential) return -static_cast<double>(rank) / tau_;
    return weight > 0 ? std::log(weight) : 0;
  }
  double tau_;
  MusuOptions options_;
  std::vector<double> weights_;
  std::vector<Sums> sums_;  // of the weights up to each rank
};

}  // namespace anchorscope
