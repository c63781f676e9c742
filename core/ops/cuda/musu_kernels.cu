// MuSu's assignment. Scores are computed again in each pass instead of being stored: N x G of them would not
// fit, and a pass is a few operations per pair.

#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_segmented_sort.cuh>

#include "core/ops/cuda/launch.h"
#include "core/ops/cuda/musu_kernels.h"
#include "core/ops/cuda/musu_keys.h"

namespace anchorscope::kernels {
namespace {

constexpr int kPerThread = 4;
constexpr std::int64_t kChunk = kThreads * kPerThread;
constexpr int kSelectThreads = 1024;

__device__ Key larger(Key a, Key b) {
  return a > b ? a : b;
}

struct Score {
  float p, q, joint;
  bool eligible;
};

__device__ Score scoreOf(const MusuBatch& batch, const MusuOptions& options, std::int64_t row,
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

struct Partial {
  std::int64_t* count;        // [rows * chunks]
  double* sum;                // [rows * chunks]
  Key *best, *bestP, *bestQ;  // [rows * chunks] by P, p, q
};

/// Count, sum and best keys of a chunk's eligible pairs.
__global__ void measureKernel(MusuBatch batch, MusuOptions options, std::int64_t chunks, Partial partial) {
  using CountReduce = cub::BlockReduce<int, kThreads>;
  using SumReduce = cub::BlockReduce<double, kThreads>;
  using KeyReduce = cub::BlockReduce<Key, kThreads>;
  __shared__ union {
    typename CountReduce::TempStorage count;
    typename SumReduce::TempStorage sum;
    typename KeyReduce::TempStorage key;
  } storage;
  const std::int64_t block = blockIdx.x, row = block / chunks, first = block % chunks * kChunk;
  int count = 0;
  double sum = 0;
  Key best = 0, bestP = 0, bestQ = 0;
  if (batch.valid[row]) {
    for (int k = 0; k < kPerThread; ++k) {
      const std::int64_t i = first + static_cast<std::int64_t>(threadIdx.x) * kPerThread + k;
      if (i >= batch.count) break;
      const Score score = scoreOf(batch, options, row, i);
      if (!score.eligible) continue;
      ++count;
      sum += static_cast<double>(score.joint);
      best = larger(best, keyOf(score.joint, i));
      bestP = larger(bestP, keyOf(score.p, i));
      bestQ = larger(bestQ, keyOf(score.q, i));
    }
  }
  const int blockCount = CountReduce(storage.count).Sum(count);
  __syncthreads();
  const double blockSum = SumReduce(storage.sum).Sum(sum);
  __syncthreads();
  const auto largest = [] __device__(Key a, Key b) { return larger(a, b); };
  const Key blockBest = KeyReduce(storage.key).Reduce(best, largest);
  __syncthreads();
  const Key blockBestP = KeyReduce(storage.key).Reduce(bestP, largest);
  __syncthreads();
  const Key blockBestQ = KeyReduce(storage.key).Reduce(bestQ, largest);
  if (threadIdx.x == 0) {
    partial.count[block] = blockCount;
    partial.sum[block] = blockSum;
    partial.best[block] = blockBest;
    partial.bestP[block] = blockBestP;
    partial.bestQ[block] = blockBestQ;
  }
}

/// Gathers a row's partials in order; one thread per row. Leaves the mean in `threshold` under kMeanStd.
struct FinishMeasure {
  MusuOptions options;
  std::int64_t chunks;
  Partial partial;
  MusuRows rows;
  __device__ void operator()(std::int64_t row) const {
    std::int64_t count = 0;
    double sum = 0;
    Key best = 0, bestP = 0, bestQ = 0;
    for (std::int64_t c = row * chunks; c < (row + 1) * chunks; ++c) {
      count += partial.count[c];
      sum += partial.sum[c];
      best = larger(best, partial.best[c]);
      bestP = larger(bestP, partial.bestP[c]);
      bestQ = larger(bestQ, partial.bestQ[c]);
    }
    rows.eligible[row] = count;
    rows.bestKey[row] = best;
    rows.bestPKey[row] = bestP;
    rows.bestQKey[row] = bestQ;
    rows.topKey[row] = 0;
    rows.bagKey[row] = 0;
    double threshold = nan("");
    if (count > 0) {
      switch (options.threshold) {
        case MusuOptions::Threshold::kMeanStd:
          threshold = sum / static_cast<double>(count);
          break;
        case MusuOptions::Threshold::kMaxRatio:
          threshold = options.gamma * static_cast<double>(jointOf(best));
          break;
        case MusuOptions::Threshold::kAbsolute:
          threshold = options.t;
          break;
        case MusuOptions::Threshold::kTopK:
          break;
      }
    }
    rows.threshold[row] = threshold;
  }
};

/// Squared deviations of a chunk from the mean.
__global__ void deviationKernel(MusuBatch batch, MusuOptions options, std::int64_t chunks, MusuRows rows,
                                Partial partial) {
  using SumReduce = cub::BlockReduce<double, kThreads>;
  __shared__ typename SumReduce::TempStorage storage;
  const std::int64_t block = blockIdx.x, row = block / chunks, first = block % chunks * kChunk;
  double sum = 0;
  if (rows.eligible[row] > 0) {
    for (int k = 0; k < kPerThread; ++k) {
      const std::int64_t i = first + static_cast<std::int64_t>(threadIdx.x) * kPerThread + k;
      if (i >= batch.count) break;
      const Score score = scoreOf(batch, options, row, i);
      const double difference = static_cast<double>(score.joint) - rows.threshold[row];
      if (score.eligible) sum += difference * difference;
    }
  }
  const double blockSum = SumReduce(storage).Sum(sum);
  if (threadIdx.x == 0) partial.sum[block] = blockSum;
}

struct FinishDeviation {
  std::int64_t chunks;
  Partial partial;
  MusuRows rows;
  __device__ void operator()(std::int64_t row) const {
    if (rows.eligible[row] == 0) return;
    double sum = 0;
    for (std::int64_t c = row * chunks; c < (row + 1) * chunks; ++c)
      sum += partial.sum[c];
    rows.threshold[row] += sqrt(sum / static_cast<double>(rows.eligible[row]));
  }
};

/// One block per row: the key of the `wanted`-th best pair, 8 bits at a time from the top. `amongKept` looks
/// at what the threshold keeps and writes bagKey (0 when nothing is cut), otherwise at all eligible and
/// writes topKey and threshold.
__global__ void selectKernel(MusuBatch batch, MusuOptions options, MusuRows rows, std::int64_t wanted,
                             bool amongKept) {
  __shared__ unsigned histogram[256];
  __shared__ Key prefix;
  __shared__ std::int64_t missing;
  const std::int64_t row = blockIdx.x;
  if (rows.eligible[row] == 0) return;
  const Cut cut(rows, row);
  if (threadIdx.x == 0) {
    prefix = 0;
    missing = !amongKept && wanted > rows.eligible[row] ? rows.eligible[row] : wanted;
  }
  for (int shift = 56; shift >= 0; shift -= 8) {
    for (int bin = threadIdx.x; bin < 256; bin += blockDim.x)
      histogram[bin] = 0;
    __syncthreads();
    const Key known = prefix;
    for (std::int64_t i = threadIdx.x; i < batch.count; i += blockDim.x) {
      const Score score = scoreOf(batch, options, row, i);
      if (!score.eligible) continue;
      const Key key = keyOf(score.joint, i);
      if (amongKept && !cut.keeps(score.joint, key)) continue;
      if (shift < 56 && (key >> (shift + 8)) != (known >> (shift + 8))) continue;
      atomicAdd(&histogram[(key >> shift) & 255U], 1U);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      int bin = 255;
      std::int64_t left = missing;
      while (bin >= 0 && left > static_cast<std::int64_t>(histogram[bin]))
        left -= histogram[bin--];
      if (bin < 0) {
        missing = -1;  // fewer than wanted: nothing is cut
      } else {
        missing = left;
        prefix = known | static_cast<Key>(bin) << shift;
      }
    }
    __syncthreads();
    if (missing < 0) return;
  }
  if (threadIdx.x != 0) return;
  if (amongKept) {
    rows.bagKey[row] = prefix;
  } else {
    rows.topKey[row] = prefix;
    rows.threshold[row] = static_cast<double>(jointOf(prefix));
  }
}

/// Bag members and eligible pairs per chunk, into the offsets' arrays (summed afterwards).
__global__ void countKernel(MusuBatch batch, MusuOptions options, std::int64_t chunks, MusuRows rows) {
  using CountReduce = cub::BlockReduce<int, kThreads>;
  __shared__ typename CountReduce::TempStorage storage;
  const std::int64_t block = blockIdx.x, row = block / chunks, first = block % chunks * kChunk;
  int eligible = 0, members = 0;
  if (rows.eligible[row] > 0) {
    const Cut cut(rows, row);
    for (int k = 0; k < kPerThread; ++k) {
      const std::int64_t i = first + static_cast<std::int64_t>(threadIdx.x) * kPerThread + k;
      if (i >= batch.count) break;
      const Score score = scoreOf(batch, options, row, i);
      if (!score.eligible) continue;
      ++eligible;
      members += cut.inBag(score.joint, keyOf(score.joint, i)) ? 1 : 0;
    }
  }
  const int blockEligible = CountReduce(storage).Sum(eligible);
  __syncthreads();
  const int blockMembers = CountReduce(storage).Sum(members);
  if (threadIdx.x == 0) {
    rows.eligibleOffset[block] = blockEligible;
    rows.bagOffset[block] = blockMembers;
  }
}

/// Writes a chunk's members and candidates at their offsets, in anchor order.
__global__ void fillKernel(MusuBatch batch, MusuOptions options, std::int64_t chunks, MusuRows rows,
                           MusuMembers members, MusuCandidates candidates, bool wantCandidates) {
  using Scan = cub::BlockScan<int, kThreads>;
  __shared__ typename Scan::TempStorage storage;
  const std::int64_t block = blockIdx.x, row = block / chunks, first = block % chunks * kChunk;
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
  std::int64_t member = rows.bagOffset[block] + baggedBefore;
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
}

/// Sort keys of one ranking: criterion first, then P (unless null); equal keys keep their order, by anchor.
struct SortKeys {
  const float *criterion, *joint;
  Key* keys;
  std::int64_t* values;
  __device__ void operator()(std::int64_t m) const {
    keys[m] = static_cast<Key>(__float_as_uint(criterion[m])) << 32 |
              (joint != nullptr ? __float_as_uint(joint[m]) : 0U);
    values[m] = m;
  }
};

struct RanksAndWeights {
  MusuOptions options;
  double tau;
  std::int64_t chunks;
  const std::int64_t *bagOffset, *row, *sorted;
  std::int64_t* rank;
  float* weight;
  __device__ void operator()(std::int64_t place) const {
    const std::int64_t member = sorted[place], begin = bagOffset[row[member] * chunks],
                       end = bagOffset[(row[member] + 1) * chunks];
    rank[member] = place - begin;
    weight[member] = static_cast<float>(musumath::weightOfRank(place - begin, end - begin, tau, options));
  }
};

/// Twice the rank by falling key, equal keys sharing their mean rank.
struct SharedRanks {
  std::int64_t chunks;
  const std::int64_t *bagOffset, *row, *sorted;
  const Key* keys;  // sorted
  std::int64_t* doubled;
  __device__ void operator()(std::int64_t place) const {
    const std::int64_t member = sorted[place], begin = bagOffset[row[member] * chunks],
                       end = bagOffset[(row[member] + 1) * chunks];
    const Key key = keys[place];
    // Keys fall: first is the first place whose key is not above this one, last the first whose key is below.
    std::int64_t first = begin, last = place + 1;
    for (std::int64_t high = place; first < high;) {
      const std::int64_t middle = first + (high - first) / 2;
      if (keys[middle] > key) {
        first = middle + 1;
      } else {
        high = middle;
      }
    }
    for (std::int64_t high = end; last < high;) {
      const std::int64_t middle = last + (high - last) / 2;
      if (keys[middle] < key) {
        high = middle;
      } else {
        last = middle + 1;
      }
    }
    doubled[member] = first + last - 1 - 2 * begin;
  }
};

/// Where each row's bag begins, for the segmented sort: every chunks-th offset.
struct RowOffsets {
  const std::int64_t* bagOffset;
  std::int64_t chunks;
  std::int64_t* offsets;
  __device__ void operator()(std::int64_t row) const { offsets[row] = bagOffset[row * chunks]; }
};

std::size_t aligned(std::size_t bytes) {
  return (bytes + 255) / 256 * 256;
}

/// Hands out parts of a scratch buffer.
class Scratch {
 public:
  Scratch(void* base, std::size_t bytes) : base_(static_cast<char*>(base)), bytes_(bytes) {}
  template <typename T>
  T* take(std::int64_t count) {
    char* part = base_ + used_;
    used_ += aligned(static_cast<std::size_t>(count) * sizeof(T));
    return reinterpret_cast<T*>(part);
  }
  void* rest() { return base_ + used_; }
  std::size_t restBytes() const { return bytes_ - used_; }

 private:
  char* base_;
  std::size_t bytes_, used_ = 0;
};

std::size_t scanBytes(std::int64_t items) {
  std::size_t bytes = 0;
  cub::DeviceScan::ExclusiveSum(nullptr, bytes, static_cast<std::int64_t*>(nullptr),
                                static_cast<std::int64_t*>(nullptr), items);
  return bytes;
}

cudaError_t sortSegments(void* temporary, std::size_t& bytes, const Key* keysIn, Key* keysOut,
                         const std::int64_t* valuesIn, std::int64_t* valuesOut, std::int64_t items,
                         std::int64_t rows, const std::int64_t* offsets, Stream stream) {
  return cub::DeviceSegmentedSort::StableSortPairsDescending(
      temporary, bytes, keysIn, keysOut, valuesIn, valuesOut, items, rows, offsets, offsets + 1, stream);
}

}  // namespace

std::int64_t MusuBatch::chunks() const {
  return (count + kChunk - 1) / kChunk;
}

std::size_t musuMeasureScratch(const MusuBatch& batch) {
  const std::int64_t blocks = batch.rows() * batch.chunks();
  const auto count = static_cast<std::size_t>(blocks);
  return aligned(count * sizeof(std::int64_t)) + aligned(count * sizeof(double)) +
         3 * aligned(count * sizeof(Key)) + aligned(scanBytes(blocks + 1));
}

KernelStatus musuMeasure(const MusuBatch& batch, const MusuOptions& options, const MusuRows& rows,
                         void* scratch, std::size_t scratchBytes, Stream stream) {
  const std::int64_t chunks = batch.chunks(), blocks = batch.rows() * chunks;
  if (blocks >= std::int64_t{1} << 31 || batch.count >= std::int64_t{1} << 31)
    return {"too many anchors and objects"};
  Scratch parts(scratch, scratchBytes);
  Partial partial{};
  partial.count = parts.take<std::int64_t>(blocks);
  partial.sum = parts.take<double>(blocks);
  for (Key** best : {&partial.best, &partial.bestP, &partial.bestQ})
    *best = parts.take<Key>(blocks);

  if (const auto status = launch(measureKernel, blocks, kThreads, stream, batch, options, chunks, partial);
      !status.ok()) {
    return status;
  }
  if (const auto status = forEach(batch.rows(), FinishMeasure{options, chunks, partial, rows}, stream);
      !status.ok()) {
    return status;
  }
  if (options.threshold == MusuOptions::Threshold::kMeanStd) {
    if (const auto status =
            launch(deviationKernel, blocks, kThreads, stream, batch, options, chunks, rows, partial);
        !status.ok()) {
      return status;
    }
    if (const auto status = forEach(batch.rows(), FinishDeviation{chunks, partial, rows}, stream);
        !status.ok()) {
      return status;
    }
  }
  if (options.threshold == MusuOptions::Threshold::kTopK) {
    if (const auto status = launch(selectKernel, batch.rows(), kSelectThreads, stream, batch, options, rows,
                                   options.k, false);
        !status.ok()) {
      return status;
    }
  }
  if (options.maxBag > 0) {
    if (const auto status = launch(selectKernel, batch.rows(), kSelectThreads, stream, batch, options, rows,
                                   options.maxBag, true);
        !status.ok()) {
      return status;
    }
  }
  if (const auto status = launch(countKernel, blocks, kThreads, stream, batch, options, chunks, rows);
      !status.ok()) {
    return status;
  }
  for (std::int64_t* offsets : {rows.bagOffset, rows.eligibleOffset}) {
    cudaMemsetAsync(offsets + blocks, 0, sizeof(std::int64_t), stream);  // the total lands there
    std::size_t bytes = parts.restBytes();
    if (const auto status = statusOf(
            cub::DeviceScan::ExclusiveSum(parts.rest(), bytes, offsets, offsets, blocks + 1, stream));
        !status.ok()) {
      return status;
    }
  }
  return {};
}

std::size_t musuFillScratch(std::int64_t members, std::int64_t rows) {
  std::size_t bytes = 0;
  sortSegments(nullptr, bytes, nullptr, nullptr, nullptr, nullptr, members, rows, nullptr, nullptr);
  const auto count = static_cast<std::size_t>(members);
  return 2 * aligned(count * sizeof(Key)) + 2 * aligned(count * sizeof(std::int64_t)) +
         aligned(static_cast<std::size_t>(rows + 1) * sizeof(std::int64_t)) + aligned(bytes);
}

KernelStatus musuFill(const MusuBatch& batch, const MusuOptions& options, const MusuRows& rows,
                      const MusuMembers& members, const MusuCandidates* candidates, void* scratch,
                      std::size_t scratchBytes, Stream stream) {
  const std::int64_t chunks = batch.chunks();
  if (const auto status =
          launch(fillKernel, batch.rows() * chunks, kThreads, stream, batch, options, chunks, rows, members,
                 candidates != nullptr ? *candidates : MusuCandidates{}, candidates != nullptr);
      !status.ok()) {
    return status;
  }
  if (members.total == 0) return {};

  Scratch parts(scratch, scratchBytes);
  Key* keysIn = parts.take<Key>(members.total);
  Key* keysOut = parts.take<Key>(members.total);
  auto* valuesIn = parts.take<std::int64_t>(members.total);
  auto* valuesOut = parts.take<std::int64_t>(members.total);
  auto* offsets = parts.take<std::int64_t>(batch.rows() + 1);
  if (const auto status = forEach(batch.rows() + 1, RowOffsets{rows.bagOffset, chunks, offsets}, stream);
      !status.ok()) {
    return status;
  }
  const auto sortBy = [&](const float* criterion, const float* joint) -> KernelStatus {
    const auto status = forEach(members.total, SortKeys{criterion, joint, keysIn, valuesIn}, stream);
    if (!status.ok()) return status;
    std::size_t bytes = parts.restBytes();
    return statusOf(sortSegments(parts.rest(), bytes, keysIn, keysOut, valuesIn, valuesOut, members.total,
                                 batch.rows(), offsets, stream));
  };
  for (const bool reg : {true, false}) {
    if (const auto status = sortBy(reg ? members.sReg : members.sCls, members.joint); !status.ok())
      return status;
    const RanksAndWeights ranks{options,
                                reg ? options.tauReg : options.tauCls,
                                chunks,
                                rows.bagOffset,
                                members.row,
                                valuesOut,
                                reg ? members.rankReg : members.rankCls,
                                reg ? members.wReg : members.wCls};
    if (const auto status = forEach(members.total, ranks, stream); !status.ok()) return status;
  }
  if (members.doubledP == nullptr) return {};
  for (const bool byP : {true, false}) {
    if (const auto status = sortBy(byP ? members.p : members.q, nullptr); !status.ok()) return status;
    const SharedRanks ranks{chunks,    rows.bagOffset, members.row,
                            valuesOut, keysOut,        byP ? members.doubledP : members.doubledQ};
    if (const auto status = forEach(members.total, ranks, stream); !status.ok()) return status;
  }
  return {};
}

}  // namespace anchorscope::kernels
