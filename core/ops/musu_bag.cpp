#include "core/ops/musu_bag.h"

#include <algorithm>
#include <numeric>

#include "core/ops/iou_row.h"

namespace anchorscope {
namespace {

/// Keeps the entries of a column that `keep` names, in order.
template <typename T, typename Keep>
std::size_t compact(std::size_t from, std::size_t count, Keep keep, std::vector<std::int32_t>& anchor,
                    std::vector<T>& a, std::vector<T>& b, std::vector<T>& c) {
  std::size_t kept = from;
  for (std::size_t k = from; k < count; ++k) {
    if (!keep(k)) continue;
    anchor[kept] = anchor[k];
    a[kept] = a[k];
    b[kept] = b[k];
    c[kept] = c[k];
    ++kept;
  }
  return kept;
}

template <typename T>
void gather(const std::vector<T>& values, const std::vector<std::int32_t>& positions, std::vector<T>& out) {
  out.resize(positions.size());
  for (std::size_t k = 0; k < positions.size(); ++k)
    out[k] = values[static_cast<std::size_t>(positions[k])];
}

}  // namespace

template <typename T>
MusuBagFiller<T>::MusuBagFiller(const MusuOptions& options, MusuDetail detail)
    : options_(options),
      detail_(detail),
      weightsReg_(options.tauReg, options),
      weightsCls_(options.tauCls, options) {}

template <typename T>
bool MusuBagFiller<T>::better(std::int32_t a, std::int32_t b) const {
  const T jointA = joint_[static_cast<std::size_t>(a)], jointB = joint_[static_cast<std::size_t>(b)];
  return jointA > jointB || (jointA == jointB && a < b);
}

template <typename T>
void MusuBagFiller<T>::reserve(std::size_t count) {
  if (count <= anchor_.size()) return;
  const std::size_t size = std::max(count, 2 * anchor_.size());
  anchor_.resize(size);
  for (std::vector<T>* column : {&logit_, &p_, &q_, &joint_})
    column->resize(size);
}

template <typename T>
void MusuBagFiller<T>::findEligible(const MusuImage<T>& image, const T* object, std::int64_t label) {
  count_ = 0;
  T overlaps[kMusuBlock];
  const bool wantCenter = options_.eligibility != MusuOptions::Eligibility::kOverlap;
  for (std::int64_t begin = 0; begin < image.count; begin += kMusuBlock) {
    const MusuBlockBounds<T>& around = image.bounds[begin / kMusuBlock];
    if (around.left >= object[2] || around.right <= object[0] || around.top >= object[3] ||
        around.bottom <= object[1]) {
      continue;
    }
    const std::int64_t size = std::min(kMusuBlock, image.count - begin);
    const T* x1 = image.columns + begin;
    if (!iouRow(object, x1, x1 + image.count, x1 + 2 * image.count, x1 + 3 * image.count, size, overlaps))
      continue;
    reserve(count_ + static_cast<std::size_t>(size) + 1);
    const std::size_t from = count_;
    std::int32_t* anchor = anchor_.data() + from;
    T* q = q_.data() + from;
    for (std::int64_t j = 0; j < size; ++j) {  // without branches: overlaps come and go within a block
      const std::int64_t overlapping = overlaps[j] > T(0) ? 1 : 0;
      *anchor = static_cast<std::int32_t>(begin + j);
      *q = overlaps[j];
      anchor += overlapping;
      q += overlapping;
    }
    count_ = static_cast<std::size_t>(anchor - anchor_.data());
    if (!wantCenter) continue;
    const auto centered = [&](std::size_t k) {
      const std::int64_t i = anchor_[k];
      return musumath::centerEligible(image.anchors + 4 * i, image.strides[i], object, options_);
    };
    count_ = compact(from, count_, centered, anchor_, q_, p_, joint_);
  }
  const T* logits = image.logits + label;
  for (std::size_t k = 0; k < count_; ++k)
    logit_[k] = logits[anchor_[k] * image.classes];
  if (count_ == 0) return;
  musuScores(logit_.data(), q_.data(), static_cast<std::int64_t>(count_), options_, p_.data(), joint_.data());
  bool numbers = true;
  for (std::size_t k = 0; k < count_; ++k)
    numbers &= p_[k] == p_[k];
  if (!numbers)
    count_ = compact(
        0, count_, [&](std::size_t k) { return p_[k] == p_[k]; }, anchor_, q_, p_, joint_);
}

/// Puts what the threshold keeps into kept_; sets threshold and fallback.
template <typename T>
void MusuBagFiller<T>::applyThreshold(MusuBag<T>& bag) {
  const auto count = static_cast<std::int64_t>(count_);
  if (options_.threshold == MusuOptions::Threshold::kTopK) {
    kept_.resize(count_);
    std::iota(kept_.begin(), kept_.end(), 0);
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(std::min(count, options_.k)) - 1;
    std::nth_element(kept_.begin(), last, kept_.end(),
                     [&](std::int32_t a, std::int32_t b) { return better(a, b); });
    bag.threshold = static_cast<double>(joint_[static_cast<std::size_t>(*last)]);
    kept_.erase(last + 1, kept_.end());
    std::sort(kept_.begin(), kept_.end());
    return;
  }
  const auto best = [&] { return static_cast<std::int32_t>(musuLargest(joint_.data(), count)); };
  switch (options_.threshold) {
    case MusuOptions::Threshold::kMaxRatio:
      bag.threshold = options_.gamma * static_cast<double>(joint_[static_cast<std::size_t>(best())]);
      break;
    case MusuOptions::Threshold::kAbsolute:
      bag.threshold = options_.t;
      break;
    default:
      bag.threshold = musuMeanPlusDeviation(joint_.data(), count);
  }
  kept_.resize(count_ + 1);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < count_; ++k) {
    kept_[kept] = static_cast<std::int32_t>(k);
    kept += static_cast<double>(joint_[k]) >= bag.threshold ? 1 : 0;
  }
  bag.fallback = kept == 0;
  if (bag.fallback) kept_[kept++] = best();
  kept_.resize(kept);
}

template <typename T>
void MusuBagFiller<T>::limitBag() {
  members_ = kept_;
  if (options_.maxBag == 0 || static_cast<std::int64_t>(members_.size()) <= options_.maxBag) return;
  const auto last = members_.begin() + static_cast<std::ptrdiff_t>(options_.maxBag) - 1;
  std::nth_element(members_.begin(), last, members_.end(),
                   [&](std::int32_t a, std::int32_t b) { return better(a, b); });
  members_.erase(last + 1, members_.end());
  std::sort(members_.begin(), members_.end());
}

template <typename T>
void MusuBagFiller<T>::rankMembers(MusuBag<T>& bag) {
  const std::size_t size = members_.size();
  gather(p_, members_, memberP_);
  gather(q_, members_, memberQ_);
  gather(joint_, members_, memberJoint_);
  for (std::vector<T>* criterion : {&sReg_, &sCls_})
    criterion->resize(size);
  musuCriteria(memberP_.data(), memberQ_.data(), static_cast<std::int64_t>(size), options_, sReg_.data(),
               sCls_.data());
  for (std::vector<std::int32_t>* ranks : {&rankReg_, &rankCls_, &doubledP_, &doubledQ_})
    ranks->resize(size);
  ranking_.rank(sReg_.data(), memberJoint_.data(), size, rankReg_.data());
  ranking_.rank(sCls_.data(), memberJoint_.data(), size, rankCls_.data());

  bag.size = static_cast<std::int64_t>(size);
  const double* weightsReg = weightsReg_.ofBag(bag.size);
  const double* weightsCls = weightsCls_.ofBag(bag.size);
  for (std::size_t k = 0; k < size; ++k) {
    const T wReg = static_cast<T>(weightsReg[rankReg_[k]]), wCls = static_cast<T>(weightsCls[rankCls_[k]]);
    if (wReg > T(0) || wCls > T(0))
      bag.members.push_back({anchor_[static_cast<std::size_t>(members_[k])], memberJoint_[k], wReg, wCls});
  }
}

template <typename T>
void MusuBagFiller<T>::addStatistics(const MusuImage<T>& image, const T* object, MusuBag<T>& bag) {
  const auto best = [&](const std::vector<T>& values) -> std::int64_t {
    return anchor_[static_cast<std::size_t>(musuLargest(values.data(), static_cast<std::int64_t>(count_)))];
  };
  bag.bestJoint = best(joint_);
  bag.bestP = best(p_);
  bag.bestQ = best(q_);
  ranking_.rankSharing(memberP_.data(), members_.size(), doubledP_.data());
  ranking_.rankSharing(memberQ_.data(), members_.size(), doubledQ_.data());
  const musumath::RankSums sums =
      musuRankSums(rankReg_.data(), rankCls_.data(), doubledP_.data(), doubledQ_.data(), bag.size);
  const auto set = [&](MusuStatistic which, double value) {
    bag.statistics[static_cast<std::size_t>(which)] = value;
  };
  const double distance =
      musumath::centerDistance(image.anchors + 4 * bag.bestP, image.anchors + 4 * bag.bestQ);
  set(MusuStatistic::kRankDisagreement, musumath::rankDisagreement(sums, bag.size));
  set(MusuStatistic::kRankCorrelation, musumath::rankCorrelation(sums, bag.size));
  set(MusuStatistic::kSpearmanPq, musumath::spearmanPq(sums, bag.size));
  set(MusuStatistic::kBestPqDistance, distance);
  set(MusuStatistic::kBestPqDistanceRelative, distance / musumath::sizeOf(object));
  set(MusuStatistic::kEntropyReg, weightsReg_.entropy(bag.size));
  set(MusuStatistic::kEntropyCls, weightsCls_.entropy(bag.size));
}

template <typename T>
void MusuBagFiller<T>::keepEvidence(MusuBag<T>& bag) const {
  const auto whole = static_cast<std::ptrdiff_t>(count_);
  const auto firstOf = [&](const auto& column) {
    return std::vector(column.begin(), column.begin() + whole);
  };
  auto evidence = std::make_unique<MusuEligible<T>>();
  evidence->anchor = firstOf(anchor_);
  evidence->p = firstOf(p_);
  evidence->q = firstOf(q_);
  evidence->joint = firstOf(joint_);
  evidence->kept.assign(count_, 0);
  for (const std::int32_t position : kept_)
    evidence->kept[static_cast<std::size_t>(position)] = 1;
  evidence->position = members_;
  evidence->rankReg = rankReg_;
  evidence->rankCls = rankCls_;
  evidence->sReg = sReg_;
  evidence->sCls = sCls_;
  evidence->wReg.resize(members_.size());
  evidence->wCls.resize(members_.size());
  // Members without any weight are not in bag.members.
  auto weighted = bag.members.begin();
  for (std::size_t k = 0; k < members_.size() && weighted != bag.members.end(); ++k) {
    if (weighted->anchor != anchor_[static_cast<std::size_t>(members_[k])]) continue;
    evidence->wReg[k] = weighted->wReg;
    evidence->wCls[k] = weighted->wCls;
    ++weighted;
  }
  bag.evidence = std::move(evidence);
}

template <typename T>
MusuBag<T> MusuBagFiller<T>::fill(const MusuImage<T>& image, const T* object, std::int64_t label) {
  MusuBag<T> bag;
  bag.statistics.fill(std::numeric_limits<double>::quiet_NaN());
  findEligible(image, object, label);
  bag.eligible = static_cast<std::int64_t>(count_);
  kept_.clear();
  members_.clear();
  for (std::vector<std::int32_t>* ranks : {&rankReg_, &rankCls_})
    ranks->clear();
  for (std::vector<T>* criterion : {&sReg_, &sCls_})
    criterion->clear();
  if (count_ > 0) {
    applyThreshold(bag);
    limitBag();
    rankMembers(bag);
    if (detail_ != MusuDetail::kWeights) addStatistics(image, object, bag);
  }
  if (detail_ == MusuDetail::kPairs) keepEvidence(bag);
  return bag;
}

template class MusuBagFiller<float>;
template class MusuBagFiller<double>;

}  // namespace anchorscope
