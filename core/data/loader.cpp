#include "core/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/check.h"
#include "core/data/sample_maker.h"

namespace anchorscope {
namespace {

Status validate(const LoaderOptions& options, std::int64_t position) {
  ANCHORSCOPE_CHECK(position >= 0, "position ", position);
  if (options.batchSize < 1)
    return makeError(ErrorCode::kUsage, concat("A batch of ", options.batchSize, " images"), "Use 1 or more");
  if (options.inputSize.width < 1 || options.inputSize.height < 1)
    return makeError(ErrorCode::kUsage,
                     concat("An input of ", options.inputSize.width, "x", options.inputSize.height, " px"),
                     "Use 1 px or more");
  for (const float deviation : options.pixelStd)
    if (!(deviation > 0))
      return makeError(ErrorCode::kUsage, concat("A pixel standard deviation of ", deviation),
                       "Use a positive number");
  return AugmentOptions::from(options.params).validate();
}

/// Batches made ahead by threads. Which thread makes which batch changes nothing about it.
class PrefetchingLoader final : public Loader {
 public:
  PrefetchingLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                    std::int64_t position)
      : position_(position), nextToMake_(position) {
    if (Status status = validate(options, position); !status) {
      error_ = status.error();
      return;
    }
    auto epochs = epochList(*dataset, options);
    if (!epochs) {
      error_ = epochs.error();
      return;
    }
    maker_ = std::make_unique<SampleMaker>(std::move(dataset), options, *std::move(epochs));
    ahead_ = std::max(1, options.prefetchBatches);
    threads_.reserve(static_cast<std::size_t>(std::max(0, options.threads)));
    for (int i = 0; i < options.threads; ++i)
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }

  ~PrefetchingLoader() override {
    // All at once, then each is joined: a thread stops between two images at the latest.
    for (std::jthread& thread : threads_)
      thread.request_stop();
    threads_.clear();
  }

  Result<Batch> next() override {
    if (error_) return *error_;
    Result<Batch> batch = threads_.empty() ? made(position_, {}) : take();
    if (!batch) {
      error_ = batch.error();
      return batch;
    }
    ++position_;
    reportOnce(batch->diagnostics);
    return batch;
  }

  std::int64_t position() const override { return position_; }

 private:
  /// Memory can run out in a worker; that is an error of the batch, not the end of the program.
  Result<Batch> made(std::int64_t position, const std::stop_token& stop) const {
    try {
      return maker_->batchAt(position, stop);
    } catch (const std::bad_alloc&) {
      return makeError(ErrorCode::kIo, concat("Out of memory while loading batch ", position),
                       "Use a smaller batch, image size or cache_mb");
    } catch (const std::exception& exception) {
      return makeError(ErrorCode::kInternal,
                       concat("Loading batch ", position, " failed: ", exception.what()), "Report this");
    }
  }

  Result<Batch> take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return finished_.count(position_) > 0; });
    auto node = finished_.extract(position_);
    taken_ = position_ + 1;
    lock.unlock();
    room_.notify_all();
    return std::move(node.mapped());
  }

  void work(const std::stop_token& stop) {
    while (true) {
      std::unique_lock lock(mutex_);
      if (!room_.wait(lock, stop, [&] { return nextToMake_ < taken_ + ahead_; })) return;
      const std::int64_t position = nextToMake_++;
      lock.unlock();
      Result<Batch> batch = made(position, stop);
      if (stop.stop_requested()) return;
      lock.lock();
      finished_.emplace(position, std::move(batch));
      lock.unlock();
      ready_.notify_one();
    }
  }

  /// A damaged image comes again every epoch; a loader tells of it once.
  void reportOnce(Diagnostics& diagnostics) {
    if (diagnostics.empty()) return;
    Diagnostics fresh;
    for (const RecordProblem& problem : diagnostics.problems())
      if (reported_.insert(problem.file).second) fresh.add(problem);
    diagnostics = std::move(fresh);
  }

  std::optional<Error> error_;
  std::unique_ptr<SampleMaker> maker_;
  std::int64_t ahead_ = 1;
  std::int64_t position_;  ///< Only next()'s thread.
  std::set<std::string> reported_;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable_any room_;
  std::map<std::int64_t, Result<Batch>> finished_;
  std::int64_t taken_ = position_;  ///< Positions below it were handed out.
  std::int64_t nextToMake_;
  std::vector<std::jthread> threads_;
};

}  // namespace

std::vector<ParamSpec> loaderParams() {
  std::vector<ParamSpec> specs{
      choiceParam("fit", "letterbox", {"letterbox", "stretch"},
                  "How an image fills the input: whole with its aspect and a border of the mean colour, or "
                  "stretched.",
                  "ours"),
      floatParam("flip", 0.5, 0, 1, "1", "Probability of mirroring an image left to right.",
                 "torchvision references/detection"),
      floatParam("zoom_min", 0.8, 0.05, 4, "1", "Smallest random enlargement relative to the fitted size.",
                 "ours"),
      floatParam("zoom_max", 1.25, 0.05, 4, "1",
                 "Largest random enlargement; what then lies outside the input is cropped.", "ours"),
      floatParam("brightness", 0.2, 0, 1, "1", "Random brightness: a factor from 1 - x to 1 + x.", "ours"),
      floatParam("contrast", 0.2, 0, 1, "1", "Random contrast about mid-grey: a factor from 1 - x to 1 + x.",
                 "ours"),
      floatParam("saturation", 0.2, 0, 1, "1", "Random saturation: a factor from 1 - x to 1 + x.", "ours"),
      floatParam("mosaic", 0, 0, 1, "1", "Probability of joining four images into one.",
                 "Bochkovskiy et al. 2020 (YOLOv4); off by default"),
      floatParam("min_visible", 0.25, 0, 1, "1",
                 "An object cropped to less than this share of its area is left out.", "ours"),
      intParam("cache_mb", 512, 0, 1 << 20, "MiB",
               "Memory for decoded images; those that do not fit are decoded every time.", "ours")};
  for (ParamSpec& spec : specs)
    spec.effect = ParamEffect::kNextRun;
  const std::vector<ParamSpec> reading = datasetParams(), epoch = epochParams();
  specs.insert(specs.begin(), epoch.begin(), epoch.end());
  specs.insert(specs.begin(), reading.begin(), reading.end());
  return specs;
}

Result<EpochList> epochList(const Dataset& dataset, const LoaderOptions& options) {
  EpochOptions epoch = EpochOptions::from(options.params);
  epoch.shuffle = options.shuffle;
  return EpochList::make(dataset, epoch, options.seed);
}

std::unique_ptr<Loader> makeLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                                   std::int64_t position) {
  return std::make_unique<PrefetchingLoader>(std::move(dataset), options, position);
}

Result<Batch> loadForInference(const Dataset& dataset, const std::vector<std::size_t>& imageIndices,
                               const LoaderOptions& options) {
  LoaderOptions checked = options;
  checked.batchSize = 1;  // Here the list gives the batch.
  ANCHORSCOPE_TRY(validate(checked, 0));
  const Fit fit = AugmentOptions::from(options.params).fit;
  const SizePx size = options.inputSize;
  const PixelRect window{0, 0, size.width, size.height};
  const std::size_t pixelsPerSample =
      3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
  const PixelMap map = normalisation(options);
  Batch batch;
  batch.inputSize = size;
  batch.pixels.resize(imageIndices.size() * pixelsPerSample);
  for (const std::size_t imageIndex : imageIndices) {
    ANCHORSCOPE_CHECK(imageIndex < dataset.images().size(), "image ", imageIndex, " of ",
                      dataset.images().size());
    const Result<std::shared_ptr<const ImagePixels>> pixels = dataset.loadPixels(imageIndex);
    if (!pixels) {
      batch.diagnostics.add(problemOfImage(dataset, imageIndex, pixels.error()));
      if (batch.diagnostics.problems().size() == imageIndices.size()) return pixels.error();
      continue;
    }
    const ImageRecord& record = dataset.images()[imageIndex];
    BatchSample sample;
    sample.imageIndex = imageIndex;
    sample.inputFromImage = fittedTransform(record.size, size, fit);
    warpInto(**pixels, sample.inputFromImage, window, map, size,
             batch.pixels.data() + batch.samples.size() * pixelsPerSample);
    appendObjectsInInput(record.annotations, sample.inputFromImage, window, 0, sample.objectsInInput);
    batch.samples.push_back(std::move(sample));
  }
  batch.pixels.resize(batch.samples.size() * pixelsPerSample);
  return batch;
}

}  // namespace anchorscope
