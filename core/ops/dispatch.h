#pragma once
// Internal header (ATen). What every op's .cpp needs to choose between its CPU code and its CUDA kernel.

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "core/base/check.h"
#include "core/ops/cuda/kernels.h"

namespace anchorscope {

/// float32 or float64.
inline bool isFloating(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kDouble;
}

/// Whether the kernels of core/ops/cuda take the tensor: it lies anywhere but in the CPU's memory.
inline bool usesKernels(const at::Tensor& tensor) {
  return !tensor.is_cpu();
}

/// The stream ATen uses at present on the tensor's device. Throws c10::Error where there are no such streams.
inline kernels::Stream streamOf(const at::Tensor& tensor) {
  return static_cast<kernels::Stream>(
      c10::impl::VirtualGuardImpl(tensor.device().type()).getStream(tensor.device()).native_handle());
}

/// Throws c10::Error with the kernel's text.
inline void requireLaunched(const kernels::KernelStatus& status, const char* op) {
  TORCH_CHECK(status.ok(), op, ": ", status.error);
}

/// Calls function(T{}) with T = float or double, by the tensor's dtype.
template <typename Function>
void withFloatType(const at::Tensor& tensor, Function function) {
  if (tensor.scalar_type() == at::kFloat) {
    function(float{});
  } else {
    ANCHORSCOPE_CHECK(tensor.scalar_type() == at::kDouble, "dtype ", toString(tensor.scalar_type()));
    function(double{});
  }
}

/// Rows worth a task of their own on the CPU.
inline constexpr std::int64_t kGrainRows = 4096;

}  // namespace anchorscope
