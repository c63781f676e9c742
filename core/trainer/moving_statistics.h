#pragma once
// Internal header (ATen). What a step moves besides parameters: the running statistics of trained batch norms
// and the state of a method. A step that turns out not to be finite would leave them broken: they are put
// back, decided on the device.

#include <ATen/ATen.h>

#include <vector>

#include "core/model/detector.h"

namespace anchorscope {

/// The running statistics of a detector's trained batch norms. They alias the detector's own; ask again after
/// Detector::moveTo.
std::vector<at::Tensor> movingBuffers(const Detector& detector);

/// Owned by the trainer thread. Costs nothing without buffers.
class MovingStatistics {
 public:
  MovingStatistics() = default;
  /// Floating-point and int64 tensors on one device, aliased.
  explicit MovingStatistics(const std::vector<at::Tensor>& buffers);

  /// Before the forward pass.
  void remember();
  /// Puts back what remember() saw.
  void restore();
  /// After the backward pass. skip: 0-dim on the same device; 1 puts back what remember() saw.
  void restoreIf(const at::Tensor& skip);

 private:
  /// Buffers of one dtype, copied as one tensor: few launches whatever the depth of the network.
  struct Group {
    std::vector<at::Tensor> buffers;
    at::Tensor before;
    at::Tensor flat() const;
    void fill(const at::Tensor& flatValues);
  };
  std::vector<Group> groups_;
};

}  // namespace anchorscope
