#pragma once
// View header (no torch). Batches of transformed images, prefetched by threads, in an order that depends only
// on (seed, position).

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/param.h"
#include "core/data/batch.h"
#include "core/data/dataset.h"
#include "core/data/epoch_list.h"
#include "core/data/input_shape.h"

namespace anchorscope {

/// Documented options of reading (datasetParams()), of what an epoch brings (epochParams()), loading and
/// augmentation (flip, scale jitter, colour jitter, mosaic ...).
std::vector<ParamSpec> loaderParams();

struct LoaderOptions {
  InputShape shape = InputShape::fixed({320, 320});
  std::vector<InputShape> trainingShapes;  ///< Each batch of the stream draws one of them; empty: `shape`.
  int batchSize = 4;
  std::uint64_t seed = 0;
  bool augment = true;
  bool shuffle = true;
  bool objectShapes = false;  ///< Samples get shapesInInput, of a set that was opened with shapes.
  int threads = 1;            ///< Prefetch threads; 0 loads in next().
  /// Batches made ahead, all threads together; 0: one more than threads, as far as kPrefetchBytes allow.
  int prefetchBatches = 0;
  ParamSet params{loaderParams()};
};

/// Bounds the memory of batches that wait, where prefetchBatches is 0; two may always wait.
inline constexpr std::int64_t kPrefetchBytes = std::int64_t{1} << 30;

/// The option aspect_groups.
int aspectGroups(const ParamSet& params);

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
/// of threads. Batches are as BatchPlan cuts the endless stream of epochs, so one can straddle two of them.
/// The input size of a batch is drawn from (seed, position), augmentation from (seed, epoch, image index).
/// Destroying the loader stops its threads between two images.
std::unique_ptr<Loader> makeLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                                   std::int64_t position = 0);

/// Images as the detector sees them without augmentation (shape, fit): probes and evaluation. All in one
/// input, so their windows should be of one size. Reads in the calling thread; only shape,
/// objectShapes and params of the options matter. An image that cannot be read is left out of `samples` and
/// `pixels` and listed in diagnostics; an error when that is so for all. Any thread.
Result<Batch> loadForInference(const Dataset& dataset, const std::vector<std::size_t>& imageIndices,
                               const LoaderOptions& options);

/// The first `count` images in batches of at most batchSize that share an input size, so that what is found
/// in an image does not depend on the others: sizes in the order of their first image, images in their order.
std::vector<std::vector<std::size_t>> inferenceBatches(const Dataset& dataset, std::size_t count,
                                                       const InputShape& shape, std::size_t batchSize);

/// loadForInference() of one batch after the other, read ahead by the options' threads; not more calls of
/// next() than there are batches. A batch whose images can all not be read is an error of that call alone.
/// `dataset` outlives the loader.
std::unique_ptr<Loader> makeInferenceLoader(const Dataset& dataset,
                                            std::vector<std::vector<std::size_t>> batches,
                                            const LoaderOptions& options);

}  // namespace anchorscope
