// Autocast on the host's devices, of the operations it knows on CUDA.
#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/library.h>

namespace at::autocast {
namespace {

TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFallthrough());
}

TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m) {  // the macros' name for it
#define ANCHORSCOPE_LOWER_PRECISION(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, lower_precision_fp)
#define ANCHORSCOPE_FP32(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, fp32)
#define ANCHORSCOPE_FP32_DTYPE(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, fp32_set_opt_dtype)
#define ANCHORSCOPE_PROMOTE(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, promote)
  AT_FORALL_LOWER_PRECISION_FP(ANCHORSCOPE_LOWER_PRECISION)
  AT_FORALL_FP32(ANCHORSCOPE_FP32)
  AT_FORALL_FP32_SET_OPT_DTYPE(ANCHORSCOPE_FP32_DTYPE)
  AT_FORALL_PROMOTE(ANCHORSCOPE_PROMOTE)
}

}  // namespace
}  // namespace at::autocast
