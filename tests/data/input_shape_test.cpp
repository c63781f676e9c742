// Which part of the input an image fills, how large a batch's input is, and which images share a batch.
#include "core/data/input_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/random.h"
#include "core/data/batch_plan.h"
#include "core/data/largest_input.h"
#include "tests/data/sample_files.h"

namespace anchorscope {

void PrintTo(const SizePx& size, std::ostream* out) {
  *out << size.width << "x" << size.height;
}

namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<MemoryDataset> imagesOf(const std::vector<SizePx>& sizes) {
  std::vector<ImagePixels> images;
  for (const SizePx size : sizes)
    images.push_back(plainImage(size, 100));
  return std::make_shared<MemoryDataset>(std::move(images));
}

TEST(InputShape, AFixedInputIsAllOfEveryImage) {
  const InputShape shape = InputShape::fixed({64, 48});
  EXPECT_FALSE(shape.keepsAspect());
  EXPECT_EQ(shape.window({1000, 10}), (SizePx{64, 48}));
  EXPECT_EQ(shape.inputOf({10, 1000}), (SizePx{64, 48}));
}

/// mmdet 3.3's and torchvision 0.26's numbers of well-known images at 800 / 1333.
TEST(InputShape, ARectangleScalesTheShorterSideUntilTheLongerOneIsFull) {
  const InputShape shape = InputShape::rectangle(800, 1333, 32);
  EXPECT_TRUE(shape.keepsAspect());
  EXPECT_EQ(shape.window({640, 480}), (SizePx{1067, 800}));  // 1066.67
  EXPECT_EQ(shape.window({480, 640}), (SizePx{800, 1067}));
  EXPECT_EQ(shape.window({640, 427}), (SizePx{1199, 800}));   // 1199.06
  EXPECT_EQ(shape.window({500, 281}), (SizePx{1333, 749}));   // the longer side is full: 749.15
  EXPECT_EQ(shape.window({1600, 1600}), (SizePx{800, 800}));  // reduced
  EXPECT_EQ(shape.inputOf({640, 480}), (SizePx{1088, 800}));
  EXPECT_EQ(shape.inputOf({500, 281}), (SizePx{1344, 768}));
  EXPECT_EQ(shape.input({{1067, 800}, {800, 1199}}), (SizePx{1088, 1216}));
  // A line keeps a pixel.
  EXPECT_EQ(shape.window({5000, 1}), (SizePx{1333, 1}));
  EXPECT_EQ(shape.inputOf({1, 5000}), (SizePx{32, 1344}));
}

TEST(InputShape, SidesAreRoundedToTheNearestPixel) {
  const InputShape shape = InputShape::rectangle(100, 1000, 1);
  Random random = Random::of(1, RandomPurpose::kTest);
  for (int i = 0; i < 200; ++i) {
    const SizePx image{1 + static_cast<int>(random.below(700)), 1 + static_cast<int>(random.below(700))};
    const double scale =
        std::min(100.0 / std::min(image.width, image.height), 1000.0 / std::max(image.width, image.height));
    const SizePx window = shape.window(image);
    EXPECT_LE(std::abs(window.width - image.width * scale), 0.5 + 1e-9) << image.width << "x" << image.height;
    EXPECT_LE(std::abs(window.height - image.height * scale), image.height * scale < 0.5 ? 1 : 0.5 + 1e-9);
    EXPECT_EQ(shape.inputOf(image), window) << "a divisor of 1 px adds nothing";
  }
}

TEST(InputShape, BucketsAreTorchvisions) {
  // torchvision: bisect_right(2 ** linspace(-1, 1, 2 k + 1), width / height); k = 3 has the limits 0.5, 0.63,
  // 0.794, 1, 1.26, 1.587 and 2.
  EXPECT_EQ(aspectBucket({100, 300}, 3), 0);
  EXPECT_EQ(aspectBucket({100, 200}, 3), 1);
  EXPECT_EQ(aspectBucket({480, 640}, 3), 2);
  EXPECT_EQ(aspectBucket({99, 100}, 3), 3);
  EXPECT_EQ(aspectBucket({100, 100}, 3), 4);
  EXPECT_EQ(aspectBucket({640, 480}, 3), 5);
  EXPECT_EQ(aspectBucket({640, 360}, 3), 6);
  EXPECT_EQ(aspectBucket({200, 100}, 3), 7);
  EXPECT_EQ(aspectBucket({900, 100}, 1), 3);
  EXPECT_EQ(aspectBucket({100, 900}, 0), aspectBucket({900, 100}, 0));
}

TEST(InputShape, SizesAreListsAndRanges) {
  EXPECT_THAT(*parseSizes(""), IsEmpty());
  EXPECT_THAT(*parseSizes("  "), IsEmpty());
  EXPECT_THAT(*parseSizes("640"), ElementsAre(640));
  EXPECT_THAT(*parseSizes("704, 640 ,672"), ElementsAre(640, 672, 704));
  EXPECT_THAT(*parseSizes("640..800/32"), ElementsAre(640, 672, 704, 736, 768, 800));
  EXPECT_THAT(*parseSizes("640 .. 700 / 32,672,1000"), ElementsAre(640, 672, 1000));
  for (const char* bad : {"640,", ",640", "640..800", "800..640/32", "640..800/0", "640..800/-1", "a", "12",
                          "5000", "640.5", "640..9999/32", "640/32", "..", "99999999999", "-640"}) {
    const auto sizes = parseSizes(bad);
    ASSERT_FALSE(sizes.ok()) << bad;
    EXPECT_EQ(sizes.error().code, ErrorCode::kUsage) << bad;
    EXPECT_THAT(sizes.error().text(), HasSubstr("640..800/32"));
  }
}

TEST(LargestInput, HoldsEveryImageAndEveryBatch) {
  const auto set = imagesOf({{64, 48}, {48, 64}, {100, 40}, {30, 30}});
  const InputShape small = InputShape::rectangle(32, 64, 32), large = InputShape::rectangle(64, 100, 32);
  EXPECT_EQ(largestInput(*set, InputShape::fixed({96, 96})), (SizePx{96, 96}));
  EXPECT_EQ(largestInput(*set, large), (SizePx{128, 64}));
  // Without groups a wide and a high image can meet.
  EXPECT_EQ(largestBatchInput(*set, {small, large}, 0), (SizePx{128, 96}));
  // In groups of aspect the neighbours 1 : 1 and 3 : 4 can.
  EXPECT_EQ(largestBatchInput(*set, {large}, 3), (SizePx{128, 64}));
}

EpochList epochsOf(const Dataset& dataset, std::uint64_t seed = 5) {
  return *EpochList::make(dataset, {}, seed);
}

std::vector<SizePx> someSizes(int count) {
  std::vector<SizePx> sizes;
  Random random = Random::of(2, RandomPurpose::kTest);
  for (int i = 0; i < count; ++i)
    sizes.push_back({20 + static_cast<int>(random.below(40)), 20 + static_cast<int>(random.below(40))});
  return sizes;
}

std::vector<int> bucketsOf(const std::vector<SizePx>& sizes) {
  std::vector<int> buckets;
  for (const SizePx size : sizes)
    buckets.push_back(aspectBucket(size, 1));
  return buckets;
}

std::vector<std::uint32_t> imagesAt(const BatchPlan& plan, std::int64_t position) {
  std::vector<std::uint32_t> images;
  for (const SamplePlace& place : plan.placesOf(position))
    images.push_back(plan.order().entryAt(place).image);
  return images;
}

TEST(BatchPlan, WithoutBucketsBatchesAreRunsOfTheStream) {
  const auto set = imagesOf(someSizes(10));
  const BatchPlan plan(epochsOf(*set), 4, {});
  for (std::int64_t position = 0; position < 12; ++position)
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t sample = static_cast<std::uint64_t>(position) * 4 + i;
      EXPECT_EQ(plan.placesOf(position)[i].epoch, sample / 10);
      EXPECT_EQ(plan.placesOf(position)[i].rank, sample % 10);
    }
}

TEST(BatchPlan, EveryPlaceComesOnceAndFewBatchesAreMixed) {
  const std::vector<SizePx> sizes = someSizes(203);
  const auto set = imagesOf(sizes);
  const std::vector<int> buckets = bucketsOf(sizes);
  const std::set<int> kinds(buckets.begin(), buckets.end());
  ASSERT_GE(kinds.size(), 3u);
  const BatchPlan plan(epochsOf(*set), 4, buckets);
  // 51 batches hold an epoch and one place of the next; 203 * 4 places are 4 epochs and 203 batches.
  std::map<std::pair<std::uint64_t, std::size_t>, int> seen;
  std::size_t mixed = 0;
  for (std::int64_t position = 0; position < 4 * 51; ++position) {
    std::set<int> its;
    for (const SamplePlace& place : plan.placesOf(position)) {
      ++seen[{place.epoch, place.rank}];
      its.insert(buckets[plan.order().entryAt(place).image]);
    }
    mixed += its.size() > 1 ? 1 : 0;
  }
  EXPECT_EQ(seen.size(), 4u * 51 * 4);
  for (const auto& [place, times] : seen)
    EXPECT_EQ(times, 1) << place.first << " " << place.second;
  EXPECT_LE(mixed, 4 * (kinds.size() - 1));
  EXPECT_GT(mixed, 0u);
}

TEST(BatchPlan, ABatchDoesNotDependOnWhatWasAskedBefore) {
  const std::vector<SizePx> sizes = someSizes(30);
  const auto set = imagesOf(sizes);
  const BatchPlan forwards(epochsOf(*set), 4, bucketsOf(sizes)),
      backwards(epochsOf(*set), 4, bucketsOf(sizes)), other(epochsOf(*set, 6), 4, bucketsOf(sizes));
  std::vector<std::vector<std::uint32_t>> images;
  bool differs = false;
  for (std::int64_t position = 0; position < 40; ++position)
    images.push_back(imagesAt(forwards, position));
  for (std::int64_t position = 39; position >= 0; --position) {
    EXPECT_EQ(imagesAt(backwards, position), images[static_cast<std::size_t>(position)]);
    differs = differs || imagesAt(other, position) != images[static_cast<std::size_t>(position)];
  }
  EXPECT_TRUE(differs) << "another seed is another order";
}

TEST(BatchPlan, ABatchStandsWhereItsLastPlaceStood) {
  const std::vector<SizePx> sizes = someSizes(64);
  const auto set = imagesOf(sizes);
  const BatchPlan plan(epochsOf(*set), 4, bucketsOf(sizes));
  std::size_t before = 0;
  for (std::int64_t position = 0; position < 16; ++position) {
    std::size_t last = 0;
    for (const SamplePlace& place : plan.placesOf(position))
      last = std::max(last, place.rank);
    EXPECT_GE(last, before);
    before = last;
  }
}

TEST(BatchPlan, HoldsABatchLargerThanTheSet) {
  const std::vector<SizePx> sizes = someSizes(3);
  const auto set = imagesOf(sizes);
  const BatchPlan plan(epochsOf(*set), 8, bucketsOf(sizes));
  std::map<std::uint32_t, int> counts;
  for (std::int64_t position = 0; position < 3; ++position)
    for (const std::uint32_t image : imagesAt(plan, position))
      ++counts[image];
  EXPECT_THAT(counts, ElementsAre(std::pair(0u, 8), std::pair(1u, 8), std::pair(2u, 8)));
}

}  // namespace
}  // namespace testing
}  // namespace anchorscope
