// MuSu's assignment on a CUDA device: allocates, and launches the kernels of core/ops/cuda/musu_*.cu.

#include <algorithm>
#include <limits>

#include "core/ops/cuda/musu_kernels.h"
#include "core/ops/dispatch.h"
#include "core/ops/musu_backends.h"

namespace anchorscope {
namespace {

/// Keys are unsigned 64-bit numbers in int64 tensors.
std::uint64_t* keysOf(const at::Tensor& tensor) {
  return reinterpret_cast<std::uint64_t*>(tensor.data_ptr<std::int64_t>());
}

/// Device arrays of kernels::MusuRows, alive as long as this.
struct Rows {
  at::Tensor threshold, eligible, bestKey, bestPKey, bestQKey, topKey, bagKey, bagOffset, eligibleOffset,
      filled;

  Rows(const kernels::MusuBatch& batch, const at::TensorOptions& integers) {
    const std::int64_t rows = batch.rows(), offsets = rows * batch.chunks() + 1;
    threshold = at::empty({rows}, integers.dtype(at::kDouble));
    for (at::Tensor* array : {&eligible, &bestKey, &bestPKey, &bestQKey, &topKey, &bagKey})
      *array = at::empty({rows}, integers);
    for (at::Tensor* array : {&bagOffset, &eligibleOffset})
      *array = at::empty({offsets}, integers);
    filled = at::empty({1}, integers);
  }

  kernels::MusuRows pointers() const {
    return {threshold.data_ptr<double>(),
            eligible.data_ptr<std::int64_t>(),
            keysOf(bestKey),
            keysOf(bestPKey),
            keysOf(bestQKey),
            keysOf(topKey),
            keysOf(bagKey),
            bagOffset.data_ptr<std::int64_t>(),
            eligibleOffset.data_ptr<std::int64_t>(),
            filled.data_ptr<std::int64_t>()};
  }
};

struct Members {
  std::int64_t capacity;
  at::Tensor row, anchor, rankReg, rankCls, doubledP, doubledQ, p, q, joint, sReg, sCls, wReg, wCls;

  /// Room for so many, and for all anchors of one more row.
  Members(std::int64_t room, std::int64_t anchors, const at::TensorOptions& integers) : capacity(room) {
    for (at::Tensor* array : {&row, &anchor, &rankReg, &rankCls, &doubledP, &doubledQ})
      *array = at::empty({room + anchors}, integers);
    for (at::Tensor* array : {&p, &q, &joint, &sReg, &sCls, &wReg, &wCls})
      *array = at::empty({room + anchors}, integers.dtype(at::kFloat));
  }

  kernels::MusuMembers pointers() const {
    const auto integers = [](const at::Tensor& array) { return array.data_ptr<std::int64_t>(); };
    const auto floats = [](const at::Tensor& array) { return array.data_ptr<float>(); };
    return {capacity,          integers(row),     integers(anchor),   floats(p),         floats(q),
            floats(joint),     floats(sReg),      floats(sCls),       floats(wReg),      floats(wCls),
            integers(rankReg), integers(rankCls), integers(doubledP), integers(doubledQ)};
  }
};

/// Bags hold tens to hundreds of anchors. What lies beyond is worked on by one block, so there is room to
/// spare.
std::int64_t usualMembers(const kernels::MusuBatch& batch) {
  constexpr std::int64_t kPerRow = 1024, kLeast = 1 << 18;
  return std::min(batch.rows() * batch.count, std::max(kLeast, batch.rows() * kPerRow));
}

/// Allocates the columns that fillKernel writes; the rest follows from `member`.
kernels::MusuCandidates allocate(MusuPairs& pairs, at::Tensor& member, std::int64_t total,
                                 const at::TensorOptions& integers) {
  member = at::empty({total}, integers);
  for (at::Tensor* array : {&pairs.image, &pairs.anchor, &pairs.object})
    *array = at::empty({total}, integers);
  for (at::Tensor* array : {&pairs.p, &pairs.q, &pairs.joint, &pairs.threshold})
    *array = at::empty({total}, integers.dtype(at::kFloat));
  for (at::Tensor* array : {&pairs.belowThreshold, &pairs.fallback, &pairs.cutByMaxBag})
    *array = at::empty({total}, integers.dtype(at::kBool));
  const auto whole = [](const at::Tensor& array) { return array.data_ptr<std::int64_t>(); };
  const auto floats = [](const at::Tensor& array) { return array.data_ptr<float>(); };
  const auto flags = [](const at::Tensor& array) { return array.data_ptr<bool>(); };
  return {total,
          whole(pairs.image),
          whole(pairs.anchor),
          whole(pairs.object),
          whole(member),
          floats(pairs.p),
          floats(pairs.q),
          floats(pairs.joint),
          floats(pairs.threshold),
          flags(pairs.belowThreshold),
          flags(pairs.fallback),
          flags(pairs.cutByMaxBag)};
}

/// The members' columns at every pair, `otherwise` outside the bag.
void spreadMembers(const Members& members, const at::Tensor& member, MusuPairs& pairs) {
  pairs.inBag = member >= 0;
  const at::Tensor index = member.clamp_min(0);
  const auto spread = [&](const at::Tensor& column, double otherwise) {
    return at::where(pairs.inBag, column.index_select(0, index), at::full({}, otherwise, column.options()));
  };
  pairs.sReg = spread(members.sReg, 0);
  pairs.sCls = spread(members.sCls, 0);
  pairs.wReg = spread(members.wReg, 0);
  pairs.wCls = spread(members.wCls, 0);
  pairs.rankReg = spread(members.rankReg, -1);
  pairs.rankCls = spread(members.rankCls, -1);
}

at::Tensor scratchOf(std::size_t bytes, const at::TensorOptions& options) {
  return at::empty({static_cast<std::int64_t>(bytes)}, options.dtype(at::kByte));
}

}  // namespace

MusuResult assignMusuOnCuda(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail,
                            std::int64_t room) {
  ANCHORSCOPE_CHECK(inputs.logits.scalar_type() == at::kFloat, "MuSu on CUDA takes float32");
  const bool wantPairs = detail == MusuDetail::kPairs, wantStatistics = detail != MusuDetail::kWeights;
  const at::TensorOptions floats = inputs.logits.options(), integers = floats.dtype(at::kLong);
  const std::int64_t images = inputs.logits.size(0), anchors = inputs.logits.size(1),
                     objects = inputs.gtBoxes.size(1);
  const kernels::MusuBatch batch{inputs.anchors.const_data_ptr<float>(),
                                 inputs.strides.const_data_ptr<float>(),
                                 inputs.logits.const_data_ptr<float>(),
                                 inputs.boxes.const_data_ptr<float>(),
                                 inputs.gtBoxes.const_data_ptr<float>(),
                                 inputs.gtLabels.const_data_ptr<std::int64_t>(),
                                 inputs.gtValid.const_data_ptr<bool>(),
                                 images,
                                 anchors,
                                 inputs.logits.size(2),
                                 objects};
  const kernels::Stream stream = streamOf(inputs.logits);
  const Rows rows(batch, integers);
  const at::Tensor measureScratch = scratchOf(kernels::musuMeasureScratch(batch), floats);
  // With pairs nothing stands behind the list: their columns are gathered from it.
  std::int64_t capacity = room > 0 ? room : usualMembers(batch);
  if (wantPairs) capacity = std::numeric_limits<std::int64_t>::max();
  requireLaunched(
      kernels::musuMeasure(batch, options, capacity, rows.pointers(), measureScratch.data_ptr<std::uint8_t>(),
                           static_cast<std::size_t>(measureScratch.numel()), stream),
      "MuSu");

  MusuResult result = emptyMusuResult(inputs, detail);
  at::Tensor member;
  kernels::MusuCandidates candidates{};
  if (wantPairs) {
    // The host waits: the columns are as long as there are pairs.
    const at::Tensor totals = at::stack({rows.bagOffset[-1], rows.eligibleOffset[-1]}).cpu();
    capacity = totals[0].item<std::int64_t>();
    candidates = allocate(*result.pairs, member, totals[1].item<std::int64_t>(), integers);
  }
  const Members members(capacity, anchors, integers);
  const at::Tensor bestCls = at::zeros({images, anchors}, floats),
                   keys = at::zeros({2, images, anchors}, integers);
  const kernels::MusuAssigned assigned{result.weightCls.data_ptr<float>(),
                                       result.weightReg.data_ptr<float>(),
                                       bestCls.data_ptr<float>(),
                                       keysOf(keys),
                                       result.winnerReg.data_ptr<std::int64_t>(),
                                       result.winnerCls.data_ptr<std::int64_t>()};
  kernels::MusuDescribed described{};
  if (wantStatistics)
    described = {result.bestJoint.data_ptr<std::int64_t>(), result.bestP.data_ptr<std::int64_t>(),
                 result.bestQ.data_ptr<std::int64_t>(), result.statistics.data_ptr<double>()};
  requireLaunched(kernels::musuAssign(batch, options, rows.pointers(), members.pointers(),
                                      wantPairs ? &candidates : nullptr, assigned,
                                      wantStatistics ? &described : nullptr, stream),
                  "MuSu");
  const at::Tensor bagBegin = rows.bagOffset.slice(0, 0, std::nullopt, batch.chunks());
  result.bagSize = at::diff(bagBegin).view({images, objects});
  result.threshold = rows.threshold.to(at::kFloat).view({images, objects});
  result.eligible = rows.eligible.view({images, objects});
  result.starved = inputs.gtValid & (result.eligible == 0);
  if (wantPairs) spreadMembers(members, member, *result.pairs);
  return result;
}

}  // namespace anchorscope
