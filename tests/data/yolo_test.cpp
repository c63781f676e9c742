// YOLO text files: what is read, and each kind of bad record.
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

class Yolo : public ::testing::Test {
 protected:
  void add(const std::string& stem, const std::string& label, int width = 100, int height = 50) {
    folder.write("images/" + stem + ".ppm", greyPpm(width, height));
    folder.write("labels/" + stem + ".txt", label);
  }
  std::string spec(const std::string& yaml) const {
    return "yolo:" + folder.write("data.yaml", yaml).string();
  }
  TemporaryFolder folder;
};

TEST_F(Yolo, ReadsBoxesPolygonsAndEmptyImages) {
  add("train/a", "1 0.5 0.5 0.2 0.4\r\n\n0 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n");
  folder.write("images/train/none.ppm", greyPpm(10, 10));
  const auto dataset =
      openOrFail(spec("path: .\ntrain: images/train\nval: images/train\nnames: {0: cat, 1: dog}\n"));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->classNames(), ElementsAre("cat", "dog"));
  ASSERT_EQ(dataset->images().size(), 2u);
  EXPECT_EQ(dataset->images()[0].name, "a.ppm");
  EXPECT_EQ(dataset->images()[0].size, (SizePx{100, 50}));
  const std::vector<Annotation>& objects = dataset->images()[0].annotations;
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].boxInImage, (Box{40, 15, 60, 35}));
  EXPECT_EQ(objects[0].classIndex, 1);
  EXPECT_EQ(objects[1].boxInImage, (Box{10, 10, 30, 30}));
  EXPECT_THAT(dataset->images()[1].annotations, IsEmpty());
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              ElementsAre("box around a shape", "image without annotations"));
}

TEST_F(Yolo, FindsImagesThroughFoldersListsAndTextFiles) {
  add("one/a", "0 0.5 0.5 0.2 0.4");
  add("two/b", "0 0.5 0.5 0.2 0.4");
  add("c", "0 0.5 0.5 0.2 0.4");
  folder.write("lists/val.txt", "../images/c.ppm\nimages/two/b.ppm\n\n./missing.ppm\n");
  const std::string yaml = spec("train: [images/one, images/two]\nval: lists/val.txt\ntest:\nnames: [x]\n");
  EXPECT_EQ(openOrFail(yaml)->images().size(), 2u);
  EXPECT_EQ(openOrFail(yaml + "#train")->images().size(), 2u);
  const auto val = openOrFail(yaml + "#val");
  ASSERT_EQ(val->images().size(), 2u);
  EXPECT_EQ(val->images()[0].name, "c.ppm");
  EXPECT_THAT(kindsOf(val->diagnostics()), ElementsAre("missing image"));
  const auto test = openDataset(yaml + "#test");
  ASSERT_FALSE(test);
  EXPECT_EQ(test.error().code, ErrorCode::kUsage);
  EXPECT_THAT(test.error().action, HasSubstr("#train, #val"));
}

TEST_F(Yolo, ReadsEntriesThatStartOneFolderTooHigh) {
  add("a", "0 0.5 0.5 0.2 0.4");
  EXPECT_EQ(openOrFail(spec("train: ../images\nnames: [x]\n"))->images().size(), 1u);
}

TEST_F(Yolo, PartsTrainByTheSeedWithoutAValEntry) {
  for (int i = 0; i < 10; ++i)
    add("i" + std::to_string(i), "0 0.5 0.5 0.2 0.4");
  const std::string yaml = spec("train: images\nnames: [x]\n");
  EXPECT_EQ(openOrFail(yaml)->images().size(), 10u);
  EXPECT_EQ(openOrFail(yaml + "#train")->images().size(), 8u);
  EXPECT_EQ(openOrFail(yaml + "#val")->images().size(), 2u);
}

TEST_F(Yolo, ListsEachKindOfBadRecord) {
  add("a",
      "0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0 0.4\n0 0.5 0.5 -0.1 0.4\n0 nan 0.5 0.2 0.4\n0 1.5 0.5 0.2 0.4\n0 0.95 "
      "0.5 0.2 0.4\n"
      "1 0.5 0.5 0.2 0.4\n-1 0.5 0.5 0.2 0.4\n0.5 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2\n0 0.5 0.4 0.2 0.4 0.9\ncat "
      "0.5 0.5 0.2 0.4\n"
      "0 0.1 0.1 nan 0.1 0.3 0.3\n");
  folder.write("images/broken.jpg", "\xff\xd8\xff");
  folder.write("images/text.png", "hello");
  const auto dataset = openOrFail(spec("train: images\nnames: [x]\n"));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              ElementsAre("box without area", "box without area", "box not finite", "box outside image",
                          "box partly outside image", "unknown class", "unknown class", "unknown class",
                          "damaged record", "further columns", "damaged record", "box not finite",
                          "unreadable image", "unreadable image"));
  EXPECT_EQ(dataset->diagnostics().problems()[0].record, "line 2");
  EXPECT_THAT(dataset->diagnostics().problems()[0].file, HasSubstr("labels/a.txt"));
  EXPECT_EQ(objectCount(*dataset), 3u);
}

TEST_F(Yolo, SaysWhatIsWrongWithTheYaml) {
  add("a", "0 0.5 0.5 0.2 0.4");
  const auto errorOf = [&](const std::string& yaml) {
    const auto opened = openDataset(spec(yaml));
    EXPECT_FALSE(opened) << yaml;
    return opened ? Error{} : opened.error();
  };
  const Error syntax = errorOf("train: images\nnames: [x\nval: {\n");
  EXPECT_EQ(syntax.code, ErrorCode::kBadData);
  EXPECT_THAT(syntax.message, HasSubstr("line "));
  EXPECT_THAT(errorOf("").message, HasSubstr("not a YAML map"));
  EXPECT_THAT(errorOf("train: images\n").message, HasSubstr("no class names"));
  EXPECT_THAT(errorOf("train: images\nnames: {0: a, 2: b}\n").message, HasSubstr("lacks class 1"));
  EXPECT_THAT(errorOf("train: images\nnames: {a: 0}\n").message, HasSubstr("line 2"));
  EXPECT_THAT(errorOf("train: images\nnc: 3\nnames: [x]\n").message, HasSubstr("nc is 3"));
  EXPECT_THAT(errorOf("train: {}\nnames: [x]\n").message, HasSubstr("train is neither"));
  EXPECT_EQ(errorOf("train: nowhere\nnames: [x]\n").code, ErrorCode::kNotFound);
  EXPECT_EQ(errorOf("names: [x]\n").code, ErrorCode::kUsage);
}

TEST_F(Yolo, ImagesOfWhichNoneHasALabelAreAnError) {
  folder.write("pictures/a.ppm", greyPpm(10, 10));
  const auto opened = openDataset(spec("train: pictures\nnames: [x]\n"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBadData);
  EXPECT_THAT(opened.error().message, HasSubstr("pictures/a.txt"));
  // Without a folder `images` the label may lie beside the image.
  folder.write("pictures/a.txt", "0 0.5 0.5 0.2 0.4");
  EXPECT_EQ(objectCount(*openOrFail(spec("train: pictures\nnames: [x]\n"))), 1u);
}

}  // namespace
}  // namespace anchorscope::testing
