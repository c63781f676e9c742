// Local importance-based pooling on a CUDA device: launches core/ops/cuda/lip_kernels.cu.

#include "core/ops/cuda/lip_kernels.h"
#include "core/ops/dispatch.h"
#include "core/ops/lip_backends.h"

namespace anchorscope {
namespace {

kernels::LipElement elementOf(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kFloat:
      return kernels::LipElement::kFloat32;
    case at::kDouble:
      return kernels::LipElement::kFloat64;
    case at::kBFloat16:
      return kernels::LipElement::kBfloat16;
    default:
      ANCHORSCOPE_CHECK(x.scalar_type() == at::kHalf, "dtype ", toString(x.scalar_type()));
      return kernels::LipElement::kFloat16;
  }
}

kernels::LipBatch batchOf(const at::Tensor& x, const at::Tensor& y, const LipWindow& window) {
  return {elementOf(x), !x.is_contiguous(), x.size(0), x.size(1), x.size(2),
          x.size(3),    y.size(2),          y.size(3), window};
}

}  // namespace

at::Tensor lipReferenceOnCuda(const at::Tensor&, const at::Tensor& y, const LipWindow&) {
  return at::empty_like(y);
}

void lipForwardOnCuda(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                      const LipResult& result) {
  const bool kept = result.reference.defined();
  const kernels::LipForward arrays{x.const_data_ptr(), logit.const_data_ptr(), result.y.mutable_data_ptr(),
                                   kept ? result.reference.mutable_data_ptr() : nullptr,
                                   kept ? result.inverseSum.mutable_data_ptr() : nullptr};
  requireLaunched(kernels::lipPool(batchOf(x, result.y, window), arrays, streamOf(x)), "lipPool");
}

void lipBackwardOnCuda(const at::Tensor& x, const at::Tensor& logit, const LipWindow& window,
                       const LipResult& result, const at::Tensor& upstream, const LipGradient& gradient) {
  const kernels::LipBackward arrays{x.const_data_ptr(),
                                    logit.const_data_ptr(),
                                    result.y.const_data_ptr(),
                                    result.reference.const_data_ptr(),
                                    result.inverseSum.const_data_ptr(),
                                    upstream.const_data_ptr(),
                                    gradient.x.mutable_data_ptr(),
                                    gradient.logit.mutable_data_ptr()};
  requireLaunched(kernels::lipPoolBackward(batchOf(x, result.y, window), arrays, streamOf(x)),
                  "lipPool's backward");
}

}  // namespace anchorscope
