#pragma once
// MuSu's assignment as kernels; see core/ops/musu.h for the meaning. Conventions as in kernels.h. An object
// row is image * objectCount + object. Order everywhere: (row, anchor), so that results are the same on every
// run.

#include <cstddef>
#include <cstdint>

#include "core/ops/cuda/kernels.h"
#include "core/ops/musu_math.h"

namespace anchorscope::kernels {

/// Anchors of a row that one thread block works on.
inline constexpr std::int64_t kMusuChunk = 1024;

/// One batch on the device.
struct MusuBatch {
  const float* anchors;        // [N,4]
  const float* strides;        // [N]
  const float* logits;         // [B,N,C]
  const float* boxes;          // [B,N,4]
  const float* objects;        // [B,G,4]
  const std::int64_t* labels;  // [B,G]
  const bool* valid;           // [B,G]
  std::int64_t batch, count, classes, objectCount;

  ANCHORSCOPE_HD std::int64_t rows() const { return batch * objectCount; }
  /// Blocks of anchors that one thread block works on, per row.
  ANCHORSCOPE_HD std::int64_t chunks() const { return (count + kMusuChunk - 1) / kMusuChunk; }
};

/// What is known about every object row after measuring.
struct MusuRows {
  double* threshold;        // [rows] t_g, NaN without an eligible anchor
  std::int64_t* eligible;   // [rows]
  std::uint64_t* bestKey;   // [rows] key of the largest P (see musu_keys.h); 0 without an eligible anchor
  std::uint64_t* bestPKey;  // [rows] the same by p
  std::uint64_t* bestQKey;  // [rows] the same by q
  std::uint64_t* topKey;    // [rows] smallest key kept by kTopK; 0 under the other thresholds
  std::uint64_t* bagKey;    // [rows] smallest key kept by maxBag; 0 when it cuts nothing
  std::int64_t* bagOffset;  // [rows * chunks + 1] first bag row of each chunk; the last entry is the total
  std::int64_t* eligibleOffset;  // [rows * chunks + 1] the same of eligible pairs
  std::int64_t* filled;  // [1] members of the rows that lie within the capacity, which are the first ones
};

/// Bytes of scratch musuMeasure needs.
std::size_t musuMeasureScratch(const MusuBatch& batch);

/// Thresholds, bag membership as keys, and the offsets of the rows to come. Fills all of `rows`; `capacity`
/// is that of the members to come.
KernelStatus musuMeasure(const MusuBatch& batch, const MusuOptions& options, std::int64_t capacity,
                         const MusuRows& rows, void* scratch, std::size_t scratchBytes, Stream stream);

/// Room for `capacity` bag members of the batch, and for one more row behind them: [capacity + N] each.
/// doubledP and doubledQ are twice the rank by p and by q, equal values sharing their mean rank.
struct MusuMembers {
  std::int64_t capacity;
  std::int64_t *row, *anchor;
  float *p, *q, *joint, *sReg, *sCls, *wReg, *wCls;
  std::int64_t *rankReg, *rankCls, *doubledP, *doubledQ;
};

/// The eligible pairs, [R] each, R = the last eligibleOffset. `member` is the pair's bag row, -1 outside the
/// bag.
struct MusuCandidates {
  std::int64_t total;
  std::int64_t *image, *anchor, *object, *member;
  float *p, *q, *joint, *threshold;
  bool *belowThreshold, *fallback, *cutByMaxBag;
};

/// Weights and winners; weightCls [B,N,C], weightReg and bestCls [B,N] and keys [2,B,N] zeroed by the caller,
/// winners [B,N].
struct MusuAssigned {
  float *weightCls, *weightReg, *bestCls;
  std::uint64_t* keys;
  std::int64_t *winnerReg, *winnerCls;
};

/// Per row: the anchors of the largest P, p and q among the eligible [rows] (-1 without), and `statistics`
/// [kMusuStatistics, rows], NaN where undefined.
struct MusuDescribed {
  std::int64_t *bestJoint, *bestP, *bestQ;
  double* statistics;
};

/// Members with criteria, ranks and weights, and what follows from them. With candidates (unless null) all
/// members must lie within the capacity. Nothing depends on the capacity but the time.
KernelStatus musuAssign(const MusuBatch& batch, const MusuOptions& options, const MusuRows& rows,
                        const MusuMembers& members, const MusuCandidates* candidates, const MusuAssigned& to,
                        const MusuDescribed* described, Stream stream);

}  // namespace anchorscope::kernels
