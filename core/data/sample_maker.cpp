#include "core/data/sample_maker.h"

#include <algorithm>
#include <cmath>

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

PixelMap normalisation(const LoaderOptions& options) {
  PixelMap map;
  for (std::size_t c = 0; c < 3; ++c) {
    map.gain[c] = 1 / options.pixelStd[c];
    map.bias[c] = -options.pixelMean[c] / options.pixelStd[c];
  }
  return map;
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
      order_(std::move(epochs)),
      cache_(dataset_->images().size(), options.params.getInt("cache_mb") * (std::int64_t{1} << 20)) {}

Result<SampleMaker::Source> SampleMaker::load(std::size_t imageIndex) const {
  const ImageRecord& record = dataset_->images()[imageIndex];
  const AxisTransform fitted = fittedTransform(record.size, options_.inputSize, augment_.fit);
  double largest = std::max(fitted.scaleX, fitted.scaleY);
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

Result<EpochEntry> SampleMaker::loadNextReadable(SamplePlace place, Source& source, Diagnostics& diagnostics,
                                                 const std::stop_token& stop) const {
  const std::size_t count = order_.epochs().length();
  for (std::size_t tries = 0; tries < count; ++tries, ++place.rank) {
    if (stop.stop_requested()) return makeError(ErrorCode::kCancelled, "Loading was stopped");
    const EpochEntry entry = order_.entryAt(place);
    Result<Source> loaded = load(entry.image);
    if (loaded) {
      source = std::move(*loaded);
      return entry;
    }
    diagnostics.add(problemOfImage(*dataset_, entry.image, loaded.error()));
  }
  Error error = makeError(
      ErrorCode::kBadData,
      concat("Not one of the ", count, " images of an epoch of '", dataset_->spec(), "' can be read"),
      "Check the files, for example: " + diagnostics.problems().back().message);
  return error;
}

void SampleMaker::makeSingle(std::size_t imageIndex, const Source& source, Random& random,
                             BatchSample& sample, float* pixels) const {
  const ImageRecord& record = dataset_->images()[imageIndex];
  PixelMap map = normalisation(options_);
  double minVisible = 0;
  if (options_.augment) {
    sample.inputFromImage = randomTransform(record.size, options_.inputSize, augment_, random);
    randomColor(augment_, random, map);
    minVisible = augment_.minVisible;
  } else {
    sample.inputFromImage = fittedTransform(record.size, options_.inputSize, augment_.fit);
  }
  const PixelRect window = whole(options_.inputSize);
  warpInto(*source.pixels, sample.inputFromImage * source.imageFromSource, window, map, options_.inputSize,
           pixels);
  appendObjectsInInput(record.annotations, sample.inputFromImage, window, minVisible, sample.objectsInInput);
}

void SampleMaker::makeMosaic(std::size_t imageIndex, const Source& source, Random& random,
                             BatchSample& sample, Diagnostics& diagnostics, float* pixels) const {
  const SizePx size = options_.inputSize;
  const int splitX = std::clamp(static_cast<int>(std::lround(size.width * random.uniform(0.35, 0.65))), 1,
                                std::max(1, size.width - 1));
  const int splitY = std::clamp(static_cast<int>(std::lround(size.height * random.uniform(0.35, 0.65))), 1,
                                std::max(1, size.height - 1));
  const PixelRect cells[4] = {{0, 0, splitX, splitY},
                              {splitX, 0, size.width, splitY},
                              {0, splitY, splitX, size.height},
                              {splitX, splitY, size.width, size.height}};
  for (std::size_t cell = 0; cell < 4; ++cell) {
    if (cells[cell].right <= cells[cell].left || cells[cell].bottom <= cells[cell].top) continue;
    std::size_t tileImage = imageIndex;
    Source tile = source;
    if (cell > 0) {
      const std::vector<std::uint32_t>& images = order_.epochs().images();
      const std::size_t partner = images[random.below(images.size())];
      Result<Source> loaded = load(partner);
      if (loaded) {
        tileImage = partner;
        tile = std::move(*loaded);
      } else {
        // The sample's own image takes the place of one that cannot be read.
        diagnostics.add(problemOfImage(*dataset_, partner, loaded.error()));
      }
    }
    const ImageRecord& record = dataset_->images()[tileImage];
    const AxisTransform inputFromImage = randomCellTransform(record.size, cells[cell], augment_, random);
    PixelMap map = normalisation(options_);
    randomColor(augment_, random, map);
    warpInto(*tile.pixels, inputFromImage * tile.imageFromSource, cells[cell], map, size, pixels);
    appendObjectsInInput(record.annotations, inputFromImage, cells[cell], augment_.minVisible,
                         sample.objectsInInput);
    if (cell == 0) sample.inputFromImage = inputFromImage;
  }
}

Result<Batch> SampleMaker::batchAt(std::int64_t position, const std::stop_token& stop) const {
  const auto batchSize = static_cast<std::size_t>(options_.batchSize);
  const std::size_t pixelsPerSample = 3 * static_cast<std::size_t>(options_.inputSize.width) *
                                      static_cast<std::size_t>(options_.inputSize.height);
  Batch batch;
  batch.position = position;
  batch.inputSize = options_.inputSize;
  batch.samples.resize(batchSize);
  batch.pixels.resize(batchSize * pixelsPerSample);
  for (std::size_t i = 0; i < batchSize; ++i) {
    const SamplePlace place = order_.place(static_cast<std::uint64_t>(position) * batchSize + i);
    Source source;
    const Result<EpochEntry> entry = loadNextReadable(place, source, batch.diagnostics, stop);
    if (!entry) return entry.error();
    BatchSample& sample = batch.samples[i];
    sample.imageIndex = entry->image;
    Random random = augmentation(options_.seed, place.epoch, *entry);
    float* pixels = batch.pixels.data() + i * pixelsPerSample;
    if (options_.augment && random.chance(augment_.mosaic))
      makeMosaic(entry->image, source, random, sample, batch.diagnostics, pixels);
    else
      makeSingle(entry->image, source, random, sample, pixels);
  }
  return batch;
}

}  // namespace anchorscope
