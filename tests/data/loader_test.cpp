// The stream of batches: order, threads, resuming, unreadable images, and that pixels and boxes go together.
#include "core/data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <set>
#include <utility>

#include "core/base/random.h"
#include "core/data/sample_maker.h"
#include "tests/data/loader_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Loader, BatchesDoNotDependOnThreads) {
  const auto dataset = markedImages(10);
  LoaderOptions options = smallOptions();
  set(options, "mosaic", "0.3");
  const std::vector<Batch> alone = batches(dataset, options, 9);  // 27 samples: three epochs of 10
  for (const int threads : {1, 3}) {
    options.threads = threads;
    options.prefetchBatches = threads + 1;
    const std::vector<Batch> threaded = batches(dataset, options, 9);
    for (std::size_t i = 0; i < alone.size(); ++i)
      expectSame(alone[i], threaded[i]);
  }
}

TEST(Loader, ResumesAnywhere) {
  const auto dataset = markedImages(7);
  LoaderOptions options = smallOptions();
  const std::vector<Batch> all = batches(dataset, options, 12);
  options.threads = 2;
  for (const int from : {1, 5, 11}) {
    const std::vector<Batch> rest = batches(dataset, options, 12 - from, from);
    for (std::size_t i = 0; i < rest.size(); ++i)
      expectSame(all[static_cast<std::size_t>(from) + i], rest[i]);
  }
}

TEST(Loader, ShowsEveryImageOncePerEpochInANewOrder) {
  const auto dataset = markedImages(12);
  LoaderOptions options = smallOptions();
  const std::vector<std::size_t> images = imagesOf(batches(dataset, options, 8));
  const std::vector<std::size_t> first(images.begin(), images.begin() + 12),
      second(images.begin() + 12, images.end());
  EXPECT_EQ(std::set<std::size_t>(first.begin(), first.end()).size(), 12u);
  EXPECT_EQ(std::set<std::size_t>(second.begin(), second.end()).size(), 12u);
  EXPECT_NE(first, second);
  options.seed = 12;
  const std::vector<std::size_t> other = imagesOf(batches(dataset, options, 4));
  EXPECT_NE(first, other);
  options.shuffle = false;
  EXPECT_THAT(imagesOf(batches(dataset, options, 2)), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Loader, AugmentsAnImageAnewEachEpoch) {
  const auto dataset = markedImages(1);
  LoaderOptions options = smallOptions();
  options.batchSize = 1;
  const std::vector<Batch> all = batches(dataset, options, 3);
  EXPECT_NE(all[0].samples[0].inputFromImage, all[1].samples[0].inputFromImage);
  EXPECT_NE(all[1].samples[0].inputFromImage, all[2].samples[0].inputFromImage);
  options.augment = false;
  const std::vector<Batch> plain = batches(dataset, options, 2);
  EXPECT_EQ(plain[0].pixels, plain[1].pixels);
}

/// Bounds of the pixels brighter than half-way between ground and mark.
Box brightBounds(const std::uint8_t* pixels, SizePx size, const PixelRect& window) {
  Box bounds{1000, 1000, 0, 0};
  for (int y = window.top; y < window.bottom; ++y)
    for (int x = window.left; x < window.right; ++x)
      if (pixels[3 * (y * size.width + x)] > 120) {
        bounds.x1 = std::min(bounds.x1, static_cast<float>(x)),
        bounds.x2 = std::max(bounds.x2, static_cast<float>(x + 1));
        bounds.y1 = std::min(bounds.y1, static_cast<float>(y)),
        bounds.y2 = std::max(bounds.y2, static_cast<float>(y + 1));
      }
  return bounds;
}

/// An edge is where the ramp between ground and mark crosses the middle; pixels are whole, so within 1 px.
void expectOnMark(const Box& box, const Box& seen) {
  EXPECT_NEAR(seen.x1, box.x1, 1.01);
  EXPECT_NEAR(seen.y1, box.y1, 1.01);
  EXPECT_NEAR(seen.x2, box.x2, 1.01);
  EXPECT_NEAR(seen.y2, box.y2, 1.01);
}

void turnColorsOff(LoaderOptions& options) {
  for (const char* name : {"brightness", "contrast", "saturation"})
    set(options, name, "0");
}

TEST(Loader, PixelsAndObjectsGoTogether) {
  const auto dataset = markedImages(20);
  LoaderOptions options = smallOptions();
  turnColorsOff(options);
  set(options, "zoom_min", "0.6");
  set(options, "zoom_max", "2");
  int compared = 0, mirrored = 0;
  for (const Batch& batch : batches(dataset, options, 40))
    for (std::size_t i = 0; i < batch.samples.size(); ++i) {
      const BatchSample& sample = batch.samples[i];
      if (sample.objectsInInput.empty()) continue;
      const Box seen = brightBounds(batch.pixels.data() + i * 3 * 64 * 48, batch.inputSize, {0, 0, 64, 48});
      const Box& box = sample.objectsInInput[0].boxInImage;
      expectOnMark(box, seen);
      ++compared;
      mirrored += sample.inputFromImage.scaleX < 0 ? 1 : 0;
      // Whole objects map back to where they were annotated.
      const Annotation& original = dataset->images()[sample.imageIndex].annotations[0];
      if (box.x1 > 0 && box.y1 > 0 && box.x2 < 64 && box.y2 < 48) {
        const Box back = sample.inputFromImage.inverse().map(box);
        EXPECT_NEAR(back.x1, original.boxInImage.x1, 1e-3);
        EXPECT_NEAR(back.y2, original.boxInImage.y2, 1e-3);
      }
      EXPECT_EQ(sample.objectsInInput[0].classIndex, original.classIndex);
    }
  EXPECT_GT(compared, 80);
  EXPECT_GT(mirrored, 20);
}

TEST(Loader, MosaicKeepsObjectsOnTheirMarks) {
  const auto dataset = markedImages(20);
  LoaderOptions options = smallOptions();
  options.shape = InputShape::fixed({128, 128});
  turnColorsOff(options);
  set(options, "mosaic", "1");
  std::size_t objects = 0;
  for (const Batch& batch : batches(dataset, options, 10))
    for (std::size_t i = 0; i < batch.samples.size(); ++i) {
      const std::uint8_t* pixels = batch.pixels.data() + i * 3 * 128 * 128;
      // Every cell is filled: the ground is 20 of 255, only a border would be 0.
      EXPECT_GE(*std::min_element(pixels, pixels + 3 * 128 * 128), 20);
      for (const Annotation& object : batch.samples[i].objectsInInput) {
        const int x = static_cast<int>(object.boxInImage.centerX()),
                  y = static_cast<int>(object.boxInImage.centerY());
        EXPECT_GT(pixels[3 * (y * 128 + x)], 100);
        ++objects;
      }
    }
  EXPECT_GT(objects, 45u);
}

TEST(Loader, TheCacheChangesNothing) {
  std::vector<ImagePixels> images;
  Random random = Random::of(4, RandomPurpose::kTest);
  for (int i = 0; i < 4; ++i) {
    ImagePixels pixels = plainImage({301, 203}, 0);  // reduced twice before it is kept
    for (std::uint8_t& value : pixels.rgb)
      value = static_cast<std::uint8_t>(random.below(256));
    images.push_back(std::move(pixels));
  }
  const auto dataset = std::make_shared<MemoryDataset>(std::move(images));
  LoaderOptions options = smallOptions();
  const std::vector<Batch> cached = batches(dataset, options, 6);
  EXPECT_EQ(dataset->loads(), 4);
  set(options, "cache_mb", "0");
  const std::vector<Batch> decoded = batches(dataset, options, 6);
  EXPECT_EQ(dataset->loads(), 4 + 18);
  for (std::size_t i = 0; i < cached.size(); ++i)
    expectSame(cached[i], decoded[i]);
}

TEST(Loader, ReplacesUnreadableImagesByTheNextInOrderAndTellsOnce) {
  const auto dataset = markedImages(5);
  dataset->breakImage(1);
  dataset->breakImage(2);
  LoaderOptions options = smallOptions();
  options.shuffle = false;
  for (const int threads : {0, 2}) {
    options.threads = threads;
    const std::vector<Batch> all = batches(dataset, options, 5);
    EXPECT_THAT(imagesOf(all), ElementsAre(0, 3, 3, 3, 4, 0, 3, 3, 3, 4, 0, 3, 3, 3, 4));
    ASSERT_EQ(all[0].diagnostics.problems().size(), 2u);
    EXPECT_EQ(all[0].diagnostics.problems()[0].file, "memory/image1");
    EXPECT_EQ(all[0].diagnostics.problems()[0].kind, "unreadable image");
    for (std::size_t i = 1; i < all.size(); ++i)
      EXPECT_THAT(all[i].diagnostics.problems(), IsEmpty());
  }
}

TEST(Loader, FailsForGoodWhenNoImageCanBeRead) {
  const auto dataset = markedImages(3);
  for (std::size_t i = 0; i < 3; ++i)
    dataset->breakImage(i);
  for (const int threads : {0, 2}) {
    LoaderOptions options = smallOptions();
    options.threads = threads;
    const std::unique_ptr<Loader> loader = makeLoader(dataset, options);
    for (int i = 0; i < 3; ++i) {
      const Result<Batch> batch = loader->next();
      ASSERT_FALSE(batch);
      EXPECT_EQ(batch.error().code, ErrorCode::kBadData);
      EXPECT_THAT(batch.error().text(), HasSubstr("broken on purpose"));
    }
    EXPECT_EQ(loader->position(), 0);
  }
}

TEST(Loader, WrongOptionsAreErrors) {
  const auto dataset = markedImages(2);
  const auto errorOf = [&](const LoaderOptions& options) {
    const Result<Batch> batch = makeLoader(dataset, options)->next();
    EXPECT_FALSE(batch);
    return batch ? ErrorCode::kInternal : batch.error().code;
  };
  LoaderOptions options = smallOptions();
  options.batchSize = 0;
  EXPECT_EQ(errorOf(options), ErrorCode::kUsage);
  options = smallOptions();
  options.shape = InputShape::fixed({0, 10});
  EXPECT_EQ(errorOf(options), ErrorCode::kUsage);
  options = smallOptions();
  set(options, "zoom_max", "0.1");
  EXPECT_EQ(errorOf(options), ErrorCode::kUsage);
  const Result<Batch> empty =
      makeLoader(std::make_shared<MemoryDataset>(std::vector<ImagePixels>{}), smallOptions())->next();
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kBadData);
}

TEST(Loader, AugmentsAnImageAnewWhereItComesAgainInAnEpoch) {
  // Class 1 is in one of 8 images: sqrt(0.5 / 0.125) = 2 times.
  const auto dataset = std::make_shared<MemoryDataset>(std::vector<ImagePixels>(8, plainImage({60, 60}, 90)));
  for (std::size_t i = 0; i < 8; ++i)
    dataset->addObject(i, {5, 5, 50, 50}, i == 2 ? 1 : 0);
  LoaderOptions options = smallOptions();
  options.batchSize = 9;
  set(options, "sampling", "repeat_factor");
  set(options, "repeat_threshold", "0.5");
  const Batch alone = batches(dataset, options, 1).front();
  std::vector<AxisTransform> ofTheRare;
  for (const BatchSample& sample : alone.samples)
    if (sample.imageIndex == 2) ofTheRare.push_back(sample.inputFromImage);
  ASSERT_EQ(ofTheRare.size(), 2u);
  EXPECT_NE(ofTheRare[0], ofTheRare[1]);
  options.threads = 3;
  expectSame(batches(dataset, options, 1).front(), alone);
}

TEST(Loader, LeavesImagesWithoutObjectsOutAlsoOfMosaics) {
  const auto dataset = std::make_shared<MemoryDataset>(
      std::vector<ImagePixels>{plainImage({60, 60}, 90), plainImage({60, 60}, 250), plainImage({60, 60}, 91),
                               plainImage({60, 60}, 251)});
  dataset->addObject(0, {5, 5, 50, 50});
  dataset->addObject(2, {5, 5, 50, 50});
  LoaderOptions options = smallOptions();
  turnColorsOff(options);
  set(options, "mosaic", "0.7");
  const auto brightest = [&] {
    int most = 0;
    for (const Batch& batch : batches(dataset, options, 8))
      most = std::max<int>(most, *std::max_element(batch.pixels.begin(), batch.pixels.end()));
    return most;
  };
  EXPECT_GT(brightest(), 200);
  set(options, "keep_empty", "false");
  EXPECT_LT(brightest(), 100);
}

/// Holds its first load until it is let go, so that a loader can be destroyed in the middle of one.
class GatedDataset final : public Dataset {
 public:
  explicit GatedDataset(std::shared_ptr<MemoryDataset> inner) : inner_(std::move(inner)) {}
  const std::string& spec() const override { return inner_->spec(); }
  const std::vector<std::string>& classNames() const override { return inner_->classNames(); }
  const std::vector<ImageRecord>& images() const override { return inner_->images(); }
  const Diagnostics& diagnostics() const override { return inner_->diagnostics(); }
  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t imageIndex) const override {
    if (!started_.test_and_set()) {
      entered.set_value();
      opened_.wait();
    }
    return inner_->loadPixels(imageIndex);
  }
  mutable std::promise<void> entered;
  std::promise<void> gate;

 private:
  std::shared_ptr<MemoryDataset> inner_;
  mutable std::atomic_flag started_ = ATOMIC_FLAG_INIT;
  std::shared_future<void> opened_ = gate.get_future().share();
};

TEST(Loader, IsDestroyedInTheMiddleOfABatch) {
  const auto inner = markedImages(50);
  const auto dataset = std::make_shared<GatedDataset>(inner);
  LoaderOptions options = smallOptions();
  options.batchSize = 40;
  options.threads = 1;
  std::unique_ptr<Loader> loader = makeLoader(dataset, options);
  dataset->entered.get_future().wait();
  std::thread destroyer([&] { loader.reset(); });
  dataset->gate.set_value();
  destroyer.join();
  EXPECT_GE(inner->loads(), 1);
  EXPECT_EQ(dataset.use_count(), 1) << "no thread is left that reads from it";
}

TEST(Loader, StopsBetweenTwoImages) {
  const auto dataset = markedImages(50);
  std::stop_source source;
  dataset->onLoad = [&](int loads) {
    if (loads == 3) source.request_stop();
  };
  LoaderOptions options = smallOptions();
  options.batchSize = 40;
  auto epochs = epochList(*dataset, options);
  ASSERT_TRUE(epochs);
  const Result<Batch> batch =
      SampleMaker(dataset, options, *std::move(epochs)).batchAt(0, source.get_token());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(dataset->loads(), 3);
}

TEST(Loader, PrefetchesNoFurtherThanAsked) {
  const auto dataset = markedImages(40);
  LoaderOptions options = smallOptions();
  set(options, "cache_mb", "0");
  options.threads = 2;
  options.prefetchBatches = 2;
  {
    const std::unique_ptr<Loader> loader = makeLoader(dataset, options);
    for (int i = 0; i < 4; ++i)
      nextOrFail(*loader);
  }
  // Four batches taken and at most two ahead.
  EXPECT_LE(dataset->loads(), 6 * 3);
  EXPECT_GE(dataset->loads(), 4 * 3);
}

TEST(Loader, RectanglesOfSeveralSizesKeepObjectsOnTheirMarks) {
  const auto dataset = markedImages(20);
  LoaderOptions options = smallOptions();
  options.trainingShapes = {InputShape::rectangle(48, 80, 32), InputShape::rectangle(96, 160, 32)};
  turnColorsOff(options);
  set(options, "min_visible", "0.9");
  std::set<std::pair<int, int>> sizes;
  int compared = 0;
  for (const Batch& batch : batches(dataset, options, 40)) {
    const SizePx input = batch.inputSize;
    sizes.insert({input.width, input.height});
    EXPECT_EQ(input.width % 32, 0);
    EXPECT_EQ(input.height % 32, 0);
    const std::size_t perSample =
        3 * static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height);
    ASSERT_EQ(batch.pixels.size(), batch.samples.size() * perSample);
    for (std::size_t i = 0; i < batch.samples.size(); ++i) {
      const BatchSample& sample = batch.samples[i];
      const std::uint8_t* pixels = batch.pixels.data() + i * perSample;
      const PixelRect filled = sample.filledInInput;
      EXPECT_TRUE(filled.left >= 0 && filled.top >= 0 && filled.right <= input.width &&
                  filled.bottom <= input.height);
      for (int y = 0; y < input.height; ++y)
        for (int x = 0; x < input.width; ++x) {
          const bool inside = x >= filled.left && x < filled.right && y >= filled.top && y < filled.bottom;
          ASSERT_EQ(pixels[pixelOffset(input, x, y)] >= 20, inside) << "the ground is 20, the border 0";
        }
      if (sample.objectsInInput.empty()) continue;
      const Box seen = brightBounds(pixels, input, {0, 0, input.width, input.height});
      const Box& box = sample.objectsInInput[0].boxInImage;
      expectOnMark(box, seen);
      ++compared;
    }
  }
  EXPECT_GT(compared, 60);
  EXPECT_GE(sizes.size(), 4u);
}

TEST(Loader, RectanglesDoNotDependOnThreadsOrOnWhatCameBefore) {
  const auto dataset = markedImages(17);
  LoaderOptions options = smallOptions();
  options.trainingShapes = {InputShape::rectangle(48, 80, 32), InputShape::rectangle(64, 107, 32)};
  const std::vector<Batch> expected = batches(dataset, options, 20);
  options.threads = 3;
  const std::vector<Batch> threaded = batches(dataset, options, 20);
  for (std::size_t i = 0; i < expected.size(); ++i)
    expectSame(expected[i], threaded[i]);
  const std::unique_ptr<Loader> later = makeLoader(dataset, options, 13);
  for (std::size_t i = 13; i < 20; ++i)
    expectSame(expected[i], nextOrFail(*later));
}

TEST(Loader, AllItsThreadsReadAtOnce) {
  const auto dataset = std::make_shared<MeetingDataset>(markedImages(12), 4);
  LoaderOptions options = smallOptions();
  options.threads = 4;
  const std::unique_ptr<Loader> loader = makeLoader(dataset, options);
  nextOrFail(*loader);
  EXPECT_EQ(dataset->mostAtOnce(), 4);
}

}  // namespace
}  // namespace anchorscope::testing
