// MuSu's assignment on the CPU: bags of the objects in parallel, then what competes for each anchor, image by
// image.

#include <algorithm>
#include <vector>

#include "core/ops/dispatch.h"
#include "core/ops/musu_backends.h"
#include "core/ops/musu_bag.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

/// Winners, soft targets and per-object numbers of one image; objects in order, so that the smaller index
/// wins ties.
template <typename T>
void mergeImage(std::int64_t image, const std::vector<MusuBag<T>>& bags, std::int64_t objects,
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
    const MusuBag<T>& bag = bags[static_cast<std::size_t>(row)];
    result.threshold.data_ptr<T>()[row] = static_cast<T>(bag.threshold);
    result.bagSize.data_ptr<std::int64_t>()[row] = bag.size;
    result.eligible.data_ptr<std::int64_t>()[row] = bag.eligible;
    result.starved.data_ptr<bool>()[row] = valid[row] && bag.eligible == 0;
    for (const MusuMember<T>& member : bag.members) {
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
void fillStatistics(const std::vector<MusuBag<T>>& bags, MusuResult& result) {
  auto* statistics = result.statistics.data_ptr<double>();
  for (std::size_t row = 0; row < bags.size(); ++row) {
    const MusuBag<T>& bag = bags[row];
    if (bag.size == 0) continue;  // as emptyMusuResult says
    result.bestJoint.data_ptr<std::int64_t>()[row] = bag.bestJoint;
    result.bestP.data_ptr<std::int64_t>()[row] = bag.bestP;
    result.bestQ.data_ptr<std::int64_t>()[row] = bag.bestQ;
    for (std::size_t k = 0; k < bag.statistics.size(); ++k)
      statistics[k * bags.size() + row] = bag.statistics[k];
  }
}

/// The rows of one object, from `first` on.
template <typename T>
void fillPairs(const MusuBag<T>& bag, std::int64_t image, std::int64_t object, std::int64_t first,
               MusuPairs& pairs) {
  const auto integers = [&](at::Tensor& column) { return column.data_ptr<std::int64_t>() + first; };
  const auto flags = [&](at::Tensor& column) { return column.data_ptr<bool>() + first; };
  const auto floats = [&](at::Tensor& column) { return column.data_ptr<T>() + first; };
  const MusuEligible<T>& eligible = *bag.evidence;
  std::size_t member = 0;
  for (std::size_t k = 0; k < eligible.anchor.size(); ++k) {
    const bool inBag =
        member < eligible.position.size() && static_cast<std::size_t>(eligible.position[member]) == k;
    integers(pairs.image)[k] = image;
    integers(pairs.object)[k] = object;
    integers(pairs.anchor)[k] = eligible.anchor[k];
    floats(pairs.p)[k] = eligible.p[k];
    floats(pairs.q)[k] = eligible.q[k];
    floats(pairs.joint)[k] = eligible.joint[k];
    floats(pairs.threshold)[k] = static_cast<T>(bag.threshold);
    flags(pairs.inBag)[k] = inBag;
    flags(pairs.belowThreshold)[k] = eligible.kept[k] == 0;
    flags(pairs.fallback)[k] = bag.fallback && inBag;
    flags(pairs.cutByMaxBag)[k] = eligible.kept[k] != 0 && !inBag;
    if (!inBag) continue;
    floats(pairs.sReg)[k] = eligible.sReg[member];
    floats(pairs.sCls)[k] = eligible.sCls[member];
    integers(pairs.rankReg)[k] = eligible.rankReg[member];
    integers(pairs.rankCls)[k] = eligible.rankCls[member];
    floats(pairs.wReg)[k] = eligible.wReg[member];
    floats(pairs.wCls)[k] = eligible.wCls[member];
    ++member;
  }
}

template <typename T>
void fillEvidence(const std::vector<MusuBag<T>>& bags, const MusuInputs& inputs, MusuPairs& pairs) {
  const std::int64_t objects = inputs.gtBoxes.size(1);
  std::vector<std::int64_t> firstRow{0};
  for (const MusuBag<T>& bag : bags)
    firstRow.push_back(firstRow.back() + bag.eligible);
  for (at::Tensor* column : {&pairs.image, &pairs.anchor, &pairs.object, &pairs.inBag, &pairs.belowThreshold,
                             &pairs.fallback, &pairs.cutByMaxBag, &pairs.p, &pairs.q, &pairs.joint,
                             &pairs.threshold, &pairs.sReg, &pairs.sCls, &pairs.wReg, &pairs.wCls}) {
    *column = at::zeros({firstRow.back()}, column->options());
  }
  for (at::Tensor* column : {&pairs.rankReg, &pairs.rankCls})
    *column = at::full({firstRow.back()}, -1, column->options());
  parallelFor(0, static_cast<std::int64_t>(bags.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const MusuBag<T>& bag = bags[static_cast<std::size_t>(row)];
      if (bag.eligible > 0)
        fillPairs(bag, row / objects, row % objects, firstRow[static_cast<std::size_t>(row)], pairs);
    }
  });
}

template <typename T>
MusuResult assign(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail) {
  const std::int64_t batch = inputs.logits.size(0), anchors = inputs.logits.size(1),
                     classes = inputs.logits.size(2);
  const std::int64_t objects = inputs.gtBoxes.size(1), blocks = (anchors + kMusuBlock - 1) / kMusuBlock;
  const bool* valid = inputs.gtValid.const_data_ptr<bool>();
  const std::int64_t* labels = inputs.gtLabels.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> rows;  // of valid objects, so that padding does not unbalance the threads
  for (std::int64_t row = 0; row < batch * objects; ++row) {
    if (!valid[row]) continue;
    ANCHORSCOPE_CHECK(labels[row] >= 0 && labels[row] < classes, "object ", row, " has label ", labels[row]);
    rows.push_back(row);
  }
  const at::Tensor columns = at::empty({batch, 4, anchors}, inputs.boxes.options());
  std::vector<MusuBlockBounds<T>> bounds(static_cast<std::size_t>(batch * blocks));
  parallelFor(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin; image < end; ++image)
      musuColumns(inputs.boxes.const_data_ptr<T>() + image * anchors * 4, anchors,
                  columns.data_ptr<T>() + image * anchors * 4, bounds.data() + image * blocks);
  });
  std::vector<MusuBag<T>> bags(static_cast<std::size_t>(batch * objects));
  parallelFor(0, static_cast<std::int64_t>(rows.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    MusuBagFiller<T> filler(options, detail);
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t row = rows[static_cast<std::size_t>(index)], image = row / objects;
      const MusuImage<T> view{inputs.anchors.const_data_ptr<T>(),
                              inputs.strides.const_data_ptr<T>(),
                              inputs.logits.const_data_ptr<T>() + image * anchors * classes,
                              columns.const_data_ptr<T>() + image * anchors * 4,
                              bounds.data() + image * blocks,
                              anchors,
                              classes};
      bags[static_cast<std::size_t>(row)] =
          filler.fill(view, inputs.gtBoxes.const_data_ptr<T>() + 4 * row, labels[row]);
    }
  });
  MusuResult result = emptyMusuResult(inputs, detail);
  parallelFor(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin; image < end; ++image)
      mergeImage(image, bags, objects, inputs, result);
  });
  if (detail != MusuDetail::kWeights) fillStatistics(bags, result);
  if (detail == MusuDetail::kPairs) fillEvidence(bags, inputs, *result.pairs);
  return result;
}

}  // namespace

MusuResult assignMusuOnCpu(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail) {
  MusuResult result;
  withFloatType(inputs.logits, [&](auto zero) { result = assign<decltype(zero)>(inputs, options, detail); });
  return result;
}

}  // namespace anchorscope
