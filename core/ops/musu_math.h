#pragma once
// MuSu's options and scalar formulas, once, for the CPU and CUDA. No ATen. See musu.h for the meaning.

#include <cmath>
#include <cstdint>

#include "core/base/result.h"
#include "core/ops/cls_loss_math.h"

namespace anchorscope {

struct MusuOptions {
  /// Which pairs may enter a bag; all need q > 0.
  enum class Eligibility {
    kOverlap,      ///< q > 0.
    kCenterInGt,   ///< And the anchor's centre is inside the object by more than centerMarginPx on each side.
    kCenterRadius  ///< And, on both axes, at most `radius` strides (inclusive) from the object's centre.
  };
  enum class Joint {
    kGeometric,  ///< P = p^(1 - beta) q^beta
    kProduct     ///< P = p q^beta
  };
  /// The bag is {eligible: P >= t_g}; when that is empty, the single eligible anchor of largest P (the
  /// fallback).
  enum class Threshold {
    kMeanStd,   ///< t_g = mean(P) + population std(P) over the eligible.
    kMaxRatio,  ///< t_g = gamma max(P)
    kTopK,      ///< The k largest P; t_g is the P of the last kept.
    kAbsolute   ///< t_g = t
  };
  enum class Weighting {
    kExponential,  ///< exp(-rank / tau)
    kLinear,       ///< 1 - rank / bag size
    kHardTopK      ///< 1 for rank < kWeight, else 0
  };

  Eligibility eligibility = Eligibility::kOverlap;
  double centerMarginPx = 0.01;
  double radius = 1.5;
  Joint joint = Joint::kGeometric;
  double beta = 0.75;
  Threshold threshold = Threshold::kMeanStd;
  double gamma = 0.5;
  std::int64_t k = 20;
  double t = 0.3;
  std::int64_t maxBag = 0;  ///< Keep the best of a bag by P; 0 = no limit.
  double alpha = 0.25;      ///< s_reg = p^(1 - alpha) q^alpha, s_cls = q^(1 - alpha) p^alpha.
  Weighting weighting = Weighting::kExponential;
  double tauCls = 3, tauReg = 3;
  std::int64_t kWeight = 9;

  /// beta, alpha, gamma, t in [0,1]; k, kWeight >= 1; maxBag, centerMarginPx >= 0; radius, taus > 0. Else
  /// kUsage.
  Status validate() const;
};

/// What MuSu says about each object on every step; the definitions are this project's. NaN: undefined, as for
/// starved and padded objects.
enum class MusuStatistic : int {
  kRankDisagreement,  ///< mean |rank_reg - rank_cls| / max(1, bag size - 1) over the bag.
  kRankCorrelation,   ///< Spearman correlation of the two rankings; from 2 members on.
  kSpearmanPq,        ///< Spearman correlation of p and q in the bag, equal values sharing their mean rank;
                      ///< from 3 members on, and not where all p or all q are equal.
  kBestPqDistance,    ///< px between the centres of the eligible anchors of largest p and of largest q.
  kBestPqDistanceRelative,  ///< The same divided by sqrt(area of the object).
  kEntropyReg,              ///< nat, of w_reg / sum w_reg in the bag.
  kEntropyCls,              ///< nat, of w_cls / sum w_cls in the bag.
};
inline constexpr int kMusuStatistics = 7;

namespace musumath {

/// Sums over the members of a bag, exact in integers: the same in any order, below 2^21 members.
struct RankSums {
  std::int64_t apart = 0, apartSquared = 0, pq = 0, pp = 0, qq = 0;

  /// Ranks count from 0; doubledP and doubledQ are twice the (mean) rank by p and by q. Differences fit into
  /// 32 bits, which is what vectorised products take.
  ANCHORSCOPE_HD void add(std::int64_t rankReg, std::int64_t rankCls, std::int64_t doubledP,
                          std::int64_t doubledQ, std::int64_t bagSize) {
    const std::int64_t difference = static_cast<std::int32_t>(rankReg - rankCls);
    const std::int64_t p = static_cast<std::int32_t>(doubledP - (bagSize - 1));  // from the mean
    const std::int64_t q = static_cast<std::int32_t>(doubledQ - (bagSize - 1));
    apart += difference < 0 ? -difference : difference;
    apartSquared += difference * difference;
    pq += p * q;
    pp += p * p;
    qq += q * q;
  }
};

ANCHORSCOPE_HD double rankDisagreement(const RankSums& sums, std::int64_t bagSize) {
  if (bagSize < 1) return ::nan("");
  const auto size = static_cast<double>(bagSize);
  return static_cast<double>(sums.apart) / size / (bagSize > 1 ? size - 1 : 1);
}

ANCHORSCOPE_HD double rankCorrelation(const RankSums& sums, std::int64_t bagSize) {
  if (bagSize < 2) return ::nan("");
  const auto size = static_cast<double>(bagSize);
  return 1 - 6 * static_cast<double>(sums.apartSquared) / (size * (size * size - 1));
}

ANCHORSCOPE_HD double spearmanPq(const RankSums& sums, std::int64_t bagSize) {
  if (bagSize < 3 || sums.pp == 0 || sums.qq == 0) return ::nan("");
  return static_cast<double>(sums.pq) / ::sqrt(static_cast<double>(sums.pp) * static_cast<double>(sums.qq));
}

/// px between the centres of two boxes.
template <typename T>
ANCHORSCOPE_HD double centerDistance(const T* a, const T* b) {
  const double x = 0.5 * ((static_cast<double>(a[0]) + a[2]) - (static_cast<double>(b[0]) + b[2]));
  const double y = 0.5 * ((static_cast<double>(a[1]) + a[3]) - (static_cast<double>(b[1]) + b[3]));
  return ::sqrt(x * x + y * y);
}

/// sqrt(area), px.
template <typename T>
ANCHORSCOPE_HD double sizeOf(const T* box) {
  return ::sqrt((static_cast<double>(box[2]) - box[0]) * (static_cast<double>(box[3]) - box[1]));
}

/// a^(1 - mix) b^mix for a, b >= 0; 0^0 = 1.
template <typename T>
ANCHORSCOPE_HD T geometricMean(T a, T b, T mix) {
  return clsmath::powerOf(a, T(1) - mix) * clsmath::powerOf(b, mix);
}

template <typename T>
ANCHORSCOPE_HD T joint(T p, T q, const MusuOptions& options) {
  const T beta = T(options.beta);
  return options.joint == MusuOptions::Joint::kGeometric ? geometricMean(p, q, beta)
                                                         : p * clsmath::powerOf(q, beta);
}

/// The regression head's criterion.
template <typename T>
ANCHORSCOPE_HD T criterionReg(T p, T q, const MusuOptions& options) {
  return geometricMean(p, q, T(options.alpha));
}

/// The classification head's criterion.
template <typename T>
ANCHORSCOPE_HD T criterionCls(T p, T q, const MusuOptions& options) {
  return geometricMean(q, p, T(options.alpha));
}

/// Whether an anchor's centre satisfies the eligibility rule; overlap is asked for separately.
template <typename T>
ANCHORSCOPE_HD bool centerEligible(const T* anchor, T stride, const T* object, const MusuOptions& options) {
  if (options.eligibility == MusuOptions::Eligibility::kOverlap) return true;
  const T x = (anchor[0] + anchor[2]) * T(0.5), y = (anchor[1] + anchor[3]) * T(0.5);
  const T margin = T(options.centerMarginPx);
  const bool inside =
      x - object[0] > margin && y - object[1] > margin && object[2] - x > margin && object[3] - y > margin;
  if (!inside || options.eligibility == MusuOptions::Eligibility::kCenterInGt) return inside;
  const T shiftX = x - (object[0] + object[2]) * T(0.5), shiftY = y - (object[1] + object[3]) * T(0.5);
  const T reach = T(options.radius) * stride;
  return shiftX <= reach && -shiftX <= reach && shiftY <= reach && -shiftY <= reach;
}

/// The weight of a rank in a bag.
ANCHORSCOPE_HD double weightOfRank(std::int64_t rank, std::int64_t bagSize, double tau,
                                   const MusuOptions& options) {
  switch (options.weighting) {
    case MusuOptions::Weighting::kExponential:
      return ::exp(-static_cast<double>(rank) / tau);
    case MusuOptions::Weighting::kLinear:
      return 1 - static_cast<double>(rank) / static_cast<double>(bagSize);
    case MusuOptions::Weighting::kHardTopK:
      break;
  }
  return rank < options.kWeight ? 1 : 0;
}

}  // namespace musumath
}  // namespace anchorscope
