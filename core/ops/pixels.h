#pragma once
// Internal header (ATen). Pixels as a detector takes them, from the 8 bits in which they are read and moved.

#include <ATen/ATen.h>

#include <array>

namespace anchorscope {

/// (rgb / 255 - mean) / deviation, on one device. Its constants are made once, so that a step moves nothing
/// but the batch.
class PixelNormalization {
 public:
  /// deviation: positive.
  PixelNormalization(const std::array<float, 3>& mean, const std::array<float, 3>& deviation,
                     at::Device device);

  /// bytes: [B,H,W,3] uint8, contiguous, on the device. filled: [B,4] int32 on the device, the px of each
  /// input that hold its image as left, top, right, bottom (half-open). Gives [B,3,H,W] float32 in
  /// channels-last order; 0, the mean colour, outside `filled`. One pass on the CPU, on all threads.
  at::Tensor operator()(const at::Tensor& bytes, const at::Tensor& filled) const;
  /// The same from tensor operations, on any device: what a GPU runs.
  at::Tensor fromOperations(const at::Tensor& bytes, const at::Tensor& filled) const;

 private:
  at::Tensor onCpu(const at::Tensor& bytes, const at::Tensor& filled) const;

  at::Tensor gain_, bias_;  ///< [3] float32: 1 / (255 deviation), -mean / deviation.
};

}  // namespace anchorscope
