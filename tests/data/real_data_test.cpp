// The real sets beside the clone.
#include <gtest/gtest.h>

#include "core/data/image_io.h"
#include "core/data/loader.h"
#include "tests/data/sample_files.h"
#include "tests/support/shared_data.h"

namespace anchorscope::testing {
namespace {

TEST(Bccd, HasTheSplitsAndBoxesItsReadmeNames) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "data/bccd");
  const std::string spec = "voc:" + path.string();
  EXPECT_EQ(openOrFail(spec + "#train")->images().size(), 205u);
  EXPECT_EQ(openOrFail(spec + "#val")->images().size(), 87u);
  EXPECT_EQ(openOrFail(spec + "#trainval")->images().size(), 292u);
  EXPECT_EQ(openOrFail(spec + "#test")->images().size(), 72u);
  const auto all = openOrFail(spec);
  EXPECT_EQ(all->images().size(), 364u);
  EXPECT_EQ(all->classNames(), (std::vector<std::string>{"Platelets", "RBC", "WBC"}));
  // 4,888 boxes, two of which have no area (xmin = xmax): skipped and listed.
  EXPECT_EQ(all->diagnostics().countsByKind(), (std::map<std::string, std::size_t>{{"box without area", 2}}));
  EXPECT_EQ(objectCount(*all), 4886u);
  for (const char* split : {"#train", "#val", "#test"})
    EXPECT_EQ(openOrFail(spec + split)->classNames(), all->classNames());
  EXPECT_EQ(validationSpec(spec + "#train"), spec + "#val");
}

TEST(Bccd, EveryImageLoads) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "data/bccd");
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const auto dataset = openOrFail("voc:" + path.string() + "#val");
  for (std::size_t i = 0; i < dataset->images().size(); ++i) {
    const auto pixels = dataset->loadPixels(i);
    ASSERT_TRUE(pixels) << pixels.error().text();
  }
}

TEST(Coco128, IsTheSameFromJsonAndFromText) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "data/coco128");
  const std::string root = path.string();
  const auto coco =
      openOrFail("coco:" + root + "/annotations/instances_train2017.json," + root + "/images/train2017");
  const auto yolo = openOrFail("yolo:" + root + "/data.yaml#train");
  ASSERT_TRUE(coco && yolo);
  EXPECT_EQ(coco->classNames(), yolo->classNames());
  ASSERT_EQ(coco->classNames().size(), 80u);
  ASSERT_EQ(coco->images().size(), 128u);
  ASSERT_EQ(yolo->images().size(), 128u);
  EXPECT_TRUE(coco->diagnostics().empty());
  // Two of its images have no label file (they show no object), and two label files have no image.
  EXPECT_EQ(yolo->diagnostics().countsByKind(),
            (std::map<std::string, std::size_t>{{"annotation file without image", 2},
                                                {"image without annotations", 2}}));
  EXPECT_EQ(objectCount(*coco), 929u);
  for (const ImageRecord& image : coco->images()) {
    const std::int64_t other = yolo->find(image.name);
    ASSERT_GE(other, 0) << image.name;
    const ImageRecord& same = yolo->images()[static_cast<std::size_t>(other)];
    EXPECT_EQ(image.size, same.size);
    ASSERT_EQ(image.annotations.size(), same.annotations.size()) << image.name;
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      EXPECT_EQ(image.annotations[i].classIndex, same.annotations[i].classIndex);
      const Box &a = image.annotations[i].boxInImage, &b = same.annotations[i].boxInImage;
      // The JSON was made from the text with x, y, width and height rounded to 0.01 px: half of that for the
      // near edges, twice that half for the far ones, plus single precision at 640 px (6e-5).
      EXPECT_NEAR(a.x1, b.x1, 0.0051) << image.name;
      EXPECT_NEAR(a.y1, b.y1, 0.0051) << image.name;
      EXPECT_NEAR(a.x2, b.x2, 0.0101) << image.name;
      EXPECT_NEAR(a.y2, b.y2, 0.0101) << image.name;
    }
  }
}

TEST(Coco128, LoadsFromEveryForm) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "data/coco128");
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const auto dataset = openOrFail("folder:" + path.string());
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->images().size(), 128u);
  EXPECT_EQ(objectCount(*dataset), 0u);
  for (std::size_t i = 0; i < dataset->images().size(); ++i) {
    const auto pixels = dataset->loadPixels(i);
    ASSERT_TRUE(pixels) << pixels.error().text();
    EXPECT_EQ((*pixels)->size, dataset->images()[i].size) << "the header and the decoder agree";
  }
}

}  // namespace
}  // namespace anchorscope::testing
