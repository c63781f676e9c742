#pragma once
// Internal header (ATen). Where a step's batches lie on a GPU: the same memory for every batch of one shape.

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/recently_used.h"

namespace anchorscope {

/// What of a batch a tensor holds: two parts of one shape have memory of their own.
enum class BatchPart : std::uint8_t { kPixels, kFilled, kBoxes, kLabels, kValid, kIgnored, kMasks };

/// Owned by whoever takes batches one after another: a batch's tensors hold until the next of its shape, and
/// whatever reads them has to be on the stream by then. Not for several threads.
///
/// A copy to the device is not waited for. It is queued behind the kernels that read the batch before, so
/// that it overwrites nothing which is still to be read. Its source is pinned memory that LibTorch's caching
/// allocator lends for the one batch: the allocator records an event behind the copy and lends the block
/// again only when that has passed.
class InputBuffers {
 public:
  /// Ten batches of eight images of 800 x 1333 px.
  static constexpr std::int64_t kDefaultBytes = std::int64_t{256} << 20;

  explicit InputBuffers(at::Device device, std::int64_t mostBytes = kDefaultBytes);

  at::Device device() const { return device_; }
  /// A tensor of the host on the device: on the CPU itself, on a GPU in the memory kept for the part and the
  /// shape. A part has one dtype.
  at::Tensor moved(BatchPart part, const at::Tensor& onHost);

 private:
  using Key = std::pair<BatchPart, std::vector<std::int64_t>>;

  at::Device device_;
  RecentlyUsed<Key, at::Tensor> kept_;
};

}  // namespace anchorscope
