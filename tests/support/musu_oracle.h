#pragma once
// Internal header (ATen). MuSu's assignment object by object and anchor by anchor in float64: the
// specification read aloud, written independently of core/ops/musu*, slow.

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/ops/musu.h"

namespace anchorscope::testing {

/// Dense [B,G,N] (object rows) and [B,N] results, float64.
struct MusuOracle {
  at::Tensor p, q, joint, eligible, inBag, below, cut, fallback, sReg, sCls, wReg, wCls, rankReg, rankCls;
  at::Tensor threshold, weightCls, weightReg, winnerReg, winnerCls;
  at::Tensor bestJoint, bestP, bestQ;  // [B,G]
  at::Tensor statistics;               // [kMusuStatistics,B,G]

  MusuOracle(const MusuInputs& in, const MusuOptions& o) {
    const at::Tensor anchors = in.anchors.cpu().to(at::kDouble).contiguous(),
                     strides = in.strides.cpu().to(at::kDouble).contiguous();
    const at::Tensor logits = in.logits.cpu().to(at::kDouble).contiguous(),
                     boxes = in.boxes.cpu().to(at::kDouble).contiguous();
    const at::Tensor gt = in.gtBoxes.cpu().to(at::kDouble).contiguous();
    const at::Tensor labels = in.gtLabels.cpu(), valid = in.gtValid.cpu();
    const std::int64_t B = logits.size(0), N = logits.size(1), C = logits.size(2), G = gt.size(1);
    for (at::Tensor* t : {&p, &q, &joint, &sReg, &sCls, &wReg, &wCls})
      *t = at::zeros({B, G, N}, at::kDouble);
    for (at::Tensor* t : {&eligible, &inBag, &below, &cut, &fallback})
      *t = at::zeros({B, G, N}, at::kBool);
    for (at::Tensor* t : {&rankReg, &rankCls})
      *t = at::full({B, G, N}, -1, at::kLong);
    threshold = at::full({B, G}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
    statistics = at::full({kMusuStatistics, B, G}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
    for (at::Tensor* t : {&bestJoint, &bestP, &bestQ})
      *t = at::full({B, G}, -1, at::kLong);
    weightCls = at::zeros({B, N, C}, at::kDouble);
    weightReg = at::zeros({B, N}, at::kDouble);
    winnerReg = at::full({B, N}, -1, at::kLong);
    winnerCls = at::full({B, N}, -1, at::kLong);
    for (std::int64_t b = 0; b < B; ++b) {
      for (std::int64_t g = 0; g < G; ++g) {
        if (valid[b][g].item<bool>())
          bag(b, g, N, anchors, strides, logits, boxes, gt, labels[b][g].item<std::int64_t>(), o);
      }
      winners(b, N, G, labels);
    }
  }

 private:
  static double overlapOf(const double* a, const double* c) {
    const double w = std::min(a[2], c[2]) - std::max(a[0], c[0]),
                 h = std::min(a[3], c[3]) - std::max(a[1], c[1]);
    if (!(w > 0 && h > 0)) return 0;
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (c[2] - c[0]) * (c[3] - c[1]) - w * h);
  }

  static bool centered(const double* a, double stride, const double* c, const MusuOptions& o) {
    const double x = (a[0] + a[2]) / 2, y = (a[1] + a[3]) / 2;
    if (o.eligibility == MusuOptions::Eligibility::kOverlap) return true;
    const double nearest = std::min(std::min(x - c[0], c[2] - x), std::min(y - c[1], c[3] - y));
    if (!(nearest > o.centerMarginPx)) return false;
    if (o.eligibility == MusuOptions::Eligibility::kCenterInGt) return true;
    return std::max(std::abs(x - (c[0] + c[2]) / 2), std::abs(y - (c[1] + c[3]) / 2)) <= o.radius * stride;
  }

  static double weight(std::int64_t rank, std::int64_t size, double tau, const MusuOptions& o) {
    if (o.weighting == MusuOptions::Weighting::kExponential)
      return std::exp(-static_cast<double>(rank) / tau);
    if (o.weighting == MusuOptions::Weighting::kLinear)
      return 1.0 - static_cast<double>(rank) / static_cast<double>(size);
    return rank < o.kWeight ? 1 : 0;
  }

  void bag(std::int64_t b, std::int64_t g, std::int64_t N, const at::Tensor& anchors,
           const at::Tensor& strides, const at::Tensor& logits, const at::Tensor& boxes, const at::Tensor& gt,
           std::int64_t label, const MusuOptions& o) {
    const auto at3 = [&](at::Tensor& t) { return t[b][g].data_ptr<double>(); };
    double *P = at3(joint), *pp = at3(p), *qq = at3(q);
    const double* object = gt[b][g].data_ptr<double>();
    std::vector<std::int64_t> members;
    for (std::int64_t i = 0; i < N; ++i) {
      pp[i] = 1 / (1 + std::exp(-logits[b][i].data_ptr<double>()[label]));
      qq[i] = overlapOf(boxes[b][i].data_ptr<double>(), object);
      P[i] = o.joint == MusuOptions::Joint::kGeometric ? std::pow(pp[i], 1 - o.beta) * std::pow(qq[i], o.beta)
                                                       : pp[i] * std::pow(qq[i], o.beta);
      if (qq[i] > 0 && pp[i] == pp[i] &&
          centered(anchors[i].data_ptr<double>(), strides.data_ptr<double>()[i], object, o)) {
        members.push_back(i);
        eligible[b][g][i] = true;
      }
    }
    if (members.empty()) return;
    const auto byJoint = [&](std::int64_t a, std::int64_t c) { return P[a] != P[c] ? P[a] > P[c] : a < c; };
    const std::vector<std::int64_t> all = members;
    std::sort(members.begin(), members.end(), byJoint);
    double t = 0;
    if (o.threshold == MusuOptions::Threshold::kTopK) {
      if (static_cast<std::int64_t>(members.size()) > o.k) members.resize(static_cast<std::size_t>(o.k));
      t = P[members.back()];
    } else {
      if (o.threshold == MusuOptions::Threshold::kMeanStd) {
        double sum = 0, square = 0;
        for (const std::int64_t i : all)
          sum += P[i];
        const double mean = sum / static_cast<double>(all.size());
        for (const std::int64_t i : all)
          square += (P[i] - mean) * (P[i] - mean);
        t = mean + std::sqrt(square / static_cast<double>(all.size()));
      } else {
        t = o.threshold == MusuOptions::Threshold::kMaxRatio ? o.gamma * P[members[0]] : o.t;
      }
      const std::int64_t best = members[0];
      members.erase(std::remove_if(members.begin(), members.end(), [&](std::int64_t i) { return P[i] < t; }),
                    members.end());
      if (members.empty()) {
        members = {best};
        fallback[b][g][best] = true;
      }
    }
    threshold[b][g] = t;
    for (const std::int64_t i : all)
      below[b][g][i] = std::find(members.begin(), members.end(), i) == members.end();
    if (o.maxBag > 0) {
      while (static_cast<std::int64_t>(members.size()) > o.maxBag) {
        cut[b][g][members.back()] = true;
        members.pop_back();
      }
    }
    const auto size = static_cast<std::int64_t>(members.size());
    double *r = at3(sReg), *c = at3(sCls);
    for (const std::int64_t i : members) {
      inBag[b][g][i] = true;
      r[i] = std::pow(pp[i], 1 - o.alpha) * std::pow(qq[i], o.alpha);
      c[i] = std::pow(qq[i], 1 - o.alpha) * std::pow(pp[i], o.alpha);
    }
    const auto rank = [&](const double* s, at::Tensor& ranks, at::Tensor& weights, double tau) {
      std::sort(members.begin(), members.end(),
                [&](std::int64_t x, std::int64_t y) { return s[x] != s[y] ? s[x] > s[y] : byJoint(x, y); });
      for (std::int64_t place = 0; place < size; ++place) {
        ranks[b][g][members[static_cast<std::size_t>(place)]] = place;
        weights[b][g][members[static_cast<std::size_t>(place)]] = weight(place, size, tau, o);
      }
    };
    rank(r, rankReg, wReg, o.tauReg);
    rank(c, rankCls, wCls, o.tauCls);
    describe(b, g, all, members, anchors, object);
  }

  /// Pearson's correlation.
  static double correlation(const std::vector<double>& a, const std::vector<double>& c) {
    const auto n = static_cast<double>(a.size());
    double meanA = 0, meanC = 0, ac = 0, aa = 0, cc = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      meanA += a[k] / n;
      meanC += c[k] / n;
    }
    for (std::size_t k = 0; k < a.size(); ++k) {
      ac += (a[k] - meanA) * (c[k] - meanC);
      aa += (a[k] - meanA) * (a[k] - meanA);
      cc += (c[k] - meanC) * (c[k] - meanC);
    }
    return aa > 0 && cc > 0 ? ac / std::sqrt(aa * cc) : std::numeric_limits<double>::quiet_NaN();
  }

  void describe(std::int64_t b, std::int64_t g, const std::vector<std::int64_t>& eligibleOnes,
                const std::vector<std::int64_t>& members, const at::Tensor& anchors, const double* object) {
    const auto row = [&](at::Tensor& t) { return t[b][g].data_ptr<double>(); };
    const auto best = [&](at::Tensor& values) {
      std::int64_t winner = eligibleOnes[0];
      for (const std::int64_t i : eligibleOnes)
        winner = row(values)[i] > row(values)[winner] ? i : winner;
      return winner;
    };
    bestJoint[b][g] = best(joint);
    bestP[b][g] = best(p);
    bestQ[b][g] = best(q);
    const auto set = [&](MusuStatistic which, double value) {
      statistics[static_cast<int>(which)][b][g] = value;
    };
    const double *a = anchors[best(p)].data_ptr<double>(), *c = anchors[best(q)].data_ptr<double>();
    const double distance = std::hypot((a[0] + a[2] - c[0] - c[2]) / 2, (a[1] + a[3] - c[1] - c[3]) / 2);
    set(MusuStatistic::kBestPqDistance, distance);
    set(MusuStatistic::kBestPqDistanceRelative,
        distance / std::sqrt((object[2] - object[0]) * (object[3] - object[1])));

    const auto n = static_cast<double>(members.size());
    std::vector<double> regRanks, clsRanks, pRanks, qRanks;
    double apart = 0;
    for (const std::int64_t i : members) {
      const auto reg = static_cast<double>(rankReg[b][g].data_ptr<std::int64_t>()[i]),
                 cls = static_cast<double>(rankCls[b][g].data_ptr<std::int64_t>()[i]);
      apart += std::abs(reg - cls);
      regRanks.push_back(reg);
      clsRanks.push_back(cls);
      // The mean of the ranks that the values equal to this one take up together.
      const auto sharedRank = [&](at::Tensor& values) {
        double above = 0, equal = 0;
        for (const std::int64_t other : members) {
          above += row(values)[other] > row(values)[i] ? 1 : 0;
          equal += row(values)[other] == row(values)[i] ? 1 : 0;
        }
        return above + (equal - 1) / 2;
      };
      pRanks.push_back(sharedRank(p));
      qRanks.push_back(sharedRank(q));
    }
    set(MusuStatistic::kRankDisagreement, apart / n / std::max(1.0, n - 1));
    if (n >= 2) set(MusuStatistic::kRankCorrelation, correlation(regRanks, clsRanks));
    if (n >= 3) set(MusuStatistic::kSpearmanPq, correlation(pRanks, qRanks));
    const auto entropy = [&](at::Tensor& weights) {
      double total = 0, result = 0;
      for (const std::int64_t i : members)
        total += row(weights)[i];
      for (const std::int64_t i : members) {
        const double share = row(weights)[i] / total;
        if (share > 0) result -= share * std::log(share);
      }
      return result;
    };
    set(MusuStatistic::kEntropyReg, entropy(wReg));
    set(MusuStatistic::kEntropyCls, entropy(wCls));
  }

  void winners(std::int64_t b, std::int64_t N, std::int64_t G, const at::Tensor& labels) {
    const auto row = [&](at::Tensor& t, std::int64_t g) { return t[b][g].data_ptr<double>(); };
    for (std::int64_t g = 0; g < G; ++g) {
      const std::int64_t label = labels[b][g].item<std::int64_t>();
      for (std::int64_t i = 0; i < N; ++i) {
        const auto contend = [&](at::Tensor& weights, at::Tensor& winner) {
          const double w = row(weights, g)[i];
          if (!(w > 0)) return;
          std::int64_t& best = winner[b].data_ptr<std::int64_t>()[i];
          const double old = best < 0 ? -1 : row(weights, best)[i];
          if (w > old || (w == old && row(joint, g)[i] > row(joint, best)[i])) best = g;
        };
        contend(wReg, winnerReg);
        contend(wCls, winnerCls);
        if (label >= 0) {
          double& target = weightCls[b][i].data_ptr<double>()[label];
          target = std::max(target, row(wCls, g)[i]);
        }
      }
    }
    for (std::int64_t i = 0; i < N; ++i) {
      const std::int64_t best = winnerReg[b].data_ptr<std::int64_t>()[i];
      if (best >= 0) weightReg[b].data_ptr<double>()[i] = row(wReg, best)[i];
    }
  }
};

}  // namespace anchorscope::testing
