// MuSu after the bags: which object each anchor goes to, and what is said about objects.

#include <cub/block/block_reduce.cuh>

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

/// One block per row. Sums of ranks are exact; those of weights are reduced in a fixed order.
__global__ void statisticsKernel(MusuBatch batch, MusuRows rows, MusuMembers members, std::int64_t chunks,
                                 std::int64_t* bestJoint, std::int64_t* bestP, std::int64_t* bestQ,
                                 double* statistics) {
  using IntegerReduce = cub::BlockReduce<long long, kThreads>;
  using RealReduce = cub::BlockReduce<double, kThreads>;
  __shared__ union {
    typename IntegerReduce::TempStorage integers;
    typename RealReduce::TempStorage reals;
  } storage;
  __shared__ double totals[2];
  const std::int64_t row = blockIdx.x, begin = rows.bagOffset[row * chunks],
                     size = rows.bagOffset[(row + 1) * chunks] - begin;
  const float* weights[2] = {members.wReg + begin, members.wCls + begin};
  musumath::RankSums sums;
  double total[2] = {0, 0}, entropy[2] = {0, 0};
  for (std::int64_t m = threadIdx.x; m < size; m += blockDim.x) {
    const std::int64_t member = begin + m;
    sums.add(members.rankReg[member], members.rankCls[member], members.doubledP[member],
             members.doubledQ[member], size);
    for (int head = 0; head < 2; ++head)
      total[head] += static_cast<double>(weights[head][m]);
  }
  std::int64_t* const ofRanks[5] = {&sums.apart, &sums.apartSquared, &sums.pq, &sums.pp, &sums.qq};
  for (std::int64_t* sum : ofRanks) {
    *sum = IntegerReduce(storage.integers).Sum(static_cast<long long>(*sum));
    __syncthreads();
  }
  for (int head = 0; head < 2; ++head) {
    const double whole = RealReduce(storage.reals).Sum(total[head]);
    if (threadIdx.x == 0) totals[head] = whole;
    __syncthreads();
  }
  for (std::int64_t m = threadIdx.x; m < size; m += blockDim.x) {
    for (int head = 0; head < 2; ++head) {
      const double share = static_cast<double>(weights[head][m]) / totals[head];
      if (share > 0) entropy[head] -= share * log(share);
    }
  }
  for (double& part : entropy) {
    part = RealReduce(storage.reals).Sum(part);
    __syncthreads();
  }
  if (threadIdx.x != 0) return;
  const Key keys[3] = {rows.bestKey[row], rows.bestPKey[row], rows.bestQKey[row]};
  std::int64_t* const best[3] = {bestJoint, bestP, bestQ};
  for (int k = 0; k < 3; ++k)
    best[k][row] = keys[k] == 0 ? -1 : anchorOf(keys[k]);
  const auto set = [&](MusuStatistic which, double value) {
    statistics[static_cast<std::int64_t>(which) * gridDim.x + row] = size > 0 ? value : nan("");
  };
  const double distance = size > 0 ? musumath::centerDistance(batch.anchors + 4 * anchorOf(keys[1]),
                                                              batch.anchors + 4 * anchorOf(keys[2]))
                                   : 0;
  set(MusuStatistic::kRankDisagreement, musumath::rankDisagreement(sums, size));
  set(MusuStatistic::kRankCorrelation, musumath::rankCorrelation(sums, size));
  set(MusuStatistic::kSpearmanPq, musumath::spearmanPq(sums, size));
  set(MusuStatistic::kBestPqDistance, distance);
  set(MusuStatistic::kBestPqDistanceRelative, distance / musumath::sizeOf(batch.objects + 4 * row));
  set(MusuStatistic::kEntropyReg, entropy[0]);
  set(MusuStatistic::kEntropyCls, entropy[1]);
}

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

KernelStatus musuStatistics(const MusuBatch& batch, const MusuRows& rows, const MusuMembers& members,
                            std::int64_t* bestJoint, std::int64_t* bestP, std::int64_t* bestQ,
                            double* statistics, Stream stream) {
  return launch(statisticsKernel, batch.rows(), kThreads, stream, batch, rows, members, batch.chunks(),
                bestJoint, bestP, bestQ, statistics);
}

}  // namespace anchorscope::kernels
