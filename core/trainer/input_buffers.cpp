#include "core/trainer/input_buffers.h"

namespace anchorscope {

InputBuffers::InputBuffers(at::Device device, std::int64_t mostBytes)
    : device_(device),
      kept_(mostBytes, [](const at::Tensor& tensor) { return static_cast<std::int64_t>(tensor.nbytes()); }) {}

at::Tensor InputBuffers::moved(BatchPart part, const at::Tensor& onHost) {
  if (device_.is_cpu()) return onHost;
  at::Tensor kept = kept_.get({part, onHost.sizes().vec()},
                              [&] { return at::empty(onHost.sizes(), onHost.options().device(device_)); });
  kept.copy_(onHost.pin_memory(), /*non_blocking=*/true);
  return kept;
}

}  // namespace anchorscope
