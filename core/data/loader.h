#pragma once
// View header (no torch). Batches of transformed images, prefetched by threads, in an order that depends only
// on (seed, position).

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/param.h"
#include "core/data/dataset.h"
#include "core/data/epoch_list.h"

namespace anchorscope {

/// One transformed sample of a batch.
struct BatchSample {
  std::size_t imageIndex = 0;    ///< Into Dataset::images().
  AxisTransform inputFromImage;  ///< Exact for pixels and boxes alike. With mosaic: of the first tile.
  std::vector<Annotation>
      objectsInInput;  ///< Boxes in input px (the member name boxInImage then means the input frame).
};

/// Pixels of B images, NHWC float32, normalised, ready to be wrapped as a channels_last tensor without a
/// copy.
struct Batch {
  std::int64_t position = 0;  ///< Index of the batch since the start of training.
  SizePx inputSize;
  std::vector<BatchSample> samples;
  std::vector<float> pixels;  ///< B * height * width * 3; the border around an image is 0, the mean colour.
  Diagnostics diagnostics;    ///< Images that could not be read and were replaced by the next in order.
};

/// Documented options of reading (datasetParams()), of what an epoch brings (epochParams()), loading and
/// augmentation (flip, scale jitter, colour jitter, mosaic ...).
std::vector<ParamSpec> loaderParams();

struct LoaderOptions {
  SizePx inputSize{320, 320};
  int batchSize = 4;
  std::uint64_t seed = 0;
  bool augment = true;
  bool shuffle = true;
  int threads = 1;          ///< Prefetch threads; 0 loads in next().
  int prefetchBatches = 2;  ///< Batches made ahead, all threads together; at least 1.
  std::array<float, 3> pixelMean{}, pixelStd{1, 1, 1};  ///< (rgb / 255 - mean) / std
  ParamSet params{loaderParams()};
};

/// The epochs that a loader with these options goes through.
Result<EpochList> epochList(const Dataset& dataset, const LoaderOptions& options);

/// Endless stream of training batches. next() is called by one thread.
class Loader {
 public:
  virtual ~Loader() = default;
  /// The batch at the present position; waits only if prefetching is behind. An unreadable image is replaced
  /// by the next readable one in the epoch's order, and listed once per loader. Fails only when no image can
  /// be read, when the options are wrong (kUsage), or without memory; then every later call fails alike.
  virtual Result<Batch> next() = 0;
  virtual std::int64_t position() const = 0;  ///< Position of the batch next() will give.
};

/// Starts at `position` (>= 0); the batch at a position is the same whatever came before, and for any number
/// of threads. Batches are consecutive runs of batchSize samples of the endless sequence of epochs, so one
/// can straddle two epochs. Augmentation draws from (seed, epoch, image index). Destroying the loader stops
/// its threads between two images.
std::unique_ptr<Loader> makeLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                                   std::int64_t position = 0);

/// Images as the detector sees them without augmentation (letterboxed or resized): probes and evaluation.
/// Reads in the calling thread; only inputSize, pixelMean, pixelStd and params of the options matter. An
/// image that cannot be read is left out of `samples` and `pixels` and listed in diagnostics; an error when
/// that is so for all. Any thread.
Result<Batch> loadForInference(const Dataset& dataset, const std::vector<std::size_t>& imageIndices,
                               const LoaderOptions& options);

}  // namespace anchorscope
