// Classification losses. Row sums take one warp per row, in a fixed order, so that they are the same on every
// run.

#include "core/ops/cuda/launch.h"

namespace anchorscope::kernels {
namespace {

constexpr int kWarp = 32;

template <typename T>
__global__ void rowsKernel(const T* logits, const T* targets, const std::int64_t* labels, std::int64_t rows,
                           std::int64_t classes, ClsLossOptions options, T* out) {
  const std::int64_t warps = static_cast<std::int64_t>(gridDim.x) * (blockDim.x / kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
       row < rows; row += warps) {
    double sum = 0;
    if (labels == nullptr || labels[row] != -2) {
      for (std::int64_t c = lane; c < classes; c += kWarp) {
        const T target = labels != nullptr ? T(labels[row] == c) : targets[row * classes + c];
        sum += static_cast<double>(clsmath::elementLoss(logits[row * classes + c], target, options).value);
      }
    }
    for (int offset = kWarp / 2; offset > 0; offset /= 2)
      sum += __shfl_down_sync(0xffffffffU, sum, offset);
    if (lane == 0) out[row] = static_cast<T>(sum);
  }
}

template <typename T>
struct RowsBackward {
  const T *logits, *targets;
  const std::int64_t* labels;
  const T* upstream;
  std::int64_t classes;
  ClsLossOptions options;
  T* gradient;
  __device__ void operator()(std::int64_t i) const {
    const std::int64_t row = i / classes;
    if (labels != nullptr && labels[row] == -2) {
      gradient[i] = T(0);
      return;
    }
    const T target = labels != nullptr ? T(labels[row] == i % classes) : targets[i];
    gradient[i] = upstream[row] * clsmath::elementLoss(logits[i], target, options).slope;
  }
};

}  // namespace

template <typename T>
KernelStatus clsLossRows(const T* logits, const T* targets, const std::int64_t* labels, std::int64_t rows,
                         std::int64_t classes, ClsLossOptions options, T* out, Stream stream) {
  if (rows <= 0) return {};
  return launch(rowsKernel<T>, blocksFor(rows * kWarp), kThreads, stream, logits, targets, labels, rows,
                classes, options, out);
}

template <typename T>
KernelStatus clsLossRowsBackward(const T* logits, const T* targets, const std::int64_t* labels,
                                 const T* upstream, std::int64_t rows, std::int64_t classes,
                                 ClsLossOptions options, T* gradient, Stream stream) {
  return forEach(rows * classes,
                 RowsBackward<T>{logits, targets, labels, upstream, classes, options, gradient}, stream);
}

#define ANCHORSCOPE_INSTANTIATE(T)                                                                          \
  template KernelStatus clsLossRows<T>(const T*, const T*, const std::int64_t*, std::int64_t, std::int64_t, \
                                       ClsLossOptions, T*, Stream);                                         \
  template KernelStatus clsLossRowsBackward<T>(const T*, const T*, const std::int64_t*, const T*,           \
                                               std::int64_t, std::int64_t, ClsLossOptions, T*, Stream);

ANCHORSCOPE_INSTANTIATE(float)
ANCHORSCOPE_INSTANTIATE(double)

}  // namespace anchorscope::kernels
