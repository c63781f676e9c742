// MuSu after the bags: which object each anchor goes to, and what evidence asks about objects.

#include "core/ops/cuda/launch.h"
#include "core/ops/cuda/musu_kernels.h"
#include "core/ops/cuda/musu_keys.h"

namespace anchorscope::kernels {
namespace {

/// Largest weights per anchor; non-negative floats order as their bits.
struct LargestWeights {
  MusuBatch batch;
  MusuMembers members;
  float *weightCls, *weightReg, *bestCls;
  __device__ void operator()(std::int64_t m) const {
    const std::int64_t row = members.row[m];
    const std::int64_t pair = row / batch.objectCount * batch.count + members.anchor[m];
    const int cls = __float_as_int(members.wCls[m]), reg = __float_as_int(members.wReg[m]);
    atomicMax(reinterpret_cast<int*>(weightCls + pair * batch.classes + batch.labels[row]), cls);
    atomicMax(reinterpret_cast<int*>(bestCls + pair), cls);
    atomicMax(reinterpret_cast<int*>(weightReg + pair), reg);
  }
};

/// Among the objects that give an anchor its largest weight: the largest P, then the smaller object.
struct BestObjects {
  MusuBatch batch;
  MusuMembers members;
  const float *weightReg, *bestCls;
  Key* keys;
  __device__ void operator()(std::int64_t m) const {
    const std::int64_t row = members.row[m], pixels = batch.batch * batch.count;
    const std::int64_t pair = row / batch.objectCount * batch.count + members.anchor[m];
    const Key key = keyOf(members.joint[m], row % batch.objectCount);
    if (members.wReg[m] > 0 && members.wReg[m] == weightReg[pair]) atomicMax(keys + pair, key);
    if (members.wCls[m] > 0 && members.wCls[m] == bestCls[pair]) atomicMax(keys + pixels + pair, key);
  }
};

struct ReadWinners {
  std::int64_t pixels;
  const Key* keys;
  std::int64_t *winnerReg, *winnerCls;
  __device__ void operator()(std::int64_t pair) const {
    winnerReg[pair] = keys[pair] == 0 ? -1 : anchorOf(keys[pair]);
    winnerCls[pair] = keys[pixels + pair] == 0 ? -1 : anchorOf(keys[pixels + pair]);
  }
};

/// One thread per row, in member order.
struct ObjectEvidence {
  std::int64_t chunks;
  MusuRows rows;
  MusuMembers members;
  MusuCandidates candidates;
  float *entropyReg, *entropyCls;
  std::int64_t *bestJoint, *bestP, *bestQ;

  __device__ float entropy(const float* weights, std::int64_t begin, std::int64_t end) const {
    if (begin == end) return nanf("");
    double total = 0, result = 0;
    for (std::int64_t m = begin; m < end; ++m)
      total += static_cast<double>(weights[m]);
    for (std::int64_t m = begin; m < end; ++m) {
      const double share = static_cast<double>(weights[m]) / total;
      if (share > 0) result -= share * log(share);
    }
    return static_cast<float>(result);
  }
  __device__ std::int64_t largest(const float* values, std::int64_t begin, std::int64_t end) const {
    std::int64_t best = begin;
    for (std::int64_t r = begin + 1; r < end; ++r)
      best = values[r] > values[best] ? r : best;
    return begin == end ? -1 : candidates.anchor[best];
  }
  __device__ void operator()(std::int64_t row) const {
    const std::int64_t bagBegin = rows.bagOffset[row * chunks], bagEnd = rows.bagOffset[(row + 1) * chunks];
    const std::int64_t begin = rows.eligibleOffset[row * chunks],
                       end = rows.eligibleOffset[(row + 1) * chunks];
    entropyReg[row] = entropy(members.wReg, bagBegin, bagEnd);
    entropyCls[row] = entropy(members.wCls, bagBegin, bagEnd);
    bestJoint[row] = largest(candidates.joint, begin, end);
    bestP[row] = largest(candidates.p, begin, end);
    bestQ[row] = largest(candidates.q, begin, end);
  }
};

}  // namespace

KernelStatus musuWinners(const MusuBatch& batch, const MusuMembers& members, float* weightCls,
                         float* weightReg, float* bestCls, std::uint64_t* keys, std::int64_t* winnerReg,
                         std::int64_t* winnerCls, Stream stream) {
  auto* packed = reinterpret_cast<Key*>(keys);
  const std::int64_t pixels = batch.batch * batch.count;
  if (const auto status =
          forEach(members.total, LargestWeights{batch, members, weightCls, weightReg, bestCls}, stream);
      !status.ok()) {
    return status;
  }
  if (const auto status =
          forEach(members.total, BestObjects{batch, members, weightReg, bestCls, packed}, stream);
      !status.ok()) {
    return status;
  }
  return forEach(pixels, ReadWinners{pixels, packed, winnerReg, winnerCls}, stream);
}

KernelStatus musuObjectEvidence(const MusuBatch& batch, const MusuRows& rows, const MusuMembers& members,
                                const MusuCandidates& candidates, float* entropyReg, float* entropyCls,
                                std::int64_t* bestJoint, std::int64_t* bestP, std::int64_t* bestQ,
                                Stream stream) {
  return forEach(batch.rows(),
                 ObjectEvidence{batch.chunks(), rows, members, candidates, entropyReg, entropyCls, bestJoint,
                                bestP, bestQ},
                 stream);
}

}  // namespace anchorscope::kernels
