#pragma once
// Internal header (ATen). Devices for tensors on a machine without a GPU: LibTorch's PrivateUse1 with memory
// of the host, where the kernels of core/ops/cuda run on the host (threads.h) and everything else is computed
// by ATen's CPU code. A program has them by linking anchorscope_cuda_on_host in front of anchorscope_ops.
//
// The rules of a GPU hold: an operation whose tensors lie on different devices throws; what is allocated
// holds garbage, another on each device; autograd has a thread for each device; and what makes the host wait
// is counted.

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "tests/support/cuda_on_host/threads.h"

namespace anchorscope::cuda_on_host {

/// One device for each order in which threads may run.
inline at::Device device(Order order) {
  return {at::kPrivateUse1, static_cast<at::DeviceIndex>(order)};
}

/// What has gone between the host and the devices while this lives, from any thread.
class Traffic {
 public:
  Traffic();
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  /// The operations that brought numbers, or sizes that depend on them, to the host, in order: the host waits
  /// for each.
  std::vector<std::string> reads() const;
  /// The operations that took numbers of the host to a device, and kept the host waiting. A copy to or from
  /// pinned memory that is not to be waited for stands in neither list.
  std::vector<std::string> writes() const;
};

}  // namespace anchorscope::cuda_on_host
