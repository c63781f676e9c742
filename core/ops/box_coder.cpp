#include "core/ops/box_coder.h"

#include <torch/csrc/autograd/custom_function.h>

#include "core/ops/dispatch.h"
#include "core/ops/packed.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class Decode : public torch::autograd::Function<Decode> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& anchors, const at::Tensor& deltas,
                            const CoderParameters& coder) {
    context->save_for_backward({anchors, deltas});
    context->saved_data["coder"] = packed(coder);
    at::Tensor boxes = at::empty_like(deltas);
    run(anchors, deltas, at::Tensor(), coder, boxes);
    return boxes;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    const CoderParameters coder = unpacked<CoderParameters>(context->saved_data["coder"].toTensor());
    at::Tensor gradient = at::empty_like(saved[1]);
    run(saved[0], saved[1], upstreams[0].contiguous(), coder, gradient);
    return {at::Tensor(), gradient, at::Tensor()};
  }

 private:
  /// Forward with an undefined upstream, backward otherwise.
  static void run(const at::Tensor& anchors, const at::Tensor& deltas, const at::Tensor& upstream,
                  const CoderParameters& coder, at::Tensor& out) {
    const std::int64_t count = anchors.size(0);
    if (deltas.numel() == 0) return;
    const std::int64_t batch = deltas.numel() / (4 * count);
    const c10::DeviceGuard guard(deltas.device());
    withFloatType(deltas, [&](auto zero) {
      using T = decltype(zero);
      const T* anchor = anchors.const_data_ptr<T>();
      const T* delta = deltas.const_data_ptr<T>();
      const T* up = upstream.defined() ? upstream.const_data_ptr<T>() : nullptr;
      T* result = out.data_ptr<T>();
      if (usesKernels(deltas)) {
        const kernels::Stream stream = streamOf(deltas);
        requireLaunched(up != nullptr
                            ? kernels::decodeBackward(anchor, delta, up, batch, count, coder, result, stream)
                            : kernels::decode(anchor, delta, batch, count, coder, result, stream),
                        "decode");
        return;
      }
      parallelFor(0, batch * count, kGrainRows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const T* own = anchor + 4 * (i % count);
          if (up != nullptr) {
            boxmath::decodeBoxBackward(own, delta + 4 * i, up + 4 * i, coder, result + 4 * i);
          } else {
            boxmath::decodeBox(own, delta + 4 * i, coder, result + 4 * i);
          }
        }
      });
    });
  }
};

at::Tensor rowOf(const std::array<double, 4>& values, const at::Tensor& like) {
  return at::tensor(at::ArrayRef<double>(values.data(), values.size()), at::kDouble).to(like.options());
}

}  // namespace

BoxCoder BoxCoder::torchvision(std::array<double, 4> weights) {
  BoxCoder coder;
  for (std::size_t k = 0; k < 4; ++k)
    coder.stds[k] = 1 / weights[k];
  return coder;
}

BoxCoder BoxCoder::mmdet(std::array<double, 4> means, std::array<double, 4> stds) {
  BoxCoder coder;
  coder.means = means;
  coder.stds = stds;
  coder.limitShrinking = true;
  return coder;
}

BoxCoder BoxCoder::of(BoxOffsets offsets) {
  BoxCoder coder = torchvision();
  coder.offsets = offsets;
  return coder;
}

BoxCoder BoxCoder::of(const AnchorSet& anchors) {
  BoxCoder coder = torchvision(anchors.deltaWeights);
  coder.offsets = anchors.offsets;
  return coder;
}

CoderParameters BoxCoder::parameters() const {
  CoderParameters result{};
  for (std::size_t k = 0; k < 4; ++k) {
    result.means[k] = means[k];
    result.stds[k] = stds[k];
  }
  result.maxLogScale = maxLogScale;
  result.limitShrinking = limitShrinking;
  result.sideDistances = offsets == BoxOffsets::kSideDistances;
  return result;
}

at::Tensor BoxCoder::encode(const at::Tensor& anchors, const at::Tensor& boxes) const {
  ANCHORSCOPE_CHECK(anchors.size(-1) == 4 && boxes.size(-1) == 4, anchors.sizes(), " and ", boxes.sizes());
  const at::Tensor anchorSize = anchors.slice(-1, 2, 4) - anchors.slice(-1, 0, 2);
  if (offsets == BoxOffsets::kSideDistances) {
    const at::Tensor location = anchors.slice(-1, 0, 2) + 0.5 * anchorSize;
    return at::cat(
        {(location - boxes.slice(-1, 0, 2)) / anchorSize, (boxes.slice(-1, 2, 4) - location) / anchorSize},
        -1);
  }
  const at::Tensor boxSize = boxes.slice(-1, 2, 4) - boxes.slice(-1, 0, 2);
  const at::Tensor shift =
      (boxes.slice(-1, 0, 2) + 0.5 * boxSize - anchors.slice(-1, 0, 2) - 0.5 * anchorSize) / anchorSize;
  const at::Tensor raw = at::cat({shift, at::log(boxSize / anchorSize)}, -1);
  return (raw - rowOf(means, raw)) / rowOf(stds, raw);
}

at::Tensor BoxCoder::decode(const at::Tensor& anchors, const at::Tensor& deltas) const {
  ANCHORSCOPE_CHECK(anchors.dim() == 2 && anchors.size(1) == 4, "anchors are ", anchors.sizes());
  ANCHORSCOPE_CHECK(
      (deltas.dim() == 2 || deltas.dim() == 3) && deltas.size(-1) == 4 && deltas.size(-2) == anchors.size(0),
      "deltas are ", deltas.sizes(), ", anchors ", anchors.sizes());
  ANCHORSCOPE_CHECK(isFloating(deltas) && deltas.scalar_type() == anchors.scalar_type() &&
                        deltas.device() == anchors.device(),
                    "anchors and deltas differ in dtype or device");
  return Decode::apply(anchors.contiguous(), deltas.contiguous(), parameters());
}

}  // namespace anchorscope
