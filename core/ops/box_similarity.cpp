#include "core/ops/box_similarity.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/ops/dispatch.h"
#include "core/ops/iou_row.h"
#include "core/ops/packed.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void checkBoxes(const at::Tensor& boxes1, const at::Tensor& boxes2) {
  ANCHORSCOPE_CHECK(boxes1.dim() >= 1 && boxes1.size(-1) == 4, "boxes1 is ", boxes1.sizes());
  ANCHORSCOPE_CHECK(boxes2.dim() >= 1 && boxes2.size(-1) == 4, "boxes2 is ", boxes2.sizes());
  ANCHORSCOPE_CHECK(isFloating(boxes1) && boxes1.scalar_type() == boxes2.scalar_type(),
                    "dtypes differ or are no floats");
  ANCHORSCOPE_CHECK(boxes1.device() == boxes2.device(), boxes1.device(), " and ", boxes2.device());
}

template <typename T>
boxmath::Corners<T> corners(const T* box) {
  return {box[0], box[1], box[2], box[3]};
}

template <typename T>
void pairwiseOnCpu(const at::Tensor& boxes1, bool shared1, const at::Tensor& boxes2, bool shared2,
                   std::int64_t batch, std::int64_t n, std::int64_t m, const SimilarityOptions& options,
                   at::Tensor& out) {
  const bool exactIou = options.kind == BoxSimilarity::kIou && options.rule == EpsilonRule::kExact;
  const T* first = boxes1.const_data_ptr<T>();
  const T* second = boxes2.const_data_ptr<T>();
  const at::Tensor columns = exactIou ? boxes2.transpose(-1, -2).contiguous() : at::Tensor();  // [..,4,m]
  const T* column = exactIou ? columns.const_data_ptr<T>() : nullptr;
  T* result = out.data_ptr<T>();
  parallelFor(0, batch * n, 1 + kGrainRows / (m + 1), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t image = row / n;
      const T* one = first + 4 * (shared1 ? row % n : row);
      if (exactIou) {
        const T* base = column + (shared2 ? 0 : image * 4 * m);
        iouRow(one, base, base + m, base + 2 * m, base + 3 * m, m, result + row * m);
        continue;
      }
      const T* others = second + (shared2 ? 0 : image * 4 * m);
      for (std::int64_t j = 0; j < m; ++j) {
        result[row * m + j] = boxmath::similarity(corners(one), corners(others + 4 * j), options);
      }
    }
  });
}

class ElementwiseSimilarity : public torch::autograd::Function<ElementwiseSimilarity> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& boxes1, const at::Tensor& boxes2,
                            const SimilarityOptions& options) {
    context->save_for_backward({boxes1, boxes2});
    context->saved_data["options"] = packed(options);
    at::Tensor out =
        at::empty(boxes1.sizes().slice(0, static_cast<std::size_t>(boxes1.dim() - 1)), boxes1.options());
    const std::int64_t count = out.numel();
    const c10::DeviceGuard guard(boxes1.device());
    withFloatType(boxes1, [&](auto zero) {
      using T = decltype(zero);
      const T* a = boxes1.const_data_ptr<T>();
      const T* b = boxes2.const_data_ptr<T>();
      T* result = out.data_ptr<T>();
      if (usesKernels(boxes1)) {
        requireLaunched(kernels::elementwiseSimilarity(a, b, count, options, result, streamOf(boxes1)),
                        "elementwiseSimilarity");
        return;
      }
      parallelFor(0, count, kGrainRows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          result[i] = boxmath::similarity(corners(a + 4 * i), corners(b + 4 * i), options);
        }
      });
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& boxes1 = saved[0];
    const at::Tensor& boxes2 = saved[1];
    const SimilarityOptions options = unpacked<SimilarityOptions>(context->saved_data["options"].toTensor());
    const at::Tensor upstream = upstreams[0].contiguous();
    at::Tensor gradient1 = at::empty_like(boxes1), gradient2 = at::empty_like(boxes2);
    const std::int64_t count = upstream.numel();
    const c10::DeviceGuard guard(boxes1.device());
    withFloatType(boxes1, [&](auto zero) {
      using T = decltype(zero);
      const T* a = boxes1.const_data_ptr<T>();
      const T* b = boxes2.const_data_ptr<T>();
      const T* up = upstream.const_data_ptr<T>();
      T* ga = gradient1.data_ptr<T>();
      T* gb = gradient2.data_ptr<T>();
      if (usesKernels(boxes1)) {
        requireLaunched(
            kernels::elementwiseSimilarityBackward(a, b, up, count, options, ga, gb, streamOf(boxes1)),
            "elementwiseSimilarity's backward");
        return;
      }
      parallelFor(0, count, kGrainRows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          boxmath::similarityWithGradient(corners(a + 4 * i), corners(b + 4 * i), options, ga + 4 * i,
                                          gb + 4 * i);
          for (int k = 0; k < 4; ++k) {
            ga[4 * i + k] *= up[i];
            gb[4 * i + k] *= up[i];
          }
        }
      });
    });
    return {gradient1, gradient2, at::Tensor()};
  }
};

}  // namespace

at::Tensor pairwiseSimilarity(const at::Tensor& boxes1, const at::Tensor& boxes2,
                              const SimilarityOptions& options) {
  checkBoxes(boxes1, boxes2);
  ANCHORSCOPE_CHECK(boxes1.dim() == 2 || boxes1.dim() == 3, "boxes1 is ", boxes1.sizes());
  ANCHORSCOPE_CHECK(boxes2.dim() == 2 || boxes2.dim() == 3, "boxes2 is ", boxes2.sizes());
  const c10::NoGradGuard noGradient;
  const bool shared1 = boxes1.dim() == 2, shared2 = boxes2.dim() == 2;
  const std::int64_t batch = shared1 ? (shared2 ? 1 : boxes2.size(0)) : boxes1.size(0);
  ANCHORSCOPE_CHECK(shared1 || shared2 || boxes1.size(0) == boxes2.size(0), "batches ", boxes1.size(0),
                    " and ", boxes2.size(0));
  const std::int64_t n = boxes1.size(-2), m = boxes2.size(-2);
  at::Tensor out = at::empty({batch, n, m}, boxes1.options());
  if (out.numel() > 0) {
    const at::Tensor first = boxes1.contiguous(), second = boxes2.contiguous();
    const c10::DeviceGuard guard(boxes1.device());
    withFloatType(first, [&](auto zero) {
      using T = decltype(zero);
      if (usesKernels(first)) {
        requireLaunched(
            kernels::pairwiseSimilarity(first.const_data_ptr<T>(), shared1, second.const_data_ptr<T>(),
                                        shared2, batch, n, m, options, out.data_ptr<T>(), streamOf(first)),
            "pairwiseSimilarity");
      } else {
        pairwiseOnCpu<T>(first, shared1, second, shared2, batch, n, m, options, out);
      }
    });
  }
  return shared1 && shared2 ? out.squeeze(0) : out;
}

at::Tensor pairwiseIou(const at::Tensor& boxes1, const at::Tensor& boxes2) {
  return pairwiseSimilarity(boxes1, boxes2, {BoxSimilarity::kIou});
}

at::Tensor pairwiseIof(const at::Tensor& boxes1, const at::Tensor& boxes2) {
  return pairwiseSimilarity(boxes1, boxes2, {BoxSimilarity::kIof});
}

at::Tensor elementwiseSimilarity(const at::Tensor& boxes1, const at::Tensor& boxes2,
                                 const SimilarityOptions& options) {
  checkBoxes(boxes1, boxes2);
  ANCHORSCOPE_CHECK(boxes1.sizes() == boxes2.sizes(), boxes1.sizes(), " and ", boxes2.sizes());
  return ElementwiseSimilarity::apply(boxes1.contiguous(), boxes2.contiguous(), options);
}

at::Tensor elementwiseIou(const at::Tensor& boxes1, const at::Tensor& boxes2) {
  return elementwiseSimilarity(boxes1, boxes2, {BoxSimilarity::kIou});
}

}  // namespace anchorscope
