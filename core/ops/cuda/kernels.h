#pragma once
// The CUDA kernels: raw device pointers, sizes and a stream in, a status out; no ATen. Asynchronous on the
// stream unless said otherwise; all arrays are dense and row-major. T is float or double. Sizes of 0 are fine
// and launch nothing. A build without CUDA links stubs of the same names that return "not built".

#include <cstdint>
#include <string>

#include "core/ops/cls_loss_math.h"
#include "core/ops/coder_math.h"
#include "core/ops/similarity_math.h"

struct CUstream_st;

namespace anchorscope::kernels {

using Stream = CUstream_st*;

/// Whether a launch went well; `error` is a static text.
struct KernelStatus {
  const char* error = nullptr;
  bool ok() const { return error == nullptr; }
};

/// False in a build without CUDA.
bool built();
/// How LibTorch calls the devices: "cuda".
const char* deviceType();
/// Usable GPUs; 0 without a driver.
int deviceCount();
/// "NVIDIA H200"
std::string deviceName(int index);

/// boxes1 [B or 1, n, 4], boxes2 [B or 1, m, 4] -> out [B,n,m].
template <typename T>
KernelStatus pairwiseSimilarity(const T* boxes1, bool shared1, const T* boxes2, bool shared2,
                                std::int64_t batch, std::int64_t n, std::int64_t m, SimilarityOptions options,
                                T* out, Stream stream);

/// boxes1, boxes2 [n,4] -> out [n].
template <typename T>
KernelStatus elementwiseSimilarity(const T* boxes1, const T* boxes2, std::int64_t n,
                                   SimilarityOptions options, T* out, Stream stream);

/// upstream [n] -> gradient1, gradient2 [n,4].
template <typename T>
KernelStatus elementwiseSimilarityBackward(const T* boxes1, const T* boxes2, const T* upstream,
                                           std::int64_t n, SimilarityOptions options, T* gradient1,
                                           T* gradient2, Stream stream);

/// pred [B,N,4], objects [B,G,4], matched [B,N], weights [B,N] or null -> out [B,N].
template <typename T>
KernelStatus matchedSimilarityLoss(const T* pred, const T* objects, const std::int64_t* matched,
                                   const T* weights, std::int64_t batch, std::int64_t anchors,
                                   std::int64_t objectCount, SimilarityOptions options, T* out,
                                   Stream stream);
/// upstream [B,N] -> gradient [B,N,4].
template <typename T>
KernelStatus matchedSimilarityLossBackward(const T* pred, const T* objects, const std::int64_t* matched,
                                           const T* weights, const T* upstream, std::int64_t batch,
                                           std::int64_t anchors, std::int64_t objectCount,
                                           SimilarityOptions options, T* gradient, Stream stream);

/// deltas [B,N,4], anchors [N,4], the rest as above -> out [B,N].
template <typename T>
KernelStatus matchedDeltaLoss(const T* deltas, const T* anchorBoxes, const T* objects,
                              const std::int64_t* matched, const T* weights, std::int64_t batch,
                              std::int64_t anchors, std::int64_t objectCount, CoderParameters coder,
                              double beta, T* out, Stream stream);
template <typename T>
KernelStatus matchedDeltaLossBackward(const T* deltas, const T* anchorBoxes, const T* objects,
                                      const std::int64_t* matched, const T* weights, const T* upstream,
                                      std::int64_t batch, std::int64_t anchors, std::int64_t objectCount,
                                      CoderParameters coder, double beta, T* gradient, Stream stream);

/// anchors [N,4], deltas [B,N,4] -> boxes [B,N,4].
template <typename T>
KernelStatus decode(const T* anchorBoxes, const T* deltas, std::int64_t batch, std::int64_t anchors,
                    CoderParameters coder, T* boxes, Stream stream);
/// upstream [B,N,4] -> gradient [B,N,4].
template <typename T>
KernelStatus decodeBackward(const T* anchorBoxes, const T* deltas, const T* upstream, std::int64_t batch,
                            std::int64_t anchors, CoderParameters coder, T* gradient, Stream stream);

/// Row sums: logits [rows,classes], targets [rows,classes] or null with labels [rows] -> out [rows].
template <typename T>
KernelStatus clsLossRows(const T* logits, const T* targets, const std::int64_t* labels, std::int64_t rows,
                         std::int64_t classes, ClsLossOptions options, T* out, Stream stream);
/// upstream [rows] -> gradient [rows,classes].
template <typename T>
KernelStatus clsLossRowsBackward(const T* logits, const T* targets, const std::int64_t* labels,
                                 const T* upstream, std::int64_t rows, std::int64_t classes,
                                 ClsLossOptions options, T* gradient, Stream stream);

/// Boxes [n,4] in visiting order with their labels [n] -> keep [n], 1 for kept. `mask` is
/// scratch of n * ceil(n / 64) words.
template <typename T>
KernelStatus nms(const T* boxes, const std::int64_t* labels, std::int64_t n, double iouThreshold,
                 std::uint64_t* mask, bool* keep, Stream stream);

}  // namespace anchorscope::kernels
