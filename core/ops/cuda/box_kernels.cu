// Box similarity, decoding and the matched box losses: one thread per output item.

#include "core/ops/cuda/launch.h"

namespace anchorscope::kernels {
namespace {

template <typename T>
__device__ boxmath::Corners<T> corners(const T* box) {
  return {box[0], box[1], box[2], box[3]};
}

template <typename T>
struct Pairwise {
  const T* boxes1;
  bool shared1;
  const T* boxes2;
  bool shared2;
  std::int64_t n, m;
  SimilarityOptions options;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    const std::int64_t row = i / m, column = i % m;
    const T* a = boxes1 + 4 * (shared1 ? row % n : row);
    const T* b = boxes2 + 4 * (shared2 ? column : row / n * m + column);
    out[i] = boxmath::similarity(corners(a), corners(b), options);
  }
};

template <typename T>
struct Elementwise {
  const T *boxes1, *boxes2;
  SimilarityOptions options;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    out[i] = boxmath::similarity(corners(boxes1 + 4 * i), corners(boxes2 + 4 * i), options);
  }
};

template <typename T>
struct ElementwiseBackward {
  const T *boxes1, *boxes2, *upstream;
  SimilarityOptions options;
  T *gradient1, *gradient2;
  __device__ void operator()(std::int64_t i) const {
    T a[4], b[4];
    boxmath::similarityWithGradient(corners(boxes1 + 4 * i), corners(boxes2 + 4 * i), options, a, b);
    for (int k = 0; k < 4; ++k) {
      gradient1[4 * i + k] = a[k] * upstream[i];
      gradient2[4 * i + k] = b[k] * upstream[i];
    }
  }
};

/// Where an anchor's object is, or null.
template <typename T>
struct Matching {
  const T* objects;
  const std::int64_t* matched;
  const T* weights;
  std::int64_t anchors, objectCount;
  __device__ const T* object(std::int64_t i) const {
    const long long index = boxmath::matchedObject<T>(matched[i], weights != nullptr ? weights + i : nullptr);
    return index < 0 ? nullptr : objects + 4 * (i / anchors * objectCount + index);
  }
  __device__ T weight(std::int64_t i) const { return weights != nullptr ? weights[i] : T(1); }
};

template <typename T>
struct MatchedSimilarity {
  const T* pred;
  Matching<T> matching;
  SimilarityOptions options;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    const T* object = matching.object(i);
    out[i] = object == nullptr
                 ? T(0)
                 : matching.weight(i) *
                       (T(1) - boxmath::similarity(corners(pred + 4 * i), corners(object), options));
  }
};

template <typename T>
struct MatchedSimilarityBackward {
  const T* pred;
  Matching<T> matching;
  const T* upstream;
  SimilarityOptions options;
  T* gradient;
  __device__ void operator()(std::int64_t i) const {
    T slopes[4] = {T(0), T(0), T(0), T(0)};
    const T* object = matching.object(i);
    T factor = T(0);
    if (object != nullptr) {
      boxmath::similarityWithGradient(corners(pred + 4 * i), corners(object), options, slopes);
      factor = -matching.weight(i) * upstream[i];
    }
    for (int k = 0; k < 4; ++k)
      gradient[4 * i + k] = object == nullptr ? T(0) : slopes[k] * factor;
  }
};

template <typename T>
struct MatchedDelta {
  const T *deltas, *anchorBoxes;
  Matching<T> matching;
  CoderParameters coder;
  T beta;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    const T* object = matching.object(i);
    if (object == nullptr) {
      out[i] = T(0);
      return;
    }
    T slopes[4];
    out[i] = matching.weight(i) * boxmath::deltaLoss(deltas + 4 * i, anchorBoxes + 4 * (i % matching.anchors),
                                                     object, coder, beta, slopes);
  }
};

template <typename T>
struct MatchedDeltaBackward {
  const T *deltas, *anchorBoxes;
  Matching<T> matching;
  const T* upstream;
  CoderParameters coder;
  T beta;
  T* gradient;
  __device__ void operator()(std::int64_t i) const {
    const T* object = matching.object(i);
    if (object == nullptr) {
      for (int k = 0; k < 4; ++k)
        gradient[4 * i + k] = T(0);
      return;
    }
    T slopes[4];
    boxmath::deltaLoss(deltas + 4 * i, anchorBoxes + 4 * (i % matching.anchors), object, coder, beta, slopes);
    for (int k = 0; k < 4; ++k)
      gradient[4 * i + k] = slopes[k] * matching.weight(i) * upstream[i];
  }
};

template <typename T>
struct Decode {
  const T *anchorBoxes, *deltas;
  std::int64_t anchors;
  CoderParameters coder;
  T* boxes;
  __device__ void operator()(std::int64_t i) const {
    boxmath::decodeBox(anchorBoxes + 4 * (i % anchors), deltas + 4 * i, coder, boxes + 4 * i);
  }
};

template <typename T>
struct DecodeBackward {
  const T *anchorBoxes, *deltas, *upstream;
  std::int64_t anchors;
  CoderParameters coder;
  T* gradient;
  __device__ void operator()(std::int64_t i) const {
    boxmath::decodeBoxBackward(anchorBoxes + 4 * (i % anchors), deltas + 4 * i, upstream + 4 * i, coder,
                               gradient + 4 * i);
  }
};

}  // namespace

template <typename T>
KernelStatus pairwiseSimilarity(const T* boxes1, bool shared1, const T* boxes2, bool shared2,
                                std::int64_t batch, std::int64_t n, std::int64_t m, SimilarityOptions options,
                                T* out, Stream stream) {
  return forEach(batch * n * m, Pairwise<T>{boxes1, shared1, boxes2, shared2, n, m, options, out}, stream);
}

template <typename T>
KernelStatus elementwiseSimilarity(const T* boxes1, const T* boxes2, std::int64_t n,
                                   SimilarityOptions options, T* out, Stream stream) {
  return forEach(n, Elementwise<T>{boxes1, boxes2, options, out}, stream);
}

template <typename T>
KernelStatus elementwiseSimilarityBackward(const T* boxes1, const T* boxes2, const T* upstream,
                                           std::int64_t n, SimilarityOptions options, T* gradient1,
                                           T* gradient2, Stream stream) {
  return forEach(n, ElementwiseBackward<T>{boxes1, boxes2, upstream, options, gradient1, gradient2}, stream);
}

template <typename T>
KernelStatus matchedSimilarityLoss(const T* pred, const T* objects, const std::int64_t* matched,
                                   const T* weights, std::int64_t batch, std::int64_t anchors,
                                   std::int64_t objectCount, SimilarityOptions options, T* out,
                                   Stream stream) {
  const Matching<T> matching{objects, matched, weights, anchors, objectCount};
  return forEach(batch * anchors, MatchedSimilarity<T>{pred, matching, options, out}, stream);
}

template <typename T>
KernelStatus matchedSimilarityLossBackward(const T* pred, const T* objects, const std::int64_t* matched,
                                           const T* weights, const T* upstream, std::int64_t batch,
                                           std::int64_t anchors, std::int64_t objectCount,
                                           SimilarityOptions options, T* gradient, Stream stream) {
  const Matching<T> matching{objects, matched, weights, anchors, objectCount};
  return forEach(batch * anchors, MatchedSimilarityBackward<T>{pred, matching, upstream, options, gradient},
                 stream);
}

template <typename T>
KernelStatus matchedDeltaLoss(const T* deltas, const T* anchorBoxes, const T* objects,
                              const std::int64_t* matched, const T* weights, std::int64_t batch,
                              std::int64_t anchors, std::int64_t objectCount, CoderParameters coder,
                              double beta, T* out, Stream stream) {
  const Matching<T> matching{objects, matched, weights, anchors, objectCount};
  return forEach(batch * anchors, MatchedDelta<T>{deltas, anchorBoxes, matching, coder, T(beta), out},
                 stream);
}

template <typename T>
KernelStatus matchedDeltaLossBackward(const T* deltas, const T* anchorBoxes, const T* objects,
                                      const std::int64_t* matched, const T* weights, const T* upstream,
                                      std::int64_t batch, std::int64_t anchors, std::int64_t objectCount,
                                      CoderParameters coder, double beta, T* gradient, Stream stream) {
  const Matching<T> matching{objects, matched, weights, anchors, objectCount};
  return forEach(batch * anchors,
                 MatchedDeltaBackward<T>{deltas, anchorBoxes, matching, upstream, coder, T(beta), gradient},
                 stream);
}

template <typename T>
KernelStatus decode(const T* anchorBoxes, const T* deltas, std::int64_t batch, std::int64_t anchors,
                    CoderParameters coder, T* boxes, Stream stream) {
  return forEach(batch * anchors, Decode<T>{anchorBoxes, deltas, anchors, coder, boxes}, stream);
}

template <typename T>
KernelStatus decodeBackward(const T* anchorBoxes, const T* deltas, const T* upstream, std::int64_t batch,
                            std::int64_t anchors, CoderParameters coder, T* gradient, Stream stream) {
  return forEach(batch * anchors, DecodeBackward<T>{anchorBoxes, deltas, upstream, anchors, coder, gradient},
                 stream);
}

#define ANCHORSCOPE_INSTANTIATE(T)                                                                           \
  template KernelStatus pairwiseSimilarity<T>(const T*, bool, const T*, bool, std::int64_t, std::int64_t,    \
                                              std::int64_t, SimilarityOptions, T*, Stream);                  \
  template KernelStatus elementwiseSimilarity<T>(const T*, const T*, std::int64_t, SimilarityOptions, T*,    \
                                                 Stream);                                                    \
  template KernelStatus elementwiseSimilarityBackward<T>(const T*, const T*, const T*, std::int64_t,         \
                                                         SimilarityOptions, T*, T*, Stream);                 \
  template KernelStatus matchedSimilarityLoss<T>(const T*, const T*, const std::int64_t*, const T*,          \
                                                 std::int64_t, std::int64_t, std::int64_t,                   \
                                                 SimilarityOptions, T*, Stream);                             \
  template KernelStatus matchedSimilarityLossBackward<T>(const T*, const T*, const std::int64_t*, const T*,  \
                                                         const T*, std::int64_t, std::int64_t, std::int64_t, \
                                                         SimilarityOptions, T*, Stream);                     \
  template KernelStatus matchedDeltaLoss<T>(const T*, const T*, const T*, const std::int64_t*, const T*,     \
                                            std::int64_t, std::int64_t, std::int64_t, CoderParameters,       \
                                            double, T*, Stream);                                             \
  template KernelStatus matchedDeltaLossBackward<T>(const T*, const T*, const T*, const std::int64_t*,       \
                                                    const T*, const T*, std::int64_t, std::int64_t,          \
                                                    std::int64_t, CoderParameters, double, T*, Stream);      \
  template KernelStatus decode<T>(const T*, const T*, std::int64_t, std::int64_t, CoderParameters, T*,       \
                                  Stream);                                                                   \
  template KernelStatus decodeBackward<T>(const T*, const T*, const T*, std::int64_t, std::int64_t,          \
                                          CoderParameters, T*, Stream);

ANCHORSCOPE_INSTANTIATE(float)
ANCHORSCOPE_INSTANTIATE(double)

}  // namespace anchorscope::kernels
