// The parts of include/cuda_runtime.h that are no templates.

#include <cuda_runtime.h>

namespace {

thread_local cudaError_t lastError = cudaSuccess;
thread_local std::string lastFault;

}  // namespace

namespace anchorscope::cuda_on_host {

cudaError_t launch(const cudaLaunchConfig_t& configuration, const std::function<void()>& thread) {
  const Order order = configuration.stream != nullptr ? configuration.stream->order : Order::kForwards;
  std::string fault = runGrid(configuration.gridDim.x, configuration.blockDim.x, order, thread);
  if (fault.empty()) return cudaSuccess;
  lastFault = std::move(fault);
  return lastError = cudaErrorLaunchFailure;
}

}  // namespace anchorscope::cuda_on_host

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid value";
    case cudaErrorLaunchFailure:
      break;
  }
  return lastFault.c_str();
}

cudaError_t cudaGetLastError() {
  return std::exchange(lastError, cudaSuccess);
}

cudaError_t cudaMemsetAsync(void* bytes, int value, std::size_t count, cudaStream_t) {
  std::memset(bytes, value, count);
  return cudaSuccess;
}
