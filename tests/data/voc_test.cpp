// PASCAL VOC folders: what is read, and each kind of bad record.
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

class Voc : public ::testing::Test {
 protected:
  void add(const std::string& stem, const std::string& objects, int width = 100, int height = 50) {
    folder.write("Annotations/" + stem + ".xml", vocFile(stem + ".ppm", width, height, objects));
    folder.write("JPEGImages/" + stem + ".ppm", greyPpm(width, height));
  }
  std::string spec() const { return "voc:" + folder.path().string(); }
  TemporaryFolder folder;
};

TEST_F(Voc, ReadsObjectsClassesAndSplits) {
  add("a", vocObject("dog", "1", "2", "30.5", "40") + vocObject("cat", "0", "0", "100", "50"));
  add("b", vocObject("ant", "5", "5", "6", "6"));
  add("empty", "");
  folder.write("ImageSets/Main/train.txt", "a\r\nempty\n\n");
  folder.write("ImageSets/Main/val.txt", "b 1\n");  // a class-wise list
  const auto train = openOrFail(spec() + "#train");
  ASSERT_TRUE(train);
  // Classes come from all splits, in alphabetical order.
  EXPECT_THAT(train->classNames(), ElementsAre("ant", "cat", "dog"));
  ASSERT_EQ(train->images().size(), 2u);
  const ImageRecord& image = train->images()[0];
  EXPECT_EQ(image.name, "a.ppm");
  EXPECT_EQ(image.size, (SizePx{100, 50}));
  ASSERT_EQ(image.annotations.size(), 2u);
  EXPECT_EQ(image.annotations[0].boxInImage, (Box{1, 2, 30.5f, 40}));
  EXPECT_EQ(image.annotations[0].classIndex, 2);
  EXPECT_DOUBLE_EQ(image.annotations[0].areaPx, 29.5 * 38);
  EXPECT_EQ(image.annotations[1].boxInImage, (Box{0, 0, 100, 50}));
  EXPECT_THAT(train->images()[1].annotations, IsEmpty());
  EXPECT_TRUE(train->diagnostics().empty());
  EXPECT_EQ(openOrFail(spec() + "#val")->images()[0].name, "b.ppm");
  EXPECT_EQ(openOrFail(spec())->images().size(), 3u);

  const auto unknown = openDataset(spec() + "#dev");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUsage);
  EXPECT_THAT(unknown.error().action, HasSubstr("#train, #val"));
}

TEST_F(Voc, ReadsDifficultAndFoldersGivenSeparately) {
  folder.write("xml/a.xml",
               vocFile("other-name.ppm", 10, 10,
                       "<object><name>x</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>1</ymin>"
                       "<xmax>4</xmax><ymax>4</ymax></bndbox></object>"));
  folder.write("pics/other-name.ppm", greyPpm(10, 10));
  const auto dataset = openOrFail("voc:" + (folder / "xml").string() + "," + (folder / "pics").string());
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_EQ(dataset->images()[0].name, "other-name.ppm");
  EXPECT_TRUE(dataset->images()[0].annotations[0].difficult);
}

TEST_F(Voc, ListsEachKindOfBadRecord) {
  add("a", vocObject("dog", "1", "1", "9", "9") + vocObject("dog", "5", "5", "5", "9") +
               vocObject("dog", "9", "5", "4", "9") + vocObject("dog", "nan", "5", "8", "9") +
               vocObject("dog", "1", "5", "inf", "9") + vocObject("dog", "200", "5", "220", "9") +
               vocObject("dog", "-20", "5", "30", "9") + vocObject("dog", "-0.4", "0", "30", "50.3") +
               vocObject("dog", "one", "5", "8", "9") + vocObject("", "1", "1", "9", "9") +
               "<object><name>dog</name></object>");
  const auto dataset = openOrFail(spec());
  ASSERT_TRUE(dataset);
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              ElementsAre("box without area", "box without area", "box not finite", "box not finite",
                          "box outside image", "box partly outside image", "damaged record", "unknown class",
                          "damaged record"));
  const std::vector<RecordProblem>& problems = dataset->diagnostics().problems();
  for (const RecordProblem& problem : problems)
    EXPECT_THAT(problem.file, HasSubstr("Annotations/a.xml"));
  EXPECT_EQ(problems[0].record, "object 2, line 8");
  EXPECT_EQ(problems[0].action, RecordAction::kSkipped);
  EXPECT_EQ(problems[5].action, RecordAction::kClipped);
  EXPECT_THAT(problems[6].message, HasSubstr("'one'"));
  // Kept: the good one, the clipped one and the one that is off by rounding.
  const std::vector<Annotation>& kept = dataset->images()[0].annotations;
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[1].boxInImage, (Box{0, 5, 30, 9}));
  EXPECT_EQ(kept[2].boxInImage, (Box{0, 0, 30, 50}));
}

TEST_F(Voc, SkipsImagesThatAreMissingOrCannotBeUnderstood) {
  add("good", vocObject("dog", "1", "1", "9", "9"));
  add("gone", vocObject("dog", "1", "1", "9", "9"));
  std::filesystem::remove(folder / "JPEGImages/gone.ppm");
  add("broken", "");
  folder.write("Annotations/broken.xml", "<annotation>\n<size>\n<width>3</size>\n");
  folder.write("Annotations/other.xml", "<html></html>");
  folder.write("ImageSets/Main/train.txt", "good\ngone\nbroken\nother\nnever\ngood\n");
  const auto dataset = openOrFail(spec() + "#train");
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              ElementsAre("missing annotation file", "missing image", "damaged annotation file",
                          "damaged annotation file", "duplicate image"));
  EXPECT_EQ(dataset->diagnostics().problems()[2].record, "line 3");
  EXPECT_THAT(dataset->diagnostics().problems()[2].message, HasSubstr("line 3"));
}

TEST_F(Voc, TakesTheSizeFromTheImageWhereTheFileHasNone) {
  folder.write("Annotations/a.xml", "<annotation>" + vocObject("dog", "1", "1", "9", "9") + "</annotation>");
  folder.write("JPEGImages/a.png", tinyPng());
  EXPECT_EQ(openOrFail(spec())->images()[0].size, (SizePx{8, 6}));
}

TEST_F(Voc, ClassesFileDeclaresClasses) {
  add("a", vocObject("dog", "1", "1", "9", "9") + vocObject("cow", "1", "1", "9", "9"));
  folder.write("classes.txt", "zebra\ndog\n");
  const auto dataset = openOrFail(spec());
  EXPECT_THAT(dataset->classNames(), ElementsAre("zebra", "dog"));
  EXPECT_EQ(dataset->images()[0].annotations[0].classIndex, 1);
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("unknown class"));
}

TEST_F(Voc, NothingUsableIsAnError) {
  add("a", vocObject("dog", "5", "5", "5", "5"));
  const auto noObject = openDataset(spec());
  ASSERT_FALSE(noObject);
  EXPECT_EQ(noObject.error().code, ErrorCode::kBadData);
  EXPECT_THAT(noObject.error().message, HasSubstr("box without area 1"));
  std::filesystem::remove(folder / "JPEGImages/a.ppm");
  const auto noImage = openDataset(spec());
  ASSERT_FALSE(noImage);
  EXPECT_THAT(noImage.error().message, HasSubstr("no usable image"));
  std::filesystem::remove_all(folder / "JPEGImages");
  const auto noFolder = openDataset(spec());
  ASSERT_FALSE(noFolder);
  EXPECT_EQ(noFolder.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(noFolder.error().text(), HasSubstr("voc:ANNOTATIONS,IMAGES"));
}

TEST_F(Voc, AnImageOfAnotherSizeIsFoundWhenOpening) {
  add("a", vocObject("dog", "1", "1", "9", "9"));
  add("b", vocObject("dog", "1", "1", "9", "9"));
  folder.write("JPEGImages/a.ppm", greyPpm(20, 20));
  const auto dataset = openOrFail(spec());
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("image of another size"));
  EXPECT_THAT(dataset->diagnostics().problems()[0].message,
              HasSubstr("is 20x20 px, but its annotations are for 100x50"));
  // One that changes afterwards is found when it is loaded.
  folder.write("JPEGImages/b.ppm", greyPpm(20, 20));
  const auto pixels = dataset->loadPixels(0);
  ASSERT_FALSE(pixels);
  EXPECT_EQ(pixels.error().code, ErrorCode::kBadData);
  EXPECT_THAT(pixels.error().message, HasSubstr("is now 20x20 px, but was 100x50"));
}

}  // namespace
}  // namespace anchorscope::testing
