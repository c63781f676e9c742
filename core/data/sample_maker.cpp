#include "core/data/sample_maker.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/data/dataset_builder.h"

namespace anchorscope {
namespace {

std::int64_t bytesOf(const ImagePixels& pixels) {
  return static_cast<std::int64_t>(pixels.rgb.size());
}

/// An image that comes again in an epoch is augmented anew.
Random augmentation(std::uint64_t seed, std::uint64_t epoch, const EpochEntry& entry) {
  if (entry.repeat == 0) return Random::of(seed, RandomPurpose::kAugment, {epoch, entry.image});
  return Random::of(seed, RandomPurpose::kAugment, {epoch, entry.image, entry.repeat});
}

PixelRect whole(SizePx size) {
  return {0, 0, size.width, size.height};
}

/// Of each image; none where every input has one shape.
std::vector<int> bucketsOf(const Dataset& dataset, const LoaderOptions& options) {
  const std::vector<InputShape> shapes = shapesOf(options);
  const int perOctave = aspectGroups(options.params);
  const bool grouped =
      std::any_of(shapes.begin(), shapes.end(), [](const auto& shape) { return shape.keepsAspect(); });
  std::vector<int> buckets;
  if (!grouped || perOctave == 0) return buckets;
  for (const ImageRecord& image : dataset.images())
    buckets.push_back(aspectBucket(image.size, perOctave));
  return buckets;
}

}  // namespace

std::shared_ptr<const ImagePixels> PixelCache::find(std::size_t imageIndex) const {
  const std::lock_guard lock(mutex_);
  return pixels_[imageIndex];
}

void PixelCache::offer(std::size_t imageIndex, const std::shared_ptr<const ImagePixels>& pixels) {
  const std::lock_guard lock(mutex_);
  if (pixels_[imageIndex] || usedBytes_ + bytesOf(*pixels) > budgetBytes_) return;
  usedBytes_ += bytesOf(*pixels);
  pixels_[imageIndex] = pixels;
}

std::vector<InputShape> shapesOf(const LoaderOptions& options) {
  return options.trainingShapes.empty() ? std::vector<InputShape>{options.shape} : options.trainingShapes;
}

RecordProblem problemOfImage(const Dataset& dataset, std::size_t imageIndex, const Error& error) {
  const ImageRecord& image = dataset.images()[imageIndex];
  return {image.path, image.name, problem::kUnreadableImage, error.message, RecordAction::kSkipped};
}

SampleMaker::SampleMaker(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                         EpochList epochs)
    : dataset_(std::move(dataset)),
      options_(options),
      augment_(AugmentOptions::from(options.params)),
      shapes_(shapesOf(options)),
      plan_(std::move(epochs), static_cast<std::size_t>(options.batchSize), bucketsOf(*dataset_, options)),
      cache_(dataset_->images().size(), options.params.getInt("cache_mb") * (std::int64_t{1} << 20)) {}

Result<SampleMaker::Source> SampleMaker::load(std::size_t imageIndex) const {
  const ImageRecord& record = dataset_->images()[imageIndex];
  double largest = 0;
  for (const InputShape& shape : shapes_) {
    const AxisTransform fitted =
        fittedTransform(record.size, shape.window(record.size), augment_.fitIn(shape));
    largest = std::max({largest, fitted.scaleX, fitted.scaleY});
  }
  if (options_.augment) largest *= std::max(1.0, augment_.zoomMax);
  int halvings = 0;
  for (; largest * 2 <= 1 && halvings < 16; largest *= 2)
    ++halvings;

  Source source;
  source.imageFromSource.scaleX = source.imageFromSource.scaleY = std::ldexp(1.0, halvings);
  source.pixels = cache_.find(imageIndex);
  if (source.pixels) return source;
  Result<std::shared_ptr<const ImagePixels>> loaded = dataset_->loadPixels(imageIndex);
  if (!loaded) return std::move(loaded).error();
  source.pixels = *loaded;
  for (int i = 0; i < halvings; ++i)
    source.pixels = std::make_shared<const ImagePixels>(halved(*source.pixels));
  cache_.offer(imageIndex, source.pixels);
  return source;
}

Result<SampleMaker::Loaded> SampleMaker::loadNextReadable(SamplePlace place, Diagnostics& diagnostics,
                                                          const std::stop_token& stop) const {
  const std::size_t count = plan_.order().epochs().length();
  for (std::size_t tries = 0; tries < count; ++tries, ++place.rank) {
    if (stop.stop_requested()) return makeError(ErrorCode::kCancelled, "Loading was stopped");
    const EpochEntry entry = plan_.order().entryAt(place);
    Result<Source> loaded = load(entry.image);
    if (loaded) return Loaded{entry, place.epoch, *std::move(loaded), {}};
    diagnostics.add(problemOfImage(*dataset_, entry.image, loaded.error()));
  }
  Error error = makeError(
      ErrorCode::kBadData,
      concat("Not one of the ", count, " images of an epoch of '", dataset_->spec(), "' can be read"),
      "Check the files, for example: " + diagnostics.problems().back().message);
  return error;
}

void SampleMaker::makeSingle(const Loaded& loaded, const Target& target, Random& random,
                             BatchSample& sample) const {
  const ImageRecord& record = dataset_->images()[loaded.entry.image];
  AugmentOptions augment = augment_;
  augment.fit = target.fit;
  ColorMap map;
  double minVisible = 0;
  if (options_.augment) {
    sample.inputFromImage = randomTransform(record.size, loaded.window, augment, random);
    randomColor(augment, random, map);
    minVisible = augment.minVisible;
  } else {
    sample.inputFromImage = fittedTransform(record.size, loaded.window, augment.fit);
  }
  const PixelRect window = whole(loaded.window);
  sample.filledInInput =
      warpInto(*loaded.source.pixels, sample.inputFromImage * loaded.source.imageFromSource, window, map,
               target.inputSize, target.pixels);
  appendObjectsInInput(record.annotations, sample.inputFromImage, window, minVisible, sample.objectsInInput);
  if (options_.objectShapes)
    appendShapesInInput(sample.objectsInInput, sample.inputFromImage, sample.filledInInput,
                        sample.shapesInInput);
}

void SampleMaker::makeMosaic(const Loaded& loaded, const Target& target, Random& random, BatchSample& sample,
                             Diagnostics& diagnostics) const {
  const SizePx size = loaded.window;
  const int splitX = std::clamp(static_cast<int>(std::lround(size.width * random.uniform(0.35, 0.65))), 1,
                                std::max(1, size.width - 1));
  const int splitY = std::clamp(static_cast<int>(std::lround(size.height * random.uniform(0.35, 0.65))), 1,
                                std::max(1, size.height - 1));
  sample.filledInInput = whole(size);  // every cell is covered
  const PixelRect cells[4] = {{0, 0, splitX, splitY},
                              {splitX, 0, size.width, splitY},
                              {0, splitY, splitX, size.height},
                              {splitX, splitY, size.width, size.height}};
  for (std::size_t cell = 0; cell < 4; ++cell) {
    if (cells[cell].right <= cells[cell].left || cells[cell].bottom <= cells[cell].top) continue;
    std::size_t tileImage = loaded.entry.image;
    Source tile = loaded.source;
    if (cell > 0) {
      const std::vector<std::uint32_t>& images = plan_.order().epochs().images();
      const std::size_t partner = images[random.below(images.size())];
      Result<Source> its = load(partner);
      if (its) {
        tileImage = partner;
        tile = std::move(*its);
      } else {
        // The sample's own image takes the place of one that cannot be read.
        diagnostics.add(problemOfImage(*dataset_, partner, its.error()));
      }
    }
    const ImageRecord& record = dataset_->images()[tileImage];
    const AxisTransform inputFromImage = randomCellTransform(record.size, cells[cell], augment_, random);
    ColorMap map;
    randomColor(augment_, random, map);
    const PixelRect filled = warpInto(*tile.pixels, inputFromImage * tile.imageFromSource, cells[cell], map,
                                      target.inputSize, target.pixels);
    const std::size_t before = sample.objectsInInput.size();
    appendObjectsInInput(record.annotations, inputFromImage, cells[cell], augment_.minVisible,
                         sample.objectsInInput);
    if (options_.objectShapes)
      appendShapesInInput(std::span(sample.objectsInInput).subspan(before), inputFromImage, filled,
                          sample.shapesInInput);
    if (cell == 0) sample.inputFromImage = inputFromImage;
  }
}

Result<Batch> SampleMaker::batchAt(std::int64_t position, const std::stop_token& stop) const {
  Random drawn = Random::of(options_.seed, RandomPurpose::kInputSize, {static_cast<std::uint64_t>(position)});
  const InputShape& shape = shapes_[drawn.below(shapes_.size())];
  Batch batch;
  batch.position = position;
  std::vector<Loaded> loaded;
  std::vector<SizePx> windows;
  for (const SamplePlace& place : plan_.placesOf(position)) {
    Result<Loaded> next = loadNextReadable(place, batch.diagnostics, stop);
    if (!next) return std::move(next).error();
    next->window = shape.window(dataset_->images()[next->entry.image].size);
    windows.push_back(next->window);
    loaded.push_back(*std::move(next));
  }
  batch.inputSize = shape.input(windows);
  const std::size_t pixelsPerSample =
      3 * static_cast<std::size_t>(batch.inputSize.width) * static_cast<std::size_t>(batch.inputSize.height);
  batch.samples.resize(loaded.size());
  batch.pixels.resize(loaded.size() * pixelsPerSample);
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    BatchSample& sample = batch.samples[i];
    sample.imageIndex = loaded[i].entry.image;
    Random random = augmentation(options_.seed, loaded[i].epoch, loaded[i].entry);
    const Target target{augment_.fitIn(shape), batch.inputSize, batch.pixels.data() + i * pixelsPerSample};
    if (options_.augment && random.chance(augment_.mosaic))
      makeMosaic(loaded[i], target, random, sample, batch.diagnostics);
    else
      makeSingle(loaded[i], target, random, sample);
  }
  return batch;
}

}  // namespace anchorscope
