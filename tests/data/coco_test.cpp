// COCO JSON: what is read, and each kind of bad record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/dataset.h"
#include "tests/data/sample_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Coco : public ::testing::Test {
 protected:
  void SetUp() override {
    folder.write("images/a.ppm", greyPpm(100, 50));
    folder.write("images/sub/b.ppm", greyPpm(40, 30));
  }
  std::string spec(const std::string& text) const {
    return "coco:" + folder.write("set.json", text).string() + "," + (folder / "images").string();
  }
  TemporaryFolder folder;
};

constexpr const char* kImages = R"("images": [{"id": 900, "file_name": "a.ppm", "width": 100, "height": 50},
  {"id": 7, "file_name": "sub/b.ppm", "width": 40, "height": 30}])";
constexpr const char* kCategories =
    R"("categories": [{"id": 90, "name": "brush"}, {"id": 3, "name": "car", "supercategory": "x"}])";

std::string file(const std::string& annotations) {
  return std::string("{\"info\": {\"a\": [1, {}]}, \"annotations\": [") + annotations + "],\n" + kImages +
         ",\n" + kCategories + "}\n";
}

TEST_F(Coco, ReadsSparseIdsCrowdsAndEmptyImages) {
  const auto dataset = openOrFail(spec(file(
      R"({"id": 5, "image_id": 900, "category_id": 90, "bbox": [1, 2, 10.5, 20], "area": 77.5, "iscrowd": 1, "segmentation": [[1, 2]]},
         {"id": 6, "image_id": 900, "category_id": 3, "bbox": [0, 0, 100, 50]})")));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->classNames(), ElementsAre("car", "brush"));  // by id
  ASSERT_EQ(dataset->images().size(), 2u);
  EXPECT_EQ(dataset->images()[0].sourceId, "900");
  EXPECT_EQ(dataset->images()[1].name, "b.ppm");
  EXPECT_THAT(dataset->images()[1].annotations, IsEmpty());
  const std::vector<Annotation>& objects = dataset->images()[0].annotations;
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].boxInImage, (Box{1, 2, 11.5f, 22}));
  EXPECT_EQ(objects[0].classIndex, 1);
  EXPECT_TRUE(objects[0].crowd);
  EXPECT_DOUBLE_EQ(objects[0].areaPx, 77.5);
  EXPECT_FALSE(objects[1].crowd);
  EXPECT_DOUBLE_EQ(objects[1].areaPx, 5000);
  EXPECT_TRUE(dataset->diagnostics().empty());
}

TEST_F(Coco, ListsEachKindOfBadRecord) {
  const auto dataset = openOrFail(spec(file(
      R"({"id": 1, "image_id": 900, "category_id": 3, "bbox": [1, 2, 10, 20]},
         {"id": 2, "image_id": 900, "category_id": 3, "bbox": [1, 2, 0, 20]},
         {"id": 3, "image_id": 900, "category_id": 3, "bbox": [1, 2, 5, -4]},
         {"id": 4, "image_id": 900, "category_id": 3, "bbox": [NaN, 2, 5, 4]},
         {"id": 5, "image_id": 900, "category_id": 3, "bbox": [1, 2, 1e999, 4]},
         {"id": 6, "image_id": 900, "category_id": 3, "bbox": [300, 2, 5, 4]},
         {"id": 7, "image_id": 900, "category_id": 3, "bbox": [90, 2, 15, 4]},
         {"id": 8, "image_id": 900, "category_id": 44, "bbox": [1, 2, 5, 4]},
         {"id": 9, "image_id": 12345, "category_id": 3, "bbox": [1, 2, 5, 4]},
         {"id": 10, "image_id": 900, "category_id": 3, "bbox": [1, 2, 5]},
         {"id": 11, "image_id": 900, "category_id": 3},
         {"id": 12, "image_id": 900, "category_id": 3, "bbox": "none"},
         {"id": 13, "image_id": "x", "category_id": 3, "bbox": [1, 2, 5, 4]},
         null, 17, ["a", {}],
         {"id": 14, "image_id": 900, "category_id": null, "bbox": [1, 2, 5, 4]},
         {"id": 15, "image_id": 900.0, "category_id": 3, "bbox": [1, "2", 5, 4]})")));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(
      kindsOf(dataset->diagnostics()),
      ElementsAre("box without area", "box without area", "box not finite", "box not finite",
                  "box outside image", "box partly outside image", "unknown class", "unknown image",
                  "damaged record", "damaged record", "damaged record", "unknown image", "damaged record",
                  "damaged record", "damaged record", "unknown class", "box not finite"));
  EXPECT_EQ(dataset->diagnostics().problems()[0].record, "annotations[1], id 2");
  EXPECT_EQ(objectCount(*dataset), 2u);
}

TEST_F(Coco, ListsBadImagesAndCategories) {
  const auto dataset = openOrFail(spec(
      R"({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}, {"name": "c"}, {"id": 2, "name": 5}],
          "images": [{"id": 1, "file_name": "a.ppm"}, {"id": 1, "file_name": "sub/b.ppm"}, {"id": 2, "file_name": "a.ppm"},
                     {"id": 3, "file_name": "gone.ppm"}, {"file_name": "a.ppm"}, {"id": 4, "file_name": null}, 5],
          "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 50]},
                          {"id": 2, "image_id": 3, "category_id": 1, "bbox": [0, 0, 100, 50]}]})"));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->classNames(), ElementsAre("a"));
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_EQ(dataset->images()[0].size, (SizePx{100, 50}));  // from the file's header
  const auto counts = dataset->diagnostics().countsByKind();
  EXPECT_EQ(counts.at("damaged record"), 6u);
  EXPECT_EQ(counts.at("duplicate image"), 2u);
  EXPECT_EQ(counts.at("missing image"), 1u);
  EXPECT_EQ(objectCount(*dataset), 1u);
}

TEST_F(Coco, SaysWhereTheJsonIsBroken) {
  const auto opened =
      openDataset(spec("{\"images\": [],\n\"categories\": [],\n\"annotations\": [{\"id\" 5}]\n}"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBadData);
  EXPECT_THAT(opened.error().message, HasSubstr("at line 3"));
}

TEST_F(Coco, SetsWithoutTheNeededListsAreErrors) {
  for (const std::string text :
       {"", " ", "[]", "17", "{}", "{\"images\": []}", "{\"images\": {}, \"categories\": []}",
        "{\"images\": [], \"categories\": []}", "{\"images\": []} {}", "\xef\xbb\xbf{}"}) {
    const auto opened = openDataset(spec(text));
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kBadData) << text;
  }
  const auto withoutClasses = openDataset(spec(std::string("{") + kImages + ", \"categories\": []}"));
  ASSERT_FALSE(withoutClasses);
  EXPECT_THAT(withoutClasses.error().message, HasSubstr("no class"));
}

TEST_F(Coco, AByteOrderMarkIsNoError) {
  const auto dataset = openOrFail(
      spec("\xef\xbb\xbf" + file(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 4, 4]})")));
  ASSERT_TRUE(dataset);
  EXPECT_EQ(objectCount(*dataset), 1u);
}

TEST_F(Coco, OpensHundredsOfThousandsOfAnnotations) {
  constexpr int kCount = 200000, kImageCount = 20;
  std::string text = R"({"categories": [{"id": 3, "name": "car"}], "images": [)";
  for (int i = 0; i < kImageCount; ++i) {
    const std::string name = "i" + std::to_string(i) + ".ppm";
    folder.write("images/" + name, greyPpm(100, 50));
    text +=
        (i > 0 ? "," : "") + std::string("{\"id\":") + std::to_string(i) + ",\"file_name\":\"" + name + "\"}";
  }
  text += "], \"annotations\": [";
  text.reserve(kCount * 120);
  for (int i = 0; i < kCount; ++i) {
    if (i > 0) text += ",";
    text += "{\"id\":" + std::to_string(i + 1) + ",\"image_id\":" + std::to_string(i % kImageCount) +
            ",\"category_id\":3,\"bbox\":[" + std::to_string(i % 31) + ".5,1,8." +
            std::to_string(1000000 + i) +
            ",9],\"area\":74.25,\"iscrowd\":0,\"segmentation\":[[1.5,2.5,3,4]]}";
  }
  const auto dataset = openOrFail(spec(text + "]}"));
  ASSERT_TRUE(dataset);
  EXPECT_EQ(objectCount(*dataset), static_cast<std::size_t>(kCount));
  EXPECT_EQ(dataset->images()[kImageCount - 1].annotations.back().boxInImage.x1,
            static_cast<float>((kCount - 1) % 31) + 0.5f);
}

}  // namespace
}  // namespace anchorscope::testing
