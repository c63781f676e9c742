// MuSu's assignment on a CUDA device: allocates, and launches the kernels of core/ops/cuda/musu_kernels.cu.

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
  at::Tensor threshold, eligible, bestKey, bestPKey, bestQKey, topKey, bagKey, bagOffset, eligibleOffset;

  Rows(const kernels::MusuBatch& batch, const at::TensorOptions& integers) {
    const std::int64_t rows = batch.rows(), offsets = rows * batch.chunks() + 1;
    threshold = at::empty({rows}, integers.dtype(at::kDouble));
    for (at::Tensor* array : {&eligible, &bestKey, &bestPKey, &bestQKey, &topKey, &bagKey})
      *array = at::empty({rows}, integers);
    for (at::Tensor* array : {&bagOffset, &eligibleOffset})
      *array = at::empty({offsets}, integers);
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
            eligibleOffset.data_ptr<std::int64_t>()};
  }
};

struct Members {
  at::Tensor row, anchor, rankReg, rankCls, p, q, joint, sReg, sCls, wReg, wCls;
  at::Tensor doubledP, doubledQ;  // only with statistics

  Members(std::int64_t total, bool wantStatistics, const at::TensorOptions& integers) {
    if (wantStatistics) {
      for (at::Tensor* array : {&doubledP, &doubledQ})
        *array = at::empty({total}, integers);
    }
    for (at::Tensor* array : {&row, &anchor, &rankReg, &rankCls})
      *array = at::empty({total}, integers);
    for (at::Tensor* array : {&p, &q, &joint, &sReg, &sCls, &wReg, &wCls})
      *array = at::empty({total}, integers.dtype(at::kFloat));
  }

  kernels::MusuMembers pointers() const {
    const auto integers = [](const at::Tensor& array) {
      return array.defined() ? array.data_ptr<std::int64_t>() : nullptr;
    };
    const auto floats = [](const at::Tensor& array) { return array.data_ptr<float>(); };
    return {row.size(0),       integers(row),     integers(anchor),   floats(p),         floats(q),
            floats(joint),     floats(sReg),      floats(sCls),       floats(wReg),      floats(wCls),
            integers(rankReg), integers(rankCls), integers(doubledP), integers(doubledQ)};
  }
};

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
    if (column.size(0) == 0) return at::full(member.sizes(), otherwise, column.options());
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

MusuResult assignMusuOnCuda(const MusuInputs& inputs, const MusuOptions& options, MusuDetail detail) {
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
  requireLaunched(
      kernels::musuMeasure(batch, options, rows.pointers(), measureScratch.data_ptr<std::uint8_t>(),
                           static_cast<std::size_t>(measureScratch.numel()), stream),
      "MuSu");

  // The one place where the host waits: the bags' total size decides how much to allocate.
  const at::Tensor totals = at::stack({rows.bagOffset[-1], rows.eligibleOffset[-1]}).cpu();
  const Members members(totals[0].item<std::int64_t>(), wantStatistics, integers);
  MusuResult result = emptyMusuResult(inputs, detail);
  at::Tensor member;
  kernels::MusuCandidates candidates{};
  if (wantPairs) candidates = allocate(*result.pairs, member, totals[1].item<std::int64_t>(), integers);
  const at::Tensor fillScratch =
      scratchOf(kernels::musuFillScratch(members.row.size(0), batch.rows()), floats);
  requireLaunched(kernels::musuFill(batch, options, rows.pointers(), members.pointers(),
                                    wantPairs ? &candidates : nullptr, fillScratch.data_ptr<std::uint8_t>(),
                                    static_cast<std::size_t>(fillScratch.numel()), stream),
                  "MuSu");

  const at::Tensor bestCls = at::zeros({images, anchors}, floats),
                   keys = at::zeros({2, images, anchors}, integers);
  requireLaunched(kernels::musuWinners(batch, members.pointers(), result.weightCls.data_ptr<float>(),
                                       result.weightReg.data_ptr<float>(), bestCls.data_ptr<float>(),
                                       keysOf(keys), result.winnerReg.data_ptr<std::int64_t>(),
                                       result.winnerCls.data_ptr<std::int64_t>(), stream),
                  "MuSu");
  const at::Tensor bagBegin = rows.bagOffset.slice(0, 0, std::nullopt, batch.chunks());
  result.bagSize = at::diff(bagBegin).view({images, objects});
  result.threshold = rows.threshold.to(at::kFloat).view({images, objects});
  result.eligible = rows.eligible.view({images, objects});
  result.starved = inputs.gtValid & (result.eligible == 0);
  if (wantStatistics) {
    requireLaunched(kernels::musuStatistics(
                        batch, rows.pointers(), members.pointers(), result.bestJoint.data_ptr<std::int64_t>(),
                        result.bestP.data_ptr<std::int64_t>(), result.bestQ.data_ptr<std::int64_t>(),
                        result.statistics.data_ptr<double>(), stream),
                    "MuSu");
  }
  if (wantPairs) spreadMembers(members, member, *result.pairs);
  return result;
}

}  // namespace anchorscope
