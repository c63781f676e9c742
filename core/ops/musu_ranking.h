#pragma once
// The rankings inside one of MuSu's bags, on the CPU, and the weights of their ranks. No ATen.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
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
  /// entry is how far its value's bits are below the largest, by which the entries are radix sorted.
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
      if (count < kRadixFrom) {
        std::sort(entries_.begin(), entries_.end());
      } else if (most != least) {
        radixSort(most - least);
      }
    } else {
      for (std::size_t k = 0; k < count; ++k)
        entries_[k] = k;
      std::stable_sort(entries_.begin(), entries_.end(),
                       [&](std::uint64_t a, std::uint64_t b) { return values[a] > values[b]; });
    }
  }

  /// By the upper halves, which are at most `largest`, least significant digit first.
  void radixSort(std::uint32_t largest) {
    const int width = std::bit_width(largest), widest = entries_.size() < kWideFrom ? 8 : 11;
    const int passes = (width + widest - 1) / widest, digit = (width + passes - 1) / passes;
    const std::uint64_t mask = (std::uint64_t{1} << digit) - 1;
    spare_.resize(entries_.size());
    std::uint32_t begins[4][1 << 11];
    for (int pass = 0; pass < passes; ++pass)
      std::memset(begins[pass], 0, sizeof(std::uint32_t) << digit);
    for (const std::uint64_t entry : entries_) {
      for (int pass = 0; pass < passes; ++pass)
        ++begins[pass][entry >> (32 + pass * digit) & mask];
    }
    for (int pass = 0; pass < passes; ++pass) {
      std::uint32_t* begin = begins[pass];
      std::uint32_t before = 0;
      for (std::uint64_t value = 0; value <= mask; ++value)
        before += std::exchange(begin[value], before);
      for (const std::uint64_t entry : entries_)
        spare_[begin[entry >> (32 + pass * digit) & mask]++] = entry;
      entries_.swap(spare_);
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

  static constexpr std::size_t kRadixFrom = 64, kWideFrom = 1024;
  std::vector<std::uint64_t> entries_, spare_;
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
