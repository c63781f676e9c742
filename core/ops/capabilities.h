#pragma once
// View header. What this build and this machine can do.

#include <string>
#include <vector>

namespace anchorscope {

struct DeviceDescription {
  std::string name;   ///< "cpu", "cuda:0" - what --device takes.
  std::string title;  ///< "AMD EPYC, 2 cores", "NVIDIA H200"
};

/// Built with CUDA kernels (not a stub).
bool builtWithCuda();
/// CPU first, then every usable GPU. Queries drivers: may take some 100 ms at the first call.
std::vector<DeviceDescription> availableDevices();
/// The CPU multiplies bf16 in hardware (AVX512_BF16 or AMX), so that bf16 autocast pays.
bool cpuHasBf16();

}  // namespace anchorscope
