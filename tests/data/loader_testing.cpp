#include "tests/data/loader_testing.h"

#include "core/base/random.h"

namespace anchorscope::testing {

std::shared_ptr<MemoryDataset> markedImages(int count) {
  std::vector<ImagePixels> images;
  std::vector<Box> boxes;
  Random random = Random::of(9, RandomPurpose::kTest);
  for (int i = 0; i < count; ++i) {
    const SizePx size{40 + static_cast<int>(random.below(60)), 40 + static_cast<int>(random.below(60))};
    ImagePixels pixels = plainImage(size, 20);
    const int x = static_cast<int>(random.below(static_cast<std::uint64_t>(size.width - 20))),
              y = static_cast<int>(random.below(static_cast<std::uint64_t>(size.height - 16)));
    const PixelRect mark{x, y, x + 20, y + 16};
    fillRect(pixels, mark, 220);
    images.push_back(std::move(pixels));
    boxes.push_back({static_cast<float>(mark.left), static_cast<float>(mark.top),
                     static_cast<float>(mark.right), static_cast<float>(mark.bottom)});
  }
  auto dataset = std::make_shared<MemoryDataset>(std::move(images));
  for (std::size_t i = 0; i < boxes.size(); ++i)
    dataset->addObject(i, boxes[i], static_cast<int>(i % 2));
  return dataset;
}

LoaderOptions smallOptions() {
  LoaderOptions options;
  options.shape = InputShape::fixed({64, 48});
  options.batchSize = 3;
  options.seed = 11;
  options.threads = 0;
  return options;
}

void set(LoaderOptions& options, const char* name, const char* value) {
  const Status status = options.params.set(name, value);
  ASSERT_TRUE(status) << status.error().text();
}

Batch nextOrFail(Loader& loader) {
  Result<Batch> batch = loader.next();
  if (!batch) {
    ADD_FAILURE() << batch.error().text();
    return {};
  }
  return std::move(*batch);
}

std::vector<Batch> batches(const std::shared_ptr<const Dataset>& dataset, const LoaderOptions& options,
                           int count, std::int64_t from) {
  const std::unique_ptr<Loader> loader = makeLoader(dataset, options, from);
  std::vector<Batch> all;
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(loader->position(), from + i);
    all.push_back(nextOrFail(*loader));
  }
  return all;
}

void expectSame(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.pixels, b.pixels);
  ASSERT_EQ(a.samples.size(), b.samples.size());
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    EXPECT_EQ(a.samples[i].imageIndex, b.samples[i].imageIndex);
    EXPECT_EQ(a.samples[i].inputFromImage, b.samples[i].inputFromImage);
    ASSERT_EQ(a.samples[i].objectsInInput.size(), b.samples[i].objectsInInput.size());
    for (std::size_t k = 0; k < a.samples[i].objectsInInput.size(); ++k)
      EXPECT_EQ(a.samples[i].objectsInInput[k].boxInImage, b.samples[i].objectsInInput[k].boxInImage);
  }
}

std::vector<std::size_t> imagesOf(const std::vector<Batch>& all) {
  std::vector<std::size_t> images;
  for (const Batch& batch : all)
    for (const BatchSample& sample : batch.samples)
      images.push_back(sample.imageIndex);
  return images;
}

}  // namespace anchorscope::testing
