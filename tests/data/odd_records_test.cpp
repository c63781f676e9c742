// Annotations as people have them: names, ids, duplicates, things that are too many, files that are no files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "core/base/text.h"
#include "core/data/dataset.h"
#include "tests/data/sample_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::string kDog = vocObject("dog", "1", "1", "9", "9");

class OddRecords : public ::testing::Test {
 protected:
  void addVoc(const std::string& stem, const std::string& objects) {
    folder.write("Annotations/" + stem + ".xml", vocFile("", 100, 50, objects));
    folder.write("JPEGImages/" + stem + ".ppm", greyPpm(100, 50));
  }
  std::string voc() const { return "voc:" + folder.path().string(); }
  std::string coco(const std::string& text) const {
    return "coco:" + folder.write("set.json", text).string() + "," + (folder / "images").string();
  }
  std::string yolo(const std::string& yaml) const {
    return "yolo:" + folder.write("data.yaml", yaml).string();
  }
  TemporaryFolder folder;
};

// ---- names

TEST_F(OddRecords, NamesOfFilesAreMadePrintableAndStillFound) {
  addVoc("mu\xf1oz", kDog);
  addVoc("bell\x07\x1b[31m", kDog);
  const auto dataset = openOrFail(voc());
  ASSERT_EQ(dataset->images().size(), 2u);
  for (const ImageRecord& image : dataset->images()) {
    EXPECT_EQ(printable(image.name), image.name);
    EXPECT_TRUE(dataset->loadPixels(static_cast<std::size_t>(dataset->find(image.name))));
  }
  EXPECT_GE(dataset->find("mu\\xf1oz.ppm"), 0);
  EXPECT_EQ(dataset->find((folder / "JPEGImages/mu\xf1oz.ppm").string()), dataset->find("mu\\xf1oz"));
  // In what is listed as well.
  folder.write("Annotations/mu\xf1oz.xml", "<html>");
  const auto damaged = openOrFail(voc());
  EXPECT_FALSE(damaged->diagnostics().empty());
  for (const RecordProblem& problem : damaged->diagnostics().problems())
    EXPECT_EQ(printable(problem.file + problem.message), problem.file + problem.message);
}

TEST_F(OddRecords, NamesOfClassesArePrintableAndDiffer) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n1 0.2 0.5 0.2 0.4\n2 0.8 0.5 0.2 0.4\n");
  const auto dataset = openOrFail(yolo("train: images\nnames: [mouse, mouse, \"a\\e[31m\\nb\"]\n"));
  ASSERT_TRUE(dataset);
  EXPECT_THAT(dataset->classNames(), ElementsAre("mouse", "mouse (2)", "a\\x1b[31m\\nb"));
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("class name", "class name"));
  const auto twice = openOrFail(coco(
      R"({"images": [{"id": 1, "file_name": "a.ppm"}], "categories": [{"id": 4, "name": "mouse"}, {"id": 2, "name": "mouse"}],
          "annotations": [{"image_id": 1, "category_id": 4, "bbox": [1, 1, 5, 5]}]})"));
  EXPECT_THAT(twice->classNames(), ElementsAre("mouse", "mouse (2)"));
  EXPECT_EQ(twice->images()[0].annotations[0].classIndex, 1) << "category 4 is the second by id";
}

TEST_F(OddRecords, BytesInNoKnownEncodingAreRefused) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4");
  const auto yaml =
      openDataset(yolo("train: images\nnames: [x, K\xe4"
                       "fer]\n"));
  ASSERT_FALSE(yaml);
  EXPECT_EQ(yaml.error().code, ErrorCode::kBadData);
  EXPECT_THAT(yaml.error().message, HasSubstr("is not UTF-8 text at line 2"));
  // Declared encodings that iconv knows, and one that it does not.
  addVoc("a", "");
  const auto withEncoding = [&](const std::string& encoding, const std::string& name) {
    folder.write("Annotations/a.xml", "<?xml version='1.0' encoding='" + encoding + "'?>\n" +
                                          vocFile("a.ppm", 100, 50, vocObject(name, "1", "1", "9", "9")));
    return openDataset(voc());
  };
  EXPECT_THAT((*withEncoding("Shift_JIS", "\x94\x4c"))->classNames(), ElementsAre("猫"));
  EXPECT_THAT((*withEncoding("windows-1252", "\x80uro"))->classNames(), ElementsAre("€uro"));
  EXPECT_THAT((*withEncoding("utf-16", "cat"))->classNames(), ElementsAre("cat")) << "converted since";
  const auto unknown = withEncoding("klingon", "cat");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text(), HasSubstr("'klingon', an encoding that is not known here"));
}

// ---- ids

TEST_F(OddRecords, IdsStayAsTheJsonWritesThem) {
  for (const char* name : {"a", "b", "c", "d"})
    folder.write(std::string("images/") + name + ".ppm", greyPpm(100, 50));
  const auto dataset = openOrFail(coco(
      R"({"images": [{"id": 7, "file_name": "a.ppm"}, {"id": "7x", "file_name": "b.ppm"},
                     {"id": 81645724526782010095170042166076916798, "file_name": "c.ppm"}, {"id": "\u00e9\"", "file_name": "d.ppm"}],
          "categories": [{"id": "z", "name": "text"}, {"id": 9223372036854775813, "name": "huge"}, {"id": 10, "name": "ten"}, {"id": 9, "name": "nine"}],
          "annotations": [{"image_id": 81645724526782010095170042166076916798, "category_id": 9223372036854775813, "bbox": [1, 1, 5, 5]},
                          {"image_id": "é\"", "category_id": "z", "bbox": [1, 1, 5, 5]}]})"));
  ASSERT_TRUE(dataset);
  ASSERT_EQ(dataset->images().size(), 4u);
  EXPECT_EQ(dataset->images()[0].sourceId, "7");
  EXPECT_EQ(dataset->images()[1].sourceId, "\"7x\"");
  EXPECT_EQ(dataset->images()[2].sourceId, "81645724526782010095170042166076916798");
  EXPECT_EQ(dataset->images()[3].sourceId, "\"é\\\"\"");
  EXPECT_THAT(dataset->classNames(), ElementsAre("nine", "ten", "text", "huge"));
  EXPECT_THAT(dataset->classIds(), ElementsAre("9", "10", "\"z\"", "9223372036854775813"));
  EXPECT_EQ(dataset->images()[2].annotations.size(), 1u);
  EXPECT_EQ(dataset->images()[3].annotations.size(), 1u);
  EXPECT_TRUE(dataset->diagnostics().empty());
}

TEST_F(OddRecords, CompressedMasksGiveTheirBox) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  // pycocotools' letters: a mask of 4 rows and 3 columns, runs 5 2 2 1 2: pixels 5 and 6 of column 1, pixel 9
  // (row 1 of column 2). From the fourth run on they are differences to the run before last: 1 - 2, 2 - 2.
  const auto dataset = openOrFail(coco(
      R"({"images": [{"id": 1, "file_name": "a.ppm"}], "categories": [{"id": 1, "name": "x"}],
          "annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 3], "counts": "522O0"}},
                          {"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 3], "counts": "5zz"}},
                          {"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 3], "counts": [12]}},
                          {"image_id": 1, "category_id": 1, "segmentation": {"size": [4, 3], "counts": [1, 99]}},
                          {"image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3]]}]})"));
  ASSERT_TRUE(dataset);
  const std::vector<Annotation>& objects = dataset->images()[0].annotations;
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].boxInImage, (Box{1, 1, 3, 3}));
  EXPECT_DOUBLE_EQ(objects[0].areaPx, 3);
  EXPECT_EQ(dataset->diagnostics().countsByKind(),
            (std::map<std::string, std::size_t>{{"box around a shape", 1}, {"damaged record", 4}}));
}

// ---- counts and classes

TEST_F(OddRecords, AnImageOfTooManyObjectsIsLeftOut) {
  std::string many;
  for (int i = 0; i < 20001; ++i)
    many += "0 0.5 0.5 0.2 " + std::to_string(0.1 + i * 1e-5) + "\n";
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("images/b.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", many);
  folder.write("labels/b.txt", "0 0.5 0.5 0.2 0.4");
  const auto dataset = openOrFail(yolo("train: images\nnames: [x]\n"));
  ASSERT_EQ(dataset->images().size(), 1u);
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("too many objects"));
}

TEST_F(OddRecords, ManyProblemsOfOneKindAreCountedInOneEntry) {
  std::string many = "0 0.5 0.5 0.2 0.4\n";
  for (int i = 0; i < 5000; ++i)
    many += "9 0.5 0.5 0.2 0.4\n";
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", many);
  const auto dataset = openOrFail(yolo("train: images\nnames: [x]\n"));
  EXPECT_EQ(dataset->diagnostics().problems().size(), 1000u);
  EXPECT_EQ(dataset->diagnostics().countsByKind().at("unknown class"), 5000u);
  EXPECT_EQ(dataset->diagnostics().recordCount(), 5000u);
}

TEST_F(OddRecords, ClassesWithoutObjectsCanBeDropped) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "2 0.5 0.5 0.2 0.4\n0 0.2 0.5 0.2 0.4\n");
  DatasetOptions options;
  options.dropUnusedClasses = true;
  const auto dataset = openDataset(yolo("train: images\nnames: [a, b, c, d]\n"), options);
  ASSERT_TRUE(dataset) << dataset.error().text();
  EXPECT_THAT((*dataset)->classNames(), ElementsAre("a", "c"));
  EXPECT_EQ((*dataset)->images()[0].annotations[0].classIndex, 1);
  EXPECT_EQ((*dataset)->images()[0].annotations[1].classIndex, 0);
  EXPECT_THAT(kindsOf((*dataset)->diagnostics()),
              ElementsAre("class without objects", "class without objects"));
  EXPECT_TRUE((*dataset)->diagnostics().countsOfBad().empty()) << "it was asked for";
}

TEST_F(OddRecords, EqualObjectsAreListed) {
  addVoc("a", kDog + kDog + vocObject("cat", "1", "1", "9", "9"));
  const auto dataset = openOrFail(voc());
  EXPECT_EQ(objectCount(*dataset), 2u);
  ASSERT_EQ(dataset->diagnostics().problems().size(), 1u);
  EXPECT_EQ(dataset->diagnostics().problems()[0].record, "object 2");
  EXPECT_THAT(dataset->diagnostics().problems()[0].message, HasSubstr("as object 1"));
  // COCO keeps them, as those who score it do.
  folder.write("images/a.ppm", greyPpm(100, 50));
  const auto kept = openOrFail(coco(
      R"({"images": [{"id": 1, "file_name": "a.ppm"}], "categories": [{"id": 1, "name": "x"}],
          "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}, {"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}]})"));
  EXPECT_EQ(objectCount(*kept), 2u);
  EXPECT_EQ(kept->diagnostics().problems()[0].record, "annotations[1]");
  EXPECT_EQ(kept->diagnostics().problems()[0].action, RecordAction::kKept);
}

TEST_F(OddRecords, ImagesOfWhichNoObjectIsUsableAreLeftOutInEveryFormat) {
  addVoc("a", kDog);
  addVoc("b", vocObject("dog", "5", "5", "5", "9"));
  addVoc("empty", "");
  const auto dataset = openOrFail(voc());
  EXPECT_EQ(dataset->images().size(), 2u) << "one without objects stays";
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              UnorderedElementsAre("box without area", "image without a usable object"));
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("images/b.ppm", greyPpm(100, 50));
  const auto coco2 = openOrFail(coco(
      R"({"images": [{"id": 1, "file_name": "a.ppm"}, {"id": 2, "file_name": "b.ppm"}], "categories": [{"id": 1, "name": "x"}],
          "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}, {"image_id": 2, "category_id": 9, "bbox": [1, 1, 5, 5]}]})"));
  EXPECT_EQ(coco2->images().size(), 1u);
  EXPECT_THAT(kindsOf(coco2->diagnostics()),
              UnorderedElementsAre("unknown class", "image without a usable object"));
}

TEST_F(OddRecords, ImagesWithoutAnnotationFileAreListed) {
  addVoc("a", kDog);
  folder.write("JPEGImages/b.ppm", greyPpm(100, 50));
  const auto dataset = openOrFail(voc());
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("missing annotation file"));
  EXPECT_THAT(dataset->diagnostics().problems()[0].file, HasSubstr("JPEGImages/b.ppm"));
}

// ---- split lists and subfolders

TEST_F(OddRecords, SplitListsNameFilesInSubfolders) {
  for (const char* camera : {"cam1", "cam2"})
    addVoc(std::string(camera) + "/001", kDog);
  addVoc("cam2/002", kDog);
  folder.write("ImageSets/Main/train.txt", "cam1/001\ncam2\\001.png\n002\n001\n");
  const auto dataset = openOrFail(voc() + "#train");
  ASSERT_EQ(dataset->images().size(), 3u);
  EXPECT_EQ(dataset->images()[0].name, "cam1/001.ppm");
  EXPECT_EQ(dataset->images()[1].name, "cam2/001.ppm");
  EXPECT_EQ(dataset->images()[2].name, "002.ppm");
  EXPECT_THAT(kindsOf(dataset->diagnostics()),
              ElementsAre("found by another name", "missing annotation file"))
      << "001 alone could be either";
}

// ---- YOLO's columns

TEST_F(OddRecords, SevenColumnsAreATriangleWhereTheLastIsAShare) {
  folder.write("images/a.ppm", greyPpm(100, 100));
  folder.write("labels/a.txt", "0 0.1 0.1 0.3 0.1 0.3 0.5\n0 0.2 0.2 0.4 0.2 0.4 1\n");
  const auto polygons = openOrFail(yolo("train: images\nnames: [x]\n"));
  ASSERT_EQ(objectCount(*polygons), 2u);
  EXPECT_EQ(polygons->images()[0].annotations[1].boxInImage, (Box{20, 20, 40, 100}))
      << "a file with a triangle has no track ids";
  EXPECT_EQ(polygons->diagnostics().countsByKind().at("box around a shape"), 2u);
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.2 0.9 1\n0 0.2 0.2 0.2 0.2 0.8 17\n");
  const auto tracks = openOrFail(yolo("train: images\nnames: [x]\n"));
  EXPECT_EQ(tracks->images()[0].annotations[0].boxInImage, (Box{40, 40, 60, 60}));
  EXPECT_EQ(tracks->diagnostics().countsByKind().at("further columns"), 2u);
}

// ---- paths

TEST_F(OddRecords, TheHomeFolderIsFound) {
  addVoc("a", kDog);
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4");
  const std::string before =
      std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";  // NOLINT(concurrency-mt-unsafe)
  setenv("HOME", folder.path().parent_path().c_str(), 1);         // NOLINT(concurrency-mt-unsafe)
  const std::string name = folder.path().filename().string();
  const auto set = openDataset("voc:~/" + name);
  const std::string absolute = absoluteSpec("voc:~/" + name + "#train");
  const auto yaml = openDataset(
      "yolo:" + folder.write("else/data.yaml", "path: ~/" + name + "\ntrain: images\nnames: [x]\n").string());
  setenv("HOME", before.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(set) << set.error().text();
  ASSERT_TRUE(yaml) << yaml.error().text();
  EXPECT_TRUE((*yaml)->diagnostics().empty());
  EXPECT_EQ(absolute, voc() + "#train");
}

TEST_F(OddRecords, AYamlNamedFromItsOwnFolderIsReadAsByItsAbsolutePath) {
  folder.write("images/train/a.ppm", greyPpm(100, 50));
  folder.write("labels/train/a.txt", "0 0.5 0.5 0.2 0.4");
  folder.write("data.yaml", "train: images/train\nnames: [x]\n");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto named = openDataset("yolo:data.yaml");
  std::filesystem::current_path(before);
  ASSERT_TRUE(named) << named.error().text();
  EXPECT_EQ(objectCount(**named), 1u);
  EXPECT_TRUE((*named)->loadPixels(0)) << "also from another folder";
}

TEST_F(OddRecords, SpecsAreMadeAbsolute) {
  addVoc("a", kDog);
  folder.write("set.json", "{}");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const std::string here = std::filesystem::current_path().string();
  const std::string one = absoluteSpec("voc:.#train"), two = absoluteSpec("coco:set.json,./JPEGImages"),
                    demo = absoluteSpec("demo:3#val"), missing = absoluteSpec("voc:nowhere");
  const std::string again = absoluteSpec(two);
  std::filesystem::current_path(before);
  EXPECT_EQ(one, "voc:" + here + "#train");
  EXPECT_EQ(two, "coco:" + here + "/set.json," + here + "/JPEGImages");
  EXPECT_EQ(again, two);
  EXPECT_EQ(demo, "demo:3#val");
  EXPECT_EQ(missing, "voc:nowhere");
}

// ---- values that another reader takes otherwise

TEST_F(OddRecords, DifficultIsAlsoWrittenAsAWord) {
  std::string objects;
  int left = 0;
  for (const char* word : {"1", "true", "True", "yes", "0", "false", ""})
    objects += "<object><name>dog</name><difficult>" + std::string(word) + "</difficult><bndbox><xmin>" +
               std::to_string(++left) +
               "</xmin><ymin>1</ymin><xmax>50</xmax><ymax>9</ymax></bndbox></object>";
  addVoc("a", objects);
  std::vector<bool> difficult;
  const auto dataset = openOrFail(voc());
  ASSERT_TRUE(dataset);
  for (const Annotation& annotation : dataset->images()[0].annotations)
    difficult.push_back(annotation.difficult);
  EXPECT_THAT(difficult, ElementsAre(true, true, true, true, false, false, false));
}

TEST_F(OddRecords, AnImageNamedTwiceIsTakenOnce) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  folder.write("list.txt", "images/a.ppm\n./images/a.ppm\n");
  const auto dataset = openOrFail(yolo("train: [list.txt, images]\nnames: [x]\n"));
  EXPECT_EQ(objectCount(*dataset), 1u);
  EXPECT_THAT(kindsOf(dataset->diagnostics()), ElementsAre("duplicate image", "duplicate image"));
}

TEST_F(OddRecords, AKeyThatStandsTwiceInADataYamlIsRefused) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  const auto twice = openDataset(yolo("train: images\ntrain: nowhere\nnames: [x]\n"));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().text(), HasSubstr("line 2: 'train' stands there twice"));
  const auto two = openDataset(yolo("train: images\nnames: [x]\n---\ntrain: nowhere\n"));
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().text(), HasSubstr("2 YAML documents"));
}

TEST_F(OddRecords, ADataYamlMayMergeAnotherMap) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  EXPECT_EQ(openOrFail(yolo("base: &b {train: images, names: [x]}\n<<: *b\n"))->images().size(), 1u);
  EXPECT_FALSE(openDataset(yolo("&a\n<<: *a\n")));
}

TEST_F(OddRecords, SharesInAFormatOfPixelsAreTold) {
  addVoc("a", vocObject("dog", "0.1", "0.2", "0.5", "0.6"));
  EXPECT_THAT(kindsOf(openOrFail(voc())->diagnostics()), ElementsAre("boxes within one pixel"));
  addVoc("b", kDog);
  EXPECT_TRUE(openOrFail(voc())->diagnostics().empty());
}

TEST_F(OddRecords, WhatIsNestedTooDeepIsCalledSo) {
  const auto dataset = openDataset(yolo("names: " + std::string(10'000, '[') + "\n"));
  ASSERT_FALSE(dataset);
  EXPECT_THAT(dataset.error().text(), HasSubstr("too deep within one another"));
}

// ---- what is no file

TEST_F(OddRecords, PipesInPlaceOfFilesAreListedOrRefused) {
  const auto pipe = [&](const std::string& name) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::filesystem::remove(folder / name);
    ASSERT_EQ(::mkfifo((folder / name).c_str(), 0600), 0);
  };
  addVoc("a", kDog);
  pipe("Annotations/b.xml");
  pipe("JPEGImages/c.ppm");
  folder.write("Annotations/c.xml", vocFile("c.ppm", 100, 50, kDog));
  EXPECT_EQ(openOrFail(voc())->images().size(), 1u);
  pipe("classes.txt");
  EXPECT_FALSE(openDataset(voc()));
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("images/b.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4");
  pipe("labels/b.txt");
  EXPECT_THAT(kindsOf(openOrFail(yolo("train: images\nnames: [x]\n"))->diagnostics()),
              ElementsAre("damaged annotation file"));
  const std::string found = "yolo:" + (folder / "found").string();
  for (const char* name : {"found/data.yaml", "found/classes.txt"}) {
    std::filesystem::create_directories(folder / "found/images");
    pipe(name);
    const auto dataset = openDataset(found);
    ASSERT_FALSE(dataset);
    EXPECT_THAT(dataset.error().text(), HasSubstr("is a named pipe")) << name;
    std::filesystem::remove(folder / name);
  }
  pipe("list.txt");
  EXPECT_FALSE(openDataset(yolo("train: list.txt\nnames: [x]\n")));
  pipe("pipe.yaml");
  EXPECT_FALSE(openDataset("yolo:" + (folder / "pipe.yaml").string()));
  pipe("pipe.json");
  EXPECT_FALSE(openDataset("coco:" + (folder / "pipe.json").string() + "," + (folder / "images").string()));
  EXPECT_FALSE(openDataset("yolo:/dev/zero"));
}

TEST_F(OddRecords, CountsThatCannotBeMeantAreRefused) {
  folder.write("images/a.ppm", greyPpm(100, 50));
  folder.write("labels/a.txt", "0 0.5 0.5 0.2 0.4");
  const auto nc = openDataset(yolo("train: images\nnc: 900000\n"));
  ASSERT_FALSE(nc);
  EXPECT_THAT(nc.error().message, HasSubstr("at most 20000"));
  EXPECT_FALSE(openDataset(yolo("train: images\nnames: [x]\nkpt_shape: [1000000, 3]\n")));
  EXPECT_FALSE(openDataset(yolo("a: &a [x, x]\nb: &b [*a, *a]\nnames: *b\ntrain: images\n")));
}

}  // namespace
}  // namespace anchorscope::testing
