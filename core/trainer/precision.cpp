#include "core/trainer/precision.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

#include "core/base/check.h"
#include "core/ops/capabilities.h"

namespace anchorscope {

ParamSpec precisionParam() {
  return choiceParam(
      "precision", "auto", {"auto", "fp32", "bf16", "bf16_forced"},
      "What the detector computes in; losses and weights are float32 always. auto: bf16 where the device has "
      "instructions for it (CPUs with AVX-512 BF16 or AMX, GPUs of compute capability 8 and later), else "
      "fp32; "
      "the run records which. bf16: autocast where it is safe; refused where it would be emulated, many "
      "times "
      "slower than fp32. bf16_forced: there as well. Results depend on it.",
      "ours");
}

bool hasBf16(at::Device device) {
  if (device.is_cpu()) return cpuHasBf16();
  const c10::DeviceGuard guard(device);
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();  // capability 8 and later
}

Result<Precision> resolvePrecision(const std::string& option, at::Device device, bool deviceHasBf16) {
  const std::string name = device.is_cpu() ? "this CPU" : concat("the GPU ", device.str());
  if (option == "auto" && deviceHasBf16)
    return Precision{true, "bf16",
                     concat("Computes in bf16, for which ", name, " has instructions (precision = auto)")};
  if (option == "auto")
    return Precision{false, "fp32",
                     concat("Computes in fp32: ", name, " has no instructions for bf16 (precision = auto)")};
  if (option == "bf16" && !deviceHasBf16)
    return makeError(
        ErrorCode::kUsage,
        concat("bf16 would be emulated, many times slower than fp32: ", name, " has no instructions for it"),
        "Set train.precision to fp32 or auto, or to bf16_forced to have it all the same");
  return Precision{option != "fp32", option, {}};
}

Result<Precision> resolvePrecision(const std::string& option, at::Device device) {
  return resolvePrecision(option, device, hasBf16(device));
}

}  // namespace anchorscope
