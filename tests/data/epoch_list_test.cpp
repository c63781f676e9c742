// What an epoch brings: order, filter, repeat factors and class cycles, against counts made the slow way.
#include "core/data/epoch_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/check.h"
#include "core/base/random.h"
#include "tests/data/sample_files.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using ClassesOfImages = std::vector<std::vector<int>>;

/// Records without pixels: each image's classes; a negative one is a crowd of class -1 - c.
class RecordSet final : public Dataset {
 public:
  explicit RecordSet(const ClassesOfImages& classesOfImages, int classCount = 4) {
    for (int i = 0; i < classCount; ++i)
      classNames_.push_back(std::string(1, static_cast<char>('a' + i)));
    for (const auto& classes : classesOfImages) {
      ImageRecord& image = images_.emplace_back();
      image.name = "image" + std::to_string(images_.size() - 1);
      image.size = {100, 100};
      for (const int index : classes) {
        Annotation object;
        object.classIndex = index < 0 ? -1 - index : index;
        object.crowd = index < 0;
        object.boxInImage = {10, 10, 30, 20};  // 20x10 px
        image.annotations.push_back(object);
      }
    }
  }
  const std::string& spec() const override { return spec_; }
  const std::vector<std::string>& classNames() const override { return classNames_; }
  const std::vector<ImageRecord>& images() const override { return images_; }
  const Diagnostics& diagnostics() const override { return diagnostics_; }
  Result<std::shared_ptr<const ImagePixels>> loadPixels(std::size_t) const override {
    return makeError(ErrorCode::kUnsupported, "records have no pixels");
  }

 private:
  std::string spec_ = "records";
  std::vector<std::string> classNames_;
  std::vector<ImageRecord> images_;
  Diagnostics diagnostics_;
};

EpochList listOf(const Dataset& dataset, const EpochOptions& options, std::uint64_t seed = 5) {
  auto list = EpochList::make(dataset, options, seed);
  EXPECT_TRUE(list) << list.error().text();
  return *std::move(list);
}

std::vector<std::uint32_t> imagesOf(const std::vector<EpochEntry>& entries) {
  std::vector<std::uint32_t> images;
  for (const EpochEntry& entry : entries)
    images.push_back(entry.image);
  return images;
}

std::map<std::uint32_t, int> countsOf(const std::vector<EpochEntry>& entries) {
  std::map<std::uint32_t, int> counts;
  for (const EpochEntry& entry : entries)
    ++counts[entry.image];
  return counts;
}

/// The places of an image in an epoch are numbered 0, 1, ... in some order.
void expectNumbered(const std::vector<EpochEntry>& entries) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> repeats;
  for (const EpochEntry& entry : entries)
    repeats[entry.image].push_back(entry.repeat);
  for (auto& [image, numbers] : repeats) {
    std::sort(numbers.begin(), numbers.end());
    for (std::uint32_t i = 0; i < numbers.size(); ++i)
      EXPECT_EQ(numbers[i], i) << "image " << image;
  }
}

/// Mostly class 0, few of 1 and 2, class 3 in one image; some empty, some of a crowd alone.
std::vector<std::vector<int>> longTail(int count) {
  std::vector<std::vector<int>> images;
  Random random = Random::of(3, RandomPurpose::kTest);
  for (int i = 0; i < count; ++i) {
    std::vector<int> classes;
    if (random.chance(0.8)) classes = {0, 0};
    if (random.chance(0.15)) classes.push_back(1);
    if (random.chance(0.04)) classes.push_back(2);
    if (random.chance(0.1)) classes.push_back(-1);
    if (i == count / 2) classes.push_back(3);
    images.push_back(classes);
  }
  return images;
}

TEST(EpochList, ShuffledEpochsAreThePermutationsTheyAlwaysWere) {
  const RecordSet set(ClassesOfImages(6, {0}));
  const EpochList list = listOf(set, {});
  for (const std::uint64_t epoch : {0U, 1U, 7U}) {
    std::vector<std::uint32_t> expected{0, 1, 2, 3, 4, 5};
    Random random = Random::of(5, RandomPurpose::kShuffle, {epoch});
    for (std::size_t i = 6; i > 1; --i)
      std::swap(expected[i - 1], expected[random.below(i)]);
    EXPECT_EQ(imagesOf(list.epoch(epoch)), expected);
  }
  EXPECT_NE(list.epoch(0), list.epoch(1));
  EXPECT_EQ(list.epoch(1), listOf(set, {}).epoch(1)) << "whatever was asked before";
  EXPECT_NE(list.epoch(1), listOf(set, {}, 6).epoch(1));
}

TEST(EpochList, LeavesOutImagesWithoutAnObjectToLearnAndCountsThem) {
  const RecordSet set(ClassesOfImages{{0}, {}, {-1}, {1, -1}, {}, {2}});
  EpochOptions options;
  options.shuffle = false;
  EXPECT_THAT(imagesOf(listOf(set, options).epoch(3)), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(listOf(set, options).leftOut(), "");
  options.keepEmpty = false;
  const EpochList list = listOf(set, options);
  EXPECT_EQ(list.length(), 3u);
  EXPECT_THAT(list.images(), ElementsAre(0, 3, 5));
  EXPECT_THAT(imagesOf(list.epoch(0)), ElementsAre(0, 3, 5));
  EXPECT_EQ(list.leftOut(),
            "3 of 6 images have no object to train on and are left out of the batches: keep_empty is off");
}

TEST(EpochList, ObjectsBelowTheLeastSideDoNotCount) {
  const RecordSet set(ClassesOfImages{{0}, {1}});  // 20x10 px
  EpochOptions options;
  options.keepEmpty = false;
  options.minObjectSide = 10;
  EXPECT_EQ(listOf(set, options).length(), 2u);
  const RecordSet mixed(ClassesOfImages{{0}, {}});
  EXPECT_THAT(listOf(mixed, options).leftOut(), StartsWith("1 of 2 images has no object of 10 px or more "));
  options.minObjectSide = 10.5;
  const auto none = EpochList::make(set, options, 0);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kBadData);
  EXPECT_THAT(none.error().text(), HasSubstr("keep_empty"));
}

TEST(EpochList, RepeatsImagesOfRareClassesAsOftenAsLvisDoes) {
  const auto classes = longTail(400);
  const RecordSet set(classes);
  EpochOptions options;
  options.sampling = Sampling::kRepeatFactor;
  options.repeatThreshold = 0.2;
  const EpochList list = listOf(set, options);

  // The factors from their definition, class by class and image by image.
  std::vector<double> factors;
  double sum = 0;
  for (const auto& image : classes) {
    double factor = 1;
    for (const int index : image) {
      if (index < 0) continue;
      const auto having = std::count_if(classes.begin(), classes.end(), [&](const auto& other) {
        return std::find(other.begin(), other.end(), index) != other.end();
      });
      factor = std::max(factor, std::sqrt(0.2 / (static_cast<double>(having) / 400)));
    }
    factors.push_back(factor);
    sum += factor;
  }
  EXPECT_NEAR(*std::max_element(factors.begin(), factors.end()), std::sqrt(0.2 * 400), 1e-12);
  EXPECT_NEAR(static_cast<double>(list.length()), sum, 0.5);

  constexpr int kEpochs = 3000;
  std::vector<double> means(400);
  for (std::uint64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const std::vector<EpochEntry> entries = list.epoch(epoch);
    ASSERT_EQ(entries.size(), list.length());
    if (epoch < 5) expectNumbered(entries);
    for (const auto& [image, count] : countsOf(entries)) {
      ASSERT_TRUE(count == std::floor(factors[image]) || count == std::floor(factors[image]) + 1)
          << "image " << image << " came " << count << " times, factor " << factors[image];
      means[image] += static_cast<double>(count) / kEpochs;
    }
  }
  // A share of 3000 draws is within 5 deviations of its probability; one whole number more or less of all
  // fractions together is the price of epochs of one length.
  for (std::size_t i = 0; i < means.size(); ++i)
    EXPECT_NEAR(means[i], factors[i], 5 * 0.5 / std::sqrt(kEpochs)) << "image " << i;
  EXPECT_EQ(list.epoch(9), listOf(set, options).epoch(9)) << "of (seed, epoch) alone";
}

TEST(EpochList, NothingIsRepeatedWhereEveryClassIsFrequent) {
  const RecordSet set(ClassesOfImages{{0}, {0, 1}, {1}, {}, {0, 1}});
  EpochOptions options;
  options.sampling = Sampling::kRepeatFactor;
  options.repeatThreshold = 0.5;
  EXPECT_EQ(listOf(set, options).epoch(4), listOf(set, {}).epoch(4));
}

TEST(EpochList, ClassBalancedEpochsGoThroughClassesAndTheirImagesInCycles) {
  const auto classes = longTail(90);
  const RecordSet set(classes, /*classCount=*/6);  // two classes have no image
  EpochOptions options;
  options.sampling = Sampling::kClassBalanced;
  const EpochList list = listOf(set, options);
  std::vector<std::uint32_t> withObjects;
  std::map<int, std::vector<std::uint32_t>> imagesOfClass;
  for (std::uint32_t i = 0; i < classes.size(); ++i) {
    for (int index = 0; index < 6; ++index)
      if (std::count(classes[i].begin(), classes[i].end(), index) > 0) imagesOfClass[index].push_back(i);
    if (std::any_of(classes[i].begin(), classes[i].end(), [](int index) { return index >= 0; }))
      withObjects.push_back(i);
  }
  ASSERT_EQ(imagesOfClass.size(), 4u);
  EXPECT_EQ(list.images(), withObjects);
  EXPECT_EQ(list.length(), withObjects.size());
  EXPECT_THAT(list.leftOut(), StartsWith(concat(90 - withObjects.size(), " of 90 images ")));
  EXPECT_THAT(list.leftOut(), HasSubstr("sampling is class_balanced"));

  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    const std::vector<EpochEntry> entries = list.epoch(epoch);
    ASSERT_EQ(entries.size(), list.length());
    expectNumbered(entries);
    // Every four places in a row can be given one class each: the brute force tries all orders.
    for (std::size_t i = 0; i + 4 <= entries.size(); i += 4) {
      std::vector<int> order{0, 1, 2, 3};
      bool found = false;
      do {
        found = true;
        for (std::size_t k = 0; k < 4; ++k)
          found = found && std::count(classes[entries[i + k].image].begin(),
                                      classes[entries[i + k].image].end(), order[k]) > 0;
      } while (!found && std::next_permutation(order.begin(), order.end()));
      EXPECT_TRUE(found) << "places " << i << " to " << i + 3 << " of epoch " << epoch;
    }
    // The only image of class 3 comes in each of those cycles.
    EXPECT_GE(countsOf(entries)[45], static_cast<int>(entries.size() / 4));
  }
  EXPECT_NE(list.epoch(0), list.epoch(1));
  EXPECT_EQ(list.epoch(1), listOf(set, options).epoch(1));
}

}  // namespace
}  // namespace anchorscope::testing
