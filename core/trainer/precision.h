#pragma once
// Internal header (ATen). What a run computes in, and whether a device has instructions for it.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"

namespace anchorscope {

/// The option train.precision: auto, fp32, bf16 or bf16_forced.
ParamSpec precisionParam();

struct Precision {
  bool bf16 = false;  ///< Autocast to bf16 where it is safe; else float32 all through.
  std::string
      option;  ///< What a run records in place of "auto": "fp32" or "bf16"; otherwise what was asked for.
  std::string report;  ///< For people, what auto chose and why; empty when it was not asked.
};

/// Whether the device multiplies bf16 in hardware: a CPU with AVX-512 BF16 or AMX, a GPU of compute
/// capability 8 or more.
bool hasBf16(at::Device device);

/// auto takes bf16 where the device has it. Asking for bf16 on one that has not is kUsage: emulated, a
/// product of matrices was measured 65 times slower than in float32 on a CPU with AVX2 alone. bf16_forced
/// asks nothing.
Result<Precision> resolvePrecision(const std::string& option, at::Device device, bool deviceHasBf16);
Result<Precision> resolvePrecision(const std::string& option, at::Device device);

}  // namespace anchorscope
