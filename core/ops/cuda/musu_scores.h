#pragma once
// CUDA only. MuSu's scores of a pair, and what decides about the pair once its row is measured. Scores are
// computed again in each pass instead of being stored: N x G of them would not fit, and a pass is a few
// operations per pair.

#include "core/ops/cuda/launch.h"
#include "core/ops/cuda/musu_kernels.h"
#include "core/ops/cuda/musu_keys.h"

namespace anchorscope::kernels {

/// A block takes a chunk of a row's anchors, a thread some that follow one another.
inline constexpr std::int64_t kChunk = kMusuChunk;
inline constexpr int kPerThread = static_cast<int>(kChunk / kThreads);

__device__ inline Key larger(Key a, Key b) {
  return a > b ? a : b;
}

struct Score {
  float p, q, joint;
  bool eligible;
};

__device__ inline Score scoreOf(const MusuBatch& batch, const MusuOptions& options, std::int64_t row,
                                std::int64_t i) {
  Score score{0, 0, 0, false};
  const float* object = batch.objects + 4 * row;
  const std::int64_t pair = row / batch.objectCount * batch.count + i;
  const float* box = batch.boxes + 4 * pair;
  score.q = boxmath::iou(object[0], object[1], object[2], object[3], box[0], box[1], box[2], box[3]);
  if (!(score.q > 0) || !musumath::centerEligible(batch.anchors + 4 * i, batch.strides[i], object, options)) {
    return score;
  }
  score.p = clsmath::Sigmoid<float>(batch.logits[pair * batch.classes + batch.labels[row]]).p;
  if (!(score.p == score.p)) return score;
  score.joint = musumath::joint(score.p, score.q, options);
  score.eligible = true;
  return score;
}

/// What decides about a pair of a row once the row is measured.
struct Cut {
  double threshold;
  Key bestKey, topKey, bagKey;
  bool fallback;

  __device__ Cut(const MusuRows& rows, std::int64_t row)
      : threshold(rows.threshold[row]),
        bestKey(rows.bestKey[row]),
        topKey(rows.topKey[row]),
        bagKey(rows.bagKey[row]),
        fallback(topKey == 0 && static_cast<double>(jointOf(bestKey)) < threshold) {}

  __device__ bool keeps(float joint, Key key) const {
    if (fallback) return key == bestKey;
    return topKey != 0 ? key >= topKey : static_cast<double>(joint) >= threshold;
  }
  __device__ bool inBag(float joint, Key key) const { return keeps(joint, key) && key >= bagKey; }
};

}  // namespace anchorscope::kernels
