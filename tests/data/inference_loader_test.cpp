// Images as evaluation and probes see them: whole, each in the input of its shape, read ahead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/data/loader_testing.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Inference, AllItsThreadsReadAtOnce) {
  const MeetingDataset dataset(markedImages(12), 3);
  LoaderOptions options = smallOptions();
  options.threads = 3;
  const std::unique_ptr<Loader> loader =
      makeInferenceLoader(dataset, inferenceBatches(dataset, 12, options.shape, 2), options);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(nextOrFail(*loader).position, i);
  EXPECT_EQ(dataset.mostAtOnce(), 3);
}

TEST(Inference, BatchesShareAnInputSizeAndHoldEveryImageOnce) {
  const auto dataset = markedImages(23);
  EXPECT_THAT(inferenceBatches(*dataset, 7, InputShape::fixed({64, 64}), 3),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
  const InputShape shape = InputShape::rectangle(48, 80, 16);
  std::set<std::size_t> seen;
  for (const std::vector<std::size_t>& images : inferenceBatches(*dataset, 20, shape, 3)) {
    EXPECT_LE(images.size(), 3u);
    for (const std::size_t image : images) {
      EXPECT_TRUE(seen.insert(image).second);
      EXPECT_EQ(shape.inputOf(dataset->images()[image].size),
                shape.inputOf(dataset->images()[images[0]].size));
    }
  }
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_EQ(*seen.rbegin(), 19u);
}

TEST(Inference, ABatchThatCannotBeReadFailsAlone) {
  const auto dataset = markedImages(6);
  dataset->breakImage(2);
  dataset->breakImage(3);
  for (const int threads : {0, 2}) {
    LoaderOptions options = smallOptions();
    options.threads = threads;
    const std::unique_ptr<Loader> loader =
        makeInferenceLoader(*dataset, inferenceBatches(*dataset, 6, options.shape, 2), options);
    EXPECT_EQ(nextOrFail(*loader).samples.size(), 2u);
    EXPECT_FALSE(loader->next());
    EXPECT_EQ(nextOrFail(*loader).samples[1].imageIndex, 5u);
  }
}

TEST(Inference, FitsWholeImages) {
  const auto dataset = markedImages(4);
  LoaderOptions options = smallOptions();
  const Result<Batch> batch = loadForInference(*dataset, {2, 0}, options);
  ASSERT_TRUE(batch) << batch.error().text();
  ASSERT_EQ(batch->samples.size(), 2u);
  EXPECT_EQ(batch->samples[0].imageIndex, 2u);
  EXPECT_EQ(batch->pixels.size(), 2u * 3 * 64 * 48);
  for (std::size_t i = 0; i < 2; ++i) {
    const BatchSample& sample = batch->samples[i];
    const ImageRecord& image = dataset->images()[sample.imageIndex];
    const Box whole = sample.inputFromImage.map(
        Box{0, 0, static_cast<float>(image.size.width), static_cast<float>(image.size.height)});
    EXPECT_TRUE(whole.x1 >= 0 && whole.y1 >= 0 && whole.x2 <= 64.001f && whole.y2 <= 48.001f);
    const Box back = sample.inputFromImage.inverse().map(sample.objectsInInput[0].boxInImage);
    const Box& original = image.annotations[0].boxInImage;
    EXPECT_NEAR(back.x1, original.x1, 1e-3);
    EXPECT_NEAR(back.y1, original.y1, 1e-3);
    EXPECT_NEAR(back.x2, original.x2, 1e-3);
    EXPECT_NEAR(back.y2, original.y2, 1e-3);
    const int x = static_cast<int>(sample.objectsInInput[0].boxInImage.centerX()),
              y = static_cast<int>(sample.objectsInInput[0].boxInImage.centerY());
    EXPECT_EQ(batch->pixels[i * 3 * 64 * 48 + pixelOffset({64, 48}, x, y)], 220);
  }
}

TEST(Inference, LeavesUnreadableImagesOut) {
  const auto dataset = markedImages(4);
  dataset->breakImage(1);
  const Result<Batch> batch = loadForInference(*dataset, {0, 1, 2}, smallOptions());
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->samples.size(), 2u);
  EXPECT_EQ(batch->samples[1].imageIndex, 2u);
  EXPECT_EQ(batch->pixels.size(), 2u * 3 * 64 * 48);
  EXPECT_EQ(batch->diagnostics.problems().size(), 1u);
  const Result<Batch> none = loadForInference(*dataset, {1}, smallOptions());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kBadData);
  const Result<Batch> nothing = loadForInference(*dataset, {}, smallOptions());
  ASSERT_TRUE(nothing);
  EXPECT_THAT(nothing->samples, IsEmpty());
}

}  // namespace
}  // namespace anchorscope::testing
