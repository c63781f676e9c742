#include "core/ops/cls_losses.h"

#include <torch/csrc/autograd/custom_function.h>

#include "core/ops/cls_rows.h"
#include "core/ops/dispatch.h"
#include "core/ops/packed.h"
#include "core/ops/parallel.h"

namespace anchorscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Calls body(row, class, target) for every element of a row that takes part.
template <typename T, typename Body>
void forRow(std::int64_t row, std::int64_t classes, const T* targets, const std::int64_t* labels,
            const Body& body) {
  if (labels != nullptr && labels[row] == -2) return;
  for (std::int64_t c = 0; c < classes; ++c) {
    body(c, labels != nullptr ? static_cast<T>(labels[row] == c) : targets[row * classes + c]);
  }
}

/// Rows begin..end in float32 by the vectorised forms; arguments as in runRows.
void vectorRows(const float* logits, const float* targets, const std::int64_t* labels, const float* upstream,
                std::int64_t begin, std::int64_t end, std::int64_t classes, const ClsLossOptions& options,
                float* out) {
  for (std::int64_t row = begin; row < end; ++row) {
    const bool ignored = labels != nullptr && labels[row] == -2;
    const ClsRowTargets target{targets != nullptr ? targets + row * classes : nullptr,
                               labels != nullptr ? labels[row] : -1};
    const float* logit = logits + row * classes;
    if (upstream == nullptr) {
      out[row] = ignored ? 0.0F : static_cast<float>(clsRowSum(logit, target, classes, options));
    } else if (ignored) {
      std::fill(out + row * classes, out + (row + 1) * classes, 0.0F);
    } else {
      clsRowSlopes(logit, target, upstream[row], classes, options, out + row * classes);
    }
  }
}

/// Forward with an undefined upstream, backward otherwise. One of targets and labels is undefined.
void runRows(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& labels,
             const at::Tensor& upstream, const ClsLossOptions& options, at::Tensor& out) {
  const c10::DeviceGuard guard(logits.device());
  withFloatType(logits, [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t classes = logits.size(-1), rows = classes > 0 ? logits.numel() / classes : 0;
    const T* z = logits.const_data_ptr<T>();
    const T* y = targets.defined() ? targets.const_data_ptr<T>() : nullptr;
    const std::int64_t* label = labels.defined() ? labels.const_data_ptr<std::int64_t>() : nullptr;
    const T* up = upstream.defined() ? upstream.const_data_ptr<T>() : nullptr;
    T* result = out.data_ptr<T>();
    if (usesKernels(logits)) {
      const kernels::Stream stream = streamOf(logits);
      requireLaunched(
          up == nullptr
              ? kernels::clsLossRows(z, y, label, rows, classes, options, result, stream)
              : kernels::clsLossRowsBackward(z, y, label, up, rows, classes, options, result, stream),
          "clsLossRows");
      return;
    }
    parallelFor(0, rows, 1 + kGrainRows / (classes + 1), [&](std::int64_t begin, std::int64_t end) {
      if constexpr (std::is_same_v<T, float>) {
        if (hasVectorForm(options)) {
          vectorRows(z, y, label, up, begin, end, classes, options, result);
          return;
        }
      }
      for (std::int64_t row = begin; row < end; ++row) {
        const T* logit = z + row * classes;
        if (up == nullptr) {
          double sum = 0;
          forRow(row, classes, y, label, [&](std::int64_t c, T target) {
            sum += static_cast<double>(clsmath::elementLoss(logit[c], target, options).value);
          });
          result[row] = static_cast<T>(sum);
        } else {
          T* gradient = result + row * classes;
          if (label != nullptr && label[row] == -2) std::fill(gradient, gradient + classes, T(0));
          forRow(row, classes, y, label, [&](std::int64_t c, T target) {
            gradient[c] = up[row] * clsmath::elementLoss(logit[c], target, options).slope;
          });
        }
      }
    });
  });
}

class RowLosses : public torch::autograd::Function<RowLosses> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits,
                            const at::Tensor& targetsOrLabels, bool labels, const ClsLossOptions& options) {
    context->save_for_backward({logits, targetsOrLabels});
    context->saved_data["labels"] = labels;
    context->saved_data["options"] = packed(options);
    at::Tensor out =
        at::zeros(logits.sizes().slice(0, static_cast<std::size_t>(logits.dim() - 1)), logits.options());
    runRows(logits, labels ? at::Tensor() : targetsOrLabels, labels ? targetsOrLabels : at::Tensor(),
            at::Tensor(), options, out);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& upstreams) {
    const auto saved = context->get_saved_variables();
    const bool labels = context->saved_data["labels"].toBool();
    at::Tensor gradient = at::empty_like(saved[0]);
    runRows(saved[0], labels ? at::Tensor() : saved[1], labels ? saved[1] : at::Tensor(),
            upstreams[0].contiguous(), unpacked<ClsLossOptions>(context->saved_data["options"].toTensor()),
            gradient);
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

void checkTargets(const at::Tensor& logits, const at::Tensor& targets) {
  ANCHORSCOPE_CHECK(isFloating(logits) && targets.scalar_type() == logits.scalar_type(),
                    "logits and targets differ in dtype");
  ANCHORSCOPE_CHECK(logits.sizes() == targets.sizes(), logits.sizes(), " and ", targets.sizes());
  ANCHORSCOPE_CHECK(logits.device() == targets.device(), logits.device(), " and ", targets.device());
}

}  // namespace

at::Tensor clsLossRows(const at::Tensor& logits, const at::Tensor& targets, const ClsLossOptions& options) {
  checkTargets(logits, targets);
  ANCHORSCOPE_CHECK(logits.dim() >= 1, "logits have no class dimension");
  return RowLosses::apply(logits.contiguous(), targets.detach().contiguous(), false, options);
}

at::Tensor clsLossRowsOfLabels(const at::Tensor& logits, const at::Tensor& labels,
                               const ClsLossOptions& options) {
  ANCHORSCOPE_CHECK(isFloating(logits) && labels.scalar_type() == at::kLong,
                    "logits must be floats, labels int64");
  ANCHORSCOPE_CHECK(logits.dim() >= 1 &&
                        labels.sizes() == logits.sizes().slice(0, static_cast<std::size_t>(logits.dim() - 1)),
                    "logits are ", logits.sizes(), ", labels ", labels.sizes());
  ANCHORSCOPE_CHECK(logits.device() == labels.device(), logits.device(), " and ", labels.device());
  return RowLosses::apply(logits.contiguous(), labels.contiguous(), true, options);
}

}  // namespace anchorscope
