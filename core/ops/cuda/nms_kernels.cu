// Non-maximum suppression: every pair's verdict as a bit, then one block walks the boxes in order. Nothing is
// read back.

#include "core/ops/cuda/launch.h"

namespace anchorscope::kernels {
namespace {

constexpr int kBits = 64;

/// Word (i, w): bit b is set when box i comes before box 64 w + b, shares its label and overlaps it by more
/// than the threshold.
template <typename T>
struct Overlaps {
  const T* boxes;
  const std::int64_t* labels;
  std::int64_t n, words;
  T threshold;
  std::uint64_t* mask;
  __device__ void operator()(std::int64_t item) const {
    const std::int64_t i = item / words, first = item % words * kBits;
    std::uint64_t bits = 0;
    const T* a = boxes + 4 * i;
    const std::int64_t begin = first > i + 1 ? first : i + 1;
    const std::int64_t end = first + kBits < n ? first + kBits : n;
    for (std::int64_t j = begin; j < end; ++j) {
      if (labels[j] != labels[i]) continue;
      const T* b = boxes + 4 * j;
      if (boxmath::iou(a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]) > threshold) {
        bits |= std::uint64_t{1} << (j - first);
      }
    }
    mask[item] = bits;
  }
};

/// One block. Threads share the words of the removed set, which overwrites row i of the mask only after use.
__global__ void walkKernel(std::uint64_t* mask, std::int64_t n, std::int64_t words, bool* keep) {
  // keep doubles as the removed set: true = still standing.
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x)
    keep[i] = true;
  __syncthreads();
  for (std::int64_t i = 0; i < n; ++i) {
    const bool stands = keep[i];
    if (stands) {
      for (std::int64_t word = i / kBits + threadIdx.x; word < words; word += blockDim.x) {
        for (std::uint64_t bits = mask[i * words + word]; bits != 0; bits &= bits - 1) {
          keep[word * kBits + __ffsll(static_cast<long long>(bits)) - 1] = false;
        }
      }
      __syncthreads();
    }
  }
}

}  // namespace

template <typename T>
KernelStatus nms(const T* boxes, const std::int64_t* labels, std::int64_t n, double iouThreshold,
                 std::uint64_t* mask, bool* keep, Stream stream) {
  if (n <= 0) return {};
  const std::int64_t words = (n + kBits - 1) / kBits;
  const KernelStatus status =
      forEach(n * words, Overlaps<T>{boxes, labels, n, words, static_cast<T>(iouThreshold), mask}, stream);
  if (!status.ok()) return status;
  return launch(walkKernel, 1, kThreads, stream, mask, n, words, keep);
}

template KernelStatus nms<float>(const float*, const std::int64_t*, std::int64_t, double, std::uint64_t*,
                                 bool*, Stream);
template KernelStatus nms<double>(const double*, const std::int64_t*, std::int64_t, double, std::uint64_t*,
                                  bool*, Stream);

}  // namespace anchorscope::kernels
