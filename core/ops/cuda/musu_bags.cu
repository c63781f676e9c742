// MuSu's bags: who is in them, ranks and weights, which object each anchor goes to, and what is said about
// objects.
//
// The members of all rows lie in one list, whose length the host does not know and does not wait for. Rows
// that end behind its capacity are worked on after the others by one block, one after another, in room for
// one row behind the list: slower, with the same results.

#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>

#include "core/ops/cuda/musu_scores.h"

namespace anchorscope::kernels {
namespace {

/// Writes a chunk's members from `member` on, and its candidates (unless null) from `candidate` on, in anchor
/// order. By a whole block.
__device__ void fillChunk(const MusuBatch& batch, const MusuOptions& options, const MusuRows& rows,
                          const MusuMembers& members, const MusuCandidates& candidates, bool wantCandidates,
                          std::int64_t block, std::int64_t member) {
  using Scan = cub::BlockScan<int, kThreads>;
  __shared__ typename Scan::TempStorage storage;
  const std::int64_t row = block / batch.chunks(), first = block % batch.chunks() * kChunk;
  if (rows.eligibleOffset[block] == rows.eligibleOffset[block + 1]) return;  // the same for the whole block
  const Cut cut(rows, row);
  Score scores[kPerThread];
  bool inBag[kPerThread];
  int eligible = 0, bagged = 0;
  for (int k = 0; k < kPerThread; ++k) {
    const std::int64_t i = first + static_cast<std::int64_t>(threadIdx.x) * kPerThread + k;
    scores[k] = i < batch.count ? scoreOf(batch, options, row, i) : Score{0, 0, 0, false};
    inBag[k] = scores[k].eligible && cut.inBag(scores[k].joint, keyOf(scores[k].joint, i));
    eligible += scores[k].eligible ? 1 : 0;
    bagged += inBag[k] ? 1 : 0;
  }
  int eligibleBefore = 0, baggedBefore = 0;
  Scan(storage).ExclusiveSum(eligible, eligibleBefore);
  __syncthreads();
  Scan(storage).ExclusiveSum(bagged, baggedBefore);
  std::int64_t candidate = rows.eligibleOffset[block] + eligibleBefore;
  member += baggedBefore;
  for (int k = 0; k < kPerThread; ++k) {
    const Score& score = scores[k];
    if (!score.eligible) continue;
    const std::int64_t i = first + static_cast<std::int64_t>(threadIdx.x) * kPerThread + k;
    if (wantCandidates) {
      const bool kept = cut.keeps(score.joint, keyOf(score.joint, i));
      candidates.image[candidate] = row / batch.objectCount;
      candidates.object[candidate] = row % batch.objectCount;
      candidates.anchor[candidate] = i;
      candidates.member[candidate] = inBag[k] ? member : -1;
      candidates.p[candidate] = score.p;
      candidates.q[candidate] = score.q;
      candidates.joint[candidate] = score.joint;
      candidates.threshold[candidate] = static_cast<float>(cut.threshold);
      candidates.belowThreshold[candidate] = !kept;
      candidates.fallback[candidate] = cut.fallback && inBag[k];
      candidates.cutByMaxBag[candidate] = kept && !inBag[k];
      ++candidate;
    }
    if (inBag[k]) {
      members.row[member] = row;
      members.anchor[member] = i;
      members.p[member] = score.p;
      members.q[member] = score.q;
      members.joint[member] = score.joint;
      members.sReg[member] = musumath::criterionReg(score.p, score.q, options);
      members.sCls[member] = musumath::criterionCls(score.p, score.q, options);
      ++member;
    }
  }
  __syncthreads();  // the storage may be used again
}

__global__ void fillKernel(MusuBatch batch, MusuOptions options, MusuRows rows, MusuMembers members,
                           MusuCandidates candidates, bool wantCandidates) {
  const std::int64_t block = blockIdx.x, row = block / batch.chunks();
  if (rows.bagOffset[(row + 1) * batch.chunks()] > *rows.filled) return;
  fillChunk(batch, options, rows, members, candidates, wantCandidates, block, rows.bagOffset[block]);
}

/// A row's bag within the list.
struct Bag {
  std::int64_t row, begin, end;
};

__device__ Bag bagOf(const MusuBatch& batch, const MusuRows& rows, std::int64_t row) {
  return {row, rows.bagOffset[row * batch.chunks()], rows.bagOffset[(row + 1) * batch.chunks()]};
}

/// Ranks by counting who comes before: by the criterion, then by P, then by anchor, which is the order of the
/// list.
__device__ void rankMember(const MusuOptions& options, const MusuMembers& members, const Bag& bag,
                           std::int64_t m) {
  const float p = members.p[m], q = members.q[m], joint = members.joint[m], sReg = members.sReg[m],
              sCls = members.sCls[m];
  std::int64_t reg = 0, cls = 0, doubledP = -1, doubledQ = -1;
  for (std::int64_t j = bag.begin; j < bag.end; ++j) {
    const bool first = members.joint[j] > joint || (members.joint[j] == joint && j < m);
    reg += members.sReg[j] > sReg || (members.sReg[j] == sReg && first) ? 1 : 0;
    cls += members.sCls[j] > sCls || (members.sCls[j] == sCls && first) ? 1 : 0;
    doubledP += members.p[j] > p ? 2 : members.p[j] == p ? 1 : 0;
    doubledQ += members.q[j] > q ? 2 : members.q[j] == q ? 1 : 0;
  }
  const std::int64_t size = bag.end - bag.begin;
  members.rankReg[m] = reg;
  members.rankCls[m] = cls;
  members.doubledP[m] = doubledP;
  members.doubledQ[m] = doubledQ;
  members.wReg[m] = static_cast<float>(musumath::weightOfRank(reg, size, options.tauReg, options));
  members.wCls[m] = static_cast<float>(musumath::weightOfRank(cls, size, options.tauCls, options));
}

/// Largest weights per anchor; non-negative floats order as their bits.
__device__ void raiseWeights(const MusuBatch& batch, const MusuMembers& members, const MusuAssigned& to,
                             std::int64_t m) {
  const std::int64_t row = members.row[m];
  const std::int64_t pair = row / batch.objectCount * batch.count + members.anchor[m];
  const int cls = __float_as_int(members.wCls[m]), reg = __float_as_int(members.wReg[m]);
  atomicMax(reinterpret_cast<int*>(to.weightCls + pair * batch.classes + batch.labels[row]), cls);
  atomicMax(reinterpret_cast<int*>(to.bestCls + pair), cls);
  atomicMax(reinterpret_cast<int*>(to.weightReg + pair), reg);
}

/// Among the objects that give an anchor its largest weight: the largest P, then the smaller object.
__device__ void claim(const MusuBatch& batch, const MusuMembers& members, const MusuAssigned& to,
                      std::int64_t m) {
  const std::int64_t row = members.row[m], pixels = batch.batch * batch.count;
  const std::int64_t pair = row / batch.objectCount * batch.count + members.anchor[m];
  const Key key = keyOf(members.joint[m], row % batch.objectCount);
  auto* keys = reinterpret_cast<Key*>(to.keys);
  if (members.wReg[m] > 0 && members.wReg[m] == to.weightReg[pair]) atomicMax(keys + pair, key);
  if (members.wCls[m] > 0 && members.wCls[m] == to.bestCls[pair]) atomicMax(keys + pixels + pair, key);
}

/// Of a member of the list.
struct RankAndRaise {
  MusuBatch batch;
  MusuOptions options;
  MusuRows rows;
  MusuMembers members;
  MusuAssigned to;
  __device__ void operator()(std::int64_t m) const {
    if (m >= *rows.filled) return;
    rankMember(options, members, bagOf(batch, rows, members.row[m]), m);
    raiseWeights(batch, members, to, m);
  }
};

struct Claim {
  MusuBatch batch;
  MusuRows rows;
  MusuMembers members;
  MusuAssigned to;
  __device__ void operator()(std::int64_t m) const {
    if (m < *rows.filled) claim(batch, members, to, m);
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

/// By a whole block. Sums of ranks are exact; those of weights are reduced in a fixed order.
__device__ void describeRow(const MusuBatch& batch, const MusuRows& rows, const MusuMembers& members,
                            const Bag& bag, const MusuDescribed& to) {
  using IntegerReduce = cub::BlockReduce<long long, kThreads>;
  using RealReduce = cub::BlockReduce<double, kThreads>;
  __shared__ union {
    typename IntegerReduce::TempStorage integers;
    typename RealReduce::TempStorage reals;
  } storage;
  __shared__ double totals[2];
  const std::int64_t row = bag.row, begin = bag.begin, size = bag.end - bag.begin;
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
  std::int64_t* const best[3] = {to.bestJoint, to.bestP, to.bestQ};
  for (int k = 0; k < 3; ++k)
    best[k][row] = keys[k] == 0 ? -1 : anchorOf(keys[k]);
  const auto set = [&](MusuStatistic which, double value) {
    to.statistics[static_cast<std::int64_t>(which) * batch.rows() + row] = size > 0 ? value : nan("");
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

__global__ void describeKernel(MusuBatch batch, MusuRows rows, MusuMembers members, MusuDescribed to) {
  const Bag bag = bagOf(batch, rows, blockIdx.x);
  if (bag.end <= *rows.filled) describeRow(batch, rows, members, bag, to);
}

/// One block: the rows that the list has no room for, each in turn behind it. Ranks them and raises the
/// weights, and describes them unless that is null; or, when all weights are there, claims.
__global__ void remainingRowsKernel(MusuBatch batch, MusuOptions options, MusuRows rows, MusuMembers members,
                                    MusuAssigned to, MusuDescribed describedTo, bool claims) {
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    const Bag inList = bagOf(batch, rows, row);
    if (inList.end <= *rows.filled) continue;  // the same for all threads
    const Bag bag{row, members.capacity, members.capacity + inList.end - inList.begin};
    for (std::int64_t block = row * batch.chunks(); block < (row + 1) * batch.chunks(); ++block)
      fillChunk(batch, options, rows, members, {}, false, block,
                bag.begin + rows.bagOffset[block] - inList.begin);
    __syncthreads();
    for (std::int64_t m = bag.begin + threadIdx.x; m < bag.end; m += blockDim.x) {
      rankMember(options, members, bag, m);
      if (claims) {
        claim(batch, members, to, m);
      } else {
        raiseWeights(batch, members, to, m);
      }
    }
    __syncthreads();
    if (!claims && describedTo.statistics != nullptr) describeRow(batch, rows, members, bag, describedTo);
    __syncthreads();
  }
}

}  // namespace

KernelStatus musuAssign(const MusuBatch& batch, const MusuOptions& options, const MusuRows& rows,
                        const MusuMembers& members, const MusuCandidates* candidates, const MusuAssigned& to,
                        const MusuDescribed* described, Stream stream) {
  const MusuDescribed describedTo = described != nullptr ? *described : MusuDescribed{};
  const auto remaining = [&](bool claims) {
    return launch(remainingRowsKernel, 1, kThreads, stream, batch, options, rows, members, to, describedTo,
                  claims);
  };
  const std::int64_t pixels = batch.batch * batch.count;
  KernelStatus status =
      launch(fillKernel, batch.rows() * batch.chunks(), kThreads, stream, batch, options, rows, members,
             candidates != nullptr ? *candidates : MusuCandidates{}, candidates != nullptr);
  if (status.ok())
    status = forEach(members.capacity, RankAndRaise{batch, options, rows, members, to}, stream);
  if (status.ok() && described != nullptr)
    status = launch(describeKernel, batch.rows(), kThreads, stream, batch, rows, members, describedTo);
  if (status.ok()) status = remaining(false);
  if (status.ok()) status = forEach(members.capacity, Claim{batch, rows, members, to}, stream);
  if (status.ok()) status = remaining(true);
  if (!status.ok()) return status;
  return forEach(pixels, ReadWinners{pixels, reinterpret_cast<Key*>(to.keys), to.winnerReg, to.winnerCls},
                 stream);
}

}  // namespace anchorscope::kernels
