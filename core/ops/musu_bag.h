#pragma once
// Internal header (ATen). One object's part of MuSu's assignment on the CPU: eligible anchors, bag, rankings,
// weights, statistics. See musu.h for the meaning.

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/ops/musu.h"
#include "core/ops/musu_ranking.h"
#include "core/ops/musu_rows.h"

namespace anchorscope {

/// One image's arrays; see MusuInputs.
template <typename T>
struct MusuImage {
  const T *anchors, *strides, *logits;
  const T* columns;                  ///< x1, y1, x2, y2 of the predicted boxes, `count` each.
  const MusuBlockBounds<T>* bounds;  ///< Of each block of kMusuBlock of them.
  std::int64_t count, classes;
};

/// What a bag member brings to the competition for its anchor.
template <typename T>
struct MusuMember {
  std::int32_t anchor;
  T joint, wReg, wCls;
};

/// The eligible anchors, by anchor, for evidence.
template <typename T>
struct MusuEligible {
  std::vector<std::int32_t> anchor;
  std::vector<T> p, q, joint;
  std::vector<std::uint8_t> kept;  ///< By the threshold, before maxBag.
  /// The bag's members: positions among the eligible, ascending, and what is known about each.
  std::vector<std::int32_t> position, rankReg, rankCls;
  std::vector<T> sReg, sCls, wReg, wCls;
};

/// What became of one object.
template <typename T>
struct MusuBag {
  std::vector<MusuMember<T>> members;  ///< By anchor; those with a weight above 0.
  std::int64_t size = 0, eligible = 0;
  bool fallback = false;
  double threshold = std::numeric_limits<double>::quiet_NaN();
  std::int64_t bestJoint = -1, bestP = -1, bestQ = -1;
  std::array<double, kMusuStatistics> statistics{};  ///< Set unless kWeights.
  std::unique_ptr<MusuEligible<T>> evidence;         ///< Only for kPairs.
};

/// Fills bags one after the other, in the same buffers. Not thread-safe: one per thread.
template <typename T>
class MusuBagFiller {
 public:
  MusuBagFiller(const MusuOptions& options, MusuDetail detail);

  /// object: xyxy; label: 0 .. classes - 1.
  MusuBag<T> fill(const MusuImage<T>& image, const T* object, std::int64_t label);

 private:
  void findEligible(const MusuImage<T>& image, const T* object, std::int64_t label);
  void applyThreshold(MusuBag<T>& bag);
  void limitBag();
  void rankMembers(MusuBag<T>& bag);
  void addStatistics(const MusuImage<T>& image, const T* object, MusuBag<T>& bag);
  void keepEvidence(MusuBag<T>& bag) const;
  /// Larger P first, then the smaller anchor.
  bool better(std::int32_t a, std::int32_t b) const;
  /// Room for `count` eligible anchors.
  void reserve(std::size_t count);

  MusuOptions options_;
  MusuDetail detail_;
  std::size_t count_ = 0;             // of the eligible
  std::vector<std::int32_t> anchor_;  // of each eligible one, ascending
  std::vector<T> logit_, p_, q_, joint_;
  std::vector<std::int32_t> kept_;     // positions among the eligible, ascending
  std::vector<std::int32_t> members_;  // the same after maxBag
  std::vector<T> memberP_, memberQ_, memberJoint_, sReg_, sCls_;
  std::vector<std::int32_t> rankReg_, rankCls_, doubledP_, doubledQ_;
  MusuRanking<T> ranking_;
  MusuWeights weightsReg_, weightsCls_;
};

extern template class MusuBagFiller<float>;
extern template class MusuBagFiller<double>;

}  // namespace anchorscope
