// Which GPUs there are.

#include <cuda_runtime.h>

#include "core/ops/cuda/kernels.h"

namespace anchorscope::kernels {

bool built() {
  return true;
}

const char* deviceType() {
  return "cuda";
}

int deviceCount() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();  // no driver is an answer, not a failure to keep
    return 0;
  }
  return count;
}

std::string deviceName(int index) {
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, index) != cudaSuccess) return "unknown GPU";
  return properties.name;
}

}  // namespace anchorscope::kernels
