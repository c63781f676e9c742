#include "core/ops/box_losses.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "core/ops/dispatch.h"
#include "core/ops/packed.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The pointers of one matched loss, whichever it is.
template <typename T>
struct MatchedArrays {
  const T* pred;     // [B,N,4]
  const T* anchors;  // [N,4] or null
  const T* objects;  // [B,G,4]
  const std::int64_t* matched;
  const T* weights;   // [B,N] or null
  const T* upstream;  // [B,N] or null: forward
  T* out;             // [B,N], backward [B,N,4]
  std::int64_t batch, count, objectCount;
};

/// Calls body(i, object pointer, weight) for matched anchors and writes 0 for the rest.
template <typename T, typename Body>
void forMatched(const MatchedArrays<T>& arrays, const Body& body) {
  const int width = arrays.upstream != nullptr ? 4 : 1;
  parallelFor(0, arrays.batch * arrays.count, kGrainRows, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* weight = arrays.weights != nullptr ? arrays.weights + i : nullptr;
      const std::int64_t object = boxmath::matchedObject(arrays.matched[i], weight);
      T* out = arrays.out + width * i;
      if (object < 0) {
        std::fill(out, out + width, T(0));
        continue;
      }
      body(i, arrays.objects + 4 * (i / arrays.count * arrays.objectCount + object),
           weight != nullptr ? *weight : T(1), out);
    }
  });
}

template <typename T>
void similarityOnCpu(const MatchedArrays<T>& arrays, const SimilarityOptions& options) {
  forMatched(arrays, [&](std::int64_t i, const T* object, T weight, T* out) {
    const T* p = arrays.pred + 4 * i;
    const boxmath::Corners<T> pred{p[0], p[1], p[2], p[3]},
        target{object[0], object[1], object[2], object[3]};
    if (arrays.upstream == nullptr) {
      *out = weight * (T(1) - boxmath::similarity(pred, target, options));
      return;
    }
    boxmath::similarityWithGradient(pred, target, options, out);
    for (int k = 0; k < 4; ++k)
      out[k] *= -weight * arrays.upstream[i];
  });
}

template <typename T>
void deltasOnCpu(const MatchedArrays<T>& arrays, const CoderParameters& coder, T beta) {
  forMatched(arrays, [&](std::int64_t i, const T* object, T weight, T* out) {
    T gradient[4];
    const T loss = boxmath::deltaLoss(arrays.pred + 4 * i, arrays.anchors + 4 * (i % arrays.count), object,
                                      coder, beta, gradient);
    if (arrays.upstream == nullptr) {
      *out = weight * loss;
      return;
    }
    for (int k = 0; k < 4; ++k)
      out[k] = gradient[k] * weight * arrays.upstream[i];
  });
}

/// What the two losses differ in.
struct MatchedLossKind {
  bool onDeltas;
  SimilarityOptions similarity;
  CoderParameters coder;
  double beta;
};

class MatchedLoss : public torch::autograd::Function<MatchedLoss> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& pred, const at::Tensor& anchors,
                            const at::Tensor& objects, const at::Tensor& matched, const at::Tensor& weights,
                            const MatchedLossKind& kind) {
    context->save_for_backward({pred, anchors, objects, matched, weights});
    context->saved_data["kind"] = packed(kind);
    at::Tensor out = at::empty({pred.size(0), pred.size(1)}, pred.options());
    run({pred, anchors, objects, matched, weights}, at::Tensor(), kind, out);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    at::Tensor gradient = at::empty_like(saved[0]);
    run(saved, upstreams[0].contiguous(), unpacked<MatchedLossKind>(context->saved_data["kind"].toTensor()),
        gradient);
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  static void run(const variable_list& inputs, const at::Tensor& upstream, const MatchedLossKind& kind,
                  at::Tensor& out) {
    const at::Tensor& pred = inputs[0];
    if (pred.numel() == 0) return;
    if (inputs[2].size(1) == 0) {  // no object anywhere: nothing is matched
      out.zero_();
      return;
    }
    const c10::DeviceGuard guard(pred.device());
    withFloatType(pred, [&](auto zero) {
      using T = decltype(zero);
      const auto pointer = [](const at::Tensor& tensor) {
        return tensor.defined() && tensor.numel() > 0 ? tensor.const_data_ptr<T>() : nullptr;
      };
      const MatchedArrays<T> a{pointer(pred),      pointer(inputs[1]),
                               pointer(inputs[2]), inputs[3].const_data_ptr<std::int64_t>(),
                               pointer(inputs[4]), pointer(upstream),
                               out.data_ptr<T>(),  pred.size(0),
                               pred.size(1),       inputs[2].size(1)};
      if (usesKernels(pred)) {
        requireLaunched(launch(a, kind, streamOf(pred)), "matched box loss");
      } else if (kind.onDeltas) {
        deltasOnCpu(a, kind.coder, static_cast<T>(kind.beta));
      } else {
        similarityOnCpu(a, kind.similarity);
      }
    });
  }

  template <typename T>
  static kernels::KernelStatus launch(const MatchedArrays<T>& a, const MatchedLossKind& kind,
                                      kernels::Stream stream) {
    if (kind.onDeltas) {
      return a.upstream == nullptr
                 ? kernels::matchedDeltaLoss(a.pred, a.anchors, a.objects, a.matched, a.weights, a.batch,
                                             a.count, a.objectCount, kind.coder, kind.beta, a.out, stream)
                 : kernels::matchedDeltaLossBackward(a.pred, a.anchors, a.objects, a.matched, a.weights,
                                                     a.upstream, a.batch, a.count, a.objectCount, kind.coder,
                                                     kind.beta, a.out, stream);
    }
    return a.upstream == nullptr
               ? kernels::matchedSimilarityLoss(a.pred, a.objects, a.matched, a.weights, a.batch, a.count,
                                                a.objectCount, kind.similarity, a.out, stream)
               : kernels::matchedSimilarityLossBackward(a.pred, a.objects, a.matched, a.weights, a.upstream,
                                                        a.batch, a.count, a.objectCount, kind.similarity,
                                                        a.out, stream);
  }
};

at::Tensor matchedLoss(const at::Tensor& pred, const at::Tensor& anchors, const at::Tensor& objects,
                       const at::Tensor& matched, const at::Tensor& weights, const MatchedLossKind& kind) {
  ANCHORSCOPE_CHECK(pred.dim() == 3 && pred.size(2) == 4 && isFloating(pred), "predictions are ",
                    pred.sizes());
  ANCHORSCOPE_CHECK(objects.dim() == 3 && objects.size(0) == pred.size(0) && objects.size(2) == 4,
                    "objects are ", objects.sizes());
  ANCHORSCOPE_CHECK(matched.dim() == 2 && matched.size(0) == pred.size(0) &&
                        matched.size(1) == pred.size(1) && matched.scalar_type() == at::kLong,
                    "matched is ", matched.sizes());
  ANCHORSCOPE_CHECK(!weights.defined() || weights.sizes() == matched.sizes(), "weights are ",
                    weights.sizes());
  // An autograd function takes no undefined tensor: an absent one travels as an empty one.
  const auto plain = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.detach().to(pred.scalar_type()).contiguous()
                            : at::empty({0}, pred.options().requires_grad(false));
  };
  return MatchedLoss::apply(pred.contiguous(), plain(anchors), plain(objects), matched.contiguous(),
                            plain(weights), kind);
}

}  // namespace

at::Tensor logIouLoss(const at::Tensor& pred, const at::Tensor& target, double epsilon) {
  return -elementwiseSimilarity(pred, target, {BoxSimilarity::kIou, EpsilonRule::kMmdet, epsilon})
              .clamp_min(epsilon)
              .log();
}

at::Tensor balancedL1(const at::Tensor& difference, double alpha, double gamma, double beta) {
  const at::Tensor d = difference.abs();
  const double b = std::expm1(gamma / alpha);
  // Limited, so that the side that is not taken stays finite and has no slope.
  const at::Tensor near = d.clamp_max(beta);
  return at::where(d < beta, alpha / b * (b * near + 1) * (b * near / beta + 1).log() - alpha * near,
                   gamma * d + (gamma / b - alpha * beta));
}

at::Tensor matchedSimilarityLoss(const at::Tensor& pred, const at::Tensor& objects, const at::Tensor& matched,
                                 const at::Tensor& weights, const SimilarityOptions& options) {
  return matchedLoss(pred, at::Tensor(), objects, matched, weights, {false, options, {}, 0});
}

at::Tensor matchedDeltaLoss(const at::Tensor& deltas, const at::Tensor& anchors, const at::Tensor& objects,
                            const at::Tensor& matched, const at::Tensor& weights, const BoxCoder& coder,
                            double beta) {
  if (anchors.dim() == 3) {  // each image's own
    ANCHORSCOPE_CHECK(anchors.size(0) == deltas.size(0), "boxes of ", anchors.size(0), " images");
    std::vector<at::Tensor> images;
    for (std::int64_t b = 0; b < deltas.size(0); ++b)
      images.push_back(matchedDeltaLoss(
          deltas.narrow(0, b, 1), anchors[b], objects.narrow(0, b, 1), matched.narrow(0, b, 1),
          weights.defined() ? weights.narrow(0, b, 1) : at::Tensor(), coder, beta));
    return at::cat(images);
  }
  ANCHORSCOPE_CHECK(anchors.dim() == 2 && anchors.size(0) == deltas.size(1) && anchors.size(1) == 4,
                    "anchors are ", anchors.sizes());
  return matchedLoss(deltas, anchors, objects, matched, weights, {true, {}, coder.parameters(), beta});
}

at::Tensor matchedOffsetLoss(const AnchorSet& anchors, const at::Tensor& deltas, const at::Tensor& objects,
                             const at::Tensor& matched, const at::Tensor& weights, double beta) {
  return matchedDeltaLoss(deltas, anchors.boxes, objects, matched, weights, BoxCoder::of(anchors), beta);
}

}  // namespace anchorscope
