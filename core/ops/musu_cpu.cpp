// MuSu's assignment on the CPU: objects in parallel; each looks at all anchors of its image with the
// vectorised IoU and keeps only the eligible ones.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/iou_row.h"
#include "core/ops/musu_backends.h"

namespace anchorscope {
namespace {

/// An eligible anchor of one object.
template <typename T>
struct Candidate {
  std::int64_t anchor;
  T p, q, joint;
};

/// Larger P first, then the smaller anchor.
template <typename T>
bool better(const Candidate<T>& a, const Candidate<T>& b) {
  return a.joint > b.joint || (a.joint == b.joint && a.anchor < b.anchor);
}

/// A bag member.
template <typename T>
struct Member : Candidate<T> {
  T sReg = 0, sCls = 0, wReg = 0, wCls = 0;
  std::int64_t rankReg = -1, rankCls = -1;
};

/// What became of one object.
template <typename T>
struct Bag {
  std::vector<Member<T>> members;      // by anchor
  std::vector<Candidate<T>> eligible;  // by anchor; only for evidence
  std::vector<std::uint8_t> kept;  // per eligible: kept by the threshold (before maxBag); only for evidence
  std::int64_t eligibleCount = 0;
  bool fallback = false;
  double threshold = std::numeric_limits<double>::quiet_NaN();
};

/// One image's arrays.
template <typename T>
struct ImageView {
  const T *anchors, *strides, *logits, *columns;  // columns: x1, y1, x2, y2 of the predicted boxes, N each
  std::int64_t count, classes;
};

template <typename T>
void findEligible(const ImageView<T>& image, const T* object, std::int64_t label, const MusuOptions& options,
                  std::vector<Candidate<T>>& eligible) {
  // Neighbours in anchor order are neighbours in the image: most blocks do not touch the object at all.
  constexpr std::int64_t kBlock = 128;
  T overlaps[kBlock];
  eligible.clear();
  for (std::int64_t begin = 0; begin < image.count; begin += kBlock) {
    const std::int64_t size = std::min(kBlock, image.count - begin);
    const T* x1 = image.columns + begin;
    if (!iouRow(object, x1, x1 + image.count, x1 + 2 * image.count, x1 + 3 * image.count, size, overlaps))
      continue;
    for (std::int64_t j = 0; j < size; ++j) {
      const T q = overlaps[j];
      const std::int64_t i = begin + j;
      if (!(q > T(0)) || !musumath::centerEligible(image.anchors + 4 * i, image.strides[i], object, options))
        continue;
      const T p = clsmath::Sigmoid<T>(image.logits[i * image.classes + label]).p;
      if (!(p == p)) continue;
      eligible.push_back({i, p, q, musumath::joint(p, q, options)});
    }
  }
}

/// Mean plus population standard deviation, in double and in anchor order.
template <typename T>
double meanPlusDeviation(const std::vector<Candidate<T>>& eligible) {
  const auto count = static_cast<double>(eligible.size());
  double sum = 0, squares = 0;
  for (const auto& candidate : eligible)
    sum += static_cast<double>(candidate.joint);
  const double mean = sum / count;
  for (const auto& candidate : eligible) {
    const double difference = static_cast<double>(candidate.joint) - mean;
    squares += difference * difference;
  }
  return mean + std::sqrt(squares / count);
}

/// Marks the candidates that the threshold keeps, sets threshold and fallback.
template <typename T>
std::vector<std::uint8_t> applyThreshold(const std::vector<Candidate<T>>& eligible,
                                         const MusuOptions& options, Bag<T>& bag) {
  std::vector<std::uint8_t> kept(eligible.size(), 0);
  const auto findBest = [&] { return std::min_element(eligible.begin(), eligible.end(), better<T>); };
  if (options.threshold == MusuOptions::Threshold::kTopK) {
    std::vector<std::size_t> order(eligible.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t count = std::min(eligible.size(), static_cast<std::size_t>(options.k));
    const auto last = order.begin() + static_cast<std::ptrdiff_t>(count) - 1;
    std::nth_element(order.begin(), last, order.end(),
                     [&](std::size_t a, std::size_t b) { return better(eligible[a], eligible[b]); });
    bag.threshold = static_cast<double>(eligible[*last].joint);
    for (auto index = order.begin(); index <= last; ++index)
      kept[*index] = 1;
    return kept;
  }
  switch (options.threshold) {
    case MusuOptions::Threshold::kMaxRatio:
      bag.threshold = options.gamma * static_cast<double>(findBest()->joint);
      break;
    case MusuOptions::Threshold::kAbsolute:
      bag.threshold = options.t;
      break;
    default:
      bag.threshold = meanPlusDeviation(eligible);
  }
  bool any = false;
  for (std::size_t k = 0; k < eligible.size(); ++k) {
    kept[k] = static_cast<double>(eligible[k].joint) >= bag.threshold;
    any = any || kept[k] != 0;
  }
  if (!any) {
    bag.fallback = true;
    kept[static_cast<std::size_t>(findBest() - eligible.begin())] = 1;
  }
  return kept;
}

/// What a ranking compares, side by side in memory: the criterion, then P, then the position (members are by
/// anchor).
template <typename T>
struct Place {
  T criterion, joint;
  std::uint32_t index;
  bool operator<(const Place& other) const {
    if (criterion != other.criterion) return criterion > other.criterion;
    return joint > other.joint || (joint == other.joint && index < other.index);
  }
};
/// The same as one integer: non-negative floats order as their bits.
template <>
struct Place<float> {
  std::uint64_t key;
  std::uint32_t index;
  Place() = default;
  Place(float criterion, float joint, std::uint32_t position)
      : key(std::uint64_t{std::bit_cast<std::uint32_t>(criterion)} << 32 |
            std::bit_cast<std::uint32_t>(joint)),
        index(position) {}
  bool operator<(const Place& other) const {
    return (key > other.key) | ((key == other.key) & (index < other.index));
  }
};

/// Ranks of members by a criterion, and their weights.
template <typename T>
void rankMembers(std::vector<Member<T>>& members, T Member<T>::*criterion, std::int64_t Member<T>::*rank,
                 T Member<T>::*weight, double tau, const MusuOptions& options) {
  std::vector<Place<T>> places;
  places.reserve(members.size());
  for (std::size_t k = 0; k < members.size(); ++k) {
    places.push_back(Place<T>{members[k].*criterion, members[k].joint, static_cast<std::uint32_t>(k)});
  }
  std::sort(places.begin(), places.end());
  const auto size = static_cast<std::int64_t>(members.size());
  for (std::int64_t place = 0; place < size; ++place) {
    Member<T>& member = members[places[static_cast<std::size_t>(place)].index];
    member.*rank = place;
    member.*weight = static_cast<T>(musumath::weightOfRank(place, size, tau, options));
  }
}

template <typename T>
Bag<T> fillBag(const ImageView<T>& image, const T* object, std::int64_t label, const MusuOptions& options,
               bool wantPairs, std::vector<Candidate<T>>& eligible) {
  Bag<T> bag;
  findEligible(image, object, label, options, eligible);
  bag.eligibleCount = static_cast<std::int64_t>(eligible.size());
  if (eligible.empty()) return bag;
  std::vector<std::uint8_t> kept = applyThreshold(eligible, options, bag);
  for (std::size_t k = 0; k < eligible.size(); ++k) {
    if (kept[k] != 0) bag.members.push_back({eligible[k]});
  }
  if (options.maxBag > 0 && static_cast<std::int64_t>(bag.members.size()) > options.maxBag) {
    std::nth_element(bag.members.begin(), bag.members.begin() + options.maxBag - 1, bag.members.end(),
                     better<T>);
    bag.members.resize(static_cast<std::size_t>(options.maxBag));
    std::sort(bag.members.begin(), bag.members.end(),
              [](const Member<T>& a, const Member<T>& b) { return a.anchor < b.anchor; });
  }
  for (Member<T>& member : bag.members) {
    member.sReg = musumath::criterionReg(member.p, member.q, options);
    member.sCls = musumath::criterionCls(member.p, member.q, options);
  }
  rankMembers(bag.members, &Member<T>::sReg, &Member<T>::rankReg, &Member<T>::wReg, options.tauReg, options);
  rankMembers(bag.members, &Member<T>::sCls, &Member<T>::rankCls, &Member<T>::wCls, options.tauCls, options);
  if (wantPairs) {
    bag.eligible = eligible;
    bag.kept = std::move(kept);
  }
  return bag;
}

/// Winners, soft targets and per-object numbers of one image; objects in order, so that the smaller index
/// wins ties.
template <typename T>
void mergeImage(std::int64_t image, const std::vector<Bag<T>>& bags, std::int64_t objects,
                const MusuInputs& inputs, MusuResult& result) {
  const std::int64_t anchors = inputs.logits.size(1), classes = inputs.logits.size(2);
  T* weightCls = result.weightCls.data_ptr<T>() + image * anchors * classes;
  T* weightReg = result.weightReg.data_ptr<T>() + image * anchors;
  std::int64_t* winnerReg = result.winnerReg.data_ptr<std::int64_t>() + image * anchors;
  std::int64_t* winnerCls = result.winnerCls.data_ptr<std::int64_t>() + image * anchors;
  std::vector<T> bestCls(static_cast<std::size_t>(anchors), T(0)), jointCls = bestCls, jointReg = bestCls;
  const std::int64_t* labels = inputs.gtLabels.const_data_ptr<std::int64_t>();
  const bool* valid = inputs.gtValid.const_data_ptr<bool>();
  for (std::int64_t g = 0; g < objects; ++g) {
    const std::int64_t row = image * objects + g;
    const Bag<T>& bag = bags[static_cast<std::size_t>(row)];
    result.threshold.data_ptr<T>()[row] = static_cast<T>(bag.threshold);
    result.bagSize.data_ptr<std::int64_t>()[row] = static_cast<std::int64_t>(bag.members.size());
    result.eligible.data_ptr<std::int64_t>()[row] = bag.eligibleCount;
    result.starved.data_ptr<bool>()[row] = valid[row] && bag.eligibleCount == 0;
    for (const Member<T>& member : bag.members) {
      const auto i = static_cast<std::size_t>(member.anchor);
      T& target = weightCls[member.anchor * classes + labels[row]];
      target = std::max(target, member.wCls);
      const auto wins = [&](T weight, T bestWeight, T bestJoint) {
        return weight > T(0) && (weight > bestWeight || (weight == bestWeight && member.joint > bestJoint));
      };
      if (wins(member.wCls, bestCls[i], jointCls[i])) {
        bestCls[i] = member.wCls;
        jointCls[i] = member.joint;
        winnerCls[i] = g;
      }
      if (wins(member.wReg, weightReg[i], jointReg[i])) {
        weightReg[i] = member.wReg;
        jointReg[i] = member.joint;
        winnerReg[i] = g;
      }
    }
  }
}

template <typename T>
double entropy(const std::vector<Member<T>>& members, T Member<T>::*weight) {
  double total = 0, result = 0;
  for (const auto& member : members)
    total += static_cast<double>(member.*weight);
  for (const auto& member : members) {
    const double share = static_cast<double>(member.*weight) / total;
    if (share > 0) result -= share * std::log(share);
  }
  return members.empty() ? std::numeric_limits<double>::quiet_NaN() : result;
}

/// The anchor of the largest value; ties: the smaller anchor.
template <typename T>
std::int64_t anchorOfLargest(const std::vector<Candidate<T>>& eligible, T Candidate<T>::*value) {
  const auto best = std::max_element(eligible.begin(), eligible.end(),
                                     [&](const auto& a, const auto& b) { return a.*value < b.*value; });
  return best == eligible.end() ? -1 : best->anchor;
}

/// Pair rows and the per-object numbers that only evidence needs.
template <typename T>
void fillEvidence(const std::vector<Bag<T>>& bags, std::int64_t objects, MusuResult& result) {
  std::vector<std::int64_t> firstRow{0};
  for (const Bag<T>& bag : bags)
    firstRow.push_back(firstRow.back() + bag.eligibleCount);
  MusuPairs& pairs = *result.pairs;
  for (at::Tensor* column : {&pairs.image, &pairs.anchor, &pairs.object, &pairs.inBag, &pairs.belowThreshold,
                             &pairs.fallback, &pairs.cutByMaxBag, &pairs.p, &pairs.q, &pairs.joint,
                             &pairs.threshold, &pairs.sReg, &pairs.sCls, &pairs.wReg, &pairs.wCls}) {
    *column = at::zeros({firstRow.back()}, column->options());
  }
  for (at::Tensor* column : {&pairs.rankReg, &pairs.rankCls})
    *column = at::full({firstRow.back()}, -1, column->options());

  const auto integers = [](at::Tensor& column) { return column.data_ptr<std::int64_t>(); };
  const auto flags = [](at::Tensor& column) { return column.data_ptr<bool>(); };
  const auto floats = [](at::Tensor& column) { return column.data_ptr<T>(); };
  at::parallel_for(0, static_cast<std::int64_t>(bags.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const Bag<T>& bag = bags[static_cast<std::size_t>(b)];
      floats(result.entropyReg)[b] = static_cast<T>(entropy(bag.members, &Member<T>::wReg));
      floats(result.entropyCls)[b] = static_cast<T>(entropy(bag.members, &Member<T>::wCls));
      integers(result.bestJoint)[b] = anchorOfLargest(bag.eligible, &Candidate<T>::joint);
      integers(result.bestP)[b] = anchorOfLargest(bag.eligible, &Candidate<T>::p);
      integers(result.bestQ)[b] = anchorOfLargest(bag.eligible, &Candidate<T>::q);
      auto member = bag.members.begin();
      for (std::size_t k = 0; k < bag.eligible.size(); ++k) {
        const Candidate<T>& candidate = bag.eligible[k];
        const std::int64_t row = firstRow[static_cast<std::size_t>(b)] + static_cast<std::int64_t>(k);
        integers(pairs.image)[row] = b / objects;
        integers(pairs.object)[row] = b % objects;
        integers(pairs.anchor)[row] = candidate.anchor;
        floats(pairs.p)[row] = candidate.p;
        floats(pairs.q)[row] = candidate.q;
        floats(pairs.joint)[row] = candidate.joint;
        floats(pairs.threshold)[row] = static_cast<T>(bag.threshold);
        const bool inBag = member != bag.members.end() && member->anchor == candidate.anchor;
        flags(pairs.inBag)[row] = inBag;
        flags(pairs.belowThreshold)[row] = bag.kept[k] == 0;
        flags(pairs.fallback)[row] = bag.fallback && inBag;
        flags(pairs.cutByMaxBag)[row] = bag.kept[k] != 0 && !inBag;
        if (!inBag) continue;
        floats(pairs.sReg)[row] = member->sReg;
        floats(pairs.sCls)[row] = member->sCls;
        integers(pairs.rankReg)[row] = member->rankReg;
        integers(pairs.rankCls)[row] = member->rankCls;
        floats(pairs.wReg)[row] = member->wReg;
        floats(pairs.wCls)[row] = member->wCls;
        ++member;
      }
    }
  });
}

template <typename T>
MusuResult assign(const MusuInputs& inputs, const MusuOptions& options, bool wantPairs) {
  const std::int64_t batch = inputs.logits.size(0), anchors = inputs.logits.size(1),
                     classes = inputs.logits.size(2);
  const std::int64_t objects = inputs.gtBoxes.size(1);
  const at::Tensor columns = inputs.boxes.transpose(1, 2).contiguous();
  const bool* valid = inputs.gtValid.const_data_ptr<bool>();
  const std::int64_t* labels = inputs.gtLabels.const_data_ptr<std::int64_t>();
  std::vector<Bag<T>> bags(static_cast<std::size_t>(batch * objects));
  std::vector<std::int64_t> rows;  // of valid objects, so that padding does not unbalance the threads
  for (std::int64_t row = 0; row < batch * objects; ++row) {
    if (valid[row]) rows.push_back(row);
  }
  at::parallel_for(0, static_cast<std::int64_t>(rows.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Candidate<T>> eligible;  // reused from object to object
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t row = rows[static_cast<std::size_t>(index)];
      ANCHORSCOPE_CHECK(labels[row] >= 0 && labels[row] < classes, "object ", row, " has label ",
                        labels[row]);
      const std::int64_t image = row / objects;
      const ImageView<T> view{inputs.anchors.const_data_ptr<T>(),
                              inputs.strides.const_data_ptr<T>(),
                              inputs.logits.const_data_ptr<T>() + image * anchors * classes,
                              columns.const_data_ptr<T>() + image * anchors * 4,
                              anchors,
                              classes};
      bags[static_cast<std::size_t>(row)] = fillBag(view, inputs.gtBoxes.const_data_ptr<T>() + 4 * row,
                                                    labels[row], options, wantPairs, eligible);
    }
  });
  MusuResult result = emptyMusuResult(inputs, wantPairs);
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin; image < end; ++image)
      mergeImage(image, bags, objects, inputs, result);
  });
  if (wantPairs) fillEvidence(bags, objects, result);
  return result;
}

}  // namespace

MusuResult assignMusuOnCpu(const MusuInputs& inputs, const MusuOptions& options, bool wantPairs) {
  MusuResult result;
  withFloatType(inputs.logits,
                [&](auto zero) { result = assign<decltype(zero)>(inputs, options, wantPairs); });
  return result;
}

}  // namespace anchorscope
