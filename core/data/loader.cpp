#include "core/data/loader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/data/batch_prefetcher.h"
#include "core/data/largest_input.h"
#include "core/data/sample_maker.h"

namespace anchorscope {
namespace {

Status validate(const LoaderOptions& options, std::int64_t position) {
  ANCHORSCOPE_CHECK(position >= 0, "position ", position);
  if (options.batchSize < 1)
    return makeError(ErrorCode::kUsage, concat("A batch of ", options.batchSize, " images"), "Use 1 or more");
  for (const InputShape& shape : shapesOf(options))
    if (const SizePx input = shape.inputOf({1, 1}); input.width < 1 || input.height < 1)
      return makeError(ErrorCode::kUsage, concat("An input of ", input.width, "x", input.height, " px"),
                       "Use 1 px or more");
  return AugmentOptions::from(options.params).validate();
}

/// How many batches may wait.
std::int64_t aheadOf(const Dataset& dataset, const LoaderOptions& options) {
  if (options.prefetchBatches > 0) return options.prefetchBatches;
  const SizePx largest = largestBatchInput(dataset, shapesOf(options), aspectGroups(options.params));
  const std::int64_t bytes =
      std::max<std::int64_t>(1, std::int64_t{3} * options.batchSize * largest.width * largest.height);
  return std::max<std::int64_t>(2, std::min<std::int64_t>(options.threads + 1, kPrefetchBytes / bytes));
}

/// The endless stream of training.
class StreamLoader final : public Loader {
 public:
  StreamLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options, std::int64_t position)
      : position_(position) {
    if (Status status = validate(options, position); !status) {
      error_ = status.error();
      return;
    }
    auto epochs = epochList(*dataset, options);
    if (!epochs) {
      error_ = epochs.error();
      return;
    }
    const std::int64_t ahead = aheadOf(*dataset, options);
    const auto maker = std::make_shared<const SampleMaker>(std::move(dataset), options, *std::move(epochs));
    batches_.emplace(
        [maker](std::int64_t at, const std::stop_token& stop) { return maker->batchAt(at, stop); }, position,
        std::numeric_limits<std::int64_t>::max(), options.threads, ahead);
  }

  Result<Batch> next() override {
    if (error_) return *error_;
    Result<Batch> batch = batches_->next();
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
  /// A damaged image comes again every epoch; a loader tells of it once.
  void reportOnce(Diagnostics& diagnostics) {
    if (diagnostics.empty()) return;
    Diagnostics fresh;
    for (const RecordProblem& problem : diagnostics.problems())
      if (reported_.insert(problem.file).second) fresh.add(problem);
    diagnostics = std::move(fresh);
  }

  std::optional<Error> error_;
  std::int64_t position_;
  std::set<std::string> reported_;
  std::optional<BatchPrefetcher> batches_;
};

class InferenceLoader final : public Loader {
 public:
  InferenceLoader(const Dataset& dataset, std::vector<std::vector<std::size_t>> batches,
                  const LoaderOptions& options)
      : count_(static_cast<std::int64_t>(batches.size())),
        batches_(
            [&dataset, options, lists = std::move(batches)](std::int64_t at,
                                                            const std::stop_token&) -> Result<Batch> {
              Result<Batch> batch = loadForInference(dataset, lists[static_cast<std::size_t>(at)], options);
              if (batch) batch->position = at;
              return batch;
            },
            0, count_, options.threads, aheadOf(dataset, options)) {}

  Result<Batch> next() override {
    ANCHORSCOPE_CHECK(position() < count_, "there are ", count_, " batches");
    return batches_.next();
  }
  std::int64_t position() const override { return batches_.position(); }

 private:
  std::int64_t count_;
  BatchPrefetcher batches_;
};

}  // namespace

std::vector<ParamSpec> loaderParams() {
  std::vector<ParamSpec> specs{
      choiceParam("fit", "letterbox", {"letterbox", "stretch"},
                  "How an image fills the input: whole with its aspect and a border of the mean colour, or "
                  "stretched.",
                  "ours"),
      intParam("aspect_groups", 3, 0, 16, "per octave",
               "In rectangles (train.input) images of like aspect share batches: groups between width / "
               "height of 1/2, 1 "
               "and 2; 0: any images.",
               "torchvision references/detection (--aspect-ratio-group-factor)"),
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

int aspectGroups(const ParamSet& params) {
  return static_cast<int>(params.getInt("aspect_groups"));
}

Result<EpochList> epochList(const Dataset& dataset, const LoaderOptions& options) {
  EpochOptions epoch = EpochOptions::from(options.params);
  epoch.shuffle = options.shuffle;
  return EpochList::make(dataset, epoch, options.seed);
}

std::unique_ptr<Loader> makeLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                                   std::int64_t position) {
  return std::make_unique<StreamLoader>(std::move(dataset), options, position);
}

Result<Batch> loadForInference(const Dataset& dataset, const std::vector<std::size_t>& imageIndices,
                               const LoaderOptions& options) {
  LoaderOptions checked = options;
  checked.batchSize = 1;  // Here the list gives the batch.
  ANCHORSCOPE_TRY(validate(checked, 0));
  const Fit fit = AugmentOptions::from(options.params).fitIn(options.shape);
  Batch batch;
  std::vector<std::shared_ptr<const ImagePixels>> sources;
  std::vector<SizePx> windows;
  for (const std::size_t imageIndex : imageIndices) {
    ANCHORSCOPE_CHECK(imageIndex < dataset.images().size(), "image ", imageIndex, " of ",
                      dataset.images().size());
    Result<std::shared_ptr<const ImagePixels>> pixels = dataset.loadPixels(imageIndex);
    if (!pixels) {
      batch.diagnostics.add(problemOfImage(dataset, imageIndex, pixels.error()));
      if (batch.diagnostics.problems().size() == imageIndices.size()) return pixels.error();
      continue;
    }
    sources.push_back(*std::move(pixels));
    windows.push_back(options.shape.window(dataset.images()[imageIndex].size));
    batch.samples.emplace_back().imageIndex = imageIndex;
  }
  if (windows.empty()) return batch;
  batch.inputSize = options.shape.input(windows);
  const std::size_t pixelsPerSample =
      3 * static_cast<std::size_t>(batch.inputSize.width) * static_cast<std::size_t>(batch.inputSize.height);
  batch.pixels.resize(batch.samples.size() * pixelsPerSample);
  for (std::size_t i = 0; i < batch.samples.size(); ++i) {
    BatchSample& sample = batch.samples[i];
    const ImageRecord& record = dataset.images()[sample.imageIndex];
    const PixelRect window{0, 0, windows[i].width, windows[i].height};
    sample.inputFromImage = fittedTransform(record.size, windows[i], fit);
    sample.filledInInput = warpInto(*sources[i], sample.inputFromImage, window, {}, batch.inputSize,
                                    batch.pixels.data() + i * pixelsPerSample);
    appendObjectsInInput(record.annotations, sample.inputFromImage, window, 0, sample.objectsInInput);
    if (options.objectShapes)
      appendShapesInInput(sample.objectsInInput, sample.inputFromImage, sample.filledInInput,
                          sample.shapesInInput);
  }
  return batch;
}

std::vector<std::vector<std::size_t>> inferenceBatches(const Dataset& dataset, std::size_t count,
                                                       const InputShape& shape, std::size_t batchSize) {
  std::vector<std::pair<SizePx, std::vector<std::size_t>>> groups;
  for (std::size_t i = 0; i < count; ++i) {
    const SizePx input = shape.inputOf(dataset.images()[i].size);
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& entry) { return entry.first == input; });
    if (group == groups.end()) group = groups.insert(group, {input, {}});
    group->second.push_back(i);
  }
  std::vector<std::vector<std::size_t>> batches;
  for (const auto& [input, images] : groups)
    for (std::size_t begin = 0; begin < images.size(); begin += batchSize)
      batches.emplace_back(
          images.begin() + static_cast<std::ptrdiff_t>(begin),
          images.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batchSize, images.size())));
  return batches;
}

std::unique_ptr<Loader> makeInferenceLoader(const Dataset& dataset,
                                            std::vector<std::vector<std::size_t>> batches,
                                            const LoaderOptions& options) {
  return std::make_unique<InferenceLoader>(dataset, std::move(batches), options);
}

}  // namespace anchorscope
