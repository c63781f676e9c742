#pragma once
// Internal header (ATen). The running statistics of trained batch norms. A forward pass moves them, so a step
// that turns out not to be finite would leave them broken: they are put back, decided on the device.

#include <ATen/ATen.h>

#include <vector>

#include "core/model/detector.h"

namespace anchorscope {

/// Owned by the trainer thread. Costs nothing for a detector without trained batch norms.
class MovingStatistics {
 public:
  MovingStatistics() = default;
  /// The buffers alias the detector's own; call it again after Detector::moveTo.
  explicit MovingStatistics(const Detector& detector);

  /// Before the forward pass.
  void remember();
  /// After the backward pass. skip: 0-dim on the detector's device; 1 puts back what remember() saw.
  void restoreIf(const at::Tensor& skip);

 private:
  /// Buffers of one dtype, copied as one tensor: few launches whatever the depth of the network.
  struct Group {
    std::vector<at::Tensor> buffers;
    at::Tensor before;
    at::Tensor flat() const;
  };
  std::vector<Group> groups_;
};

}  // namespace anchorscope
