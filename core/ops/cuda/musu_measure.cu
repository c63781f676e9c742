// MuSu's rows measured: thresholds, what cuts a bag, and where its members will lie.

#include <cub/block/block_reduce.cuh>
#include <cub/device/device_scan.cuh>

#include "core/ops/cuda/musu_scores.h"

namespace anchorscope::kernels {
namespace {

constexpr int kSelectThreads = 1024;

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

/// Rows whose members all lie within the capacity come first, since offsets grow: what they fill.
struct FindFilled {
  std::int64_t chunks, rows, capacity;
  const std::int64_t* bagOffset;
  std::int64_t* filled;
  __device__ void operator()(std::int64_t row) const {
    const std::int64_t end = bagOffset[(row + 1) * chunks];
    if (end <= capacity && (row + 1 == rows || bagOffset[(row + 2) * chunks] > capacity)) *filled = end;
  }
};

}  // namespace

std::size_t musuMeasureScratch(const MusuBatch& batch) {
  const std::int64_t blocks = batch.rows() * batch.chunks();
  const auto count = static_cast<std::size_t>(blocks);
  return aligned(count * sizeof(std::int64_t)) + aligned(count * sizeof(double)) +
         3 * aligned(count * sizeof(Key)) + aligned(scanBytes(blocks + 1));
}

KernelStatus musuMeasure(const MusuBatch& batch, const MusuOptions& options, std::int64_t capacity,
                         const MusuRows& rows, void* scratch, std::size_t scratchBytes, Stream stream) {
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
  cudaMemsetAsync(rows.filled, 0, sizeof(std::int64_t), stream);
  return forEach(batch.rows(), FindFilled{chunks, batch.rows(), capacity, rows.bagOffset, rows.filled},
                 stream);
}

}  // namespace anchorscope::kernels
